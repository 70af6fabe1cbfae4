// SPDX-License-Identifier: MIT
// Counts behind the text metrics, from lists of tokens.

/** The longest n-gram that BLEU counts. */
export const BLEU_ORDER = 4;

/**
 * BLEU's counts for one example: clipped matches of 1- to 4-grams, the candidate's number of each, its length and the reference's.
 * Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002.
 */
export function bleuCounts(expected: readonly string[], given: readonly string[]): number[] {
  const orders = Array.from({ length: BLEU_ORDER }, (_, i) => i + 1);
  const matches = orders.map((n) => {
    const available = countNgrams(expected, n);
    let sum = 0;
    for (const [gram, count] of countNgrams(given, n)) sum += Math.min(count, available.get(gram) ?? 0);
    return sum;
  });
  const totals = orders.map((n) => Math.max(0, given.length - n + 1));
  return [...matches, ...totals, given.length, expected.length];
}

/**
 * ROUGE-L's F1 of one example as a ratio: 2·LCS / (length of reference + length of hypothesis), 0 / 1 without any token.
 * Lin, "ROUGE: a package for automatic evaluation of summaries", 2004, with β = 1.
 */
export function rougeL(expected: readonly string[], given: readonly string[]): readonly [number, number] {
  const length = expected.length + given.length;
  return length === 0 ? [0, 1] : [2 * longestCommonSubsequence(expected, given), length];
}

function countNgrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start++) {
    const gram = n === 1 ? (words[start] as string) : words.slice(start, start + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const lengths = new Uint32Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 0; j < b.length; j++) {
      const above = lengths[j + 1] as number;
      lengths[j + 1] = word === b[j] ? diagonal + 1 : Math.max(above, lengths[j] as number);
      diagonal = above;
    }
  }
  return lengths[b.length] as number;
}
