// SPDX-License-Identifier: MIT
// The command line of `claim`: pays contributors behind a root what is theirs.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { siteOf } from "../deploy/network";
import { firstRecordedBlock, readRecord } from "../deploy/record";
import { address } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";
import { connect } from "../sdk/client/connect";
import { at } from "../sdk/evaluation/at";
import { readClaims } from "../sdk/schemas/claims";
import { toJson } from "../sdk/schemas/json";
import { BATCH, claim } from "../sdk/statements/claim";
import { mainOf, networkName, readInputs, runAsScript, type CommandLine, type Streams } from "./cli/command";
import { readSending, sendAs, senderOf, SENDING_USAGE } from "./cli/sending";

const USAGE = `usage: npm run --silent claim -- options [<claims.json> ...]          standard input without a file
  --network <name>       localhost, sepolia, base-sepolia, base or mainnet
  --account <address>    the contributor to pay; by default everybody who has not been paid yet, ${BATCH} in a transaction
${SENDING_USAGE}
  --json                 also print a failure as one JSON document, on standard output
  --help                 print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "claim", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, streams: Streams) {
  const options = {
    network: fields.read("network", networkName),
    account: fields.read("account", address, ""),
    sending: readSending(fields, streams.env),
  };
  fields.refuse("options");
  const files = readInputs(paths, streams).map(([name, text]) => ({ name, claims: readClaims(name, text) }));
  const first = at(files, 0);
  const other = files.find(({ claims }) => claims.verifier !== first.claims.verifier);
  if (other)
    throw new Problem("CONFLICT", `${other.name} is for another verifier than ${first.name}: claim them one by one.`);
  return { ...options, files, verifier: first.claims.verifier };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { files, verifier, account, sending }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const chain = await connect(siteOf(hre), verifier);
  const record = readRecord(chain.network);
  const fromBlock = record === undefined ? 0 : firstRecordedBlock(record);
  const pay = async () => claim(chain, files, await senderOf(hre), { fromBlock, ...(account !== "" && { account }) });
  return toJson(await sendAs(hre, sending, streams, pay, true));
}

runAsScript(module, main);
