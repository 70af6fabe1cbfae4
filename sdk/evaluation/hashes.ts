// SPDX-License-Identifier: MIT
// The hashes that identify an evaluation set and predictions. The hashed JSON is written as a stream and never held in memory as a whole.

import type { Model } from "./comparison.ts";
import type { ExampleColumn, Examples } from "./examples.ts";
import { Keccak256 } from "./keccak.ts";
import type { Words } from "./words.ts";

/**
 * Returns the hash of an evaluation set, which does not depend on the predictions or on the order of rows and columns. It is the keccak256
 * of
 * the UTF-8 JSON `[["id","label"],…]`, or `[["id","label","group"],…]` with groups, without spaces, in ascending order of the ids' UTF-16
 * code
 * units.
 */
export function hashEvaluationData(examples: Examples): string {
  return hashColumns(examples, [examples.label, ...(examples.group ? [examples.group] : [])]);
}

/** Returns the hash of a model's predictions: the keccak256 of `[["id","prediction"],…]` in the same format and order. */
export function hashPredictions(examples: Examples, model: Model): string {
  return hashColumns(examples, [examples.predictions(model)]);
}

function hashColumns({ ids, order, size }: Examples, columns: readonly ExampleColumn[]): string {
  const json = new HashedJson();
  json.write("[");
  for (let example = 0; example < size; example++) {
    json.write(example === 0 ? '["' : ',["');
    json.word(ids, order[example] as number);
    for (const column of columns) {
      json.write('","');
      json.text(column, example);
    }
    json.write('"]');
  }
  json.write("]");
  return json.digest();
}

const BUFFER = 2 ** 16;
const SPACE = 0x20;

/** Hashes JSON while it is written. */
class HashedJson {
  readonly #hash = new Keccak256();
  readonly #encoder = new TextEncoder();
  #buffer = new Uint8Array(BUFFER);
  #filled = 0;

  /** Writes ASCII text unchanged. */
  write(text: string): void {
    this.#reserve(text.length);
    for (let k = 0; k < text.length; k++) this.#buffer[this.#filled++] = text.charCodeAt(k);
  }

  /** Writes a text as the contents of a JSON string. */
  text(column: ExampleColumn, example: number): void {
    const { words } = column;
    const count = column.readWords(example);
    const { numbers } = column;
    for (let k = 0; k < count; k++) {
      if (k > 0) {
        this.#reserve(1);
        this.#buffer[this.#filled++] = SPACE;
      }
      this.word(words, numbers[k] as number);
    }
  }

  /** Writes a word as part of the contents of a JSON string. */
  word(words: Words, word: number): void {
    this.#reserve(words.lengthOf(word));
    const end = words.copyPlain(word, this.#buffer, this.#filled);
    if (end < 0) this.#escape(words.text(word));
    else this.#filled = end;
  }

  digest(): string {
    this.#flush();
    return this.#hash.digest();
  }

  #escape(text: string): void {
    const bytes = this.#encoder.encode(JSON.stringify(text).slice(1, -1));
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #reserve(length: number): void {
    if (this.#filled + length <= this.#buffer.length) return;
    this.#flush();
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(2 * length);
  }

  #flush(): void {
    this.#hash.add(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
