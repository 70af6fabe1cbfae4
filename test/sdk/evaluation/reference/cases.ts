// SPDX-License-Identifier: MIT
// Random and real examples with what the evaluation says of them, one JSON document a line, for reference.py to repeat. Arguments are pairs of a
// benchmark's file and a file of examples; without any, random examples of every metric are written.

import { readFileSync } from "node:fs";
import { completeSpecFor } from "../../../../sdk/evaluation/completeSpec";
import { assess } from "../../../../sdk/evaluation/evaluate";
import { Examples } from "../../../../sdk/evaluation/examples";
import { METRICS, type MetricName } from "../../../../sdk/evaluation/metrics";
import { readExamples } from "../../../../sdk/evaluation/readExamples";
import { wantedBy } from "../../../../sdk/evaluation/spec";
import { directionOf, randomExamples } from "../support";

function write(text: string, examples: Examples): void {
  const rows = Array.from(examples, ({ id, label, baseline, candidate, group }) => [
    id,
    label,
    baseline,
    candidate,
    group ?? null,
  ]);
  const document = assess({ spec: completeSpecFor(text, examples), examples });
  process.stdout.write(`${JSON.stringify({ rows, document })}\n`);
}

function main(): void {
  const paths = process.argv.slice(2);
  for (let i = 0; i < paths.length; i += 2) {
    const [benchmark, data] = paths.slice(i, i + 2) as [string, string];
    const text = readFileSync(benchmark, "utf8");
    write(text, readExamples({ name: data, bytes: readFileSync(data) }, wantedBy(text)));
  }
  if (paths.length === 0) {
    for (const metric of Object.keys(METRICS) as MetricName[]) {
      for (const [seed, attempts] of [
        [1, 1],
        [2, 10],
      ] as const) {
        if (METRICS[metric].resampled && attempts === 1) continue; // Ten thousand resamples take Python long.
        const examples = randomExamples(metric, 300, seed).map((example, i) => ({ ...example, group: `g${i % 120}` }));
        const stated = METRICS[metric].range === "stated" && { lo: 1, hi: 5 };
        const spec = { name: "random", metric, direction: directionOf(metric), attempts, seed, dealings: 3, ...stated };
        write(JSON.stringify(spec), Examples.of(examples));
        write(JSON.stringify({ ...spec, group: "group" }), Examples.of(examples));
        if (METRICS[metric].cap) write(JSON.stringify({ ...spec, cap: 0.75 }), Examples.of(examples));
      }
    }
  }
}

// Coverage loads every file of the tests.
if (require.main === module) main();
