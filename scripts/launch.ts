// The command line of `npm run launch`: deploys the protocol if the network has none, launches a model on it,
// trades it and improves it.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deployTo } from "../deploy/deployment";
import { networkOf } from "../deploy/ignition";
import { statusName, type LaunchedModel } from "../deploy/model";
import { readModelFile } from "../deploy/modelFile";
import { parametersFile, readParameters } from "../deploy/parameters";
import { together } from "../deploy/problem";
import { use } from "./launch/fees";
import { improve } from "./launch/improve";
import { trade } from "./launch/trade";
import { humanView, jsonView, type View } from "./launch/view";
import { compile } from "./lib/compile";
import { explain } from "./lib/errors";
import { readState } from "./lib/state";

const USAGE = `usage: npm run launch [-- options]
  --model <file>      the model to launch; deploy/models/sentiment-v2.json without it
  --network <name>    hardhat (a chain in this process), localhost, sepolia, base-sepolia or mainnet; hardhat without it
  --confirm-chain <id>  id of the chain that you mean; needed on mainnet
  --json              print one JSON document instead of the steps; with npm run --silent it stands alone
  --verbose           print the stack of an error
  --help              print this text`;

interface Options {
  readonly model: string;
  readonly network: string;
  readonly json: boolean;
  readonly confirmedChain?: number;
}

const print = (line: string) => console.log(line);

async function launch(hre: HardhatRuntimeEnvironment, { model: path, json, confirmedChain }: Options): Promise<void> {
  const view: View = json ? jsonView(print) : humanView(print);
  const network = networkOf(hre);
  const [file, parameters] = await together(readModelFile(path, network.isLocal), readParameters(network));
  await compile(hre);
  view.begin(network, file);
  const { protocol, models } = await deployTo(
    hre,
    { parameters, parametersFile: parametersFile(network), files: [file], ...(confirmedChain && { confirmedChain }) },
    {
      onPlan: () => undefined,
      onSent: view.deployed,
      onProtocol: view.protocol,
      onStep: view.step,
      onWait: (reason) => console.error(`launch: waiting: ${reason}`),
    },
  );
  const [model] = models as [LaunchedModel];
  const trading = network.isLocal ? await trade(hre, protocol, model, view.step) : undefined;
  const improvement = network.isLocal ? await improve(hre, protocol, model, view.step) : undefined;
  const usage = await use(hre, protocol, model, view.step);
  const status = statusName(await protocol.registry.statusOf(model.key));
  const shown = { ...(trading && { trading }), ...(improvement && { improvement }), ...(usage && { usage }) };
  view.end({ protocol, model, status, ...shown, state: await readState(model) });
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      model: { type: "string", default: join(__dirname, "../deploy/models/sentiment-v2.json") },
      network: { type: "string", default: "hardhat" },
      "confirm-chain": { type: "string" },
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { network, json, "confirm-chain": confirmed } = values;
  return { network, json, model: resolve(values.model), ...(confirmed && { confirmedChain: Number(confirmed) }) };
}

async function main(): Promise<void> {
  let hre: HardhatRuntimeEnvironment | undefined;
  try {
    const options = readOptions();
    if (!options) return print(USAGE);
    process.env.HARDHAT_NETWORK = options.network; // Hardhat reads it when it is loaded.
    ({ default: hre } = await import("hardhat"));
    await launch(hre, options);
  } catch (error) {
    const message = hre ? await explain(hre, error) : (error as Error).message.split("\n")[0];
    console.error(process.argv.includes("--verbose") ? error : `launch: ${message}`);
    process.exitCode = 1;
  }
}

if (require.main === module) void main();
