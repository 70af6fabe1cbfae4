// SPDX-License-Identifier: MIT
// Metrics of texts: what each example contributes to their sums. Words recur, so each distinct word is tokenised once.

import type { Column } from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import type { Examples } from "./examples.ts";
import { bleu, mean } from "./formulas.ts";
import { predictionsOf, type Reading } from "./reading.ts";
import { compareBySums, type Statistics } from "./sums.ts";
import { BLEU_ORDER, NgramCounter, rougeL } from "./text.ts";
import { TokenReader } from "./tokenReader.ts";
import { TOKENISERS, type Tokeniser } from "./tokenisers.ts";

/** Receives one example: the tokens of its reference and of a model's text. */
type Visit = (row: number, expected: Uint32Array, given: Uint32Array, model: Model) => void;

function visitTexts(examples: Examples, reading: Reading, visit: Visit): void {
  const tokens = new TokenReader(examples.label.words, TOKENISERS[reading.tokeniser as Tokeniser]);
  const texts = eachModel((model) => predictionsOf(examples, model, reading));
  for (let row = 0; row < examples.size; row++) {
    const expected = tokens.read(examples.label, row, 0);
    visit(row, expected, tokens.read(texts.baseline, row, 1), "baseline");
    visit(row, expected, tokens.read(texts.candidate, row, 1), "candidate");
  }
}

/** Compares two models by BLEU. */
export function compareByBleu(examples: Examples, reading: Reading): Comparison {
  const counts = () => ({ integers: new Float64Array(examples.size), decimals: 0 });
  const columns = eachModel(() => Array.from({ length: 2 * BLEU_ORDER }, counts));
  const lengths = counts();
  const counter = new NgramCounter();
  visitTexts(examples, reading, (row, expected, given, model) => {
    if (model === "baseline") counter.refer(expected);
    const list = columns[model];
    const matches = counter.matches(given);
    for (let n = 0; n < BLEU_ORDER; n++) {
      (list[n] as { integers: Float64Array }).integers[row] = matches[n] as number;
      (list[BLEU_ORDER + n] as { integers: Float64Array }).integers[row] = Math.max(0, given.length - n);
    }
    lengths.integers[row] = expected.length;
  });
  const statistics: Record<Model, Statistics> = eachModel((model) => [...columns[model], lengths]);
  return compareBySums(statistics, bleu, (row) => examples.name(row));
}

/** The decimals to which each ROUGE-L is rounded, half up. */
const ROUGE_DECIMALS = 15;
const ROUGE_UNIT = 10n ** BigInt(ROUGE_DECIMALS);

/** Compares two models by the mean of ROUGE-L. */
export function compareByRouge(examples: Examples, reading: Reading): Comparison {
  const values = eachModel(() => new Float64Array(examples.size));
  visitTexts(examples, reading, (row, expected, given, model) => {
    const [common, length] = rougeL(expected, given);
    values[model][row] = Number((2n * BigInt(common) * ROUGE_UNIT + BigInt(length)) / (2n * BigInt(length)));
  });
  const count: Column = { integers: new Float64Array(examples.size).fill(1), decimals: 0 };
  const statistics = eachModel((model) => [{ integers: values[model], decimals: ROUGE_DECIMALS }, count]);
  return compareBySums(statistics, mean, (row) => examples.name(row));
}
