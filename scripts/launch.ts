// The command line of `npm run launch`: deploys the protocol if the network has none, launches a model on it, trades it and improves it.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { requireAttesters } from "../deploy/demo/accounts";
import { readHistory, readRewards, type LaunchDocument } from "../deploy/demo/document";
import { use } from "../deploy/demo/fees";
import { improve } from "../deploy/demo/improve";
import { releaseReward } from "../deploy/demo/release";
import { trade } from "../deploy/demo/trade";
import { readDeclaration } from "../deploy/declaration";
import { deployTo } from "../deploy/deployment";
import { statusName, type LaunchedModel } from "../deploy/launch";
import { networkOf } from "../deploy/network";
import { Problem, together } from "../sdk/base/problem";
import { readState } from "../sdk/client/market";
import { writeWhole } from "../sdk/node/files";
import { readModelFile, requireModelFile } from "../sdk/node/modelFile";
import { toJson } from "../sdk/schemas/json";
import {
  digits,
  fileName,
  flag,
  mainOf,
  networkName,
  runAsScript,
  type CommandLine,
  type Streams,
} from "./cli/command";
import { renderReport } from "./cli/report/report";
import { readSending, sendAs, SENDING_USAGE } from "./cli/sending";
import { warn } from "./cli/views/deployment";
import { bothViews, documentView, humanView, type View } from "./cli/views/launch";

const USAGE = `usage: npm run launch [-- options]
  --model <file>        the model to launch; by default deploy/models/sentiment-v2.json
  --network <name>      hardhat (a chain in this process, the default), localhost, sepolia, base-sepolia, base or mainnet
  --confirm-chain <id>  id of the chain that you mean; needed on mainnet and base
${SENDING_USAGE}
  --json                print one JSON document instead of the steps; with npm run --silent it stands alone
  --report [<file>]     also write a page with the curve, the supply and every transaction; by default .build/report.html
  --verbose             print the stack of an error
  --help                print this text`;

const DEFAULT_MODEL = join(__dirname, "../deploy/models/sentiment-v2.json");
const DEFAULT_REPORT = join(__dirname, "../.build/report.html");

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "launch", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, { env }: Streams) {
  const hasReport = fields.read("report", flag, false);
  const options = {
    model: resolve(fields.read("model", fileName, DEFAULT_MODEL)),
    network: fields.read("network", networkName, "hardhat"),
    confirmedChain: fields.read("confirm-chain", digits(1, Number.MAX_SAFE_INTEGER), 0),
    json: fields.read("json", flag, false),
    sending: readSending(fields, env),
    /** The path of the HTML report, if one is wanted. */
    report: hasReport ? resolve(paths[0] ?? DEFAULT_REPORT) : undefined,
  };
  fields.refuse("options");
  const surplus = paths[hasReport ? 1 : 0];
  if (surplus !== undefined)
    throw new Problem("BAD_OPTION", `unexpected argument "${surplus}", expected options: see --help.`);
  requireModelFile(options.model);
  return options;
}

type Input = ReturnType<typeof read>;

/** The views of a launch that the options ask for. */
function viewOf({ json, report }: Input, { out, err }: Streams): View {
  const view = json ? documentView((document) => out(toJson(document))) : humanView(out);
  if (report === undefined) return view;
  return bothViews(
    view,
    documentView((document) => {
      writeReport(report, document);
      err(`report: ${relative(process.cwd(), report)}`);
    }),
  );
}

function writeReport(path: string, document: LaunchDocument): void {
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, renderReport(document));
}

async function run(hre: HardhatRuntimeEnvironment, input: Input, streams: Streams): Promise<string> {
  const err = (notice: string) => streams.err(`launch: ${notice}`);
  return sendAs(hre, input.sending, { ...streams, err }, () => launchAndShow(hre, input, streams));
}

async function launchAndShow(hre: HardhatRuntimeEnvironment, input: Input, streams: Streams): Promise<string> {
  const { model: path, confirmedChain } = input;
  const view = viewOf(input, streams);
  const network = networkOf(hre);
  const [file, { parameters, file: parametersFile }] = await together(
    readModelFile(path, network.isLocal),
    readDeclaration(hre),
  );
  await requireAttesters(hre, parameters, file);
  view.begin(network, file);
  const { protocol, models } = await deployTo(
    hre,
    {
      parameters,
      parametersFile,
      files: [file],
      ...(confirmedChain > 0 && { confirmedChain }),
    },
    {
      onPlan: (plan) => warn(plan, streams.err),
      onSent: view.deployed,
      onProtocol: view.protocol,
      onStep: view.step,
      onWait: (reason) => streams.err(`launch: waiting: ${reason}`),
    },
  );
  const [model] = models as [LaunchedModel];
  const trading = network.isLocal ? await trade(hre, protocol, model, view.step) : undefined;
  const attempted = network.isLocal ? await improve(hre, protocol, model, view.step) : {};
  const release = network.isLocal ? await releaseReward(hre, protocol, model, view.step) : undefined;
  const usage = await use(hre, protocol, model, view.step);
  const status = statusName(await protocol.registry.statusOf(model.key));
  const shown = { ...(trading && { trading }), ...attempted, ...(release && { release }), ...(usage && { usage }) };
  const history = network.isLocal
    ? await readHistory(hre, protocol, model)
    : { trades: [], improvements: await readRewards(hre, protocol, model), fees: [] };
  view.end({ protocol, model, status, ...shown, state: await readState(model), history });
  return "";
}

runAsScript(module, main);
