// SPDX-License-Identifier: MIT
// The interval of a mean that tolerates skewed data: the lesser of Student's and Johnson's bounds, each at half the level.

import { certainBps, reason, type Estimate, type IntervalMethod, type IntervalTerms } from "./comparison.ts";
import { studentQuantile } from "./quantiles.ts";
import type { Reason } from "./refusal.ts";

/** The values from which the interval of a mean is computed. */
export interface Sample {
  /** One value for each independent unit. Up to rounding, their mean is the improvement. */
  readonly values: Float64Array;
  /** The improvement itself. */
  readonly improvement: number;
  /** The degrees of freedom; one less than the number of values by default. */
  readonly degrees?: number;
}

/**
 * Johnson, "Modified t tests and confidence intervals for asymmetrical populations", Journal of the American Statistical Association 73,
 * 1978: a true mean is rejected if δ + m₃ / (6·s²·n) + m₃·δ² / (3·s⁴) ≥ t·s / √n, where δ is the distance of the sample's mean above it.
 * Student's test has δ alone. The lesser of both bounds, each at half the level, keeps the error for skew in either direction.
 */
export function boundMean(
  { values, improvement, degrees = values.length - 1 }: Sample,
  { scale, level }: IntervalTerms,
  method: IntervalMethod,
  reasons: readonly Reason[],
): Estimate {
  const n = values.length;
  let total = 0;
  for (let unit = 0; unit < n; unit++) total += values[unit] as number;
  const mean = total / n;
  let [squares, cubes] = [0, 0];
  for (let unit = 0; unit < n; unit++) {
    const deviation = (values[unit] as number) - mean;
    squares += deviation * deviation;
    cubes += deviation * deviation * deviation;
  }
  const variance = squares / (n - 1);
  const standardError = Math.sqrt(variance / n);
  const quantile = studentQuantile(level / 2, Math.max(2, degrees));
  const reach = quantile * standardError;
  const low = improvement - Math.max(reach, johnson(cubes / n, variance, n, reach));
  const high = improvement + Math.max(reach, johnson(-cubes / n, variance, n, reach));
  const varies = standardError > 0 && Number.isFinite(standardError);
  return {
    interval: { method, low, high, lowBps: certainBps(scale.toBps(low)), standardError, quantile },
    reasons: varies ? reasons : [...reasons, NO_VARIATION],
  };
}

/** Returns the least δ that Johnson's test rejects, or infinity if the skew is too strong for any. */
function johnson(thirdMoment: number, variance: number, n: number, reach: number): number {
  if (variance === 0) return 0;
  const quadratic = thirdMoment / (3 * variance * variance);
  const wanted = reach - thirdMoment / (6 * variance * n);
  const root = 1 + 4 * quadratic * wanted;
  return root < 0 ? Infinity : (2 * wanted) / (1 + Math.sqrt(root));
}

export const NO_VARIATION = reason(
  "NO_VARIATION",
  "the improvement does not vary over the examples, expected data from which an interval can be estimated",
);

/** Sums values by group and scales the sums by groups / rows, so that their mean equals the mean over the rows. */
export function byGroup(values: Float64Array, { groups }: IntervalTerms): Float64Array {
  if (groups === undefined) return values;
  const sums = new Float64Array(groups.count);
  for (let row = 0; row < values.length; row++) {
    const group = groups.of[row] as number;
    sums[group] = (sums[group] as number) + (values[row] as number);
  }
  return sums.map((sum) => (sum * groups.count) / values.length);
}
