// SPDX-License-Identifier: MIT
// `npm run coverage:intervals`: how often a lower bound lies above the true improvement, on simulated benchmarks at the smallest samples that
// are allowed. Prints the table of docs/evaluation.md. Seeded: the same figures every time. `-- <part of a name>` runs some rows alone.

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { compareByAuc } from "../../sdk/evaluation/auc";
import { compareByAveragePrecision } from "../../sdk/evaluation/averagePrecision";
import { compareByCounts, countedCells, drawnImprovements } from "../../sdk/evaluation/cells";
import { ranksOf, type Column } from "../../sdk/evaluation/columns";
import type { Comparison, IntervalTerms } from "../../sdk/evaluation/comparison";
import type { CountMetric } from "../../sdk/evaluation/counts";
import { bleu, determination, mean, perplexity, rootOfMean } from "../../sdk/evaluation/formulas";
import { fraction } from "../../sdk/evaluation/fraction";
import { generatorOf, uniform, type RandomGenerator } from "../../sdk/evaluation/random";
import { compareByMacroAuc } from "../../sdk/evaluation/macroAuc";
import { scaleOf } from "../../sdk/evaluation/scale";
import { compareBySums, type Formula, type Statistics } from "../../sdk/evaluation/sums";
import { BLEU_ORDER } from "../../sdk/evaluation/text";

const BENCHMARKS = 20_000;
const ALPHA = 0.025;
const RESAMPLES = 9999;
const DECIMALS = 6;

/** One simulated world: no candidate of it is any better than its baseline. */
interface Row {
  readonly name: string;
  readonly sample: string;
  readonly attempts: 1 | 10;
  /** Makes the baseline of a benchmark, and returns what makes one candidate after the other. */
  readonly make: (random: RandomGenerator) => () => Tried;
}

/** A comparison, and whether its lower bound is above the truth. */
type Tried =
  | { readonly comparison: Comparison; readonly groups?: IntervalTerms["groups"] }
  | { readonly isAbove: (terms: IntervalTerms) => boolean };

const SCALE = scaleOf({ metric: "accuracy", direction: "maximise", f: "identity", lo: 0, hi: 1 });

function normal(random: RandomGenerator): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}

function columnOf(values: Float64Array, decimals = DECIMALS): Column {
  const unit = 10 ** decimals;
  return { integers: values.map((value) => Math.round(value * unit)), decimals };
}

function zeros(size: number): Column {
  return { integers: new Float64Array(size), decimals: DECIMALS };
}

function ones(size: number): Column {
  return { integers: new Float64Array(size).fill(1), decimals: 0 };
}

/** Differences of mean 0 from a distribution. */
function means(
  name: string,
  size: number,
  attempts: 1 | 10,
  draw: (random: RandomGenerator) => number,
  groupSize = 1,
): Row {
  const sample = groupSize === 1 ? `${size} differences` : `${size / groupSize} groups of ${groupSize}`;
  return {
    name,
    sample,
    attempts,
    make: (random) => () => {
      const count = size / groupSize;
      const shared = Float64Array.from({ length: count }, () => (groupSize === 1 ? 0 : draw(random)));
      const values = Float64Array.from(
        { length: size },
        (_, row) => draw(random) + (shared[Math.floor(row / groupSize)] as number),
      );
      const statistics = { baseline: [zeros(size), ones(size)], candidate: [columnOf(values), ones(size)] };
      const comparison = compareBySums(statistics, mean, String);
      if (groupSize === 1) return { comparison };
      return { comparison, groups: { of: Uint32Array.from(values, (_, row) => Math.floor(row / groupSize)), count } };
    },
  };
}

/** Losses from 0 to 1 of two models, of which few are large. */
function bets(name: string, size: number, attempts: 1 | 10, share: number): Row {
  const losses = (random: RandomGenerator) =>
    columnOf(Float64Array.from({ length: size }, () => (uniform(random) < share ? 1 : 0.05 * uniform(random))));
  return {
    name,
    sample: `${size} examples`,
    attempts,
    make(random) {
      return () => {
        const statistics = { baseline: [losses(random), ones(size)], candidate: [losses(random), ones(size)] };
        return { comparison: compareBySums(statistics, mean, String, 1) };
      };
    },
  };
}

/** Sums of two models that are drawn alike, and a function of them; less is better on scales other than 0 … 1. */
function functions(
  name: string,
  size: number,
  attempts: 1 | 10,
  formula: Formula,
  make: (size: number, random: RandomGenerator) => () => Statistics,
  scale = SCALE,
): Row {
  return {
    name,
    sample: `${size} differences`,
    attempts,
    make(random) {
      const next = make(size, random);
      const baseline = next();
      return () => {
        const comparison = compareBySums({ baseline, candidate: next() }, formula, String);
        return { isAbove: (terms) => comparison.estimate({ ...terms, scale }).interval.low > 0 };
      };
    },
  };
}

const minimised = (metric: "rmse" | "perplexity", hi: number) =>
  scaleOf({ metric, direction: "minimise", f: "identity", lo: 0, hi });

const drawn = (size: number, draw: (row: number) => number): Column =>
  columnOf(Float64Array.from({ length: size }, (_, row) => draw(row)));

/** Squared errors with heavy tails. */
const squares = (size: number, random: RandomGenerator) => () => [
  drawn(size, () => Math.exp(0.6 * normal(random)) * normal(random) ** 2),
  ones(size),
];

/** Squared errors of predictions of normal labels, which both models share. */
function determined(size: number, random: RandomGenerator): () => Statistics {
  const labels = Float64Array.from({ length: size }, () => normal(random));
  const common = [columnOf(labels), columnOf(labels.map((label) => label * label)), ones(size)];
  return () => [drawn(size, () => 0.5 * normal(random) ** 2), ...common];
}

/** Losses of texts of 5 to 40 tokens. */
function surprises(size: number, random: RandomGenerator): () => Statistics {
  const lengths = Float64Array.from({ length: size }, () => 5 + Math.floor(36 * uniform(random)));
  const tokens = { integers: lengths, decimals: 0 };
  return () => [drawn(size, (row) => (lengths[row] as number) * 2 * Math.exp(0.5 * normal(random))), tokens];
}

/** Counts of sentences of 20 words, of which a share is right that differs from sentence to sentence. */
function sentences(size: number, random: RandomGenerator): () => Statistics {
  const count = (values: Float64Array): Column => ({ integers: values, decimals: 0 });
  const orders = Array.from({ length: BLEU_ORDER }, (_, n) => n + 1);
  const totals = [...orders.map((n) => 21 - n), 20, 20].map((total) => count(new Float64Array(size).fill(total)));
  return () => {
    const shares = Float64Array.from({ length: size }, () => 0.4 + 0.6 * uniform(random));
    return [...orders.map((n) => count(shares.map((share) => Math.floor((21 - n) * share ** n)))), ...totals];
  };
}

/** Scores of two models that see the class through as much noise, of which they share a part. */
function curves(
  name: string,
  [positives, negatives]: readonly [number, number],
  attempts: 1 | 10,
  compare: typeof compareByAuc = compareByAuc,
  separation = 1.2,
): Row {
  const size = positives + negatives;
  const positive = Uint8Array.from({ length: size }, (_, row) => Number(row < positives));
  return {
    name,
    sample: `${positives} and ${negatives} examples of a class`,
    attempts,
    make(random) {
      const signal = Float64Array.from(positive, (isPositive) => separation * isPositive + normal(random));
      const score = () => ranksOf(columnOf(signal.map((value) => value + 0.7 * normal(random))));
      const baseline = score();
      return () => ({ comparison: compare({ ranks: { baseline, candidate: score() }, positive, names: ["0", "1"] }) });
    },
  };
}

/** The same of three classes, one against the rest. */
function curvesOfClasses(name: string, each: number, attempts: 1 | 10): Row {
  const size = 3 * each;
  const actual = Uint8Array.from({ length: size }, (_, row) => row % 3);
  return {
    name,
    sample: `3 classes of ${each} examples`,
    attempts,
    make(random) {
      const signals = [0, 1, 2].map((k) =>
        Float64Array.from(actual, (label) => (label === k ? 1.2 : 0) + normal(random)),
      );
      const scores = () =>
        signals.map((signal) => ranksOf(columnOf(signal.map((value) => value + 0.7 * normal(random)))));
      const baseline = scores();
      return () => ({
        comparison: compareByMacroAuc({ ranks: { baseline, candidate: scores() }, actual, names: ["0", "1", "2"] }),
      });
    },
  };
}

/** Classes of two models that are wrong equally often, each on examples of its own. */
function classes(size: number, share: number, error: number, random: RandomGenerator) {
  const actual = Uint8Array.from({ length: size }, () => Number(uniform(random) < share));
  const guess = () => Uint8Array.from(actual, (label) => (uniform(random) < error ? 1 - label : label));
  const baseline = guess();
  return () => ({ names: ["0", "1"], actual, predicted: { baseline, candidate: guess() } });
}

function shares(name: string, size: number, error: number, attempts: 1 | 10): Row {
  return {
    name,
    sample: `${size} examples, about ${Math.round(2 * error * (1 - error) * size)} disagreements`,
    attempts,
    make(random) {
      const next = classes(size, 0.5, error, random);
      return () => ({ comparison: compareByCounts(next(), "accuracy") });
    },
  };
}

/** The same of three classes. */
function threeClasses(size: number, error: number, random: RandomGenerator) {
  const actual = Uint8Array.from({ length: size }, () => Math.floor(3 * uniform(random)));
  const guess = () =>
    Uint8Array.from(actual, (label) =>
      uniform(random) < error ? (label + 1 + Math.floor(2 * uniform(random))) % 3 : label,
    );
  const baseline = guess();
  return () => ({ names: ["0", "1", "2"], actual, predicted: { baseline, candidate: guess() } });
}

/** As the interval is made, but ended as soon as the bound is known to be no more than 0. */
function ratios(
  metric: CountMetric,
  size: number,
  attempts: 1 | 10,
  [share, error]: readonly [share: number | "three classes", error: number],
): Row {
  const isBinary = share !== "three classes";
  const changed = Math.round(2 * error * (1 - error) * size);
  return {
    name: `${metric}, ${isBinary ? `${Math.round(100 * share)} % positive` : share}`,
    sample: `${size} examples, about ${changed} changed`,
    attempts,
    make(random) {
      const next = isBinary ? classes(size, share, error, random) : threeClasses(size, error, random);
      return () => {
        const cells = countedCells(next());
        return {
          isAbove(terms) {
            const tail = Math.floor(terms.level * (RESAMPLES + 1));
            let worse = 0;
            for (const improvement of drawnImprovements(cells, metric, terms)) {
              if (!(improvement > 0) && ++worse >= tail) return false;
            }
            return true;
          },
        };
      };
    },
  };
}

const logNormal = (random: RandomGenerator) => Math.exp(0.5) - Math.exp(normal(random));
const gain = (random: RandomGenerator) => Math.exp(normal(random)) - Math.exp(0.5);
const pareto = (random: RandomGenerator) => 1.5 - (1 - uniform(random)) ** (-1 / 3);
const rare = (random: RandomGenerator) => (uniform(random) < 0.02 ? -0.98 : 0.02);

const ROWS: readonly Row[] = ([1, 10] as const).flatMap((attempts) => {
  const size = attempts === 1 ? 200 : 500;
  const groups = attempts === 1 ? 50 : 200;
  const changed = attempts === 1 ? 100 : 200;
  const few = Math.round((changed * 1.1) / 0.18);
  const class_ = 30;
  return [
    means("mean, normal", size, attempts, normal),
    means("mean, lognormal losses", size, attempts, logNormal),
    means("mean, lognormal gains", size, attempts, gain),
    means("mean, Pareto(3) losses", size, attempts, pareto),
    means("mean, 2 % carry the loss", size, attempts, rare),
    means("mean, 2 % carry the loss", 1000, attempts, rare),
    functions("RMSE, heavy tails", size, attempts, rootOfMean, squares, minimised("rmse", 10)),
    functions("R²", size, attempts, determination, determined),
    functions("perplexity", size, attempts, perplexity, surprises, minimised("perplexity", 100)),
    functions("BLEU", size, attempts, bleu, sentences),
    means("mean of groups, normal", groups * 5, attempts, normal, 5),
    means("mean of groups, lognormal losses", groups * 5, attempts, logNormal, 5),
    bets("capped mean, bets", 100, attempts, 0.02),
    bets("capped mean, bets", 1000, attempts, 0.02),
    curves("ROC AUC", [class_, class_], attempts),
    curves("ROC AUC", [class_, 1000], attempts),
    curves("ROC AUC, almost 1", [class_, 1000], attempts, compareByAuc, 3),
    curves("ROC AUC", [300, 300], attempts),
    curves("average precision", [100, 100], attempts, compareByAveragePrecision),
    curves("average precision", [100, 1000], attempts, compareByAveragePrecision),
    shares("accuracy", 100, 0.05, attempts),
    shares("accuracy", 1000, 0.02, attempts),
    shares("accuracy", 1000, 0.083, attempts),
    shares("accuracy", 1000, 0.25, attempts),
    ...[0.1, 0.5].flatMap((share) => [
      ratios("f1", Math.round((changed * 1.1) / 0.32), attempts, [share, 0.2]),
      ratios("f1", few, attempts, [share, 0.1]),
    ]),
    ...(["precision", "recall", "mcc", "balanced_accuracy"] as const).flatMap((metric) =>
      [0.1, 0.5].map((share) => ratios(metric, few, attempts, [share, 0.1])),
    ),
    ...(["macro_f1", "weighted_f1"] as const).map((metric) => ratios(metric, few, attempts, ["three classes", 0.1])),
    curvesOfClasses("macro ROC AUC", class_, attempts),
  ];
});

function share({ make, attempts }: Row, seed: number): number {
  const random = generatorOf(seed);
  const level = ALPHA / attempts;
  const terms = {
    scale: SCALE,
    level,
    alpha: fraction(25n, 1000n * BigInt(attempts)),
    attempts,
    resamples: RESAMPLES,
    random,
  };
  let above = 0;
  for (let benchmark = 0; benchmark < BENCHMARKS; benchmark++) {
    const next = make(random);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const tried = next();
      const isAbove =
        "isAbove" in tried
          ? tried.isAbove(terms)
          : tried.comparison.estimate({ ...terms, ...(tried.groups && { groups: tried.groups }) }).interval.low > 0;
      if (!isAbove) continue;
      above++;
      break;
    }
  }
  return above / BENCHMARKS;
}

function measureAll(wanted: string): void {
  const rows = ROWS.map((row, index) => ({ row, index })).filter(({ row }) => row.name.includes(wanted));
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
      const { name, sample, attempts } = entry.row;
      results.set(entry.index, { line: `| ${name} | ${sample} | ${attempts} | ${(100 * rate).toFixed(2)} % |` });
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
  const index = Number(process.argv[3]);
  process.send?.(share(ROWS[index] as Row, index + 1));
} else {
  measureAll(process.argv[2] ?? "");
}
