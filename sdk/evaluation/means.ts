// SPDX-License-Identifier: MIT
// Metrics that are means of one number per example: errors of predicted numbers, ratings, values of any kind.

import { inOneUnit, isBelow, sumParts, toBigInts, type Column, type Integers } from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import type { Examples } from "./examples.ts";
import { determination, mean } from "./formulas.ts";
import { readNumbers, refuseField } from "./labels.ts";
import { squaredErrors } from "./losses.ts";
import { constant, numbersOf, predictionsOf, type Reading } from "./reading.ts";
import { compareBySums, type Formula } from "./sums.ts";

function ones(size: number): Column {
  return { integers: new Float64Array(size).fill(1), decimals: 0 };
}

/** Compares two models by a function of the mean of one number per example. `range` bounds the numbers if they are capped. */
export function compareMeans(
  examples: Examples,
  values: Readonly<Record<Model, Column>>,
  formula: Formula = mean,
  range?: number,
): Comparison {
  const count = ones(examples.size);
  const [baseline, candidate] = inOneUnit(values.baseline, values.candidate) as [Column, Column];
  const statistics = { baseline: [baseline, count], candidate: [candidate, count] };
  return compareBySums(statistics, formula, (row) => examples.name(row), range);
}

/** Replaces losses above the cap by the cap. */
export function capped(losses: Column, cap: number | undefined): Column {
  if (cap === undefined) return losses;
  const [values, limit] = inOneUnit(losses, constant(cap)) as [Column, Column];
  const [most] = limit.integers as [number | bigint];
  const { integers, decimals } = values;
  const bounded: Integers =
    integers instanceof Float64Array
      ? integers.map((value) => Math.min(value, Number(most)))
      : integers.map((value) => (value > BigInt(most) ? BigInt(most) : value));
  return { integers: bounded, decimals };
}

/** Compares two models by a loss of predicted numbers. */
export function compareErrors(
  loss: (labels: Column, predictions: Column) => Column,
  formula: Formula,
): (examples: Examples, reading: Reading) => Comparison {
  return (examples, reading) => {
    const labels = readNumbers(examples.label);
    const losses = eachModel((model) => capped(loss(labels, numbersOf(examples, model, reading)), reading.cap));
    return compareMeans(examples, losses, formula, reading.cap);
  };
}

/** Compares two models by the values in the file. */
export function compareValues(examples: Examples, reading: Reading): Comparison {
  return compareMeans(
    examples,
    eachModel((model) => numbersOf(examples, model, reading)),
  );
}

/** Compares two models by ratings. Throws a {@link Refusal} for a rating outside the scale. */
export function compareRatings(examples: Examples, reading: Reading): Comparison {
  const { lo, hi } = reading;
  const ratings = eachModel((model) => {
    const column = numbersOf(examples, model, reading);
    if (lo === undefined || hi === undefined) return column;
    const [values, least, most] = inOneUnit(column, constant(lo), constant(hi)) as [Column, Column, Column];
    const [[low], [high]] = [least.integers, most.integers] as [[number | bigint], [number | bigint]];
    for (let row = 0; row < values.integers.length; row++) {
      const value = values.integers[row] as number | bigint;
      if (value >= low && value <= high) continue;
      throw refuseField("OUT_OF_RANGE", predictionsOf(examples, model, reading), row, `a rating from ${lo} to ${hi}`);
    }
    return column;
  });
  return compareMeans(examples, ratings);
}

/**
 * Compares two models by R². Labels are shifted by their mean, truncated to a whole unit. This preserves the digits of doubles and does not
 * depend on the order of examples.
 */
export function compareByDetermination(examples: Examples, reading: Reading): Comparison {
  const labels = readNumbers(examples.label);
  const [total] = sumParts(labels.integers, { of: new Uint8Array(examples.size), count: 1 }) as [bigint];
  const origin = total / BigInt(examples.size); // Truncates towards zero.
  const isDouble = isBelow(labels.integers, 2 ** 52);
  const centred: Column = {
    integers: isDouble
      ? (labels.integers as Float64Array).map((label) => label - Number(origin))
      : toBigInts(labels.integers).map((label) => label - origin),
    decimals: labels.decimals,
  };
  const zero: Column = { integers: new Float64Array(examples.size), decimals: 0 };
  const squares = squaredErrors(centred, zero);
  const losses = eachModel((model) => squaredErrors(labels, numbersOf(examples, model, reading)));
  const [baseline, candidate] = inOneUnit(losses.baseline, losses.candidate) as [Column, Column];
  const common = [centred, squares, ones(examples.size)];
  const statistics = { baseline: [baseline, ...common], candidate: [candidate, ...common] };
  return compareBySums(statistics, determination, (row) => examples.name(row));
}
