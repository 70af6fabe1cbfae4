// The command line of `npm run deploy`: shows what a deployment will send, sends it, verifies it and records it.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readDeclaration } from "../deploy/declaration";
import { alone, deployTo } from "../deploy/deployment";
import { rehearseOnFork } from "../deploy/fork";
import { networkOf } from "../deploy/network";
import { recordFile } from "../deploy/paths";
import { unstick } from "../deploy/pending";
import { planDeployment, type PlanOptions } from "../deploy/plan";
import { readRecord } from "../deploy/record";
import { writeVerification, type VerificationInput } from "../deploy/verification";
import { Problem, together } from "../sdk/base/problem";
import { readModelFile, requireModelFile } from "../sdk/node/modelFile";
import {
  digits,
  fileName,
  fileNames,
  flag,
  mainOf,
  networkName,
  runAsScript,
  type CommandLine,
  type Streams,
} from "./cli/command";
import { readSending, sendAs, SENDING_USAGE } from "./cli/sending";
import { humanDeploymentView, jsonView } from "./cli/views/deployment";

const USAGE = `usage: npm run deploy -- --network <name> [options]
  --network <name>         localhost, sepolia, base-sepolia, base or mainnet
  --model <file> ...       a model to launch on it; may be given several times
  --parameters <file>      the declared state; by default the file that was named last, at first ignition/parameters/<network>.json5
  --fork                   play all of it on a copy of the chain in this process: by the declared accounts without their keys, the
                           admin's part and its delay included; the network is sent nothing
  --plan                   show what would be sent, and send nothing
  --confirm-chain <id>     id of the chain that you mean; needed on mainnet and base
  --verification <folder>  write there what explorers need to verify every contract of the network's record, and end
  --unstick                replace the waiting transactions of the key's account with empty transfers at higher fees, and end
${SENDING_USAGE}
  --json                   print one JSON document instead of the steps; with npm run --silent it stands alone
  --help                   print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "deploy", usage: USAGE, read, run });

function read({ options: fields }: CommandLine, { env }: Streams) {
  const options = {
    network: fields.read("network", networkName),
    parameters: fields.read("parameters", fileName, ""),
    verification: fields.read("verification", fileName, ""),
    confirmedChain: fields.read("confirm-chain", digits(1, Number.MAX_SAFE_INTEGER), 0),
    model: fields.read("model", fileNames, []),
    fork: fields.read("fork", flag, false),
    plan: fields.read("plan", flag, false),
    unstick: fields.read("unstick", flag, false),
    json: fields.read("json", flag, false),
    sending: readSending(fields, env),
  };
  fields.refuse("options");
  options.model.forEach(requireModelFile);
  return options;
}

type Input = ReturnType<typeof read>;

async function run(hre: HardhatRuntimeEnvironment, input: Input, streams: Streams): Promise<string> {
  const { name, isEphemeral } = networkOf(hre);
  if (isEphemeral)
    throw new Problem("BAD_OPTION", `the chain of ${name} ends with this command: name another with --network.`);
  const view = input.json ? jsonView(streams) : humanDeploymentView(streams);
  await sendAs(hre, input.sending, { ...streams, err: view.onWait }, async () => {
    if (input.verification) view.onVerification(await verify(hre, input), input.verification);
    else if (input.unstick) view.onUnstick(await alone(hre, () => free(hre, view.onWait)));
    else if (input.fork) view.onFork(await rehearseOnFork(hre, await readDeclared(hre, input), view));
    else if (input.plan) view.onPlan(await planDeployment(hre, await readDeclared(hre, input)));
    else view.onEnd(await deployTo(hre, await readDeclared(hre, input), view));
  });
  return view.result();
}

async function readDeclared(hre: HardhatRuntimeEnvironment, input: Input): Promise<PlanOptions> {
  const network = networkOf(hre);
  const [{ parameters, file }, ...files] = await together(
    readDeclaration(hre, input.parameters || undefined),
    ...input.model.map((path) => readModelFile(path, network.isLocal)),
  );
  const { confirmedChain } = input;
  return { parameters, parametersFile: file, files, ...(confirmedChain > 0 && { confirmedChain }) };
}

async function verify(hre: HardhatRuntimeEnvironment, { verification }: Input): Promise<readonly VerificationInput[]> {
  const network = networkOf(hre);
  const record = readRecord(network);
  if (record) return writeVerification(hre, record, verification);
  throw new Problem("NOT_DEPLOYED", `${network.name} has no record ${recordFile(network)}: deploy to it first.`);
}

/** Frees every account from its pending transactions; returns what was replaced, in words. */
async function free(hre: HardhatRuntimeEnvironment, onWait: (reason: string) => void): Promise<string[]> {
  const replaced: string[] = [];
  for (const { address } of await hre.ethers.getSigners()) {
    for (const transaction of await unstick(hre, address, onWait)) replaced.push(`${address}: ${transaction}`);
  }
  return replaced;
}

runAsScript(module, main);
