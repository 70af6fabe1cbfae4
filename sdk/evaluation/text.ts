// SPDX-License-Identifier: MIT
// Counts behind the text metrics. Tokens are what white space separates; texts are compared as they are, without folding case.

import { at } from "./at";
import { fraction, type Fraction } from "./fraction";

/** The longest n-gram that BLEU counts. */
export const BLEU_ORDER = 4;

/**
 * BLEU's counts for one example: clipped matches of 1- to 4-grams, the candidate's number of each, its length and the reference's.
 * Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002.
 */
export function bleuCounts(reference: string, hypothesis: string): number[] {
  const expected = tokens(reference);
  const given = tokens(hypothesis);
  const orders = Array.from({ length: BLEU_ORDER }, (_, i) => i + 1);
  const matches = orders.map((n) => {
    const available = countNgrams(expected, n);
    return [...countNgrams(given, n)].reduce(
      (sum, [gram, count]) => sum + Math.min(count, available.get(gram) ?? 0),
      0,
    );
  });
  const totals = orders.map((n) => Math.max(0, given.length - n + 1));
  return [...matches, ...totals, given.length, expected.length];
}

/**
 * ROUGE-L's F1 of one example: 2·LCS / (length of reference + length of hypothesis).
 * Lin, "ROUGE: a package for automatic evaluation of summaries", 2004, with β = 1.
 */
export function rougeL(reference: string, hypothesis: string): Fraction {
  const expected = tokens(reference);
  const given = tokens(hypothesis);
  const length = expected.length + given.length;
  return length === 0 ? fraction(0n) : fraction(2n * BigInt(longestCommonSubsequence(expected, given)), BigInt(length));
}

function tokens(text: string): string[] {
  return text.split(/\s+/u).filter((token) => token !== "");
}

function countNgrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start++) {
    const gram = words.slice(start, start + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let previous = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const current = [0];
    b.forEach((other, j) => {
      current.push(word === other ? at(previous, j) + 1 : Math.max(at(previous, j + 1), at(current, j)));
    });
    previous = current;
  }
  return at(previous, b.length);
}
