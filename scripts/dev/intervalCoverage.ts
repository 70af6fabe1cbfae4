// SPDX-License-Identifier: MIT
// `npm run coverage:intervals`: how often a lower bound lies above the true improvement, on simulated benchmarks at the smallest samples that
// are allowed. Prints the table of docs/evaluation.md. Seeded: the same figures every time. `-- <part of a row>` runs some rows alone, such as "| 10 |" or "f1".

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { id } from "ethers";
import { fraction } from "../../sdk/evaluation/fraction";
import { generatorOf } from "../../sdk/evaluation/random";
import { countMetricRows } from "./intervals/counts";
import { curveRows } from "./intervals/curves";
import { SIMULATED_RESAMPLES, UNIT_SCALE, type SimulatedRow } from "./intervals/simulated";
import { sumRows } from "./intervals/sums";

const BENCHMARKS = 20_000;
const ALPHA = 0.025;

const ROWS = ([1, 10] as const).flatMap((attempts) => [
  ...sumRows(attempts),
  ...curveRows(attempts),
  ...countMetricRows(attempts),
]);

/** A row's seed is made from its name, so that it has the same figure whatever other rows there are. */
function seedOf(row: SimulatedRow): number {
  return Number(BigInt(id(nameOf(row))) & 0x7fffffffn);
}

function nameOf({ name, sample, attempts }: SimulatedRow): string {
  return `| ${name} | ${sample} | ${attempts} |`;
}

function share(row: SimulatedRow): number {
  const { make, attempts } = row;
  const random = generatorOf(seedOf(row));
  const level = ALPHA / attempts;
  const terms = {
    scale: UNIT_SCALE,
    level,
    alpha: fraction(25n, 1000n * BigInt(attempts)),
    attempts,
    resamples: SIMULATED_RESAMPLES,
    random,
  };
  let above = 0;
  for (let benchmark = 0; benchmark < BENCHMARKS; benchmark++) {
    const next = make(random);
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (!next()(terms)) continue;
      above++;
      break;
    }
  }
  return above / BENCHMARKS;
}

function measureAll(wanted: string): void {
  const rows = ROWS.map((row, index) => ({ row, index })).filter(({ row }) => nameOf(row).includes(wanted));
  process.stdout.write("| metric | sample | attempts | too high |\n| --- | --- | --- | --- |\n");
  const results = new Map<number, { line: string }>();
  let next = 0;
  let shown = 0;
  const start = (): void => {
    const entry = rows[next++];
    if (entry === undefined) return;
    const child = fork(__filename, ["--row", String(entry.index)], {
      execArgv: ["-r", "ts-node/register/transpile-only"],
    });
    child.on("message", (rate: number) => {
      results.set(entry.index, { line: `${nameOf(entry.row)} ${(100 * rate).toFixed(2)} % |` });
    });
    child.on("exit", (code) => {
      if (code !== 0) process.exitCode = 1;
      for (let row = rows[shown]; row && results.has(row.index); row = rows[++shown]) {
        process.stdout.write(`${results.get(row.index)?.line}\n`);
      }
      start();
    });
  };
  for (let slot = 0; slot < Math.min(2, availableParallelism()); slot++) start();
}

if (process.argv[2] === "--row") {
  process.send?.(share(ROWS[Number(process.argv[3])] as SimulatedRow));
} else {
  measureAll(process.argv[2] ?? "");
}
