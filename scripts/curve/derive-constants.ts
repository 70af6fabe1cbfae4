import { readFileSync } from "node:fs";
import { join } from "node:path";
import Decimal from "decimal.js";

const LIBRARY = join(__dirname, "../../contracts/market/BondingCurve.sol");
const FRACTION = 127;

const Real = Decimal.clone({ precision: 200 });
const ONE = new Real(1);
const HALF_LN2 = Real.ln(2).div(2);
const SCALE = new Real(2).pow(FRACTION);

/** A function that the library evaluates as a continued fraction b1 ∓ x/(b2 ∓ x/(b3 ∓ …)). */
export interface Approximation {
  readonly name: "H" | "G";
  /** Number of levels. */
  readonly levels: number;
  /** The interval is [0, end]. */
  readonly end: Decimal;
  readonly exact: (x: Decimal) => Decimal;
}

// The largest |z| is 3 − 2√2 when the ratio is brought to [1/√2, √2]; the library's 46341 for 2^15·√2 takes a little of the 2^-14 of slack.
const Z_END = new Real(3).sub(Real.sqrt(2).mul(2)).mul(ONE.add(new Real(2).pow(-14)));

/** The library's two approximations: H(u) = (ln 2 / 2)·√u / atanh √u in z / H(z²), G(v) = √v / tanh(√v · ln 2 / 2) in (G + r)/(G − r). */
export const APPROXIMATIONS: readonly Approximation[] = [
  { name: "H", levels: 13, end: Z_END.pow(2), exact: (u) => HALF_LN2.mul(u.sqrt()).div(u.sqrt().atanh()) },
  { name: "G", levels: 9, end: new Real(0.25), exact: (v) => v.sqrt().div(v.sqrt().mul(HALF_LN2).tanh()) },
];

/** The levels' magnitudes in Q127: the rational interpolant in the Chebyshev nodes of the interval, expanded at 0, rounded to nearest. */
export function deriveConstants({ levels, end, exact }: Approximation): bigint[] {
  const nodes = Array.from({ length: levels }, (_, i) => {
    const angle = Real.acos(-1).mul(2 * i + 1).div(2 * levels);
    return ONE.add(angle.cos()).mul(end).div(2);
  });
  let [numerator, denominator] = interpolate(nodes, nodes.map(exact));
  return nodes.map(() => {
    const level = numerator[0]!.div(denominator[0]!);
    const rest = numerator.map((c, i) => c.sub(level.mul(denominator[i] ?? 0))).slice(1);
    [numerator, denominator] = [denominator, rest];
    return BigInt(level.abs().mul(SCALE).toFixed(0));
  });
}

/** The constants that the library's source holds: its hexadecimal literals of more than 120 bits, in order, that are operands of a chain. */
export function readConstants(): bigint[] {
  const source = readFileSync(LIBRARY, "utf8");
  return [...source.matchAll(/^\s+(?:(?:sub|add)\()?(0x[0-9a-f]{30,34})\b/gm)].map(([, literal]) => BigInt(literal!));
}

/** How far H's levels are at most from log2, and G's from y, over a grid of each interval and without rounding; in units of 2^-127. */
export function approximationErrors(constants: readonly bigint[], steps: number): { readonly log2: number; readonly exp2: number } {
  const Short = Decimal.clone({ precision: 60 });
  const [zEnd, halfLn2] = [new Short(Z_END), new Short(HALF_LN2)];
  const levels = constants.map((constant) => new Short(constant.toString()).div(SCALE));
  const [h, g] = [levels.slice(0, APPROXIMATIONS[0]!.levels), levels.slice(APPROXIMATIONS[0]!.levels)];
  const grid = Array.from({ length: steps }, (_, i) => new Short(i + 1).div(steps));

  const ofLog2 = grid.map((step) => {
    const z = zEnd.mul(step);
    return z.div(evaluate(h, z.pow(2).neg())).sub(z.atanh().div(halfLn2));
  });
  const ofExp2 = grid.map((step) => {
    const r = step.div(2);
    return r.div(evaluate(g, r.pow(2))).atanh().div(halfLn2).sub(r);
  });
  const [log2, exp2] = [ofLog2, ofExp2].map((errors) => Decimal.max(...errors.map((error) => error.abs())).mul(SCALE).toNumber());
  return { log2: log2!, exp2: exp2! };
}

/** Numerator and denominator, lowest power first, of the rational function through the points: Thiele's continued fraction, multiplied out. */
function interpolate(nodes: readonly Decimal[], values: readonly Decimal[]): [Decimal[], Decimal[]] {
  const levels = [...values];
  for (let i = 0; i < levels.length; i++) {
    for (let j = i + 1; j < levels.length; j++) levels[j] = nodes[j]!.sub(nodes[i]!).div(levels[j]!.sub(levels[i]!));
  }
  let numerator = [levels.at(-1)!];
  let denominator = [ONE];
  for (let i = levels.length - 2; i >= 0; i--) {
    const shifted = [new Real(0), ...denominator];
    const next = Array.from({ length: Math.max(numerator.length, shifted.length) }, (_, power) =>
      levels[i]!.mul(numerator[power] ?? 0).add(shifted[power] ?? 0).sub(nodes[i]!.mul(denominator[power] ?? 0)),
    );
    [numerator, denominator] = [next, numerator];
  }
  return [numerator, denominator];
}

function evaluate(levels: readonly Decimal[], x: Decimal): Decimal {
  return levels.reduceRight((inner, level) => level.add(x.div(inner)));
}

/** Prints the constants; exits with 1 if the library holds others. */
function main(): void {
  const held = readConstants();
  const derived = APPROXIMATIONS.flatMap((approximation) => {
    const constants = deriveConstants(approximation);
    console.log(`${approximation.name}\n${constants.map((constant) => `  0x${constant.toString(16)}`).join("\n")}`);
    return constants;
  });
  if (held.join() !== derived.join()) {
    console.error(`BondingCurve.sol holds [${held.map((constant) => `0x${constant.toString(16)}`).join(", ")}], expected the constants above.`);
    process.exitCode = 1;
  }
}

if (require.main === module) main();
