// SPDX-License-Identifier: MIT
// Metrics of probabilities, and of scores for several classes.

import { compute, inOneUnit, isBelow, ranksOf, toBigInts, withDecimals, type Column } from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import type { Examples } from "./examples.ts";
import { readLabels, refuseField, requireWithin } from "./labels.ts";
import type { Losses } from "./losses.ts";
import { capped, compareMeans } from "./means.ts";
import { compareByMacroAuc, type RankedClasses } from "./macroAuc.ts";
import { classesOf, listsOf, predictionsOf, shownNames, type Reading } from "./reading.ts";
import type { Formula } from "./sums.ts";

/** Compares two models by the mean of a loss of the true class's probability. */
export function compareByLoss(loss: Losses, formula: Formula): (examples: Examples, reading: Reading) => Comparison {
  return (examples, reading) => {
    const actual = readLabels(examples.label, classesOf(reading));
    const losses = eachModel((model) => {
      const column = predictionsOf(examples, model, reading);
      const refuse = (row: number) =>
        refuseField("OUT_OF_RANGE", column, row, "more than 0 for the true class, or a cap in the benchmark");
      return capped(loss(probabilitiesOf(examples, model, reading), actual, reading.cap, refuse), reading.cap);
    });
    return compareMeans(examples, losses, formula, reading.cap);
  };
}

/** Returns the probabilities of each class. For two classes, the file may have only that of the second. */
function probabilitiesOf(examples: Examples, model: Model, reading: Reading): Column[] {
  const count = classesOf(reading).length;
  const lists = listsOf(examples, model, reading, "probabilities from 0 to 1");
  const refuse = (row: number, expected: string) =>
    refuseField("OUT_OF_RANGE", predictionsOf(examples, model, reading), row, expected);
  for (const list of lists) requireWithin(list, [0, 1], (row) => refuse(row, "probabilities from 0 to 1"));
  if (lists.length === 1) return [complement(lists[0] as Column), lists[0] as Column];
  const columns = inOneUnit(...lists.map((list) => withDecimals(list, Math.max(3, list.decimals))));
  const sums = columns.reduce((total, column) => ({
    integers: compute(
      [total.integers, column.integers],
      2 ** 52,
      (a, b) => a + b,
      (a, b) => a + b,
    ),
    decimals: column.decimals,
  }));
  const off = complement(sums).integers;
  const tolerance = 10 ** (sums.decimals - 3);
  for (let row = 0; row < off.length; row++) {
    if (Math.abs(Number(off[row])) > tolerance) throw refuse(row, `${count} probabilities whose sum is 1`);
  }
  return columns;
}

function complement({ integers, decimals }: Column): Column {
  const unit = 10n ** BigInt(decimals);
  if (decimals <= 15 && isBelow(integers, 2 ** 52)) {
    return { integers: integers.map((value) => Number(unit) - value), decimals };
  }
  return { integers: toBigInts(integers).map((value) => unit - value), decimals };
}

/** Compares two models by the areas of their scores for each class. */
export function compareScoresOfClasses(examples: Examples, reading: Reading): Comparison {
  const names = classesOf(reading);
  const actual = readLabels(examples.label, names);
  const ranks: RankedClasses["ranks"] = eachModel((model) => {
    const scores = listsOf(examples, model, reading, "scores");
    return (scores.length === 1 ? [complement(scores[0] as Column), scores[0] as Column] : scores).map(ranksOf);
  });
  return compareByMacroAuc({ ranks, actual, names: shownNames(names) });
}
