// SPDX-License-Identifier: MIT
// The smallest samples that an interval is made from. `npm run coverage:intervals` measures that the error is kept from there on.

import { reason, type IntervalTerms } from "./comparison.ts";
import type { Reason } from "./refusal.ts";

/** Rows, or groups, in which the models differ, for means and whatever is made of them: 500 where there is more than one attempt. */
const DIFFERENCES = { one: 200, several: 500 } as const;

/** Rows in which the predicted classes differ, for ratios of counts. */
const CHANGED_CLASSES = { one: 100, several: 200 } as const;

/** Examples of each class, for areas under curves. */
export const CLASS_SIZE = 30;

/** Examples of each class, for average precision. */
export const RANKED_CLASS_SIZE = 100;

/** Examples of each class from which the normal quantile replaces Student's in DeLong's interval. */
export const LARGE_CLASS = 300;

/** Disagreements from which the normal bound of an accuracy stands alone; below, the exact one counts too. */
export const NORMAL_DISAGREEMENTS = 150;

/** Groups, where rows are not independent. */
const GROUPS = { one: 50, several: 200 } as const;

type Minimum = Readonly<Record<"one" | "several", number>>;

function minimumOf(minimum: Minimum, { attempts }: IntervalTerms): number {
  return attempts > 1 ? minimum.several : minimum.one;
}

/** Refuses fewer differences than means need. */
export function requireDifferences(count: number, terms: IntervalTerms): Reason[] {
  const expected = minimumOf(DIFFERENCES, terms);
  const unit = terms.groups ? "groups" : "examples";
  return tooFew(count, expected, `${unit} on which the models differ`);
}

/** Refuses fewer changed classes than ratios of counts need. */
export function requireChanges(count: number, terms: IntervalTerms): Reason[] {
  return tooFew(count, minimumOf(CHANGED_CLASSES, terms), "examples that the models put into different classes");
}

/** Refuses fewer groups than an interval by clusters needs. */
export function requireGroups({ groups, ...terms }: IntervalTerms): Reason[] {
  if (groups === undefined) return [];
  const expected = minimumOf(GROUPS, terms);
  if (groups.count >= expected) return [];
  return [reason("TOO_FEW_GROUPS", `${groups.count} groups, expected at least ${expected}`)];
}

/** Refuses classes that are too small for an area under a curve. */
export function requireClasses(sizes: readonly number[], names: readonly string[], expected: number): Reason[] {
  return sizes.flatMap((size, index) =>
    size >= expected
      ? []
      : [reason("TOO_FEW_EXAMPLES", `${size} examples of class ${names[index]}, expected at least ${expected}`)],
  );
}

function tooFew(count: number, expected: number, what: string): Reason[] {
  return count >= expected ? [] : [reason("TOO_FEW_DIFFERENCES", `${count} ${what}, expected at least ${expected}`)];
}
