import { Decimal } from "decimal.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARY = join(__dirname, "../../contracts/market/BondingCurve.sol");
const FRACTION = 127;

const Real = Decimal.clone({ precision: 200 });
const ZERO = new Real(0);
const ONE = new Real(1);
const HALF_LN2 = Real.ln(2).div(2);
const SCALE = new Real(2).pow(FRACTION);

/** Coefficients, lowest power first. */
type Polynomial = readonly Decimal[];

interface Fraction {
  readonly numerator: Polynomial;
  readonly denominator: Polynomial;
}

interface Point {
  readonly x: Decimal;
  readonly y: Decimal;
}

/** A function that the library evaluates as a continued fraction b1 ∓ x/(b2 ∓ x/(b3 ∓ …)). */
export interface Approximation {
  readonly name: "H" | "G";
  /** Number of levels. */
  readonly levels: number;
  /** The interval is [0, end]. */
  readonly end: Decimal;
  readonly exact: (x: Decimal) => Decimal;
}

// The largest |z| is 3 − 2√2 once the ratio is scaled to [1/√2, √2]. The slack of 2^-14 covers the library's 46341 for 2^15·√2.
const Z_END = new Real(3).sub(Real.sqrt(2).mul(2)).mul(ONE.add(new Real(2).pow(-14)));

/** H(u) = (ln 2 / 2)·√u / atanh √u, used as log2(rho) = z / H(z²). */
const H: Approximation = {
  name: "H",
  levels: 13,
  end: Z_END.pow(2),
  exact: (u) => HALF_LN2.mul(u.sqrt()).div(u.sqrt().atanh()),
};

/** G(v) = √v / tanh(√v · ln 2 / 2), used as 2^r = (G(r²) + r) / (G(r²) − r). */
const G: Approximation = {
  name: "G",
  levels: 9,
  end: new Real(0.25),
  exact: (v) => v.sqrt().div(v.sqrt().mul(HALF_LN2).tanh()),
};

/** The library's approximations, in the order of its source. */
export const APPROXIMATIONS = [H, G];

/**
 * The magnitudes of the levels in Q127: the rational interpolant at the Chebyshev nodes of the interval, expanded at 0 and rounded to
 * nearest.
 */
export function deriveConstants({ levels, end, exact }: Approximation): bigint[] {
  const points = Array.from({ length: levels }, (_, i) => {
    const cosine = Real.acos(-1)
      .mul(2 * i + 1)
      .div(2 * levels)
      .cos();
    const x = end.mul(cosine.add(1)).div(2);
    return { x, y: exact(x) };
  });

  // Multiplied out from the innermost level: level + (x − node) · denominator / numerator.
  const { numerator, denominator } = inverseDifferences(points).reduceRight<Fraction>(
    (inner, { x: node, y: level }) => ({
      numerator: sum(
        scale(inner.numerator, level),
        sum([ZERO, ...inner.denominator], scale(inner.denominator, node.neg())),
      ),
      denominator: inner.numerator,
    }),
    { numerator: [ONE], denominator: [] },
  );
  return expand(numerator, denominator, levels).map((level) => BigInt(level.abs().mul(SCALE).toFixed(0)));
}

/** The constants in the library's source: the hexadecimal literals of its two chains, in order. */
export function readConstants(): bigint[] {
  const source = readFileSync(LIBRARY, "utf8");
  return [...source.matchAll(/^\s+(?:(?:sub|add)\()?(0x[0-9a-f]{30,34})\b/gm)].map(([, literal = ""]) =>
    BigInt(literal),
  );
}

/** The largest deviations of H's levels from log2 and of G's from y, without rounding, on a grid over each interval; in units of 2^-127. */
export function approximationErrors(constants: readonly bigint[], steps: number): { log2: number; exp2: number } {
  const Short = Decimal.clone({ precision: 60 });
  const [zEnd, halfLn2] = [new Short(Z_END), new Short(HALF_LN2)];
  const levels = constants.map((constant) => new Short(constant.toString()).div(SCALE));
  const grid = Array.from({ length: steps }, (_, i) => new Short(i + 1).div(steps));

  const ofLog2 = grid.map((step) => {
    const z = zEnd.mul(step);
    return z.div(evaluate(levels.slice(0, H.levels), z.pow(2).neg())).sub(z.atanh().div(halfLn2));
  });
  const ofExp2 = grid.map((step) => {
    const r = step.div(2);
    return r
      .div(evaluate(levels.slice(H.levels), r.pow(2)))
      .atanh()
      .div(halfLn2)
      .sub(r);
  });
  const worst = (errors: Decimal[]) =>
    Decimal.max(...errors.map((error) => error.abs()))
      .mul(SCALE)
      .toNumber();
  return { log2: worst(ofLog2), exp2: worst(ofExp2) };
}

/** The levels y of Thiele's continued fraction through the points, each with its node x. */
function inverseDifferences([first, ...rest]: readonly Point[]): Point[] {
  if (!first) return [];
  return [first, ...inverseDifferences(rest.map(({ x, y }) => ({ x, y: x.sub(first.x).div(y.sub(first.y)) })))];
}

/** The first levels of a fraction as b1 + x/(b2 + x/(b3 + …)). */
function expand(numerator: Polynomial, denominator: Polynomial, count: number): Decimal[] {
  if (count === 0) return [];
  const level = constantTerm(numerator).div(constantTerm(denominator));
  const [, ...rest] = sum(numerator, scale(denominator, level.neg()));
  return [level, ...expand(denominator, rest, count - 1)];
}

function evaluate(levels: readonly Decimal[], x: Decimal): Decimal {
  return levels.reduceRight((inner, level) => level.add(x.div(inner)));
}

function constantTerm([first = ZERO]: Polynomial): Decimal {
  return first;
}

function sum(a: Polynomial, b: Polynomial): Polynomial {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? ZERO).add(b[i] ?? ZERO));
}

function scale(polynomial: Polynomial, factor: Decimal): Polynomial {
  return polynomial.map((coefficient) => coefficient.mul(factor));
}

/** Prints the constants; exits with 1 if the library's differ. */
function main(): void {
  const derived = APPROXIMATIONS.map((approximation) => ({
    name: approximation.name,
    constants: deriveConstants(approximation),
  }));
  for (const { name, constants } of derived) console.log([name, ...constants.map(toHex)].join("\n  "));

  const held = readConstants();
  if (held.join() !== derived.flatMap(({ constants }) => constants).join()) {
    console.error(
      `BondingCurve.sol holds ${held.map(toHex).join(", ")}; expected the constants above: copy them there.`,
    );
    process.exitCode = 1;
  }
}

function toHex(constant: bigint): string {
  return `0x${constant.toString(16)}`;
}

if (require.main === module) main();
