// SPDX-License-Identifier: MIT
// `npm run bench:evaluation`: time and memory of `evaluate` on a million rows, metric by metric. `-- <rows> <metric> …` takes others.

import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { METRICS, type MetricName } from "../../sdk/evaluation/metrics";
import { generatorOf, uniform } from "../../sdk/evaluation/random";

const COMMAND = resolve(__dirname, "../evaluate.ts");
/**
 * A made-up vocabulary of 20,000 words, of which frequent ones are short: sentences of 12 to 28 words have 120 characters on average, as
 * news do.
 */
const VOCABULARY = 20_000;
const SYLLABLES = ["a", "the", "in", "to", "re", "con", "ti", "on", "er", "pla", "men", "so", "li", "da", "ku", "vo"];
const WORDS = Array.from({ length: VOCABULARY }, (_, rank) =>
  rank.toString(16).replace(/./g, (digit) => SYLLABLES[parseInt(digit, 16)] as string),
);
const PIECE = 10_000;

/** Reports the resources that the process used when it ends. */
const PROBE = `process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  require("node:fs").writeSync(2, "\\n" + JSON.stringify({ maxRSS, cpu: (userCPUTime + systemCPUTime) / 1e6 }));
})`;

function rowOf(metric: MetricName, random: ReturnType<typeof generatorOf>): string {
  const u = () => uniform(random);
  const pick = () => WORDS[Math.floor(VOCABULARY ** u()) - 1] as string; // Zipf's law: the frequency is proportional to 1 / rank
  const { classes } = METRICS[metric];
  if (metric === "bleu" || metric === "rouge_l") {
    const words = Array.from({ length: 12 + Math.floor(17 * u()) }, pick);
    const noisy = (share: number) => words.map((word) => (u() < share ? pick() : word)).join(" ");
    return `${words.join(" ")},${noisy(0.3)},${noisy(0.25)}`;
  }
  if (metric === "perplexity") {
    const logs = (spread: number) => Array.from({ length: 20 }, () => (-spread * u()).toFixed(4)).join(" ");
    return `text,${logs(4)},${logs(3.9)}`;
  }
  if (metric === "human_score" || metric === "custom")
    return `x,${(1 + 3.9 * u()).toFixed(2)},${(1.1 + 3.9 * u()).toFixed(2)}`;
  const label = classes === "none" ? u() * 5 : Math.floor(2 * u());
  const guess = (noise: number) =>
    classes === "none" ? label + noise * (u() - 0.5) : 0.001 + 0.998 * ((0.3 * label + noise * u()) / (0.3 + noise));
  return `${label.toFixed(classes === "none" ? 6 : 0)},${guess(1).toFixed(6)},${guess(0.9).toFixed(6)}`;
}

function writeExamples(path: string, metric: MetricName, rows: number): void {
  const random = generatorOf(1);
  const file = openSync(path, "w");
  writeSync(file, "id,label,baseline,candidate\n");
  for (let row = 0; row < rows; row += PIECE) {
    const lines = Array.from(
      { length: Math.min(PIECE, rows - row) },
      (_, i) => `${row + i},${rowOf(metric, random)}\n`,
    );
    writeSync(file, lines.join(""));
  }
  closeSync(file);
}

const [rows = "1000000", ...chosen] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "bench-evaluation-"));
const probe = join(folder, "probe.cjs");
writeFileSync(probe, PROBE);
process.stdout.write(
  `| metric, ${Number(rows).toLocaleString("en")} rows | time | processor | memory |\n| --- | --- | --- | --- |\n`,
);
for (const metric of (chosen.length > 0 ? chosen : Object.keys(METRICS)) as MetricName[]) {
  const [data, benchmark] = [join(folder, "data.csv"), join(folder, "benchmark.json")];
  writeExamples(data, metric, Number(rows));
  const { range, directions } = METRICS[metric];
  const ends = range === "stated" ? { lo: 1, hi: 5 } : range === "twice baseline" ? { lo: 0, hi: 100 } : {};
  writeFileSync(benchmark, JSON.stringify({ name: "bench", metric, direction: directions[0], ...ends }));
  const options = ["-r", probe, "-r", "ts-node/register/transpile-only", COMMAND, "--benchmark", benchmark, data];
  const start = performance.now();
  const { stderr } = spawnSync(process.execPath, options, { encoding: "utf8", maxBuffer: 1 << 28 });
  const seconds = (performance.now() - start) / 1000;
  const [line = "{}", ...messages] = stderr.trim().split("\n").reverse();
  const { maxRSS, cpu } = JSON.parse(line) as { maxRSS: number; cpu: number };
  process.stdout.write(
    `| ${metric} | ${seconds.toFixed(1)} s | ${cpu.toFixed(1)} s | ${Math.round(maxRSS / 1024)} MB |\n`,
  );
  if (messages.length > 0) process.stderr.write(`${metric}: ${messages.join(" ").slice(0, 200)}\n`);
}
rmSync(folder, { recursive: true });
