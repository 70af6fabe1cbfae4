// The command line of `npm run launch`: deploys the protocol if the network has none, launches a model on it,
// trades it and improves it.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deployTo } from "../deploy/deployment";
import { networkOf } from "../deploy/network";
import { statusName, type LaunchedModel } from "../deploy/model";
import { readModelFile } from "../deploy/modelFile";
import { parametersFile, readParameters } from "../deploy/parameters";
import { Problem, together } from "../deploy/problem";
import { readHistory, type LaunchDocument } from "./launch/document";
import { use } from "./launch/fees";
import { improve } from "./launch/improve";
import { trade } from "./launch/trade";
import { bothViews, documentView, humanView, type View } from "./launch/view";
import { compile } from "./lib/compile";
import { explain } from "./lib/errors";
import { toJson, writeWhole } from "./lib/files";
import { readState } from "./lib/state";
import { renderReport } from "./report/report";

const USAGE = `usage: npm run launch [-- options]
  --model <file>        the model to launch; deploy/models/sentiment-v2.json without it
  --network <name>      hardhat (a chain in this process), localhost, sepolia, base-sepolia or mainnet; hardhat without it
  --confirm-chain <id>  id of the chain that you mean; needed on mainnet
  --json                print one JSON document instead of the steps; with npm run --silent it stands alone
  --report [<file>]     also write a page with the curve, the supply and every transaction; .build/report.html without a name
  --verbose             print the stack of an error
  --help                print this text`;

interface Options {
  readonly model: string;
  readonly network: string;
  readonly json: boolean;
  readonly confirmedChain?: number;
  /** Where the page goes, if one is wanted. */
  readonly report?: string;
}

const DEFAULT_REPORT = join(__dirname, "../.build/report.html");
const NO_HISTORY = { trades: [], improvements: [], fees: [] };

const print = (line: string) => console.log(line);

/** Everything that is told of a launch, in the ways that the options ask for. */
function viewOf({ json, report }: Options): View {
  const view = json ? documentView((document) => print(toJson(document))) : humanView(print);
  if (report === undefined) return view;
  return bothViews(
    view,
    documentView((document) => writeReport(report, document)),
  );
}

function writeReport(path: string, document: LaunchDocument): void {
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, renderReport(document));
  console.error(`report: ${relative(process.cwd(), path)}`);
}

async function launch(hre: HardhatRuntimeEnvironment, options: Options): Promise<void> {
  const { model: path, confirmedChain } = options;
  const view = viewOf(options);
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
  const history = network.isLocal ? await readHistory(hre, protocol, model) : NO_HISTORY;
  view.end({ protocol, model, status, ...shown, state: await readState(model), history });
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", default: join(__dirname, "../deploy/models/sentiment-v2.json") },
      network: { type: "string", default: "hardhat" },
      "confirm-chain": { type: "string" },
      json: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const surplus = positionals[values.report ? 1 : 0];
  if (surplus !== undefined) throw new Problem(`unexpected argument "${surplus}", expected options: see --help.`);
  const { network, json, "confirm-chain": confirmed } = values;
  return {
    network,
    json,
    model: resolve(values.model),
    ...(confirmed && { confirmedChain: Number(confirmed) }),
    ...(values.report && { report: resolve(positionals[0] ?? DEFAULT_REPORT) }),
  };
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
