// SPDX-License-Identifier: MIT
// Completes a benchmark with values derived from the examples.

import type { Examples } from "./examples.ts";
import { toNumber } from "./fraction.ts";
import { MOST_CLASSES } from "./labels.ts";
import { METRICS } from "./metrics.ts";
import { undefinedMetric } from "./reasons.ts";
import { Refusal } from "./refusal.ts";
import { completeSpec, type BenchmarkSpec } from "./spec.ts";

/** Reads a benchmark. If its scale or its classes are missing, derives them from the examples. */
export function completeSpecFor(text: string, examples: Examples): BenchmarkSpec {
  return completeSpec(text, {
    baselineValue(draft) {
      const comparison = METRICS[draft.metric].compare(examples, draft);
      const [value] = comparison.values("baseline", { of: new Uint8Array(examples.size), count: 1 });
      if (value === undefined) throw undefinedMetric("baseline", draft.metric);
      return toNumber(value.low);
    },
    classes() {
      const labels = [...new Set(Array.from(examples, ({ label }) => label))].sort();
      if (labels.length <= MOST_CLASSES) return labels.map((label) => [label] as const);
      throw new Refusal(
        "BAD_SPEC",
        `benchmark: the examples have ${labels.length} labels, expected 2 to ${MOST_CLASSES} classes`,
      );
    },
  });
}
