// SPDX-License-Identifier: MIT
// The counts behind the text metrics. Tokens are whole numbers.

/** The longest n-gram that BLEU counts. */
export const BLEU_ORDER = 4;

/**
 * Counts BLEU's clipped matches of 1- to 4-grams: Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL
 * 2002.
 * An n-gram is identified by the number of its first n − 1 tokens and its last token.
 */
export class NgramCounter {
  /** A hash table with open addressing. An entry belongs to the current reference if it has the reference's stamp. */
  #stamps = new Uint32Array(1024);
  #prefixes = new Uint32Array(1024);
  #tokens = new Uint32Array(1024);
  #numbers = new Uint32Array(1024);
  #stamp = 0;
  /** The number of distinct n-grams in the reference, which are numbered from 1, and how often each occurs. */
  #size = 0;
  #counts = new Uint32Array(512);
  #left = new Uint32Array(512);
  /** The number of the n-gram at each position, or 0 if the reference does not contain it. */
  #at = new Uint32Array(256);
  readonly #matches = new Uint32Array(BLEU_ORDER);

  /** Sets the reference. */
  refer(reference: Uint32Array): void {
    this.#reserve(reference.length);
    this.#stamp++;
    this.#size = 0;
    for (let n = 1; n <= BLEU_ORDER; n++) {
      for (let place = 0; place + n <= reference.length; place++) {
        const prefix = n === 1 ? 0 : (this.#at[place] as number);
        const number = this.#find(prefix, reference[place + n - 1] as number, true);
        this.#at[place] = number;
        this.#counts[number] = (this.#counts[number] as number) + 1;
      }
    }
  }

  /** Returns how many 1-, 2-, 3- and 4-grams match one in the reference, each of which is used once. Valid until the next call. */
  matches(hypothesis: Uint32Array): Uint32Array {
    if (hypothesis.length > this.#at.length) this.#at = new Uint32Array(2 * hypothesis.length);
    const left = this.#left;
    for (let number = 1; number <= this.#size; number++) left[number] = this.#counts[number] as number;
    this.#matches.fill(0);
    for (let n = 1; n <= BLEU_ORDER; n++) {
      let found = 0;
      for (let place = 0; place + n <= hypothesis.length; place++) {
        const prefix = n === 1 ? 0 : (this.#at[place] as number);
        const isOpen = n === 1 || prefix > 0;
        const number = isOpen ? this.#find(prefix, hypothesis[place + n - 1] as number, false) : 0;
        this.#at[place] = number;
        if (number === 0 || left[number] === 0) continue;
        left[number] = (left[number] as number) - 1;
        found++;
      }
      this.#matches[n - 1] = found;
    }
    return this.#matches;
  }

  #find(prefix: number, token: number, isNew: boolean): number {
    const mask = this.#stamps.length - 1;
    const mixed = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(token, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#stamps[slot] === this.#stamp) {
      if (this.#prefixes[slot] === prefix && this.#tokens[slot] === token) return this.#numbers[slot] as number;
      slot = (slot + 1) & mask;
    }
    if (!isNew) return 0;
    this.#stamps[slot] = this.#stamp;
    this.#prefixes[slot] = prefix;
    this.#tokens[slot] = token;
    this.#numbers[slot] = ++this.#size;
    this.#counts[this.#size] = 0;
    return this.#size;
  }

  /** Makes room for the n-grams of a reference of this length, in a table that is at most half full. */
  #reserve(length: number): void {
    const entries = BLEU_ORDER * length + 1;
    if (length > this.#at.length) this.#at = new Uint32Array(2 * length);
    if (entries > this.#counts.length) {
      this.#counts = new Uint32Array(2 * entries);
      this.#left = new Uint32Array(2 * entries);
    }
    if (2 * entries <= this.#stamps.length) return;
    const slots = 2 ** Math.ceil(Math.log2(4 * entries));
    this.#stamps = new Uint32Array(slots);
    this.#prefixes = new Uint32Array(slots);
    this.#tokens = new Uint32Array(slots);
    this.#numbers = new Uint32Array(slots);
  }
}

/**
 * Returns ROUGE-L's F1 of one example as a ratio: 2·LCS / (length of reference + length of hypothesis), or 0 / 1 if there are no tokens.
 * Lin, "ROUGE: a package for automatic evaluation of summaries", 2004, with β = 1.
 */
export function rougeL(expected: Uint32Array, given: Uint32Array): readonly [number, number] {
  const length = expected.length + given.length;
  return length === 0 ? [0, 1] : [2 * longestCommonSubsequence(expected, given), length];
}

let lengths = new Uint32Array(256);

/** Returns the length of the longest common subsequence. Common beginnings and ends always belong to it. */
function longestCommonSubsequence(a: Uint32Array, b: Uint32Array): number {
  let [first, endOfA, endOfB] = [0, a.length, b.length];
  while (first < endOfA && first < endOfB && a[first] === b[first]) first++;
  while (endOfA > first && endOfB > first && a[endOfA - 1] === b[endOfB - 1]) {
    endOfA--;
    endOfB--;
  }
  return a.length - endOfA + first + longestWithin(a.subarray(first, endOfA), b.subarray(first, endOfB));
}

function longestWithin(a: Uint32Array, b: Uint32Array): number {
  if (b.length >= lengths.length) lengths = new Uint32Array(2 * b.length);
  lengths.fill(0, 0, b.length + 1);
  for (let i = 0; i < a.length; i++) {
    const token = a[i] as number;
    let diagonal = 0;
    let left = 0;
    for (let j = 0; j < b.length; j++) {
      const above = lengths[j + 1] as number;
      left = token === b[j] ? diagonal + 1 : above > left ? above : left;
      lengths[j + 1] = left;
      diagonal = above;
    }
  }
  return lengths[b.length] as number;
}
