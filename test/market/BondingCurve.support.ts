import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ethers } from "hardhat";
import type { BondingCurveHarness } from "../../.build/typechain";
import { type CurvePoint, type Power, PPM, type Side } from "./curveModel";
import { exactExponent, powerOf, UNIT } from "./curveModelFixed";
import type { Random } from "../helpers/random";

/** Largest supply, reserve or amount. */
export const MAX_VALUE = 2n ** 112n - 1n;

/** Largest base · 2^doublings of a purchase. */
export const MAX_GROWN = 2n ** 127n - 1n;

/** Bounds of the errors of the library's logarithm and power, either way; units of 2^-127, the latter as an error in y. */
export const [LOG2_ERROR, EXP2_ERROR] = [998n, 620n];

/** What the library takes off for an output. */
export const DOWN = { log2: LOG2_ERROR, exp2: EXP2_ERROR };

/** What the library adds for an input: as much, and what an output can lose. */
export const UP = { log2: LOG2_ERROR + 2n * EXP2_ERROR + 1n, exp2: EXP2_ERROR + 2n * LOG2_ERROR + 2n };

const SIDES: readonly Side[] = ["buy", "sell", "buyExactOut"];
const WORD = 32n; // bytes
const BATCH = 250;
const BEFORE_COLLECTION = 8 * BATCH; // more than a gigabyte is never held

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the library makes of points: result and gas of the arithmetic alone, in order. */
export async function compute(
  harness: BondingCurveHarness,
  points: readonly CurvePoint[],
): Promise<{ results: bigint[]; gasUsed: bigint[] }> {
  const items = points.map(({ side, supply, reserve, amount, crrPpm }) => [
    BigInt(SIDES.indexOf(side)),
    ...[supply, reserve, amount, crrPpm],
  ]);
  const [results, gasUsed] = await ask(harness, "compute", items);
  return { results: results!, gasUsed: gasUsed! };
}

/** The library's exponents of powers with the margins given, in order. */
export async function exponents(
  harness: BondingCurveHarness,
  powers: readonly Power[],
  logMargin: bigint,
  expMargin: bigint,
): Promise<bigint[]> {
  const items = powers.map(({ n, m, p, q }) => [n, m, p, q]);
  const [ys] = await ask(harness, "exponents", items, logMargin, expMargin);
  return ys!.map((y) => BigInt.asIntN(256, y));
}

/** The library's 2^y = 2^k · a/b of exponents, in order. */
export async function exp2(
  harness: BondingCurveHarness,
  ys: readonly bigint[],
): Promise<{ a: bigint; b: bigint; k: bigint }[]> {
  const items = ys.map((y) => [y]);
  const [a, b, k] = await ask(harness, "exp2", items);
  return ys.map((_, i) => ({ a: a![i]!, b: b![i]!, k: k![i]! }));
}

/**
 * Calls a function of the harness with an array of items, and further arguments, and answers with the arrays that it returns. All
 * are made of words: these are many, and a general encoder would take longer than chain and model together.
 */
async function ask(
  harness: BondingCurveHarness,
  name: "compute" | "exponents" | "exp2",
  items: readonly bigint[][],
  ...rest: readonly bigint[]
): Promise<bigint[][]> {
  const { selector, outputs } = harness.interface.getFunction(name);
  const answers = outputs.map((): bigint[] => []);
  for (const batch of batches(items)) {
    const given = [WORD * BigInt(1 + rest.length), ...rest, BigInt(batch.length), ...batch.flat()];
    const data = given.map((value) => BigInt.asUintN(256, value).toString(16).padStart(64, "0"));
    const request = { to: harness.target, data: selector + data.join("") };
    const answer = (await ethers.provider.send("eth_call", [request, "latest"])) as string;
    const words = answer
      .slice(2)
      .match(/.{64}/g)!
      .map((word) => BigInt(`0x${word}`));
    answers.forEach((values, i) => {
      const start = Number(words[i]! / WORD);
      values.push(...words.slice(start + 1, start + 1 + Number(words[start])));
    });
  }
  return answers;
}

/** How often the point's base doubles, rounded to nearest: the library refuses a purchase by it. */
export function doublings(point: CurvePoint): bigint {
  return point.amount === 0n || point.crrPpm === PPM ? 0n : (exactExponent(powerOf(point)) + UNIT / 2n) / UNIT;
}

/** Whether the curve answers the point; purchases that grow too much are refused. */
export function isAnswered(point: CurvePoint): boolean {
  if (point.side === "sell") return true;
  const times = doublings(point);
  return times < 127n && (point.side === "buy" ? point.supply : point.reserve) << times <= MAX_GROWN;
}

/** A point of the whole domain, every size of every argument being equally likely. */
export function anyPoint(random: Random, side: Side): CurvePoint {
  const supply = random.logBetween(1n, MAX_VALUE);
  return {
    side,
    supply,
    reserve: random.logBetween(1n, MAX_VALUE),
    amount: random.logBetween(1n, side === "sell" ? supply : MAX_VALUE),
    crrPpm: random.pick([random.logBetween(1n, PPM), random.between(1n, PPM)]),
  };
}

/** A point of the pools that exist: S ≤ 1e30, R ≤ 1e18, w ≥ 5 %, and trades from dust to a thousand times what is there. */
export function poolPoint(random: Random, side: Side): CurvePoint {
  const supply = random.logBetween(10n ** 18n, 10n ** 30n);
  const reserve = random.logBetween(10n ** 6n, 10n ** 18n);
  const most = { buy: 1000n * reserve, sell: supply, buyExactOut: 1000n * supply }[side];
  const crrPpm = random.pick([
    random.between(50_000n, PPM),
    random.pick([50_000n, 100_000n, 200_000n, 333_333n, 500_000n, PPM]),
  ]);
  return { side, supply, reserve, amount: random.logBetween(1n, most), crrPpm };
}

/** A point as a failing test shows it. */
export function describePoint({ side, supply, reserve, amount, crrPpm }: CurvePoint): string {
  return `${side}(${supply}, ${reserve}, ${amount}, ${crrPpm})`;
}

/** The chain's answers hold traces outside the heap, of which the collector knows nothing: gigabytes, if it is not told to run. */
function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += BATCH) {
    yield items.slice(i, i + BATCH);
    if (i % BEFORE_COLLECTION === 0) collectGarbage();
  }
}
