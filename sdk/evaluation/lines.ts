// SPDX-License-Identifier: MIT
// Reads the lines of a file that arrives in pieces, in one buffer that is reused.

import { Refusal } from "./refusal.ts";
import { decodeText, LAST_ASCII } from "./words.ts";

const PIECE = 2 ** 20;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Moves over the lines of a file. The current line is `bytes` from `start` to before `end`, without its line feed. */
export class Lines {
  bytes = new Uint8Array(2 * PIECE);
  start = 0;
  end = 0;
  /** The number of the current line, from 1. */
  number = 0;
  /** The number of lines in the file that the current line spans. */
  #height = 1;
  /** The beginning of the next line, and the end of what was read. */
  #next = 0;
  #filled = 0;
  /** Whether what was read may end within a character. */
  #isOpen = false;
  readonly #name: string;
  readonly #pieces: Iterator<Uint8Array>;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(name: string, bytes: Uint8Array | Iterable<Uint8Array>) {
    this.#name = name;
    this.#pieces = bytes instanceof Uint8Array ? piecesOf(bytes) : bytes[Symbol.iterator]();
    while (this.#filled < BYTE_ORDER_MARK.length && this.#read());
    if (BYTE_ORDER_MARK.every((byte, k) => this.#filled > k && this.bytes[k] === byte)) {
      this.#next = BYTE_ORDER_MARK.length;
    }
    this.start = this.#next;
  }

  /** Moves to the next line that is not blank. Returns whether there is one. */
  nextFilled(): boolean {
    do {
      this.number += this.number === 0 ? 1 : this.#height;
      this.#height = 1;
      this.start = this.#next;
      this.end = this.#next;
      if (!this.#toLineEnd()) return false;
    } while (this.#isBlank());
    return true;
  }

  /** Appends the following line to the current one, with the line feed between them. Returns whether there is one. */
  extend(): boolean {
    const end = this.end - this.start;
    if (this.#next - this.start === end) return false; // The file ended without a line feed.
    this.end = this.#next;
    if (!this.#toLineEnd()) {
      this.end = this.start + end;
      return false;
    }
    this.#height++;
    return true;
  }

  /** Moves `end` to the next line feed or to the end of the file. Returns false if nothing is left. */
  #toLineEnd(): boolean {
    let from = this.end;
    for (;;) {
      const found = this.bytes.indexOf(NEWLINE, from);
      if (found >= 0 && found < this.#filled) {
        this.end = found;
        this.#next = found + 1;
        return true;
      }
      const seen = this.#filled - this.start;
      if (!this.#read()) {
        const isLeft = this.end < this.#filled;
        this.end = this.#filled;
        this.#next = this.#filled;
        return isLeft;
      }
      from = this.start + seen;
    }
  }

  #isBlank(): boolean {
    const first = this.bytes[this.start] as number;
    if (this.end > this.start && first > 0x20 && first < 0x7f) return false;
    return decodeText(this.bytes, this.start, this.end).trim() === "";
  }

  /**
   * Reads another piece after the existing content, and moves the current line to the front of the buffer. Returns false at the end of the
   * file.
   */
  #read(): boolean {
    const { value: piece, done } = this.#pieces.next();
    if (done) {
      this.#check(() => this.#decoder.decode());
      return false;
    }
    const kept = this.#filled - this.start;
    if (kept + piece.length > this.bytes.length) {
      const larger = new Uint8Array(2 * (kept + piece.length));
      larger.set(this.bytes.subarray(this.start, this.#filled));
      this.bytes = larger;
    } else if (this.start > 0) this.bytes.copyWithin(0, this.start, this.#filled);
    this.bytes.set(piece, kept);
    this.end -= this.start;
    this.#next -= this.start;
    this.start = 0;
    this.#filled = kept + piece.length;
    if (this.#isOpen || !isAscii(piece)) this.#check(() => this.#decoder.decode(piece, { stream: true }));
    this.#isOpen = (piece[piece.length - 1] ?? 0) > LAST_ASCII;
    return true;
  }

  #check(decode: () => string): void {
    try {
      decode();
    } catch {
      throw new Refusal("MALFORMED_FILE", `${this.#name} ${this.#badByte()}, expected UTF-8 text`);
    }
  }

  /** Describes the first byte from the current line on that is not UTF-8. No character spans a line feed. */
  #badByte(): string {
    const read = this.bytes.subarray(0, this.#filled);
    let line = Math.max(1, this.number);
    let from = this.start;
    let to = read.indexOf(NEWLINE, from);
    for (; to >= 0 && firstBad(read.subarray(from, to)) < 0; to = read.indexOf(NEWLINE, from)) {
      from = to + 1;
      line++;
    }
    const rest = read.subarray(from, to < 0 ? read.length : to);
    const place = firstBad(rest);
    // If the file ends within a character, its last byte is the bad one.
    const byte = place < 0 ? rest.length - 1 : place;
    return `line ${line}, byte ${byte + 1}: 0x${(rest[byte] as number).toString(16).padStart(2, "0")}`;
  }
}

/** Most files are ASCII, and checking this takes a tenth of the time of decoding. */
function isAscii(bytes: Uint8Array): boolean {
  let all = 0;
  for (let k = 0; k < bytes.length; k++) all |= bytes[k] as number;
  return all <= LAST_ASCII;
}

/** Returns the index of the first byte that is not UTF-8, or −1. The bytes may end within a character. */
function firstBad(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return bytes.findIndex((_, place) => {
    try {
      decoder.decode(bytes.subarray(place, place + 1), { stream: true });
      return false;
    } catch {
      return true;
    }
  });
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}
