// SPDX-License-Identifier: MIT
// The command line of `statement`: what `evaluate` prints becomes the statement that attesters are asked to sign.

import { ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { siteOf } from "../deploy/network";
import { address, hash, publishedId } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";
import { connect } from "../sdk/client/connect";
import { readContributorsFor } from "../sdk/node/contributors";
import { writeWhole } from "../sdk/node/files";
import { formatBundle } from "../sdk/schemas/bundle";
import { formatClaims } from "../sdk/schemas/claims";
import { MAX_LISTED } from "../sdk/schemas/contributorsFile";
import { propose, readMeasured } from "../sdk/statements/propose";
import {
  deliver,
  digits,
  fileName,
  mainOf,
  networkName,
  readInput,
  runAsScript,
  type CommandLine,
  type Streams,
} from "./cli/command";

const HOUR = 3600n;

const USAGE = `usage: npm run --silent statement -- options [<evaluation.json>]          what evaluate prints; standard input without a file
  --network <name>                 localhost, sepolia, base-sepolia, base or mainnet
  --verifier <address>             the protocol's DeltaOneVerifier
  --model <id>                     the model's published id
  --evaluation-id <name>           a name that the model has not used, for an evaluation without an id of its own; its hash is the id
  --contributors <file>            CSV with the columns account and weight, or a JSON list of objects with these fields
  --claims <file>                  where to write the contributors if there are more than ${MAX_LISTED}, for attesters and for claims
  --candidate-commitment <hash>    commitment to the candidate's predictions; needed once the baseline has one
  --hours <n>                      for how many hours the statement can be submitted, 1 to 48; 24 by default
  --out <file>                     write the statement to this file, completely or not at all, instead of standard output
  --json                           also print a failure as one JSON document, on standard output
  --help                           print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "statement", usage: USAGE, read, run });

function read({ options: fields, paths }: CommandLine, streams: Streams) {
  const options = {
    network: fields.read("network", networkName),
    verifier: fields.read("verifier", address),
    modelId: fields.read("model", publishedId),
    evaluationName: fields.read("evaluation-id", publishedId, ""),
    contributorsFile: fields.read("contributors", fileName),
    claimsFile: fields.read("claims", fileName, ""),
    candidateCommitment: fields.read("candidate-commitment", hash, ZeroHash),
    life: HOUR * BigInt(fields.read("hours", digits(1, 48), 24)),
    out: fields.read("out", fileName, ""),
  };
  fields.refuse("options");
  const contributors = readContributorsFor(options.contributorsFile, options.claimsFile);
  const measured = readMeasured(...readInput(paths, streams));
  if ((measured.evaluationId === undefined) === (options.evaluationName === "")) {
    throw new Problem(
      "BAD_OPTION",
      measured.evaluationId === undefined
        ? "the evaluation has no id of its own: name it with --evaluation-id."
        : "the evaluation has an id of its own, the hash of its document: leave out --evaluation-id.",
    );
  }
  return { ...options, contributors, measured };
}

async function run(hre: HardhatRuntimeEnvironment, input: ReturnType<typeof read>): Promise<string> {
  const { bundle, claims } = await propose(await connect(siteOf(hre), input.verifier), input);
  if (claims) writeWhole(input.claimsFile, `${formatClaims(claims)}\n`);
  return deliver(formatBundle(bundle), input.out);
}

runAsScript(module, main);
