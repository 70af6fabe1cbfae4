// SPDX-License-Identifier: MIT
// Simulated benchmarks of areas under curves.

import { compareByAuc } from "../../../sdk/evaluation/auc";
import { compareByAveragePrecision } from "../../../sdk/evaluation/averagePrecision";
import { ranksOf } from "../../../sdk/evaluation/columns";
import { compareByMacroAuc } from "../../../sdk/evaluation/macroAuc";
import { decimalColumn, normalDraw, simulatedTry, type SimulatedRow } from "./simulated";

/** Scores of two models that see the class through equal noise, part of which they share. */
function simulatedCurves(
  name: string,
  [positives, negatives]: readonly [number, number],
  attempts: 1 | 10,
  compare: typeof compareByAuc = compareByAuc,
  separation = 1.2,
): SimulatedRow {
  const size = positives + negatives;
  const positive = Uint8Array.from({ length: size }, (_, row) => Number(row < positives));
  return {
    name,
    sample: `${positives} and ${negatives} examples of a class`,
    attempts,
    make(random) {
      const signal = Float64Array.from(positive, (isPositive) => separation * isPositive + normalDraw(random));
      const score = () => ranksOf(decimalColumn(signal.map((value) => value + 0.7 * normalDraw(random))));
      const baseline = score();
      return () =>
        simulatedTry(compare({ ranks: { baseline, candidate: score() }, positive, names: ["0", "1"] }), size);
    },
  };
}

/** Scores of two models for three classes, each class against the rest. */
function simulatedClassCurves(name: string, each: number, attempts: 1 | 10): SimulatedRow {
  const size = 3 * each;
  const actual = Uint8Array.from({ length: size }, (_, row) => row % 3);
  return {
    name,
    sample: `3 classes of ${each} examples`,
    attempts,
    make(random) {
      const signals = [0, 1, 2].map((k) =>
        Float64Array.from(actual, (label) => (label === k ? 1.2 : 0) + normalDraw(random)),
      );
      const scores = () =>
        signals.map((signal) => ranksOf(decimalColumn(signal.map((value) => value + 0.7 * normalDraw(random)))));
      const baseline = scores();
      return () => {
        const ranks = { baseline, candidate: scores() };
        return simulatedTry(compareByMacroAuc({ ranks, actual, names: ["0", "1", "2"] }), size);
      };
    },
  };
}

/** Scores of two models on groups. The rows of a group have one class and share most of their noise. */
function simulatedGroupCurves(
  name: string,
  [positives, negatives]: readonly [number, number],
  attempts: 1 | 10,
  compare: typeof compareByAuc = compareByAuc,
): SimulatedRow {
  const groupSize = 5;
  const count = positives + negatives;
  const of = Uint32Array.from({ length: count * groupSize }, (_, row) => Math.floor(row / groupSize));
  const positive = Uint8Array.from(of, (group) => Number(group < positives));
  return {
    name,
    sample: `${positives} and ${negatives} groups of ${groupSize}`,
    attempts,
    make(random) {
      const signal = Float64Array.from(of, (group) => 1.2 * Number(group < positives) + 0.5 * normalDraw(random));
      const score = () => {
        const shared = Float64Array.from({ length: count }, () => normalDraw(random));
        return ranksOf(
          decimalColumn(
            signal.map((value, row) => value + (shared[of[row] as number] as number) + 0.5 * normalDraw(random)),
          ),
        );
      };
      const baseline = score();
      return () => {
        const ranks = { baseline, candidate: score() };
        return simulatedTry(compare({ ranks, positive, names: ["0", "1"] }), of.length, { of, count });
      };
    },
  };
}

/** The areas under curves, at their smallest samples. */
export function curveRows(attempts: 1 | 10): SimulatedRow[] {
  return [
    simulatedCurves("ROC AUC", [30, 30], attempts),
    simulatedCurves("ROC AUC", [30, 1000], attempts),
    simulatedCurves("ROC AUC, almost 1", [30, 1000], attempts, compareByAuc, 3),
    simulatedCurves("ROC AUC", [300, 300], attempts),
    simulatedCurves("average precision", [100, 100], attempts, compareByAveragePrecision),
    simulatedCurves("average precision", [100, 1000], attempts, compareByAveragePrecision),
    simulatedClassCurves("macro ROC AUC", 30, attempts),
    simulatedGroupCurves("ROC AUC of groups", [30, attempts === 1 ? 30 : 170], attempts),
    simulatedGroupCurves("average precision of groups", [100, 100], attempts, compareByAveragePrecision),
  ];
}
