// SPDX-License-Identifier: MIT
// Simulated benchmarks of means, and of functions of sums.

import type { Column } from "../../../sdk/evaluation/columns";
import { bleu, determination, mean, perplexity, rootOfMean } from "../../../sdk/evaluation/formulas";
import { uniform, type RandomGenerator } from "../../../sdk/evaluation/random";
import { scaleOf } from "../../../sdk/evaluation/scale";
import { compareBySums, type Formula, type Statistics } from "../../../sdk/evaluation/sums";
import { BLEU_ORDER } from "../../../sdk/evaluation/text";
import {
  decimalColumn,
  normalDraw,
  oneColumn,
  simulatedTry,
  UNIT_SCALE,
  zeroColumn,
  type SimulatedRow,
} from "./simulated";

/** Differences with mean 0, drawn from a distribution. */
function simulatedMeans(
  name: string,
  size: number,
  attempts: 1 | 10,
  draw: (random: RandomGenerator) => number,
  groupSize = 1,
): SimulatedRow {
  const sample = groupSize === 1 ? `${size} differences` : `${size / groupSize} groups of ${groupSize}`;
  return {
    name,
    sample,
    attempts,
    make: (random) => () => {
      const count = size / groupSize;
      const shared = Float64Array.from({ length: count }, () => (groupSize === 1 ? 0 : draw(random)));
      const values = Float64Array.from(
        { length: size },
        (_, row) => draw(random) + (shared[Math.floor(row / groupSize)] as number),
      );
      const statistics = {
        baseline: [zeroColumn(size), oneColumn(size)],
        candidate: [decimalColumn(values), oneColumn(size)],
      };
      const comparison = compareBySums(statistics, mean, String);
      if (groupSize === 1) return simulatedTry(comparison, size);
      const of = Uint32Array.from(values, (_, row) => Math.floor(row / groupSize));
      return simulatedTry(comparison, size, { of, count });
    },
  };
}

/** Losses of two models, from 0 to 1. Few of them are large. */
function simulatedBets(name: string, size: number, attempts: 1 | 10, share: number): SimulatedRow {
  const losses = (random: RandomGenerator) =>
    decimalColumn(Float64Array.from({ length: size }, () => (uniform(random) < share ? 1 : 0.05 * uniform(random))));
  return {
    name,
    sample: `${size} examples`,
    attempts,
    make(random) {
      return () => {
        const statistics = {
          baseline: [losses(random), oneColumn(size)],
          candidate: [losses(random), oneColumn(size)],
        };
        const comparison = compareBySums(statistics, mean, String, 1);
        return (terms) => comparison.estimate(terms).interval.low > 0;
      };
    },
  };
}

/** A function of sums, drawn alike for both models. Less is better, except on the scale 0 … 1. */
function simulatedFunctions(
  name: string,
  size: number,
  attempts: 1 | 10,
  formula: Formula,
  make: (size: number, random: RandomGenerator) => () => Statistics,
  scale = UNIT_SCALE,
): SimulatedRow {
  return {
    name,
    sample: `${size} differences`,
    attempts,
    make(random) {
      const next = make(size, random);
      const baseline = next();
      return () => {
        const comparison = compareBySums({ baseline, candidate: next() }, formula, String);
        return (terms) => comparison.estimate({ ...terms, scale }).interval.low > 0;
      };
    },
  };
}

const minimised = (metric: "rmse" | "perplexity", hi: number) =>
  scaleOf({ metric, direction: "minimise", f: "identity", lo: 0, hi });

const drawn = (size: number, draw: (row: number) => number): Column =>
  decimalColumn(Float64Array.from({ length: size }, (_, row) => draw(row)));

/** Squared errors with heavy tails. */
const squares = (size: number, random: RandomGenerator) => () => [
  drawn(size, () => Math.exp(0.6 * normalDraw(random)) * normalDraw(random) ** 2),
  oneColumn(size),
];

/** Squared errors of predictions. The labels are normal and the same for both models. */
function determined(size: number, random: RandomGenerator): () => Statistics {
  const labels = Float64Array.from({ length: size }, () => normalDraw(random));
  const common = [decimalColumn(labels), decimalColumn(labels.map((label) => label * label)), oneColumn(size)];
  return () => [drawn(size, () => 0.5 * normalDraw(random) ** 2), ...common];
}

/** Losses of texts with 5 to 40 tokens. */
function surprises(size: number, random: RandomGenerator): () => Statistics {
  const lengths = Float64Array.from({ length: size }, () => 5 + Math.floor(36 * uniform(random)));
  const tokens = { integers: lengths, decimals: 0 };
  return () => [drawn(size, (row) => (lengths[row] as number) * 2 * Math.exp(0.5 * normalDraw(random))), tokens];
}

/** Matches in sentences of 20 words. The share of right words differs from sentence to sentence. */
function sentences(size: number, random: RandomGenerator): () => Statistics {
  const count = (values: Float64Array): Column => ({ integers: values, decimals: 0 });
  const orders = Array.from({ length: BLEU_ORDER }, (_, n) => n + 1);
  const totals = [...orders.map((n) => 21 - n), 20].map((total) => count(new Float64Array(size).fill(total)));
  return () => {
    const simulatedShares = Float64Array.from({ length: size }, () => 0.4 + 0.6 * uniform(random));
    return [...orders.map((n) => count(simulatedShares.map((share) => Math.floor((21 - n) * share ** n)))), ...totals];
  };
}

const logNormal = (random: RandomGenerator) => Math.exp(0.5) - Math.exp(normalDraw(random));
const gain = (random: RandomGenerator) => Math.exp(normalDraw(random)) - Math.exp(0.5);
const pareto = (random: RandomGenerator) => 1.5 - (1 - uniform(random)) ** (-1 / 3);
const rare = (random: RandomGenerator) => (uniform(random) < 0.02 ? -0.98 : 0.02);

/** The means and functions of sums, at their smallest samples. */
export function sumRows(attempts: 1 | 10): SimulatedRow[] {
  const size = attempts === 1 ? 200 : 800;
  const groupSize = attempts === 1 ? 5 : 2;
  return [
    simulatedMeans("mean, normal", size, attempts, normalDraw),
    simulatedMeans("mean, lognormal losses", size, attempts, logNormal),
    simulatedMeans("mean, lognormal gains", size, attempts, gain),
    simulatedMeans("mean, Pareto(3) losses", size, attempts, pareto),
    simulatedMeans("mean, 2 % carry the loss", size, attempts, rare),
    simulatedMeans("mean, 2 % carry the loss", 1000, attempts, rare),
    simulatedFunctions("RMSE, heavy tails", size, attempts, rootOfMean, squares, minimised("rmse", 10)),
    simulatedFunctions("R²", size, attempts, determination, determined),
    simulatedFunctions("perplexity", size, attempts, perplexity, surprises, minimised("perplexity", 100)),
    simulatedFunctions("BLEU", size, attempts, bleu, sentences),
    simulatedMeans("mean of groups, normal", groupSize * size, attempts, normalDraw, groupSize),
    simulatedMeans("mean of groups, lognormal losses", groupSize * size, attempts, logNormal, groupSize),
    simulatedBets("capped mean, bets", 100, attempts, 0.02),
    simulatedBets("capped mean, bets", 1000, attempts, 0.02),
  ];
}
