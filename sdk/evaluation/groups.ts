// SPDX-License-Identifier: MIT

import type { Groups } from "./comparison.ts";
import type { Examples } from "./examples.ts";
import { refuseField } from "./labels.ts";
import { Refusal, show } from "./refusal.ts";

/** Reads the groups of examples, numbered in the order in which they appear. Throws a {@link Refusal} if an example has no group. */
export function groupsOf(examples: Examples, name: string): Groups {
  const { group: column, size } = examples;
  if (column === undefined) throw new Refusal("MISSING_COLUMN", `the examples have no column ${show(name)}`);
  const indices = new Map<string, number>();
  const of = new Uint32Array(size);
  for (let example = 0; example < size; example++) {
    const group = column.text(example);
    if (group.trim() === "") throw refuseField("MISSING_VALUE", column, example, "a group");
    const index = indices.get(group) ?? indices.size;
    indices.set(group, index);
    of[example] = index;
  }
  return { of, count: indices.size };
}
