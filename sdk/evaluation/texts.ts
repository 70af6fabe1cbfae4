// SPDX-License-Identifier: MIT
// A column of texts in little memory, each stored as the indices of its words.

import { GrowingUint32, Pages, placeInPage } from "./pages.ts";
import { HASH_START, hashEnd, hashNext, type Words } from "./words.ts";

const SPACE = 0x20;
/** Smaller numbers take one place. Others take two: the higher bits with this flag, then the lower 16 bits. */
const LONG = 0x8000;
const LOW_BITS = 16;

/** Texts in the order in which they were added, each as the indices of its words between single spaces. */
export class Texts {
  readonly words: Words;
  readonly #pages = new Pages((length) => new Uint16Array(length));
  readonly #starts = new GrowingUint32();
  /** The indices of the words of the last text that was read. */
  numbers = new Uint32Array(64);

  constructor(words: Words) {
    this.words = words;
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    const { words } = this;
    let count = 0;
    let length = 0;
    for (let start = from; start <= to;) {
      let end = start;
      let hash = HASH_START;
      for (; end < to; end++) {
        const byte = bytes[end] as number;
        if (byte === SPACE) break;
        hash = hashNext(hash, byte);
      }
      const word = words.addHashed(hashEnd(hash), bytes, start, end);
      length += placesOf(word);
      if (count === this.numbers.length) this.#reserve(count + 1);
      this.numbers[count++] = word;
      start = end + 1;
    }
    const start = this.#pages.reserve(length + placesOf(count));
    const page = this.#pages.pageOf(start);
    let place = writeNumber(page, placeInPage(start), count);
    for (let k = 0; k < count; k++) place = writeNumber(page, place, this.numbers[k] as number);
    this.#starts.push(start);
  }

  /**
   * Reads the indices of a text's words into `numbers`, and returns how many there are. They are valid until the next text is added or
   * read.
   */
  read(index: number): number {
    const start = this.#starts.list[index] as number;
    const page = this.#pages.pageOf(start);
    let place = placeInPage(start);
    let count = page[place++] as number;
    if (count >= LONG) count = longNumber(count, page[place++] as number);
    // `numbers` is large enough, because the text was added here.
    for (let k = 0; k < count; k++) {
      const number = page[place++] as number;
      this.numbers[k] = number < LONG ? number : longNumber(number, page[place++] as number);
    }
    return count;
  }

  text(index: number): string {
    const count = this.read(index);
    let text = this.words.text(this.numbers[0] as number);
    for (let k = 1; k < count; k++) text += ` ${this.words.text(this.numbers[k] as number)}`;
    return text;
  }

  #reserve(length: number): void {
    const larger = new Uint32Array(2 * length);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}

function placesOf(value: number): number {
  return value < LONG ? 1 : 2;
}

/** Writes a number below 2³¹. Returns where it ends. */
function writeNumber(page: Uint16Array, at: number, value: number): number {
  if (value < LONG) {
    page[at] = value;
    return at + 1;
  }
  page[at] = LONG | (value >>> LOW_BITS);
  page[at + 1] = value;
  return at + 2;
}

function longNumber(high: number, low: number): number {
  return ((high - LONG) << LOW_BITS) | low;
}
