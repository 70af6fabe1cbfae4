// SPDX-License-Identifier: MIT
// A column of texts in little memory: of each, the numbers of its words.

import { growingDoubles, Pages, placeInPage } from "./pages.ts";
import { HASH_START, hashEnd, hashNext, type Words } from "./words.ts";

const SPACE = 0x20;
const MASK = 0x7f;
const MORE = 0x80;

/** Texts in the order in which they were added, each as the numbers of its words between single spaces. */
export class Texts {
  readonly words: Words;
  readonly #pages = new Pages();
  readonly #starts = growingDoubles();
  /** The numbers of the words of the text that was read last. */
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
      length += lengthOfNumber(word);
      if (count === this.numbers.length) this.#reserve(count + 1);
      this.numbers[count++] = word;
      start = end + 1;
    }
    const start = this.#pages.reserve(length + lengthOfNumber(count));
    const page = this.#pages.pageOf(start);
    let place = writeNumber(page, placeInPage(start), count);
    for (let k = 0; k < count; k++) place = writeNumber(page, place, this.numbers[k] as number);
    this.#starts.push(start);
  }

  /** Reads a text's words into `numbers`, where they stand until the next text is added or read; how many they are. */
  read(index: number): number {
    const start = this.#starts.list[index] as number;
    const page = this.#pages.pageOf(start);
    let place = placeInPage(start);
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
        this.numbers[filled++] = value;
        left--;
      }
    } while (left > 0);
    return filled;
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
