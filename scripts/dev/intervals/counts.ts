// SPDX-License-Identifier: MIT
// Simulated benchmarks of metrics of counts.

import { compareByCounts, countedCells, drawnImprovements } from "../../../sdk/evaluation/cells";
import type { Classified } from "../../../sdk/evaluation/comparison";
import type { CountMetric } from "../../../sdk/evaluation/counts";
import { uniform, type RandomGenerator } from "../../../sdk/evaluation/random";
import { isGreater, SIMULATED_RESAMPLES, simulatedTry, type SimulatedRow } from "./simulated";

/** Two models with the same error rate, each wrong on different examples. `sizes` holds the number of examples of each class. */
function classifiedAlike(sizes: readonly number[], error: number, random: RandomGenerator): () => Classified {
  const actual = Uint8Array.from(sizes.flatMap((size, label) => new Array<number>(size).fill(label)));
  const others = sizes.length - 1;
  const guess = () =>
    actual.map((label) =>
      uniform(random) < error ? (label + 1 + Math.floor(others * uniform(random))) % sizes.length : label,
    );
  const baseline = guess();
  const names = sizes.map((_, label) => String(label));
  return () => ({ names, actual, predicted: { baseline, candidate: guess() } });
}

function simulatedShares(name: string, size: number, error: number, attempts: 1 | 10): SimulatedRow {
  return {
    name,
    sample: `${size} examples, about ${Math.round(2 * error * (1 - error) * size)} disagreements`,
    attempts,
    make(random) {
      const next = classifiedAlike([size / 2, size / 2], error, random);
      return () => simulatedTry(compareByCounts(next(), "accuracy"), size);
    },
  };
}

/** Resamples like the interval itself, but stops as soon as the bound cannot be above 0. */
function simulatedRatios(metric: CountMetric, sizes: readonly number[], error: number, attempts: 1 | 10): SimulatedRow {
  const size = sizes.reduce((a, b) => a + b);
  const changed = Math.round(2 * error * (1 - error) * size);
  return {
    name: metric,
    sample: `${sizes.join(" + ")} examples, about ${changed} changed`,
    attempts,
    make(random) {
      const next = classifiedAlike(sizes, error, random);
      return () => {
        const classified = next();
        const cells = countedCells(classified);
        return (terms) => {
          if (!isGreater(compareByCounts(classified, metric), size)) return false;
          const tail = Math.floor(terms.level * (SIMULATED_RESAMPLES + 1));
          let worse = 0;
          for (const improvement of drawnImprovements(cells, metric, terms)) {
            if (!(improvement > 0) && ++worse >= tail) return false;
          }
          return true;
        };
      };
    },
  };
}

/** Groups whose examples are mostly right or mostly wrong together: each model fails in some groups, and not in the same ones. */
function simulatedGroupRatios(
  metric: CountMetric,
  [count, fails]: readonly [groups: number, fails: number],
  attempts: 1 | 10,
): SimulatedRow {
  const groupSize = 5;
  const of = Uint32Array.from({ length: count * groupSize }, (_, row) => Math.floor(row / groupSize));
  const actual = Uint8Array.from(of, (group) => group % 2);
  return {
    name: `${metric} of groups`,
    sample: `${count} groups of ${groupSize}, about ${Math.round(2 * fails * (1 - fails) * count)} changed`,
    attempts,
    make(random) {
      const guess = () => {
        const isBad = Array.from({ length: count }, () => uniform(random) < fails);
        return actual.map((label, row) => (isBad[of[row] as number] && uniform(random) < 0.8 ? 1 - label : label));
      };
      const baseline = guess();
      return () => {
        const classified = { names: ["0", "1"], actual, predicted: { baseline, candidate: guess() } };
        return simulatedTry(compareByCounts(classified, metric), of.length, { of, count });
      };
    },
  };
}

/** The metrics of counts, at their smallest samples. */
export function countMetricRows(attempts: 1 | 10): SimulatedRow[] {
  const changed = attempts === 1 ? 110 : 220;
  const [many, few] = [Math.round(changed / 0.18), Math.round(changed / 0.32)];
  const halves = (size: number) => [Math.floor(size / 2), Math.ceil(size / 2)];
  const skewed = [100, ...halves(many - 100)];
  const groups = attempts === 1 ? 50 : 200;
  return [
    simulatedShares("accuracy", 100, 0.05, attempts),
    simulatedShares("accuracy", 1000, 0.02, attempts),
    simulatedShares("accuracy", 1000, 0.083, attempts),
    simulatedShares("accuracy", 1000, 0.25, attempts),
    ...(["precision", "recall", "f1", "mcc", "balanced_accuracy"] as const).flatMap((metric) => [
      simulatedRatios(metric, [many - 100, 100], 0.1, attempts),
      simulatedRatios(metric, halves(few), 0.2, attempts),
    ]),
    simulatedRatios("macro_f1", skewed, 0.1, attempts),
    simulatedRatios("weighted_f1", skewed, 0.1, attempts),
    simulatedGroupRatios("accuracy", [groups, 0.5], attempts),
    simulatedGroupRatios("accuracy", [4 * groups, 0.16], attempts),
    simulatedGroupRatios("f1", [4 * groups, 0.16], attempts),
  ];
}
