// SPDX-License-Identifier: MIT
// The tokens of a column's texts, as whole numbers that are equal if the tokens are equal.

import type { ExampleColumn } from "./examples.ts";
import { GrowingUint32 } from "./pages.ts";
import type { Words } from "./words.ts";

/** Tokenises each distinct word once. The result is the same as for the whole text, because no tokeniser looks beyond a single space. */
export class TokenReader {
  readonly #words: Words;
  readonly #tokenise: (text: string) => string[];
  readonly #numbers = new Map<string, number>();
  /** The tokens of all words seen so far. For each word: where they begin, plus 1, or 0 if the word is new; and how many there are. */
  readonly #tokens = new GrowingUint32();
  readonly #starts: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #buffers = [new Uint32Array(256), new Uint32Array(256)];

  constructor(words: Words, tokenise: (text: string) => string[]) {
    this.#words = words;
    this.#tokenise = tokenise;
    this.#starts = new Uint32Array(words.size);
    this.#counts = new Uint32Array(words.size);
  }

  /** Returns the tokens of a text. They are valid until another text is read into the same one of the two buffers. */
  read(column: ExampleColumn, row: number, buffer: 0 | 1): Uint32Array {
    const count = column.readWords(row);
    const { numbers } = column;
    let into = this.#buffers[buffer] as Uint32Array;
    let length = 0;
    for (let k = 0; k < count; k++) {
      const word = numbers[k] as number;
      if (this.#starts[word] === 0) this.#learn(word);
      const start = (this.#starts[word] as number) - 1;
      const tokens = this.#counts[word] as number;
      if (length + tokens > into.length) {
        const larger = new Uint32Array(2 * (length + tokens));
        larger.set(into);
        this.#buffers[buffer] = into = larger;
      }
      for (let i = 0; i < tokens; i++) into[length++] = this.#tokens.list[start + i] as number;
    }
    return into.subarray(0, length);
  }

  #learn(word: number): void {
    const tokens = this.#tokenise(this.#words.text(word));
    this.#starts[word] = this.#tokens.size + 1;
    this.#counts[word] = tokens.length;
    for (const token of tokens) {
      const number = this.#numbers.get(token) ?? this.#numbers.size;
      this.#numbers.set(token, number);
      this.#tokens.push(number);
    }
  }
}
