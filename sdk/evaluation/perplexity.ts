// SPDX-License-Identifier: MIT
// Perplexity: exact sums of the log-probabilities of each example's tokens.

import { ColumnBuilder, inOneUnit, parseDigits, sumParts, type Column } from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import type { ExampleColumn, Examples } from "./examples.ts";
import { perplexity } from "./formulas.ts";
import { refuseField, requireWithin } from "./labels.ts";
import { predictionsOf, type Reading } from "./reading.ts";
import { compareBySums } from "./sums.ts";

/** The lowest accepted log-probability. Smaller values are markers, not probabilities. */
const LOWEST_LOG_PROBABILITY = -10_000;
const LOG_PROBABILITIES = "natural log-probabilities from -10000 to 0, separated by spaces";

/** Compares two models by perplexity. Both must have the same number of tokens in each example. */
export function compareByPerplexity(examples: Examples, reading: Reading): Comparison {
  const columns = eachModel((model) => predictionsOf(examples, model, reading));
  const tokens = eachModel((model) => tokenLosses(columns[model]));
  for (let row = 0; row < examples.size; row++) {
    const [before, after] = [tokens.baseline.lengths[row], tokens.candidate.lengths[row]];
    if (before === after) continue;
    throw refuseField(
      "DIFFERENT_EXAMPLES",
      columns.candidate,
      row,
      `${before} tokens as the baseline has, not ${after}`,
    );
  }
  const [baseline, candidate] = inOneUnit(tokens.baseline.losses, tokens.candidate.losses) as [Column, Column];
  const lengths: Column = { integers: tokens.baseline.lengths, decimals: 0 };
  const statistics: Record<Model, Column[]> = { baseline: [baseline, lengths], candidate: [candidate, lengths] };
  return compareBySums(statistics, perplexity, (row) => examples.name(row));
}

/** Returns −Σ ln p and the number of tokens for each example. */
function tokenLosses(column: ExampleColumn): { losses: Column; lengths: Float64Array } {
  const builder = new ColumnBuilder(column.size);
  const lengths = new Float64Array(column.size);
  const logs = new WordLogs(column);
  for (let row = 0; row < column.size; row++) {
    const { digits, decimals, length } = logs.sum(row) ?? sumExactly(column, row);
    builder.set(row, { digits, decimals });
    lengths[row] = length;
  }
  return { losses: builder.build(), lengths };
}

interface Sum {
  readonly digits: number | bigint;
  readonly decimals: number;
  readonly length: number;
}

const MOST_DECIMALS = 11;

/**
 * Sums the log-probabilities of texts whose words have few digits. Rounded log-probabilities recur, so each distinct word is parsed once.
 */
class WordLogs {
  readonly #column: ExampleColumn;
  /**
   * For each word: its digits without the sign, and its decimals plus 1. The latter is 0 if the word was not parsed yet, and 255 if it is
   * not of
   * this kind.
   */
  readonly #digits: Float64Array;
  readonly #decimals: Uint8Array;

  constructor(column: ExampleColumn) {
    this.#column = column;
    this.#digits = new Float64Array(column.words.size);
    this.#decimals = new Uint8Array(column.words.size);
  }

  /** Returns undefined if a word is of another kind, or if the sum may not be a safe integer. */
  sum(row: number): Sum | undefined {
    const count = this.#column.readWords(row);
    const words = this.#column.numbers;
    let decimals = 0;
    for (let k = 0; k < count; k++) {
      const known = this.#decimals[words[k] as number] as number;
      const found = known > 0 ? known : this.#read(words[k] as number);
      if (found === 255) return undefined;
      decimals = Math.max(decimals, found - 1);
    }
    let digits = 0;
    for (let k = 0; k < count; k++) {
      const word = words[k] as number;
      digits += (this.#digits[word] as number) * (POWERS[decimals + 1 - (this.#decimals[word] as number)] as number);
    }
    return digits <= Number.MAX_SAFE_INTEGER ? { digits, decimals, length: count } : undefined;
  }

  #read(word: number): number {
    const parsed = parseDigits(this.#column.words.text(word));
    const digits = Number(parsed?.digits ?? NaN);
    const decimals = parsed?.decimals ?? 0;
    const isPlain =
      decimals <= MOST_DECIMALS && digits <= 0 && digits >= LOWEST_LOG_PROBABILITY * (POWERS[decimals] as number);
    this.#digits[word] = -digits;
    return (this.#decimals[word] = isPlain ? decimals + 1 : 255);
  }
}

const POWERS = Array.from({ length: MOST_DECIMALS + 1 }, (_, power) => 10 ** power);

/** Sums the log-probabilities of any text. Throws a {@link Refusal} if it is not a list of log-probabilities. */
function sumExactly(column: ExampleColumn, row: number): Sum {
  const texts = column.text(row).trim().split(/\s+/u);
  const refuse = (token: number) => refuseField("NOT_A_NUMBER", column, row, LOG_PROBABILITIES, texts[token]);
  const builder = new ColumnBuilder(texts.length);
  texts.forEach((text, token) => {
    if (!builder.parse(token, text)) throw refuse(token);
  });
  const logs = builder.build();
  requireWithin(logs, [LOWEST_LOG_PROBABILITY, 0], refuse);
  const [sum] = sumParts(logs.integers, { of: new Uint8Array(texts.length), count: 1 }) as [bigint];
  const isSafe = sum > -BigInt(Number.MAX_SAFE_INTEGER);
  return { digits: isSafe ? -Number(sum) : -sum, decimals: logs.decimals, length: texts.length };
}
