// SPDX-License-Identifier: MIT
// The command line of `zk:setup`: compiles the circuit and makes its development keys, or begins and ends a ceremony for real ones.

import { join, relative } from "node:path";
import { cwd } from "node:process";
import { pattern } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";
import { beginCeremony, endCeremony, type Phase1 } from "../sdk/node/ceremony";
import { setUp, type ProverProgress } from "../sdk/node/prover";
import {
  ceremonyFolder,
  differingFiles,
  hashSetup,
  hasKey,
  readKey,
  recordedSetup,
  requireRecorded,
  setupFolder,
  writeKey,
  type Places,
} from "../sdk/node/circuitKeys";
import { classify } from "../sdk/client/errors";
import { CAPACITIES } from "../sdk/proofs/circuit";
import { fileName, flag, readCommandLine, runAsScript, type CommandLine, type Streams } from "./cli/command";
import { tellProblem } from "../sdk/node/failure";

const USAGE = `usage: npm run zk:setup -- [options] [<rows>]          rows that the circuit holds: ${CAPACITIES.join(", ")}; default 1024
  --force                 make everything again, even what exists and is as recorded
  --record                record the hashes and the key in circuits/keys instead of comparing with them
  --phase1 <file.ptau>    begin a key that live chains can trust, from the phase 1 of a public ceremony, with
  --phase1-hash <hash>    the BLAKE2b-512 hash that was published for that file
  --final <file.zkey>     the key after the last contribution: check the whole ceremony, and record the key
  --json                  also print a failure as one JSON document, on standard output
  --help                  print this text`;

const DEFAULT_CAPACITY = 1_024;

const BLAKE2B = pattern(/^[0-9a-f]{128}$/, "128 hexadecimal digits, in lower case");

type Input = ReturnType<typeof read>;

/**
 * Runs the command and returns its exit code. It prints what it made; a failure gives one line on the error stream and 1 or 2. Without
 * `places`, it works on the project's own folders.
 */
export async function main(
  args: readonly string[],
  streams: Pick<Streams, "out" | "err">,
  places?: Places,
): Promise<number> {
  try {
    const line = readCommandLine(USAGE, args);
    streams.out(line === undefined ? USAGE : await run(read(line), streams.err, places));
    return 0;
  } catch (error) {
    const teller = { ...streams, name: "zk:setup", env: process.env, isJson: args.includes("--json") };
    return tellProblem(teller, classify(error));
  }
}

function read({ options: fields, paths }: CommandLine) {
  fields.read("json", flag, false); // read only to accept it: `--json` affects how a failure is shown
  const [force, record] = [fields.read("force", flag, false), fields.read("record", flag, false)];
  const isCeremony = ["phase1", "phase1-hash", "final"].some((name) => fields.has(name));
  const path = fields.read("phase1", fileName, isCeremony ? undefined : "");
  const hash = fields.read("phase1-hash", BLAKE2B, isCeremony ? undefined : "");
  const final = fields.read("final", fileName, "");
  if (isCeremony && (force || record)) fields.report("--force and --record are for development keys");
  fields.refuse("options");
  return { capacity: capacityOf(paths), force, record, final, ...(isCeremony && { phase1: { path, hash } }) };
}

function run({ phase1, ...input }: Input, progress: ProverProgress, places?: Places): Promise<string> {
  return phase1 ? hold({ ...input, phase1 }, progress, places) : setup(input, progress, places);
}

function capacityOf([given, surplus]: readonly string[]): number {
  if (surplus !== undefined)
    throw new Problem("BAD_OPTION", `unexpected argument "${surplus}", expected one number of rows.`);
  const capacity = CAPACITIES.find((rows) => String(rows) === (given ?? String(DEFAULT_CAPACITY)));
  if (capacity === undefined)
    throw new Problem("BAD_OPTION", `rows are "${given}", expected one of ${CAPACITIES.join(", ")}.`);
  return capacity;
}

async function setup(
  { capacity, force, record }: Omit<Input, "phase1">,
  progress: ProverProgress,
  places?: Places,
): Promise<string> {
  const folder = relative(cwd(), setupFolder(capacity, places));
  if (!record || hasKey(capacity, places)) {
    const recorded = recordedSetup(capacity, places);
    if (!recorded.key.isDevelopment) {
      if (force || record)
        throw new Problem(
          "BAD_OPTION",
          `the key for ${capacity} rows comes from a ceremony: --force and --record would make another.`,
        );
      await requireRecorded(recorded);
    }
    if (!force && !record && (await differingFiles(recorded)).length === 0)
      return `${folder} is there and as recorded.`;
  }
  const start = Date.now();
  const { constraints, verificationKey } = await setUp(capacity, progress, places);
  const seconds = Math.round((Date.now() - start) / 1000);
  if (record) {
    writeKey({ capacity, constraints, isDevelopment: true, sha256: await hashSetup(folder), verificationKey }, places);
    return `${folder} made in ${seconds} s and recorded.`;
  }
  const differing = await differingFiles(recordedSetup(capacity, places));
  if (differing.length > 0)
    throw new Problem("CONFLICT", `${differing.join(", ")} in ${folder} differ from what is recorded.`);
  return `${folder} made in ${seconds} s, as recorded: ${constraints} constraints.`;
}

/** Begins or ends a ceremony. */
async function hold(
  { capacity, phase1, final }: Pick<Input, "capacity" | "final"> & { phase1: Phase1 },
  progress: ProverProgress,
  places?: Places,
): Promise<string> {
  const [recorded, folder] = [readKey(capacity, places), relative(cwd(), ceremonyFolder(capacity, places))];
  if (final === "") {
    await beginCeremony(recorded, folder, phase1, progress, places);
    return `${join(folder, "initial.zkey")} is for the first contributor: nobody may use it as it is.`;
  }
  writeKey(await endCeremony(recorded, folder, phase1, final, progress), places);
  return `${folder} has the key of the ceremony, and circuits/keys records it: copy its files to ${relative(cwd(), setupFolder(capacity, places))}.`;
}

runAsScript(module, (args, streams) => main(args, streams));
