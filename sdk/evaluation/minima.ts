// SPDX-License-Identifier: MIT
// The smallest samples that an interval is made from. `npm run coverage:intervals` measures that the error is kept from there on.

import { reason, type Groups, type IntervalTerms } from "./comparison.ts";
import type { Reason } from "./refusal.ts";

/** Rows, or groups, in which the models differ, for means and whatever is made of them: 800 where there is more than one attempt. */
const DIFFERENCES = { one: 200, several: 800 } as const;

/** Rows in which the predicted classes differ, for ratios of counts. */
const CHANGED_CLASSES = { one: 100, several: 200 } as const;

/** Examples of each class, or groups that have some, for areas under curves. */
export const CLASS_SIZE = 30;

/** Examples of each class, for average precision. */
export const RANKED_CLASS_SIZE = 100;

/** Examples of each class from which the normal quantile replaces Student's in DeLong's interval. */
export const LARGE_CLASS = 300;

/** Disagreements from which the normal bound of an accuracy stands alone; below, the exact one counts too. */
export const NORMAL_DISAGREEMENTS = 150;

/** Groups, where rows are not independent; for ratios of counts as many in which predicted classes differ. */
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

/** Refuses fewer changed classes than ratios of counts need: examples, or groups that have one. */
export function requireChanges(count: number, terms: IntervalTerms): Reason[] {
  if (terms.groups) {
    return tooFew(count, minimumOf(GROUPS, terms), "groups with examples that the models put into different classes");
  }
  return tooFew(count, minimumOf(CHANGED_CLASSES, terms), "examples that the models put into different classes");
}

/** Refuses fewer groups than an interval by clusters needs. */
export function requireGroups({ groups, ...terms }: IntervalTerms): Reason[] {
  if (groups === undefined) return [];
  const expected = minimumOf(GROUPS, terms);
  if (groups.count >= expected) return [];
  return [reason("TOO_FEW_GROUPS", `${groups.count} groups, expected at least ${expected}`)];
}

/** Refuses classes that are too small: `sizes` as {@link unitsByClass} counts them. */
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

/** How often each class occurs independently: its examples, or the groups that have some. */
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
