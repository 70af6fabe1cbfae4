// SPDX-License-Identifier: MIT
// The command line of `submit`: merges the bundles of a statement, sends it and prints what waits.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { siteOf } from "../deploy/network";
import { formatTime, formatTokens } from "../sdk/base/units";
import { connect } from "../sdk/client/connect";
import { mergeBundles, readBundle } from "../sdk/schemas/bundle";
import { toJson } from "../sdk/schemas/json";
import { submit } from "../sdk/statements/submit";
import { mainOf, networkName, readInputs, runAsScript, type CommandLine, type Streams } from "./cli/command";
import { readSending, sendAs, senderOf, SENDING_USAGE } from "./cli/sending";

const USAGE = `usage: npm run --silent submit -- options [<bundle.json> ...]          standard input without a file
  --network <name>       localhost, sepolia, base-sepolia, base or mainnet
${SENDING_USAGE}
  --json                 also print a failure as one JSON document, on standard output
  --help                 print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "submit", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, streams: Streams) {
  const options = { network: fields.read("network", networkName), sending: readSending(fields, streams.env) };
  fields.refuse("options");
  const bundles = readInputs(paths, streams).map(([name, text]) => [name, readBundle(name, text)] as const);
  return { ...options, bundle: mergeBundles(bundles) };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { bundle, sending }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const chain = await connect(siteOf(hre), bundle.verifier);
  const send = async () => submit(chain, bundle, await senderOf(hre));
  const submission = await sendAs(hre, sending, streams, send, true);
  const { baselineScore, candidateScore, reward, owner, symbol, releasableFrom } = submission;
  for (const { signer, reason } of submission.leftOut) streams.err(`left out: ${signer} ${reason}`);
  const waits = `${formatTokens(reward)} ${symbol} wait, to be released from ${formatTime(releasableFrom)}`;
  streams.err(`score ${baselineScore} → ${candidateScore}: ${waits}`);
  streams.err(`owner         ${owner.account}  ${formatTokens(owner.amount)} ${symbol}`);
  for (const { account, amount } of submission.contributors) {
    streams.err(`contributors  ${account}  ${formatTokens(amount)} ${symbol}`);
  }
  return toJson(submission);
}

runAsScript(module, main);
