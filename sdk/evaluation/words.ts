// SPDX-License-Identifier: MIT
// Millions of distinct texts in little memory, each stored once, as UTF-8.

import { GrowingUint32, Pages, placeInPage } from "./pages.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes bytes as UTF-8. */
export function decodeText(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return decoder.decode(bytes.subarray(from, to));
}

/** The number of first words that are also kept as strings, because labels, groups and the like recur. */
const REMEMBERED = 4096;
const FEWEST_SLOTS = 1024;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Distinct texts, numbered from 0 in the order of their first occurrence. */
export class Words {
  readonly #pages = new Pages((length) => new Uint8Array(length));
  readonly #starts = new GrowingUint32();
  /** Twice the length in bytes, plus 1 if JSON writes the bytes unchanged. */
  readonly #lengths = new GrowingUint32();
  readonly #texts: string[] = [];
  /** A hash table with open addressing. Each slot has a word's index plus 1, or 0 if it is empty, and the word's hash. */
  #slots = new Uint32Array(2 * FEWEST_SLOTS);

  get size(): number {
    return this.#starts.size;
  }

  /** Returns the index of a text, and adds the text if it is new. */
  add(bytes: Uint8Array, from: number, to: number): number {
    return this.addHashed(hashOf(bytes, from, to), bytes, from, to);
  }

  /** Does the same for a known hash, which must be {@link hashEnd} of the text's bytes. */
  addHashed(hash: number, bytes: Uint8Array, from: number, to: number): number {
    if (8 * this.size >= 3 * this.#slots.length) this.#grow();
    const slot = this.#slotOf(hash, bytes, from, to);
    const found = this.#slots[slot] as number;
    if (found > 0) return found - 1;
    const start = this.#pages.reserve(to - from);
    const page = this.#pages.pageOf(start);
    let isPlain = 1;
    for (let k = from, place = placeInPage(start); k < to; k++) {
      const byte = bytes[k] as number;
      page[place++] = byte;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) isPlain = 0;
    }
    this.#starts.push(start);
    this.#lengths.push(2 * (to - from) + isPlain);
    this.#slots[slot] = this.size;
    this.#slots[slot + 1] = hash;
    return this.size - 1;
  }

  /** Returns the index in this list of a word of another list, or undefined if it is not present. */
  find(other: Words, word: number): number | undefined {
    const page = other.#pageOf(word);
    const from = placeInPage(other.#startOf(word));
    const to = from + other.lengthOf(word);
    const slot = this.#slotOf(hashOf(page, from, to), page, from, to);
    const found = this.#slots[slot] as number;
    return found > 0 ? found - 1 : undefined;
  }

  lengthOf(word: number): number {
    return (this.#lengths.list[word] as number) >>> 1;
  }

  /** Copies the bytes to a buffer with enough room and returns where they end. Returns −1 if JSON would escape any of them. */
  copyPlain(word: number, into: Uint8Array, at: number): number {
    const length = this.#lengths.list[word] as number;
    if ((length & 1) === 0) return -1;
    const start = this.#startOf(word);
    const page = this.#pages.pageOf(start);
    const end = at + (length >>> 1);
    for (let from = placeInPage(start), place = at; place < end; place++) into[place] = page[from++] as number;
    return end;
  }

  text(word: number): string {
    const known = this.#texts[word];
    if (known !== undefined) return known;
    const from = placeInPage(this.#startOf(word));
    const text = decodeShort(this.#pageOf(word), from, from + this.lengthOf(word));
    if (word < REMEMBERED) this.#texts[word] = text;
    return text;
  }

  /** Returns the words in ascending order of their UTF-16 code units. */
  inOrder(): Uint32Array {
    const order = new Uint32Array(this.size).map((_, word) => word);
    const shared = this.#sharedPrefix();
    const keys = Float64Array.from(order, (word) => this.#keyOf(word, shared));
    return order.sort((a, b) => (keys[a] as number) - (keys[b] as number) || this.#compare(a, b));
  }

  #startOf(word: number): number {
    return this.#starts.list[word] as number;
  }

  #pageOf(word: number): Uint8Array {
    return this.#pages.pageOf(this.#startOf(word));
  }

  #slotOf(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (2 * hash) & mask;
    let found = slots[slot] as number;
    while (found !== 0 && (slots[slot + 1] !== hash || !this.#equals(found - 1, bytes, from, to))) {
      slot = (slot + 2) & mask;
      found = slots[slot] as number;
    }
    return slot;
  }

  #equals(word: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.lengthOf(word) !== to - from) return false;
    const page = this.#pageOf(word);
    let place = placeInPage(this.#startOf(word));
    for (let k = from; k < to; k++) if (page[place++] !== bytes[k]) return false;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    const slots = (this.#slots = new Uint32Array(2 * before.length));
    const mask = slots.length - 1;
    for (let old = 0; old < before.length; old += 2) {
      if (before[old] === 0) continue;
      const hash = before[old + 1] as number;
      let slot = (2 * hash) & mask;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = before[old] as number;
      slots[slot + 1] = hash;
    }
  }

  /** Returns the number of bytes that all words have in common at their beginning. */
  #sharedPrefix(): number {
    if (this.size === 0) return 0;
    let shared = this.lengthOf(0);
    for (let word = 1; word < this.size && shared > 0; word++) {
      let same = 0;
      while (same < shared && same < this.lengthOf(word) && this.#rankAt(word, same) === this.#rankAt(0, same)) same++;
      shared = same;
    }
    return shared;
  }

  /** Combines six bytes into one number, which distinguishes most words. */
  #keyOf(word: number, from: number): number {
    let key = 0;
    for (let k = from; k < from + 6; k++) key = key * 256 + this.#rankAt(word, k);
    return key;
  }

  /** Returns a byte's rank in the order of UTF-16, or 0 beyond the end. There, U+E000 to U+FFFF come after characters of two units. */
  #rankAt(word: number, place: number): number {
    if (place >= this.lengthOf(word)) return 0;
    const byte = this.#pageOf(word)[placeInPage(this.#startOf(word)) + place] as number;
    return byte === 0xee || byte === 0xef ? byte + 0x10 : byte;
  }

  #compare(a: number, b: number): number {
    const shorter = Math.min(this.lengthOf(a), this.lengthOf(b));
    for (let k = 0; k < shorter; k++) {
      const difference = this.#rankAt(a, k) - this.#rankAt(b, k);
      if (difference !== 0) return difference;
    }
    return this.lengthOf(a) - this.lengthOf(b);
  }
}

/** The FNV-1a hash (Fowler, Noll and Vo), byte by byte. */
export const HASH_START = 0x811c9dc5;

export function hashNext(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Mixes the hash once more, so that the low bits depend on all others. */
export function hashEnd(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_START;
  for (let k = from; k < to; k++) hash = hashNext(hash, bytes[k] as number);
  return hashEnd(hash);
}

const SHORT = 24;
export const LAST_ASCII = 0x7f;

/** Decodes bytes. For a few ASCII bytes this is faster than a decoder. */
function decodeShort(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return decodeText(bytes, from, to);
  let text = "";
  for (let k = from; k < to; k++) {
    const byte = bytes[k] as number;
    if (byte > LAST_ASCII) return decodeText(bytes, from, to);
    text += String.fromCharCode(byte);
  }
  return text;
}
