// Openings as files. Label holders and contributors keep them, and hand them over only to people whom they trust with the rows.

import { id, randomBytes, toBeHex, toBigInt } from "ethers";
import { Fields, hash, integer, oneOf, pattern, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { parseDigits } from "../evaluation/columns.ts";
import { show } from "../evaluation/refusal.ts";
import { readCsv, type CsvRow } from "../schemas/csv.ts";
import { readJson, toJson } from "../schemas/json.ts";
import { CAPACITIES, Domain, FIELD, type Opening } from "./circuit.ts";
import { commit } from "./commitment.ts";

const DOMAINS = { labels: Domain.Labels, predictions: Domain.Predictions } as const;

/** The name of a domain, as it is written in files. */
export type DomainName = keyof typeof DOMAINS;

/** The number of rows that a circuit holds. */
export const capacityRule: Rule<number> = {
  ...integer(1, Math.max(...CAPACITIES)),
  expected: `one of ${CAPACITIES.join(", ")}`,
  read: (value) => CAPACITIES.find((capacity) => capacity === Number(value)),
};

/** Returns the domain with this name. */
export const domainOf = (name: DomainName): Domain => DOMAINS[name];

/** Returns the opening as JSON, with its commitment. */
export function formatOpening(opening: Opening): string {
  const [domain] = Object.entries(DOMAINS).find(([, value]) => value === opening.domain) as [DomainName, Domain];
  const { capacity, bits, salt, ids } = opening;
  const known = {
    commitment: commit(opening),
    domain,
    capacity,
    salt: toBeHex(salt, 32),
    ...(ids !== undefined && { ids }),
  };
  return toJson({ ...known, bits: bits.join("") });
}

/** Reads and checks an opening. Messages refer to it as `name`. */
export function readOpening(name: string, text: string, expected: DomainName): Opening {
  const fields = new Fields(readJson(name, text));
  const commitment = fields.read("commitment", hash);
  const domain = fields.read("domain", oneOf<DomainName>("labels", "predictions"));
  const opening = {
    domain: DOMAINS[domain],
    capacity: fields.read("capacity", capacityRule),
    salt: BigInt(fields.read("salt", hash)),
    bits: [...fields.read("bits", pattern(/^[01]{1,16384}$/, "zeros and ones"))].map(Number),
    ...(fields.has("ids") && { ids: fields.read("ids", hash) }),
  };
  if (domain !== expected) fields.report(`domain is ${domain}, expected ${expected}`);
  if (opening.salt >= FIELD) fields.report("salt is not below the field's order");
  fields.refuse(name);
  if (commit(opening) !== commitment)
    throw new Problem("CONFLICT", `${name} does not open its commitment ${commitment}: it was changed.`);
  return opening;
}

/** Returns an opening of the rows with a random salt. */
export function drawOpening(rows: Omit<Opening, "salt">): Opening {
  return { ...rows, salt: toBigInt(randomBytes(64)) % FIELD };
}

/** The rows of a table, and the hash that identifies their ids and order, if the table has ids. */
export interface Rows {
  readonly bits: readonly number[];
  readonly ids?: string;
}

/**
 * Reads the candidate's predictions from a CSV file with the column candidate, as a new opening. If the file has the columns label,
 * baseline
 * or id, they must match the committed rows one by one; otherwise the rows would not be the same examples.
 */
export function readCandidate(name: string, text: string, labels: Opening, baseline: Opening): Opening {
  const rows = rowsOfCsv(name, text, ["candidate"], ["label", "baseline"]);
  const bits = bitsOf(name, rows, "candidate");
  for (const [column, { bits: committed }] of [
    ["label", labels],
    ["baseline", baseline],
  ] as const) {
    if (!rows[0]?.fields.has(column)) continue;
    const other = bitsOf(name, rows, column).findIndex((bit, row) => bit !== committed[row]);
    if (other < 0) continue;
    throw new Problem(
      "CONFLICT",
      `${name} line ${rows[other]?.line}, column ${column}: not what was committed to, expected the committed rows in their order.`,
    );
  }
  const ids = hashIds(rows);
  const drawn = { domain: Domain.Predictions, capacity: labels.capacity, bits, ...(ids !== undefined && { ids }) };
  const opening = drawOpening(drawn);
  requireSameOrder({ labels, baseline, candidate: opening });
  return opening;
}

/** Throws a {@link Problem} if any two openings were made from tables with different ids, or with the same ids in another order. */
export function requireSameOrder(openings: Readonly<Record<string, Opening>>): void {
  const known = Object.entries(openings).filter(([, { ids }]) => ids !== undefined);
  const [first, ...others] = known;
  for (const [name, { ids }] of others) {
    if (first === undefined || ids === first[1].ids) continue;
    throw new Problem(
      "CONFLICT",
      `the rows of ${name} have other ids than those of ${first[0]}, or another order: commit to the same examples in the same order.`,
    );
  }
}

/**
 * Reads rows from one column of a CSV file, in the file's order: exactly `0` and `1`, or decimals that count as 1 if they are at least the
 * threshold, compared without rounding. Ids, if the file has them, must be unique. Throws a {@link Problem} with line, column and value.
 */
export function readRows(name: string, text: string, column: string, threshold?: string): Rows {
  const rows = rowsOfCsv(name, text, [column], []);
  const ids = hashIds(rows);
  return { bits: bitsOf(name, rows, column, threshold), ...(ids !== undefined && { ids }) };
}

const ID = "id";

function rowsOfCsv(name: string, text: string, wanted: readonly string[], optional: readonly string[]): CsvRow[] {
  const rows = readCsv(name, text, wanted, [ID, ...optional]);
  if (rows.length === 0) throw new Problem("BAD_FILE", `${name} has no rows.`);
  const seen = new Set<string>();
  for (const { line, fields } of rows) {
    const given = fields.get(ID);
    if (given === undefined) break;
    const refuse = (expected: string) =>
      new Problem("BAD_FILE", `${name} line ${line}, column ${ID}: ${show(given)}, expected ${expected}.`, {
        given,
        expected,
      });
    if (given.trim() === "") throw refuse("an id");
    if (seen.has(given)) throw refuse("each id once");
    seen.add(given);
  }
  return rows;
}

/** Returns the hash that identifies the ids of rows and their order, or undefined if the file has no ids. */
function hashIds(rows: readonly CsvRow[]): string | undefined {
  const ids = rows.map(({ fields }) => fields.get(ID));
  return ids.includes(undefined) ? undefined : id(JSON.stringify(ids));
}

function bitsOf(name: string, rows: readonly CsvRow[], column: string, threshold?: string): number[] {
  const limit = threshold === undefined ? undefined : decimal(threshold);
  return rows.map(({ line, fields }) => {
    const value = fields.get(column) as string;
    if (limit === undefined && (value === "0" || value === "1")) return Number(value);
    const number = limit && decimal(value);
    if (limit && number) return Number(isAtLeast(number, limit));
    const expected = limit ? "a number" : "0 or 1; for scores, say from where on they are a 1 with commit --threshold";
    const place = `${name} line ${line}, column ${column}`;
    throw new Problem("BAD_FILE", `${place}: ${show(value)}, expected ${expected}.`, { given: value, expected });
  });
}

type Decimal = NonNullable<ReturnType<typeof decimal>>;

/** Parses an exact decimal in the same way as `evaluate`. */
const decimal = (value: string) => parseDigits(value);

/** Compares without rounding: a score just below the threshold stays below it. */
function isAtLeast(a: Decimal, b: Decimal): boolean {
  const decimals = Math.max(a.decimals, b.decimals);
  const scaled = (number: Decimal) => BigInt(number.digits) * 10n ** BigInt(decimals - number.decimals);
  return scaled(a) >= scaled(b);
}
