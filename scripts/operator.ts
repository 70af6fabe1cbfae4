// SPDX-License-Identifier: MIT
// The command line of `npm run operator`: the service that the platform runs. See docs/operator.md.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { nodesOf } from "../deploy/network";
import { readConfig } from "../operator/config";
import { embed } from "../operator/embedded";
import { openDoor, STARTING } from "../operator/http";
import { Service } from "../operator/service";
import { Telemetry } from "../operator/telemetry";
import { Problem } from "../sdk/base/problem";
import { fileName, mainOf, networkName, runAsScript, type CommandLine, type Streams } from "./cli/command";
import { stopOnSignals } from "./cli/signals";

const USAGE = `usage: npm run --silent operator [-- options]
  --network <name>       localhost (the default), sepolia, base-sepolia, base or mainnet
  --config <file>        duties, keys and limits, see docs/operator.md; by default, on a local chain only, all duties
                         except admit and register, with development accounts
  --json                 also print a failure as one JSON document, on standard output
  --help                 print this text`;

/** Milliseconds that a service has for stopping. */
const LONGEST_STOP = 10_000;

/** Runs the command until the process is told to stop, and returns its exit code. */
export const main = mainOf({ name: "operator", usage: USAGE, read, run });

function read({ options: fields }: CommandLine, { env }: Streams) {
  const network = fields.read("network", networkName, "localhost");
  const path = fields.read("config", fileName, "");
  fields.refuse("options");
  return { network, config: path === "" ? undefined : readConfig(path, env) };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { config }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const url = nodesOf(hre);
  if (url === undefined)
    throw new Problem("BAD_OPTION", `${hre.network.name} lives in this process: choose localhost or a public network.`);
  const telemetry = new Telemetry(streams.out);
  const settings = config ?? (await embed(hre, streams.env));
  // The server answers from the beginning, even while the chain is away.
  const door = await openDoor({ ...settings.http, telemetry, ...STARTING });
  telemetry.log("info", "listening", { url: door.url });
  const service = await Service.open(settings, { hre, url, secrets: streams, telemetry }).catch(
    async (error: unknown) => {
      await door.close();
      throw error;
    },
  );
  stopOnSignals((signal) => {
    telemetry.log("info", "stopping", { signal });
    service.stop();
  }, LONGEST_STOP);
  await service.run(door);
  return "";
}

runAsScript(module, main);
