// SPDX-License-Identifier: MIT
// The command line of `commit`: rows of a CSV column become a commitment for the chain and an opening to keep.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { oneOf, text, type Rule } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";
import { readPublicKey, seal } from "../sdk/node/escrow";
import { OWNER_ONLY, readText, writeWhole } from "../sdk/node/files";
import { capacityFor } from "../sdk/node/circuitKeys";
import { parseDigits } from "../sdk/evaluation/columns";
import { commit } from "../sdk/proofs/commitment";
import { capacityRule, domainOf, drawOpening, formatOpening, readRows, type DomainName } from "../sdk/proofs/openings";
import { toJson } from "../sdk/schemas/json";
import { fileName, offlineMainOf, readInput, runAsScript, type CommandLine, type Streams } from "./cli/command";

const USAGE = `usage: npm run --silent commit -- options [<rows.csv>]          standard input without a file
  --column <name>        the column that holds the rows; their order is that of the file, for labels and predictions alike
  --domain <name>        labels or predictions; predictions by default
  --threshold <number>   the score from which on a row counts as 1, for columns that hold scores instead of 0 and 1
  --capacity <rows>      rows that the benchmark's circuit holds; by default the smallest that fits
  --opening <file>       where to write the opening: whoever has it knows the rows; kept by its owner, never overwritten
  --escrow <file>        where to write the opening encrypted for the label holder, never overwritten either, with
  --to <key.pem>         the label holder's X25519 public key
  --json                 also print a failure as one JSON document, on standard output
  --help                 print this text`;

const THRESHOLD: Rule<string> = {
  expected: "a decimal number",
  none: "0",
  read: (value) => (typeof value === "string" && parseDigits(value) !== undefined ? value : undefined),
};

/**
 * Runs the command and returns its exit code. The result is JSON on standard output; a failure gives one line on the error stream and 1.
 */
export const main = offlineMainOf("commit", USAGE, run);

function run({ options: fields, paths }: CommandLine, streams: Streams): string {
  const column = fields.read("column", text(1, 64));
  const domain = fields.read("domain", oneOf<DomainName>("predictions", "labels"), "predictions");
  const threshold = fields.has("threshold") ? fields.read("threshold", THRESHOLD) : undefined;
  const capacity = fields.has("capacity") ? fields.read("capacity", capacityRule) : undefined;
  const file = fields.read("opening", fileName);
  const escrow = fields.read("escrow", fileName, "");
  const to = fields.read("to", fileName, "");
  if ((escrow === "") !== (to === "")) fields.report("--escrow and --to belong together");
  if (resolve(file) === resolve(escrow)) fields.report("--opening and --escrow name the same file");
  fields.refuse("options");
  const existing = [file, escrow].find((path) => path !== "" && existsSync(path));
  if (existing !== undefined)
    throw new Problem("ALREADY_DONE", `${existing} exists: an opening is never overwritten, name another file.`);
  const recipient = to === "" ? undefined : readPublicKey(to, readText(to));

  const rows = readRows(...readInput(paths, streams), column, threshold);
  const { length } = rows.bits;
  const opening = drawOpening({ domain: domainOf(domain), capacity: capacity ?? capacityFor(length), ...rows });
  const commitment = commit(opening);
  const content = `${formatOpening(opening)}\n`;
  if (recipient) writeWhole(escrow, `${seal(content, recipient)}\n`);
  writeWhole(file, content, OWNER_ONLY);
  return toJson({ commitment, domain, capacity: opening.capacity, rows: length });
}

runAsScript(module, main);
