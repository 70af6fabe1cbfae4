/**
 * Measures the gas of every scenario and compares it with test/snapshots/gas.json. A figure that rose, appeared or vanished fails, and one
 * that fell asks for an update; `--update` rewrites the snapshot. A figure above its target fails in either case.
 */
import { time } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SCENARIOS, type Scenario } from "./bench/scenarios";

const SNAPSHOT = join(__dirname, "../../test/snapshots/gas.json");
const UPDATE = "if that is meant, run npm run bench -- --update.";

/** The fixed time at which the benchmark begins, 2090-01-01: signatures contain times, and the cost of calldata depends on their bytes. */
const BEGIN = 3_786_912_000;

type Figures = Readonly<Record<string, number>>;

async function measure(): Promise<Figures> {
  await time.increaseTo(BEGIN);
  const figures: Record<string, number> = {};
  for (const { name, measure } of SCENARIOS) figures[name] = Number(await measure());
  return figures;
}

function limitOf({ target, targetAbove }: Omit<Scenario, "measure">, figures: Figures): number | undefined {
  if (target === undefined) return undefined;
  return Number(target) + (targetAbove === undefined ? 0 : (figures[targetAbove] ?? 0));
}

function print(figures: Figures, snapshot: Figures): void {
  const rows = SCENARIOS.map((scenario) => {
    const [figure, stored] = [figures[scenario.name], snapshot[scenario.name]];
    const difference = figure === undefined || stored === undefined ? undefined : figure - stored;
    return [scenario.name, { figure, target: limitOf(scenario, figures), snapshot: stored, difference }];
  });
  console.table(Object.fromEntries(rows));
}

/** What is wrong with a figure; undefined if nothing is. */
function problem(name: string, figure: number | undefined, stored: number | undefined): string | undefined {
  if (figure === undefined) return `${name} is in the snapshot but is not measured; ${UPDATE}`;
  if (stored === undefined) return `${name} is not in the snapshot; ${UPDATE}`;
  if (figure > stored) return `${name} costs ${figure - stored} gas more than the snapshot's ${stored}; ${UPDATE}`;
  return undefined;
}

/** Names the scenarios whose figure exceeds its target. */
export function aboveTarget(scenarios: readonly Omit<Scenario, "measure">[], figures: Figures): string[] {
  return scenarios.flatMap((scenario) => {
    const [figure, limit] = [figures[scenario.name], limitOf(scenario, figures)];
    if (figure === undefined || limit === undefined || figure <= limit) return [];
    return [
      `${scenario.name} costs ${figure} gas, ${figure - limit} more than its target in scripts/dev/bench/scenarios.ts`,
    ];
  });
}

async function main(update: boolean): Promise<void> {
  await hre.run("compile", { quiet: true });
  const snapshot = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Figures;
  const figures = await measure();
  print(figures, snapshot);

  const exceeded = aboveTarget(SCENARIOS, figures);
  exceeded.forEach((line) => console.error(line));
  process.exitCode = exceeded.length > 0 ? 1 : 0;
  if (update) {
    const sorted = Object.fromEntries(Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(SNAPSHOT, `${JSON.stringify(sorted, null, 2)}\n`);
    return;
  }
  const names = [...new Set([...Object.keys(snapshot), ...Object.keys(figures)])];
  const problems = names.flatMap((name) => problem(name, figures[name], snapshot[name]) ?? []);
  problems.forEach((line) => console.error(line));
  if (problems.length > 0) process.exitCode = 1;
  if (names.some((name) => (figures[name] ?? 0) < (snapshot[name] ?? 0)))
    console.log("Some figures fell: npm run bench -- --update keeps them.");
}

if (require.main === module) void main(process.argv.includes("--update"));
