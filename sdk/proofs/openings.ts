// Openings as files: what a label holder and contributors keep, and hand over only to whom they trust with the rows.

import { parse } from "csv-parse/sync";
import { randomBytes, toBeHex, toBigInt } from "ethers";
import { Fields, hash, integer, oneOf, pattern, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { readJson, toJson } from "../schemas/json.ts";
import { CAPACITIES, Domain, FIELD, type Opening } from "./circuit.ts";
import { commit } from "./commitment.ts";

const DOMAINS = { labels: Domain.Labels, predictions: Domain.Predictions } as const;

/** What rows are, in words. */
export type DomainName = keyof typeof DOMAINS;

/** Number of rows that a circuit holds. */
export const capacityRule: Rule<number> = {
  ...integer(1, Math.max(...CAPACITIES)),
  expected: `one of ${CAPACITIES.join(", ")}`,
  read: (value) => CAPACITIES.find((capacity) => capacity === Number(value)),
};

/** The domain of a name. */
export const domainOf = (name: DomainName): Domain => DOMAINS[name];

/** The opening as JSON, with the commitment that it opens. */
export function formatOpening(opening: Opening): string {
  const [domain] = Object.entries(DOMAINS).find(([, value]) => value === opening.domain) as [DomainName, Domain];
  const { capacity, bits, salt } = opening;
  return toJson({ commitment: commit(opening), domain, capacity, salt: toBeHex(salt, 32), bits: bits.join("") });
}

/** Reads and checks an opening; `name` is what messages call it. */
export function readOpening(name: string, text: string, expected: DomainName): Opening {
  const fields = new Fields(readJson(name, text));
  const commitment = fields.read("commitment", hash);
  const domain = fields.read("domain", oneOf<DomainName>("labels", "predictions"));
  const opening = {
    domain: DOMAINS[domain],
    capacity: fields.read("capacity", capacityRule),
    salt: BigInt(fields.read("salt", hash)),
    bits: [...fields.read("bits", pattern(/^[01]{1,16384}$/, "zeros and ones"))].map(Number),
  };
  if (domain !== expected) fields.report(`domain is ${domain}, expected ${expected}`);
  if (opening.salt >= FIELD) fields.report("salt is not below the field's order");
  fields.refuse(name);
  if (commit(opening) !== commitment)
    throw new Problem("CONFLICT", `${name} does not open its commitment ${commitment}: it was changed.`);
  return opening;
}

/** An opening of rows with a salt of its own. */
export function drawOpening(rows: Omit<Opening, "salt">): Opening {
  return { ...rows, salt: toBigInt(randomBytes(64)) % FIELD };
}

/**
 * The candidate's predictions from a CSV file with the column candidate, as a new opening. Columns label and baseline, where the file
 * has them, must be what was committed to, row by row: otherwise the rows of the two are not the same examples.
 */
export function readCandidate(name: string, text: string, labels: Opening, baseline: Opening): Opening {
  const records = parseCsv(name, text);
  const bits = rowsOf(name, records, "candidate");
  for (const [column, { bits: committed }] of [
    ["label", labels],
    ["baseline", baseline],
  ] as const) {
    if (records[0]?.[column] === undefined) continue;
    const other = rowsOf(name, records, column).findIndex((bit, row) => bit !== committed[row]);
    if (other < 0) continue;
    throw new Problem(
      "CONFLICT",
      `${name}: ${column} of row ${other + 1} is not what was committed to, expected the committed rows in their order.`,
    );
  }
  return drawOpening({ domain: Domain.Predictions, capacity: labels.capacity, bits });
}

/** Rows from one column of a CSV file, in the file's order: 0 and 1, or numbers that count as 1 from the threshold on. */
export function readRows(name: string, text: string, column: string, threshold: number | undefined): number[] {
  return rowsOf(name, parseCsv(name, text), column, threshold);
}

function parseCsv(name: string, text: string): Record<string, string>[] {
  let records: Record<string, string>[];
  try {
    records = parse(text, { columns: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new Problem("BAD_FILE", `${name} is not CSV: ${(error as Error).message.split("\n")[0]}.`);
  }
  if (records.length === 0) throw new Problem("BAD_FILE", `${name} has no rows.`);
  return records;
}

function rowsOf(name: string, records: Record<string, string>[], column: string, threshold?: number): number[] {
  return records.map((record, index) => {
    const value = record[column];
    if (value === undefined) {
      throw new Problem(
        "BAD_FILE",
        `${name} has no column "${column}", expected one of ${Object.keys(record).join(", ")}.`,
      );
    }
    const number = value === "" ? NaN : Number(value);
    if (threshold !== undefined && Number.isFinite(number)) return Number(number >= threshold);
    if (number === 0 || number === 1) return number;
    const fix =
      threshold === undefined
        ? "0 or 1; for scores, say from where on they are a 1 with commit --threshold"
        : "a number";
    throw new Problem("BAD_FILE", `${name}: ${column} of row ${index + 1} is "${value}", expected ${fix}.`);
  });
}
