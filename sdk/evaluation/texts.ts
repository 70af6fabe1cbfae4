// SPDX-License-Identifier: MIT
// A column of texts in little memory: of each, the numbers of its words.

import { growingDoubles, PAGE, Pages } from "./pages.ts";
import { HASH_START, hashEnd, hashNext, type Words } from "./words.ts";

const SPACE = 0x20;
const MASK = 0x7f;
const MORE = 0x80;

/** Texts in the order in which they were added, each as the numbers of its words between single spaces. */
export class Texts {
  readonly words: Words;
  readonly #pages = new Pages();
  readonly #starts = growingDoubles();
  /** The words of one text. */
  #numbers = new Uint32Array(64);

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
      length += lengthOfNumber(word);
      if (count === this.#numbers.length) this.#reserve(count + 1);
      this.#numbers[count++] = word;
      start = end + 1;
    }
    const start = this.#pages.reserve(length + lengthOfNumber(count));
    const page = this.#pages.pageOf(start);
    let place = writeNumber(page, start % PAGE, count);
    for (let k = 0; k < count; k++) place = writeNumber(page, place, this.#numbers[k] as number);
    this.#starts.push(start);
  }

  /** The numbers of a text's words; valid until the next text is added or read. */
  wordsOf(index: number): Uint32Array {
    const start = this.#starts.list[index] as number;
    const page = this.#pages.pageOf(start);
    let place = start % PAGE;
    let left = -1; // The first number says how many follow.
    let filled = 0;
    do {
      let byte = page[place++] as number;
      let value = byte & MASK;
      for (let unit = MORE; byte >= MORE; unit *= MORE) {
        byte = page[place++] as number;
        value += (byte & MASK) * unit;
      }
      if (left < 0)
        left = value; // There is room: the text was added here.
      else {
        this.#numbers[filled++] = value;
        left--;
      }
    } while (left > 0);
    return this.#numbers.subarray(0, filled);
  }

  text(index: number): string {
    const numbers = this.wordsOf(index);
    let text = this.words.text(numbers[0] as number);
    for (let k = 1; k < numbers.length; k++) text += ` ${this.words.text(numbers[k] as number)}`;
    return text;
  }

  #reserve(length: number): void {
    const larger = new Uint32Array(2 * length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

function lengthOfNumber(value: number): number {
  let length = 1;
  for (let rest = value; rest >= MORE; rest = Math.floor(rest / MORE)) length++;
  return length;
}

/** Seven bits a byte, the lowest first; returns where it ends. */
function writeNumber(page: Uint8Array, at: number, value: number): number {
  let [place, rest] = [at, value];
  while (rest >= MORE) {
    page[place++] = (rest % MORE) | MORE;
    rest = Math.floor(rest / MORE);
  }
  page[place++] = rest;
  return place;
}
