// SPDX-License-Identifier: MIT
// Who contributed to an improvement and with what weight, as a file says it, and what each gets when they are listed.

import { CsvError, parse } from "csv-parse/sync";
import { at } from "../evaluation/at.ts";
import { address, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import type { WeightedContributor } from "./distribution.ts";
import type { Contributor } from "./statement.ts";

/** Most contributors that a statement may list; more stand behind a root. */
export const MAX_LISTED = 64;

const BPS = 10_000n;
const WEIGHT = /^[0-9]{1,30}$/;
const COLUMNS = ["account", "weight"] as const;

/** A contributor's weight: a positive integer, in JSON as a number or as its digits. */
export const weight: Rule<bigint> = {
  expected: "a positive integer of at most 30 digits",
  none: 1n,
  read: (value) => {
    const digits = Number.isSafeInteger(value) ? String(value) : value;
    return typeof digits === "string" && WEIGHT.test(digits) && BigInt(digits) > 0n ? BigInt(digits) : undefined;
  },
};

/** Reads a CSV file with the columns account and weight, or a JSON list of objects with these fields. */
export function readContributors(name: string, text: string): WeightedContributor[] {
  const isJson = /^\s*[[{]/.test(text);
  const entries = isJson ? readJson(name, text) : readCsv(name, text);
  if (entries.length === 0) throw new Problem("BAD_FILE", `${name} names no contributor, expected at least one.`);
  return requireDistinct(name, entries);
}

/**
 * Shares in bps that sum to 10000, in ascending order of account, by the method of the largest remainder; the first of equals
 * gets more. Throws for a weight that is too small for a share.
 */
export function shareOut(contributors: readonly WeightedContributor[]): Contributor[] {
  const ordered = [...contributors].sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
  const sum = ordered.reduce((total, entry) => total + entry.weight, 0n);
  const parts = ordered.map((entry, index) => ({ index, rest: (entry.weight * BPS) % sum }));
  const floors = ordered.map((entry) => (entry.weight * BPS) / sum);
  const left = Number(BPS - floors.reduce((total, floor) => total + floor, 0n));
  const raised = new Set(
    parts
      .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))
      .slice(0, left)
      .map(({ index }) => index),
  );
  return ordered.map((entry, index) => {
    const shareBps = at(floors, index) + (raised.has(index) ? 1n : 0n);
    if (shareBps === 0n) {
      throw new Problem(
        "BAD_FILE",
        `the weight of contributor ${entry.account} is ${entry.weight} of ${sum}, expected at least 1 of 10000: leave it out or raise it.`,
      );
    }
    return { account: entry.account, shareBps };
  });
}

interface Entry {
  /** Where it stands, for messages. */
  readonly place: string;
  readonly account: unknown;
  readonly weight: unknown;
}

function requireDistinct(name: string, entries: readonly Entry[]): WeightedContributor[] {
  const seen = new Set<string>();
  return entries.map((entry) => {
    const contributor = {
      account: requireRule(name, entry, "account", address),
      weight: requireRule(name, entry, "weight", weight),
    };
    if (seen.has(contributor.account)) {
      throw new Problem(
        "BAD_FILE",
        `${name} ${entry.place}: ${contributor.account} stands before, expected each account once with its summed weight.`,
      );
    }
    seen.add(contributor.account);
    return contributor;
  });
}

function requireRule<T>(name: string, entry: Entry, key: (typeof COLUMNS)[number], rule: Rule<T>): T {
  const value = rule.read(entry[key]);
  if (value !== undefined) return value;
  throw new Problem(
    "BAD_FILE",
    `${name} ${entry.place}: ${key} is ${JSON.stringify(entry[key])}, expected ${rule.expected}.`,
  );
}

function readJson(name: string, text: string): Entry[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new Problem("BAD_FILE", `${name} is not JSON: ${(error as Error).message}.`);
  }
  if (!Array.isArray(list)) throw new Problem("BAD_FILE", `${name} is an object, expected a list of contributors.`);
  return list.map((value: unknown, index) => {
    const { account, weight: given } = Object(value) as Partial<Entry>;
    return { place: `entry ${index + 1}`, account, weight: given };
  });
}

function readCsv(name: string, text: string): Entry[] {
  const [header, ...records] = parseRecords(name, text);
  if (header === undefined)
    throw new Problem("BAD_FILE", `${name} is empty, expected a header line with account and weight.`);
  const [accountColumn, weightColumn] = COLUMNS.map((column) => {
    const index = header.record.indexOf(column);
    if (index < 0) {
      throw new Problem(
        "BAD_FILE",
        `${name}: column "${column}" is missing, the header has ${header.record.join(", ")}.`,
      );
    }
    return index;
  }) as [number, number];
  return records.map(({ record, info }) => ({
    place: `line ${info.lines}`,
    account: record[accountColumn],
    weight: record[weightColumn],
  }));
}

function parseRecords(name: string, text: string): { record: string[]; info: { lines: number } }[] {
  try {
    return parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
  } catch (error) {
    const { code, message, lines } = error as CsvError & { lines: number };
    if (code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") {
      throw new Problem("BAD_FILE", `${name} line ${lines}: the row has another number of fields than the header.`);
    }
    throw new Problem("BAD_FILE", `${name}: ${message}.`);
  }
}
