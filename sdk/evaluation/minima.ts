// SPDX-License-Identifier: MIT
// The smallest samples for which an interval is computed. `npm run coverage:intervals` measures that the error level holds from these on.

import { reason, type Groups, type IntervalTerms } from "./comparison.ts";
import type { Reason } from "./refusal.ts";

/** For means and metrics derived from them: the rows or groups in which the models differ, with one attempt and with several. */
const DIFFERENCES = { one: 200, several: 800 } as const;

/** For ratios of counts: the rows in which the predicted classes differ. */
const CHANGED_CLASSES = { one: 100, several: 200 } as const;

/** For areas under curves: the examples of each class, or the groups with such examples. */
export const CLASS_SIZE = 30;

/** For average precision: the examples of each class, or the groups with such examples. */
export const RANKED_CLASS_SIZE = 100;

/** In DeLong's interval: the number of examples of each class from which the normal quantile replaces Student's. */
export const LARGE_CLASS = 300;

/** The number of disagreements from which the normal bound of an accuracy is enough. With fewer, the exact bound counts too. */
export const NORMAL_DISAGREEMENTS = 150;

/** The number of groups, if rows are not independent. For ratios of counts, the predicted classes must differ in as many groups. */
const GROUPS = { one: 50, several: 200 } as const;

type Minimum = Readonly<Record<"one" | "several", number>>;

function minimumOf(minimum: Minimum, { attempts }: IntervalTerms): number {
  return attempts > 1 ? minimum.several : minimum.one;
}

/** Returns a reason if there are fewer differences than means need. */
export function requireDifferences(count: number, terms: IntervalTerms): Reason[] {
  const expected = minimumOf(DIFFERENCES, terms);
  const unit = terms.groups ? "groups" : "examples";
  return tooFew(count, expected, `${unit} on which the models differ`);
}

/** Returns a reason if fewer classes changed than ratios of counts need. Changes are counted in examples, or in groups that contain one. */
export function requireChanges(count: number, terms: IntervalTerms): Reason[] {
  if (terms.groups) {
    return tooFew(count, minimumOf(GROUPS, terms), "groups with examples that the models put into different classes");
  }
  return tooFew(count, minimumOf(CHANGED_CLASSES, terms), "examples that the models put into different classes");
}

/** Returns a reason if there are fewer groups than an interval by clusters needs. */
export function requireGroups({ groups, ...terms }: IntervalTerms): Reason[] {
  if (groups === undefined) return [];
  const expected = minimumOf(GROUPS, terms);
  if (groups.count >= expected) return [];
  return [reason("TOO_FEW_GROUPS", `${groups.count} groups, expected at least ${expected}`)];
}

/** Returns a reason for each class that is too small. `sizes` is the result of {@link unitsByClass}. */
export function requireClasses(
  sizes: readonly number[],
  names: readonly string[],
  expected: number,
  { groups }: IntervalTerms,
): Reason[] {
  const unit = groups ? "groups with examples" : "examples";
  return sizes.flatMap((size, index) =>
    size >= expected
      ? []
      : [reason("TOO_FEW_EXAMPLES", `${size} ${unit} of class ${names[index]}, expected at least ${expected}`)],
  );
}

/** Returns the number of independent units of each class: its examples, or the groups with such examples. */
export function unitsByClass(actual: ArrayLike<number>, classes: number, groups: Groups | undefined): number[] {
  const sizes = new Array<number>(classes).fill(0);
  const seen = sizes.map(() => new Uint8Array(groups?.count ?? 0));
  for (let row = 0; row < actual.length; row++) {
    const label = actual[row] as number;
    if (groups) {
      const group = groups.of[row] as number;
      const having = seen[label] as Uint8Array;
      if (having[group] === 1) continue;
      having[group] = 1;
    }
    sizes[label] = (sizes[label] as number) + 1;
  }
  return sizes;
}

function tooFew(count: number, expected: number, what: string): Reason[] {
  return count >= expected ? [] : [reason("TOO_FEW_DIFFERENCES", `${count} ${what}, expected at least ${expected}`)];
}
