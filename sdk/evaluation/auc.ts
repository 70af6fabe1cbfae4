// SPDX-License-Identifier: MIT
// The area under the ROC curve.

import { BOTH_MODELS, certainBps, eachModel, type Comparison, type IntervalTerms, type Model } from "./comparison.ts";
import { exactly, toNumber, type Fraction } from "./fraction.ts";
import { CLASS_SIZE, LARGE_CLASS, requireClasses, requireGroups, unitsByClass } from "./minima.ts";
import { normalQuantile, studentQuantile } from "./quantiles.ts";
import { areas, boundInfluence, components, effectsOf, isConstant, orderOf, type Ranked } from "./ranking.ts";
import { NO_VARIATION } from "./studentBound.ts";

/**
 * Compares two models by the area under the ROC curve, which is always maximised: P(score of a positive > score of a negative) + ½
 * P(equal).
 * The interval is DeLong's: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
 * characteristic curves", Biometrics 44, 1988. With f = ln it uses the delta method. With groups it sums the components within each group:
 * Obuchowski, "Nonparametric analysis of clustered ROC curve data", Biometrics 53, 1997.
 */
export function compareByAuc({ ranks, positive, names }: Ranked): Comparison {
  const orders = eachModel((model) => orderOf(ranks[model]));
  const whole = { of: new Uint8Array(positive.length), count: 1 };
  return {
    strata: { of: positive, names },
    values: (model, parts) => areas(orders[model], positive, parts).map((area) => area && exactly(area)),
    estimate(terms) {
      const { scale } = terms;
      const [before, after] = BOTH_MODELS.map((model) =>
        toNumber(areas(orders[model], positive, whole)[0] as Fraction),
      ) as [number, number];
      const positives = positive.reduce((sum, isPositive) => sum + isPositive, 0);
      const sizes = unitsByClass(positive, 2, terms.groups);
      const reasons = [...requireGroups(terms), ...requireClasses(sizes, names, CLASS_SIZE, terms)];
      const wins = eachModel((model) => components(orders[model], positive, positives));
      const missing = isConstant(wins, positive) ? [NO_VARIATION] : [];
      const improvement = scale.f(after) - scale.f(before);
      if (terms.groups) {
        const influence = aucInfluence(wins, positive, [before, after], terms);
        return boundInfluence(influence, improvement, sizes, terms, [...reasons, ...missing]);
      }
      const effects = effectsOf(wins, positive, [scale.slope(before), scale.slope(after)]);
      const standardError = Math.sqrt(varianceOfMean(effects.positives) + varianceOfMean(effects.negatives));
      const smaller = Math.min(...sizes);
      const quantile =
        smaller < LARGE_CLASS ? studentQuantile(terms.level, Math.max(2, smaller - 1)) : normalQuantile(terms.level);
      const [low, high] = [improvement - quantile * standardError, improvement + quantile * standardError];
      const lowBps = certainBps(scale.toBps(low));
      return {
        interval: { method: "delong", low, high, lowBps, standardError, quantile },
        reasons: [...reasons, ...missing],
      };
    },
  };
}

function varianceOfMean(values: Float64Array): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k] as number;
  const mean = total / values.length;
  let squares = 0;
  for (let k = 0; k < values.length; k++) squares += ((values[k] as number) - mean) * ((values[k] as number) - mean);
  return squares / (values.length - 1) / values.length;
}

/**
 * Returns each row's influence on the difference. Their mean is 0, and their variance divided by the number of rows is the variance of the
 * difference.
 */
function aucInfluence(
  wins: Record<Model, Float64Array>,
  positive: Uint8Array,
  [before, after]: readonly [number, number],
  { scale }: IntervalTerms,
): Float64Array {
  const slopes = [scale.slope(before), scale.slope(after)] as const;
  const effects = effectsOf(wins, positive, slopes);
  const centre = slopes[1] * after - slopes[0] * before;
  const n = positive.length;
  let [up, down] = [0, 0];
  return Float64Array.from(positive, (isPositive) => {
    const side = isPositive === 1 ? effects.positives : effects.negatives;
    const effect = side[isPositive === 1 ? up++ : down++] as number;
    return (n * (effect - centre)) / side.length;
  });
}
