// SPDX-License-Identifier: MIT
// The command line of `evaluate`; the work is done in sdk/evaluation/.

import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { pattern } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";
import { breakDown } from "../sdk/evaluation/breakdown";
import { completeSpecFor } from "../sdk/evaluation/completeSpec";
import { assess } from "../sdk/evaluation/evaluate";
import type { Examples } from "../sdk/evaluation/examples";
import { joinExamples, readExamples, type Wanted } from "../sdk/evaluation/readExamples";
import { Refusal } from "../sdk/evaluation/refusal";
import { reportPage } from "../sdk/evaluation/report";
import { parseSpec, wantedBy } from "../sdk/evaluation/spec";
import type { TableFile } from "../sdk/evaluation/table";
import { progressOn } from "./cli/terminal";
import { digits, fileName, flag, offlineMainOf, type CommandLine } from "./cli/command";
import { writeWhole } from "../sdk/node/files";

export const USAGE = `usage: evaluate --benchmark <benchmark.json> [<examples.csv>]          columns id, label, baseline, candidate; standard input without a file
       evaluate --benchmark <benchmark.json> --baseline <a.csv> --candidate <b.csv>          columns id, label, prediction
  --benchmark <file>      what is measured, and how
  --baseline <file>       predictions of the present model, with
  --candidate <file>      those of the new one
  --sep <character>       what separates fields: a comma by default; tab for tabs; not needed for JSON Lines
  --attempt <n>           which of the benchmark's attempts this is; 1 by default
  --score <bps>           the model's score on chain, if an earlier improvement has moved it
  --contribution <file>   the contributed data, to be hashed
  --report <file>         also write the result to this file, accepted or refused: a page for people (.html) or JSON (.json)
  --complete              print the benchmark with all defaults filled in instead of evaluating
  --json                  also print a failure as one JSON document, on standard output
  --help                  print this text`;

/** The streams that the command reads and writes. */
export interface PieceStreams {
  readStandardInput(): Iterable<Uint8Array>;
  out(text: string): void;
  err(text: string): void;
  /** Shows progress on a terminal; an empty text clears it. */
  progress(text: string): void;
}

const REPORT = pattern(/\.(html|json)$/, "a file whose name ends in .html or .json");
const SEPARATOR = pattern(/^([^"\r\n]|tab)$/u, "one character, or tab");

/**
 * Runs the command and returns its exit code. The result is JSON on standard output; a failure gives one line on the error stream and 1.
 */
export const main = offlineMainOf("evaluate", USAGE, run);

function run({ options: fields, paths }: CommandLine, streams: PieceStreams): string {
  const benchmark = fields.read("benchmark", { ...fileName, expected: "the benchmark's JSON file" });
  const baseline = fields.read("baseline", fileName, "");
  const candidate = fields.read("candidate", fileName, "");
  const contribution = fields.read("contribution", fileName, "");
  const separator = fields.read("sep", SEPARATOR, ",").replace("tab", "\t");
  const attempt = fields.read("attempt", digits(1, 1000), 1);
  const score = fields.has("score") ? fields.read("score", digits(0, 10_000)) : undefined;
  const report = fields.read("report", REPORT, "");
  const isCompletion = fields.read("complete", flag, false);
  fields.refuse("options");
  const text = readFileSync(benchmark, "utf8");
  const files = { paths, baseline, candidate, separator };
  try {
    const examples = readInput(files, wantedBy(text), streams);
    streams.progress(`${examples.size} examples`);
    if (isCompletion) return format(completeSpecFor(text, examples));
    const spec = parseSpec(text);
    const document = assess({
      spec,
      examples,
      attempt,
      ...(score !== undefined && { registeredScore: score }),
      ...(contribution !== "" && { contribution: readFileSync(contribution) }),
    });
    if (report.endsWith(".html")) writeWhole(report, reportPage(document, breakDown(examples, spec)));
    else if (report !== "") writeWhole(report, `${format(document)}\n`);
    const [first, ...further] = document.reasons;
    if (first) throw new Refusal(first.code, first.message, ...further);
    return format(document);
  } finally {
    streams.progress("");
  }
}

interface Files {
  readonly paths: readonly string[];
  readonly baseline: string;
  readonly candidate: string;
  readonly separator: string;
}

function readInput({ paths, baseline, candidate, separator }: Files, wanted: Wanted, streams: PieceStreams): Examples {
  const [path, ...surplus] = paths;
  const isJoined = baseline !== "" || candidate !== "";
  if (surplus.length > 0 || (path !== undefined && isJoined)) {
    throw new Problem(
      "BAD_OPTION",
      `unexpected argument "${surplus[0] ?? path}", expected one file of examples or --baseline with --candidate`,
    );
  }
  const open = (name: string): TableFile => ({ name, separator, bytes: readPieces(name, streams) });
  if (!isJoined) {
    if (path !== undefined) return readExamples(open(path), wanted);
    return readExamples({ name: "standard input", separator, bytes: streams.readStandardInput() }, wanted);
  }
  if (baseline === "" || candidate === "")
    throw new Problem("BAD_OPTION", "--baseline and --candidate must be given together");
  return joinExamples(open(baseline), open(candidate), wanted);
}

const PIECE = 1 << 20;

/** Yields the file piece by piece, so that its size is not limited. */
function* readPieces(name: string, streams: PieceStreams): Generator<Uint8Array> {
  const file = openSync(name, "r");
  try {
    const { size } = fstatSync(file);
    let done = 0;
    for (const piece of readOpen(file)) {
      done += piece.length;
      if (size > PIECE) streams.progress(`reading ${name}: ${Math.floor((100 * done) / size)} %`);
      yield piece;
    }
  } finally {
    closeSync(file);
  }
}

function* readOpen(file: number): Generator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(PIECE);
    const length = readSync(file, piece);
    if (length === 0) return;
    yield piece.subarray(0, length);
  }
}

function format(value: object): string {
  return JSON.stringify(value, null, 2);
}

if (require.main === module) {
  const { stderr } = process;
  process.exitCode = main(process.argv.slice(2), {
    readStandardInput: () => readOpen(0),
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => stderr.write(`${text}\n`),
    progress: progressOn(stderr),
  });
}
