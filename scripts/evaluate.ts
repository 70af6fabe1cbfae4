// SPDX-License-Identifier: MIT
// The command line of `evaluate`; the work is done in scripts/evaluate/.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { completeSpecFor, evaluate } from "./evaluate/evaluate";
import { joinExamples, readExamples, type CsvFile, type Example } from "./evaluate/examples";
import { parseSpec } from "./evaluate/spec";

export const USAGE = `usage: evaluate --benchmark <benchmark.json> [<examples.csv>]          columns id, label, baseline, candidate; standard input without a file
       evaluate --benchmark <benchmark.json> --baseline <a.csv> --candidate <b.csv>          columns id, label, prediction
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
export function main(args: readonly string[], streams: Streams): number {
  try {
    streams.out(run(args, streams));
    return 0;
  } catch (error) {
    streams.err(`evaluate: ${(error as Error).message.split("\n")[0]}`);
    return 1;
  }
}

function run(args: readonly string[], streams: Streams): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      benchmark: { type: "string" },
      baseline: { type: "string" },
      candidate: { type: "string" },
      score: { type: "string" },
      contribution: { type: "string" },
      complete: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return USAGE;
  const { benchmark, baseline, candidate, score, contribution, complete } = values;
  if (benchmark === undefined)
    throw new Error("--benchmark is missing, expected the benchmark's JSON file (--help shows the usage)");
  const text = readFileSync(benchmark, "utf8");
  const examples = readInput(positionals, baseline, candidate, streams);
  if (complete) return format(completeSpecFor(text, examples));
  return format(
    evaluate({
      spec: parseSpec(text),
      examples,
      ...(score !== undefined && { registeredScore: parseScore(score) }),
      ...(contribution !== undefined && { contribution: readFileSync(contribution) }),
    }),
  );
}

function readInput(
  positionals: readonly string[],
  baseline: string | undefined,
  candidate: string | undefined,
  streams: Streams,
): Example[] {
  const [path, ...surplus] = positionals;
  if (surplus.length > 0 || (path !== undefined && (baseline ?? candidate) !== undefined)) {
    throw new Error(
      `unexpected argument "${surplus[0] ?? path}", expected one file of examples or --baseline with --candidate`,
    );
  }
  if (baseline !== undefined && candidate !== undefined) return joinExamples(readCsv(baseline), readCsv(candidate));
  if (baseline !== undefined || candidate !== undefined)
    throw new Error("--baseline and --candidate must be given together");
  return readExamples(
    path === undefined ? { name: "standard input", bytes: streams.readStandardInput() } : readCsv(path),
  );
}

function readCsv(path: string): CsvFile {
  return { name: path, bytes: readFileSync(path) };
}

function parseScore(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 10_000)
    throw new Error(`--score is "${text}", expected an integer from 0 to 10000`);
  return Number(text);
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
