// SPDX-License-Identifier: MIT
// The command line of `prove`: openings become a statement and its proof, which anybody may send.

import { keccak256 } from "ethers";
import { readFileSync } from "node:fs";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { parseArgs } from "node:util";
import { address, Fields, publishedId } from "../deploy/fields";
import { Problem } from "../deploy/problem";
import { formatTokens } from "../deploy/units";
import { toCall } from "./attest/attest";
import { connect } from "./attest/chain";
import { MAX_LISTED, readContributors } from "./attest/contributorsFile";
import { readSigner } from "./attest/keys";
import { send } from "./attest/submit";
import { deliver, digits, fileName, networkName, processStreams, runCommand, type Streams } from "./lib/command";
import { readText, toJson } from "./lib/files";
import { isSealed, readPrivateKey, unseal } from "./zk/escrow";
import { readOpening, type DomainName } from "./zk/openings";
import { proposeProof } from "./zk/proposal";

const HOUR = 3600n;

const USAGE = `usage: npm run --silent prove -- options
  --network <name>          localhost, sepolia, base-sepolia or mainnet
  --verifier <address>      the protocol's DeltaOneVerifier
  --model <id>              the model's published id
  --evaluation-id <name>    a name for this evaluation that the model has not used; its hash is the evaluation's id
  --labels <file>           opening of the benchmark's labels
  --baseline <file>         opening of the baseline's predictions
  --candidate <file>        opening of the candidate's predictions; openings may be escrow files, with
  --escrow-key <key.pem>    the X25519 private key that they are encrypted to
  --contribution <file>     the contributed data, to be hashed
  --contributors <file>     CSV with the columns account and weight, or a JSON list of objects with these fields
  --hours <n>               how long the statement may be submitted, 1 to 48; 24 without it
  --submit                  send it at once; the gas is paid by
  --keystore <file>         an encrypted key; its password is KEYSTORE_PASSWORD or asked for. Without it the key is PRIVATE_KEY
  --out <file>              write statement and proof there, whole or not at all, instead of to standard output
  --help                    print this text`;

/** Runs the command and returns its exit code. */
export const main = (args: readonly string[], streams: Streams) =>
  runCommand({ name: "prove", usage: USAGE, read, run }, args, streams);

function read(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      network: { type: "string" },
      verifier: { type: "string" },
      model: { type: "string" },
      "evaluation-id": { type: "string" },
      labels: { type: "string" },
      baseline: { type: "string" },
      candidate: { type: "string" },
      "escrow-key": { type: "string" },
      contribution: { type: "string" },
      contributors: { type: "string" },
      hours: { type: "string" },
      submit: { type: "boolean" },
      keystore: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const { submit = false, ...named } = values;
  const fields = new Fields(named, "--");
  const options = {
    submit,
    network: fields.read("network", networkName),
    verifier: fields.read("verifier", address),
    modelId: fields.read("model", publishedId),
    evaluationName: fields.read("evaluation-id", publishedId),
    life: HOUR * BigInt(fields.read("hours", digits(1, 48), 24)),
    keystore: fields.read("keystore", fileName, ""),
    out: fields.read("out", fileName, ""),
  };
  const [labels, baseline, candidate, contribution, contributorsFile] = [
    "labels",
    "baseline",
    "candidate",
    "contribution",
    "contributors",
  ].map((name) => fields.read(name, fileName)) as [string, string, string, string, string];
  const escrowKey = fields.read("escrow-key", fileName, "");
  fields.refuse("options");

  const open = (file: string, domain: DomainName) => readOpening(file, contentOf(file, escrowKey), domain);
  const contributors = readContributors(contributorsFile, readText(contributorsFile));
  if (contributors.length > MAX_LISTED) {
    throw new Problem(
      `${contributorsFile} names ${contributors.length} contributors, more than the ${MAX_LISTED} that a statement lists.`,
    );
  }
  readText(contribution); // refuses a missing file in the same words
  return {
    ...options,
    labels: open(labels, "labels"),
    baseline: open(baseline, "predictions"),
    candidate: open(candidate, "predictions"),
    contributionDataHash: keccak256(readFileSync(contribution)),
    contributors,
  };
}

function contentOf(file: string, escrowKey: string): string {
  const content = readText(file);
  if (!isSealed(content)) return content;
  if (escrowKey === "") throw new Problem(`${file} is encrypted: name the key that it is for with --escrow-key.`);
  return unseal(file, content, readPrivateKey(escrowKey, readText(escrowKey)));
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { verifier, submit, keystore, out, ...proposal }: NonNullable<ReturnType<typeof read>>,
  streams: Streams,
): Promise<string> {
  const chain = await connect(hre, verifier);
  const { statement, proof } = await proposeProof(chain, proposal, (line) => streams.err(line));
  const { modelId } = proposal;
  const result = deliver(toJson({ chainId: chain.network.chainId, verifier, modelId, statement, proof }), out);
  if (!submit) return result;
  const call = [toCall(statement), proof] as const;
  const sent = await send(chain, modelId, call, await readSigner(hre, { keystore, ...streams }));
  streams.err(
    `score ${sent.baselineScore} → ${sent.candidateScore}: ${formatTokens(sent.reward)} ${sent.symbol} minted`,
  );
  return result;
}

if (require.main === module) void main(process.argv.slice(2), processStreams).then((code) => (process.exitCode = code));
