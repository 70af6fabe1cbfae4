// SPDX-License-Identifier: MIT
// Reads contributors and their weights from a file, and computes the shares of contributors who are listed.

import { at } from "../evaluation/at.ts";
import { address, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { readCsv } from "./csv.ts";
import { readJson } from "./json.ts";
import type { WeightedContributor } from "./distribution.ts";
import type { Contributor } from "./statement.ts";

/** The most contributors that a statement may list. If there are more, it has their root. */
export const MAX_LISTED = 64;

const BPS = 10_000n;
const WEIGHT = /^[0-9]{1,30}$/;
const COLUMNS = ["account", "weight"] as const;

/** A contributor's weight: a positive integer. In JSON it is a number or a string of digits. */
export const weight: Rule<bigint> = {
  expected: "a positive integer of at most 30 digits",
  none: 1n,
  read: (value) => {
    const digits = Number.isSafeInteger(value) ? String(value) : value;
    return typeof digits === "string" && WEIGHT.test(digits) && BigInt(digits) > 0n ? BigInt(digits) : undefined;
  },
};

/**
 * Reads a CSV file with the columns account and weight, or a JSON list of objects with these fields. White space is not trimmed. Throws a
 * {@link Problem} `BAD_FILE` with the place, the column and the value.
 */
export function readContributors(name: string, text: string): WeightedContributor[] {
  const isJson = /^\s*[[{]/.test(text); // white space includes a byte order mark
  const entries = isJson ? entriesOfJson(name, text) : entriesOfCsv(name, text);
  if (entries.length === 0) throw new Problem("BAD_FILE", `${name} names no contributor, expected at least one.`);
  return requireDistinct(name, entries);
}

/**
 * Computes shares in bps that sum to 10000, in ascending order of account, by the largest-remainder method. Of equal remainders, the first
 * account is rounded up. Throws a {@link Problem} for a weight too small for a share.
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
  /** The position in the file, for messages. */
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
        `${name} ${entry.place}: ${contributor.account} appears twice, expected each account once with its summed weight.`,
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

function entriesOfJson(name: string, text: string): Entry[] {
  const list = readJson(name, text);
  if (!Array.isArray(list)) throw new Problem("BAD_FILE", `${name} is an object, expected a list of contributors.`);
  return list.map((value: unknown, index) => {
    const { account, weight: given } = Object(value) as Partial<Entry>;
    return { place: `entry ${index + 1}`, account, weight: given };
  });
}

function entriesOfCsv(name: string, text: string): Entry[] {
  return readCsv(name, text, COLUMNS).map(({ line, fields }) => ({
    place: `line ${line}`,
    account: fields.get("account"),
    weight: fields.get("weight"),
  }));
}
