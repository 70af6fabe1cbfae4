// SPDX-License-Identifier: MIT
// The command line of `doctor`: compares a live deployment with what is declared, and says what differs.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { examine } from "../deploy/doctor/doctor";
import { observe } from "../deploy/doctor/observe";
import { isHealthy, toDocument } from "../deploy/doctor/report";
import { toJson } from "../sdk/schemas/json";
import { flag, mainOf, networkName, runAsScript, type CommandLine, type Main } from "./cli/command";
import { toText } from "./cli/views/diagnosis";

/** Exit codes besides 0: something is wrong, or nothing could be examined. */
const [DEVIATIONS, COULD_NOT_LOOK] = [1, 2];

const USAGE = `usage: npm run --silent doctor -- --network <name> [--json]
  --network <name>       localhost, sepolia, base-sepolia, base or mainnet
  --json                 print one JSON document instead of the tables
  --help                 print this text
Reads only. Exit code 0: every check passes, ${DEVIATIONS}: something is wrong, ${COULD_NOT_LOOK}: could not look.`;

/** Runs the command and returns its exit code. */
export const main: Main = async (args, streams, open) => {
  let isWell = true;
  const run = async (hre: HardhatRuntimeEnvironment, { json }: ReturnType<typeof read>) => {
    const diagnosis = await observe(hre, examine);
    isWell = isHealthy(diagnosis);
    return json ? toJson(toDocument(diagnosis)) : toText(diagnosis);
  };
  const code = await mainOf({ name: "doctor", usage: USAGE, read, run })(args, streams, open);
  if (code !== 0) return COULD_NOT_LOOK;
  return isWell ? 0 : DEVIATIONS;
};

function read({ options: fields }: CommandLine) {
  const json = fields.read("json", flag, false);
  const network = fields.read("network", networkName);
  fields.refuse("options");
  return { network, json };
}

runAsScript(module, main);
