// SPDX-License-Identifier: MIT
// The interval of a mean that stands skewed data: the lesser of Student's and Johnson's bounds, each at half the level.

import { certainBps, reason, type Estimate, type IntervalMethod, type IntervalTerms } from "./comparison.ts";
import { studentQuantile } from "./quantiles.ts";
import type { Reason } from "./refusal.ts";

/** Rows in which a mean differs from group to group. */
export interface Sample {
  /** One value for each independent unit; their mean is the improvement up to rounding. */
  readonly values: Float64Array;
  /** The improvement itself. */
  readonly improvement: number;
  /** Degrees of freedom; one less than the values where it is not stated. */
  readonly degrees?: number;
}

/**
 * Johnson, "Modified t tests and confidence intervals for asymmetrical populations", Journal of the American Statistical Association 73,
 * 1978: a true mean is refused where δ + m₃ / (6·s²·n) + m₃·δ² / (3·s⁴) ≥ t·s / √n, δ being how far the sample's mean lies above it.
 * Student's has δ alone. Taking the lesser of both, at half the level, keeps the error for skew in either direction.
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

/** The least δ that Johnson refuses; infinite where the skew is too strong for any. */
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

/** Adds up values by group, so that their mean is the mean over groups of (groups / rows) · sum. */
export function byGroup(values: Float64Array, { groups }: IntervalTerms): Float64Array {
  if (groups === undefined) return values;
  const sums = new Float64Array(groups.count);
  for (let row = 0; row < values.length; row++) {
    const group = groups.of[row] as number;
    sums[group] = (sums[group] as number) + (values[row] as number);
  }
  return sums.map((sum) => (sum * groups.count) / values.length);
}
