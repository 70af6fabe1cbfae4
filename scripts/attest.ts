// SPDX-License-Identifier: MIT
// The command line of `attest`: shows a statement in words, signs it and adds the attestation to its bundle.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { siteOf } from "../deploy/network";
import { address } from "../sdk/base/fields";
import { connect } from "../sdk/client/connect";
import { readText } from "../sdk/node/files";
import { firstKey, openKey } from "../sdk/node/keys";
import { formatBundle, readBundle } from "../sdk/schemas/bundle";
import { readClaims } from "../sdk/schemas/claims";
import { attest } from "../sdk/statements/attest";
import { describe, requireAcceptable } from "../sdk/statements/review";
import {
  deliver,
  fileName,
  mainOf,
  networkName,
  readInput,
  runAsScript,
  type CommandLine,
  type Streams,
} from "./cli/command";
import { KEYS_USAGE, readKeys } from "./cli/sending";

const USAGE = `usage: npm run --silent attest -- options [<bundle.json>]          standard input without a file
  --network <name>       localhost, sepolia, base-sepolia, base or mainnet
  --verifier <address>   the DeltaOneVerifier that you trust; a statement for another is refused
  --claims <file>        the contributors, when the statement names them by a root
${KEYS_USAGE}
  --out <file>           write the bundle to this file, completely or not at all, instead of standard output; it may be the file that was read
  --json                 also print a failure as one JSON document, on standard output
  --help                 print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "attest", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, streams: Streams) {
  const options = {
    network: fields.read("network", networkName),
    verifier: fields.read("verifier", address),
    claimsFile: fields.read("claims", fileName, ""),
    keys: readKeys(fields),
    out: fields.read("out", fileName, ""),
  };
  fields.refuse("options");
  const { claimsFile } = options;
  const claims = claimsFile === "" ? undefined : readClaims(claimsFile, readText(claimsFile));
  return { ...options, ...(claims && { claims }), bundle: readBundle(...readInput(paths, streams)) };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { verifier, bundle, claims, keys, out }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const chain = await connect(siteOf(hre), verifier);
  const review = await requireAcceptable(chain, bundle);
  for (const line of await describe(chain, review, claims)) streams.err(line);
  const signer = await openKey(chain.network, firstKey(keys, streams.env), streams);
  return deliver(formatBundle(await attest(review, signer)), out);
}

runAsScript(module, main);
