// SPDX-License-Identifier: MIT
// The command line of `evaluate`; the work is done in sdk/evaluation/.

import { readFileSync } from "node:fs";
import { completeSpecFor, evaluate } from "../sdk/evaluation/evaluate";
import { joinExamples, readExamples, type CsvFile, type Example } from "../sdk/evaluation/examples";
import { parseSpec } from "../sdk/evaluation/spec";
import { digits, fileName, flag, offlineMainOf, type CommandLine } from "./lib/command";

export const USAGE = `usage: evaluate --benchmark <benchmark.json> [<examples.csv>]          columns id, label, baseline, candidate; standard input without a file
       evaluate --benchmark <benchmark.json> --baseline <a.csv> --candidate <b.csv>          columns id, label, prediction
  --benchmark <file>      what is measured, and how
  --baseline <file>       predictions of the present model, with
  --candidate <file>      those of the new one
  --score <bps>           the model's score on chain, if an earlier improvement has moved it
  --contribution <file>   the contributed data, to be hashed
  --complete              print the benchmark with all defaults filled in instead of evaluating
  --help                  print this text`;

/** Where the command reads and writes. */
export interface Streams {
  readStandardInput(): Uint8Array;
  out(text: string): void;
  err(text: string): void;
}

/** Runs the command and returns its exit code: JSON on standard output, or one line on the error stream and 1. */
export const main = offlineMainOf("evaluate", USAGE, run);

function run({ options: fields, paths }: CommandLine, streams: Streams): string {
  const benchmark = fields.read("benchmark", { ...fileName, expected: "the benchmark's JSON file" });
  const baseline = fields.read("baseline", fileName, "");
  const candidate = fields.read("candidate", fileName, "");
  const contribution = fields.read("contribution", fileName, "");
  const score = fields.has("score") ? fields.read("score", digits(0, 10_000)) : undefined;
  const isCompletion = fields.read("complete", flag, false);
  fields.refuse("options");
  const text = readFileSync(benchmark, "utf8");
  const examples = readInput(paths, baseline, candidate, streams);
  if (isCompletion) return format(completeSpecFor(text, examples));
  return format(
    evaluate({
      spec: parseSpec(text),
      examples,
      ...(score !== undefined && { registeredScore: score }),
      ...(contribution !== "" && { contribution: readFileSync(contribution) }),
    }),
  );
}

function readInput(
  [path, ...surplus]: readonly string[],
  baseline: string,
  candidate: string,
  streams: Streams,
): Example[] {
  const isJoined = baseline !== "" || candidate !== "";
  if (surplus.length > 0 || (path !== undefined && isJoined)) {
    throw new Error(
      `unexpected argument "${surplus[0] ?? path}", expected one file of examples or --baseline with --candidate`,
    );
  }
  if (!isJoined) {
    return readExamples(
      path === undefined ? { name: "standard input", bytes: streams.readStandardInput() } : readCsv(path),
    );
  }
  if (baseline === "" || candidate === "") throw new Error("--baseline and --candidate must be given together");
  return joinExamples(readCsv(baseline), readCsv(candidate));
}

function readCsv(path: string): CsvFile {
  return { name: path, bytes: readFileSync(path) };
}

function format(value: object): string {
  return JSON.stringify(value, null, 2);
}

if (require.main === module) {
  process.exitCode = main(process.argv.slice(2), {
    readStandardInput: () => readFileSync(0),
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
  });
}
