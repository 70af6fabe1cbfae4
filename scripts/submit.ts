// SPDX-License-Identifier: MIT
// The command line of `submit`: merges the bundles of a statement, sends it and prints what waits.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { siteOf } from "../deploy/network";
import { formatTime, formatTokens } from "../sdk/base/units";
import { connect } from "../sdk/client/connect";
import { readSigner } from "../sdk/node/keys";
import { mergeBundles, readBundle } from "../sdk/schemas/bundle";
import { toJson } from "../sdk/schemas/json";
import { submit } from "../sdk/statements/submit";
import { fileName, mainOf, networkName, readInputs, runAsScript, type CommandLine, type Streams } from "./cli/command";

const USAGE = `usage: npm run --silent submit -- options [<bundle.json> ...]          standard input without a file
  --network <name>       localhost, sepolia, base-sepolia, base or mainnet
  --keystore <file>      encrypted key of whoever pays for the gas; its password is KEYSTORE_PASSWORD or asked for. Without it
                         the key is PRIVATE_KEY
  --json                 tell a failure as one JSON document too, on standard output
  --help                 print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "submit", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, streams: Streams) {
  const options = { network: fields.read("network", networkName), keystore: fields.read("keystore", fileName, "") };
  fields.refuse("options");
  const bundles = readInputs(paths, streams).map(([name, text]) => [name, readBundle(name, text)] as const);
  return { ...options, bundle: mergeBundles(bundles) };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { bundle, keystore }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const chain = await connect(siteOf(hre), bundle.verifier);
  const submission = await submit(chain, bundle, await readSigner(chain, { keystore, ...streams }));
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
