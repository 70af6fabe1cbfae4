// SPDX-License-Identifier: MIT
// The mean over classes of the area under the ROC curve of each class against the rest.

import type { Parts } from "./columns.ts";
import { BOTH_MODELS, eachModel, type Comparison, type Model } from "./comparison.ts";
import { exactly, fraction, toNumber, type Bounds, type Fraction } from "./fraction.ts";
import { CLASS_SIZE, requireClasses, requireGroups, unitsByClass } from "./minima.ts";
import { areas, boundInfluence, bump, components, effectsOf, isConstant, orderOf, type Order } from "./ranking.ts";
import { NO_VARIATION } from "./studentBound.ts";

/** Rankings of each class against the rest, by each model's score for that class. */
export interface RankedClasses {
  readonly ranks: Readonly<Record<Model, readonly Uint32Array[]>>;
  readonly actual: Uint8Array;
  readonly names: readonly string[];
}

/** Compares two models by the mean over classes of the area of each class against the rest. */
export function compareByMacroAuc({ ranks, actual, names }: RankedClasses): Comparison {
  const orders = eachModel((model) => ranks[model].map(orderOf));
  const positives = names.map((_, k) => actual.map((label) => Number(label === k)));
  const each = (model: Model, parts: Parts) =>
    orders[model].map((order, k) => areas(order, positives[k] as Uint8Array, parts));
  const whole = { of: new Uint8Array(actual.length), count: 1 };
  return {
    strata: { of: actual, names },
    values(model, parts) {
      const byClass = each(model, parts);
      return Array.from({ length: parts.count }, (_, part) => meanOf(byClass.map((list) => list[part])));
    },
    estimate(terms) {
      const { scale } = terms;
      const counts = positives.map((positive) => positive.reduce((sum, isPositive) => sum + isPositive, 0));
      const sizes = unitsByClass(actual, names.length, terms.groups);
      const reasons = [...requireGroups(terms), ...requireClasses(sizes, names, CLASS_SIZE, terms)];
      const [before, after] = BOTH_MODELS.map((model) =>
        each(model, whole).map(([area]) => toNumber(area as Fraction)),
      ) as [number[], number[]];
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
      const slopes = [scale.slope(mean(before)), scale.slope(mean(after))] as const;
      const influence = new Float64Array(actual.length);
      let isSame = true;
      positives.forEach((positive, k) => {
        const wins = eachModel((model) => components(orders[model][k] as Order, positive, counts[k] as number));
        isSame &&= isConstant(wins, positive);
        const effects = effectsOf(wins, positive, slopes);
        const centre = slopes[1] * (after[k] as number) - slopes[0] * (before[k] as number);
        let [up, down] = [0, 0];
        for (let row = 0; row < positive.length; row++) {
          const side = positive[row] === 1 ? effects.positives : effects.negatives;
          const effect = side[positive[row] === 1 ? up++ : down++] as number;
          bump(influence, row, (positive.length * (effect - centre)) / side.length / names.length);
        }
      });
      const improvement = scale.f(mean(after)) - scale.f(mean(before));
      return boundInfluence(influence, improvement, sizes, terms, [...reasons, ...(isSame ? [NO_VARIATION] : [])]);
    },
  };
}

function meanOf(values: readonly (Fraction | undefined)[]): Bounds | undefined {
  let total = fraction(0n);
  for (const value of values) {
    if (value === undefined) return undefined;
    total = fraction(total.num * value.den + value.num * total.den, total.den * value.den);
  }
  return exactly(fraction(total.num, total.den * BigInt(values.length)));
}
