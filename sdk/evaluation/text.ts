// SPDX-License-Identifier: MIT
// Counts behind the text metrics, from lists of tokens.

/** The longest n-gram that BLEU counts. */
export const BLEU_ORDER = 4;

/**
 * BLEU's counts for one example: clipped matches of 1- to 4-grams, the candidate's number of each, its length and the reference's.
 * Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002.
 */
export function bleuCounts(expected: readonly string[], given: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  const [reference, hypothesis] = [numbered(expected, numbers), numbered(given, numbers)];
  const orders = Array.from({ length: BLEU_ORDER }, (_, i) => i + 1);
  const matches = orders.map((n) => countMatches(reference, hypothesis, n));
  const totals = orders.map((n) => Math.max(0, given.length - n + 1));
  return [...matches, ...totals, given.length, expected.length];
}

/** The words as whole numbers, equal where the words are. */
function numbered(words: readonly string[], numbers: Map<string, number>): number[] {
  return words.map((word) => {
    const known = numbers.get(word) ?? numbers.size;
    numbers.set(word, known);
    return known;
  });
}

/** How many n-grams of the hypothesis find one of their own in the reference. */
function countMatches(reference: readonly number[], hypothesis: readonly number[], n: number): number {
  const isFree = new Uint8Array(Math.max(0, reference.length - n + 1)).fill(1);
  let matches = 0;
  for (let start = 0; start + n <= hypothesis.length; start++) {
    for (let place = 0; place < isFree.length; place++) {
      if (isFree[place] === 0 || !isSame(reference, place, hypothesis, start, n)) continue;
      isFree[place] = 0;
      matches++;
      break;
    }
  }
  return matches;
}

function isSame(a: readonly number[], from: number, b: readonly number[], start: number, n: number): boolean {
  for (let k = 0; k < n; k++) if (a[from + k] !== b[start + k]) return false;
  return true;
}

/**
 * ROUGE-L's F1 of one example as a ratio: 2·LCS / (length of reference + length of hypothesis), 0 / 1 without any token.
 * Lin, "ROUGE: a package for automatic evaluation of summaries", 2004, with β = 1.
 */
export function rougeL(expected: readonly string[], given: readonly string[]): readonly [number, number] {
  const length = expected.length + given.length;
  return length === 0 ? [0, 1] : [2 * longestCommonSubsequence(expected, given), length];
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
