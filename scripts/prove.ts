// SPDX-License-Identifier: MIT
// The command line of `prove`: openings become a statement and its proof.

import { keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { siteOf } from "../deploy/network";
import { address, publishedId } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";
import { connect } from "../sdk/client/connect";
import { readContributorsFor } from "../sdk/node/contributors";
import { isSealed, readPrivateKey, unseal } from "../sdk/node/escrow";
import { OWNER_ONLY, readText, writeWhole } from "../sdk/node/files";
import { proposeProof } from "../sdk/node/proposal";
import { formatOpening, readCandidate, readOpening } from "../sdk/proofs/openings";
import { formatBundle } from "../sdk/schemas/bundle";
import { formatClaims } from "../sdk/schemas/claims";
import { MAX_LISTED } from "../sdk/schemas/contributorsFile";
import {
  deliver,
  digits,
  fileName,
  mainOf,
  networkName,
  runAsScript,
  type CommandLine,
  type Streams,
} from "./cli/command";

const HOUR = 3600n;

const USAGE = `usage: npm run --silent prove -- options
  --network <name>          localhost, sepolia, base-sepolia, base or mainnet
  --verifier <address>      the protocol's DeltaOneVerifier
  --model <id>              the model's published id
  --evaluation-id <name>    a name for this evaluation that the model has not used; its hash is the evaluation's id
  --labels <file>           opening of the benchmark's labels
  --baseline <file>         opening of the baseline's predictions
  --candidate <file>        opening of the candidate's predictions, or CSV with the column candidate; columns label and baseline, if
                            it has them, must be what was committed to
  --opening <file>          where to write the candidate's opening when it comes from CSV: the next proof needs it; never overwritten
  --escrow-key <key.pem>    the X25519 private key that openings in escrow files are encrypted to
  --contribution <file>     the contributed data, to be hashed
  --contributors <file>     CSV with the columns account and weight, or a JSON list of objects with these fields
  --claims <file>           where to write the contributors if there are more than ${MAX_LISTED}, for attesters and for claims
  --hours <n>               for how many hours the statement can be submitted, 1 to 48; 24 by default
  --out <file>              write statement and proof to this file, completely or not at all, instead of standard output
  --json                    also print a failure as one JSON document, on standard output
  --help                    print this text`;

/** Runs the command and returns its exit code. */
export const main = mainOf({ name: "prove", usage: USAGE, read, run });

function read({ options: fields }: CommandLine) {
  const options = {
    network: fields.read("network", networkName),
    verifier: fields.read("verifier", address),
    modelId: fields.read("model", publishedId),
    evaluationName: fields.read("evaluation-id", publishedId),
    openingFile: fields.read("opening", fileName, ""),
    claimsFile: fields.read("claims", fileName, ""),
    life: HOUR * BigInt(fields.read("hours", digits(1, 48), 24)),
    out: fields.read("out", fileName, ""),
  };
  const files = {
    labels: fields.read("labels", fileName),
    baseline: fields.read("baseline", fileName),
    candidate: fields.read("candidate", fileName),
    contribution: fields.read("contribution", fileName),
    contributors: fields.read("contributors", fileName),
    escrowKey: fields.read("escrow-key", fileName, ""),
  };
  const written = [options.openingFile, options.claimsFile, options.out].filter((path) => path !== "");
  if (new Set(written.map((path) => resolve(path))).size < written.length)
    fields.report("--opening, --claims and --out name the same file");
  fields.refuse("options");
  readText(files.contribution); // refuses a missing file with the same message
  return {
    ...options,
    ...readOpenings(files, options.openingFile),
    contributionDataHash: keccak256(readFileSync(files.contribution)),
    contributors: readContributorsFor(files.contributors, options.claimsFile),
  };
}

/** Reads the three openings. One that is made from CSV is new, and needs a file to be kept in. */
function readOpenings(
  { escrowKey, ...files }: Record<"labels" | "baseline" | "candidate" | "escrowKey", string>,
  openingFile: string,
) {
  const labels = readOpening(files.labels, contentOf(files.labels, escrowKey), "labels");
  const baseline = readOpening(files.baseline, contentOf(files.baseline, escrowKey), "predictions");
  const content = contentOf(files.candidate, escrowKey);
  const isNew = !content.trimStart().startsWith("{");
  if (isNew !== (openingFile !== "")) {
    throw new Problem(
      "BAD_OPTION",
      isNew
        ? `${files.candidate} is CSV: name a file for its opening, which the next proof needs, with --opening <file>.`
        : `${files.candidate} is an opening: leave out --opening, which is for CSV.`,
    );
  }
  if (isNew && existsSync(openingFile))
    throw new Problem("ALREADY_DONE", `${openingFile} exists: an opening is never overwritten, name another file.`);
  const candidate = isNew
    ? readCandidate(files.candidate, content, labels, baseline)
    : readOpening(files.candidate, content, "predictions");
  return { labels, baseline, candidate };
}

/** The content of a file, decrypted if it is an escrow file. */
function contentOf(file: string, escrowKey: string): string {
  const content = readText(file);
  if (!isSealed(content)) return content;
  if (escrowKey === "")
    throw new Problem("BAD_OPTION", `${file} is encrypted: name the key that it is for with --escrow-key.`);
  return unseal(file, content, readPrivateKey(escrowKey, readText(escrowKey)));
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { verifier, openingFile, claimsFile, out, ...proposal }: ReturnType<typeof read>,
  streams: Streams,
): Promise<string> {
  const { bundle, claims } = await proposeProof(await connect(siteOf(hre), verifier), proposal, streams.err);
  if (openingFile !== "") writeWhole(openingFile, `${formatOpening(proposal.candidate)}\n`, OWNER_ONLY);
  if (claims) writeWhole(claimsFile, `${formatClaims(claims)}\n`);
  return deliver(formatBundle(bundle), out);
}

runAsScript(module, main);
