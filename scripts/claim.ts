// SPDX-License-Identifier: MIT
// The command line of `claim`: pays contributors behind a root what is theirs.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { address } from "../deploy/fields";
import { Problem } from "../deploy/problem";
import { connect } from "./attest/chain";
import { BATCH, claim } from "./attest/claim";
import { readClaims } from "./attest/claimsFile";
import { readSigner } from "./attest/keys";
import { at } from "../sdk/evaluation/at";
import { fileName, mainOf, networkName, readInputs, runAsScript, type CommandLine, type Streams } from "./lib/command";
import { toJson } from "./lib/files";

const USAGE = `usage: npm run --silent claim -- options [<claims.json> ...]          standard input without a file
  --network <name>       localhost, sepolia, base-sepolia or mainnet
  --account <address>    the contributor to pay; everybody who was not paid yet without it, ${BATCH} in a transaction
  --keystore <file>      encrypted key of whoever pays for the gas; its password is KEYSTORE_PASSWORD or asked for. Without it
                         the key is PRIVATE_KEY
  --help                 print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "claim", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, streams: Streams) {
  const options = {
    network: fields.read("network", networkName),
    account: fields.read("account", address, ""),
    keystore: fields.read("keystore", fileName, ""),
  };
  fields.refuse("options");
  const files = readInputs(paths, streams).map(([name, text]) => ({ name, claims: readClaims(name, text) }));
  const first = at(files, 0);
  const other = files.find(({ claims }) => claims.verifier !== first.claims.verifier);
  if (other) throw new Problem(`${other.name} is for another verifier than ${first.name}: claim them one by one.`);
  return { ...options, files, verifier: first.claims.verifier };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { files, verifier, account, keystore }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const chain = await connect(hre, verifier);
  const sender = await readSigner(hre, { keystore, ...streams });
  return toJson(await claim(chain, files, sender, account || undefined));
}

runAsScript(module, main);
