// SPDX-License-Identifier: MIT
// The evaluation set and both models' predictions, by column, in the order of the ids.

import { BOTH_MODELS, type Model } from "./comparison.ts";
import { Refusal, show } from "./refusal.ts";
import { Sheet } from "./sheet.ts";
import { rowOf } from "./table.ts";
import type { Texts } from "./texts.ts";
import { Words } from "./words.ts";

/** An example of the evaluation set with both models' predictions, as written in the file. */
export interface Example {
  readonly id: string;
  readonly label: string;
  readonly baseline: string;
  readonly candidate: string;
  /** The group of dependent examples to which it belongs. */
  readonly group?: string;
  /** Further pairs of columns, for guardrails. */
  readonly extra?: Readonly<Record<string, Readonly<Record<Model, string>>>>;
}

/** One field of all examples. */
export class ExampleColumn {
  readonly #texts: Texts;
  readonly #rows: Uint32Array;
  readonly #placeOf: (row: number) => string;

  /** Creates a column. `rows` has the index of each example's text, and `placeOf` returns the position of a text in its file. */
  constructor(texts: Texts, rows: Uint32Array, placeOf: (row: number) => string) {
    this.#texts = texts;
    this.#rows = rows;
    this.#placeOf = placeOf;
  }

  get size(): number {
    return this.#rows.length;
  }

  get words(): Words {
    return this.#texts.words;
  }

  text(example: number): string {
    return this.#texts.text(this.#rows[example] as number);
  }

  /**
   * Reads the indices of the words between single spaces into `numbers`, and returns how many there are. They are valid until another text
   * of
   * the column is read.
   */
  readWords(example: number): number {
    return this.#texts.read(this.#rows[example] as number);
  }

  get numbers(): Uint32Array {
    return this.#texts.numbers;
  }

  /** Returns the position of an example's field: file, line and column, or the example's id if there is no file. */
  place(example: number): string {
    return this.#placeOf(this.#rows[example] as number);
  }
}

/** The parts of which examples are made: their ids, the order in which these come, and columns. */
export interface ExampleParts {
  readonly ids: Words;
  readonly order: Uint32Array;
  readonly label: ExampleColumn;
  readonly group?: ExampleColumn;
  /** By the names that {@link columnOf} returns. */
  readonly pairs: ReadonlyMap<string, ExampleColumn>;
  /** The names of further pairs. */
  readonly extras: readonly string[];
}

/** Examples in ascending order of their ids (UTF-16 code units). */
export class Examples implements Iterable<Example> {
  readonly size: number;
  readonly label: ExampleColumn;
  readonly group: ExampleColumn | undefined;
  readonly ids: Words;
  /** The index of each example's id. */
  readonly order: Uint32Array;
  readonly #pairs: ReadonlyMap<string, ExampleColumn>;
  readonly #extras: readonly string[];

  constructor({ ids, order, label, group, pairs, extras }: ExampleParts) {
    this.size = order.length;
    this.ids = ids;
    this.order = order;
    this.label = label;
    this.group = group;
    this.#pairs = pairs;
    this.#extras = extras;
  }

  /** Creates examples that come from no file. Throws a {@link Refusal} if an id is used twice. */
  static of(list: readonly Example[]): Examples {
    const extras = Object.keys(list[0]?.extra ?? {});
    const group = list.some((example) => example.group !== undefined) ? "group" : undefined;
    const sheet = new Sheet(["id", "label", ...(group ? [group] : []), ...pairNames(extras)], new Words());
    list.forEach((example, index) => {
      const pairs = extras.flatMap((name) => BOTH_MODELS.map((model) => example.extra?.[name]?.[model] ?? ""));
      const owner = group ? [example.group ?? ""] : [];
      const row = rowOf(index, [example.id, example.label, ...owner, example.baseline, example.candidate, ...pairs]);
      if (sheet.add(row)) return;
      throw new Refusal("DUPLICATE_ID", `example ${show(example.id)} is used before, expected each id once`);
    });
    const order = sheet.ids.inOrder();
    const column = (name: string) =>
      new ExampleColumn(sheet.texts(name), order, (row) => `example ${show(sheet.ids.text(row))}, column ${name}`);
    return new Examples({
      ids: sheet.ids,
      order,
      label: column("label"),
      ...(group && { group: column(group) }),
      pairs: new Map(pairNames(extras).map((name) => [name, column(name)])),
      extras,
    });
  }

  id(example: number): string {
    return this.ids.text(this.order[example] as number);
  }

  /** Returns the name of an example in messages. */
  name(example: number): string {
    return `example ${show(this.id(example))}`;
  }

  /** Returns a model's predictions, or its column of a further pair. */
  predictions(model: Model, column?: string): ExampleColumn {
    const name = columnOf(model, column);
    const found = this.#pairs.get(name);
    if (found === undefined) throw new Refusal("MISSING_COLUMN", `the examples have no column ${show(name)}`);
    return found;
  }

  *[Symbol.iterator](): Generator<Example> {
    for (let example = 0; example < this.size; example++) {
      const pair = (name?: string) => ({
        baseline: this.predictions("baseline", name).text(example),
        candidate: this.predictions("candidate", name).text(example),
      });
      yield {
        id: this.id(example),
        label: this.label.text(example),
        ...pair(),
        ...(this.group && { group: this.group.text(example) }),
        ...(this.#extras.length > 0 && { extra: Object.fromEntries(this.#extras.map((name) => [name, pair(name)])) }),
      };
    }
  }
}

/** Returns the name of the column with a model's predictions, or of its column of a further pair. */
export function columnOf(model: Model, column: string | undefined): string {
  return column === undefined ? model : `${model}_${column}`;
}

/** Returns the column names of both models' predictions and of the further pairs. */
export function pairNames(extras: readonly string[]): string[] {
  return [undefined, ...extras].flatMap((column) => BOTH_MODELS.map((model) => columnOf(model, column)));
}
