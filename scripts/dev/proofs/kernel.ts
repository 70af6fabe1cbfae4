import {
  ONE,
  BITS,
  sumOf,
  addPolynomials,
  quotientOf,
  point,
  magnitude,
  productOf,
  multiplyPolynomials,
  negatePolynomial,
  range,
  ratio,
  rootUp,
  differenceOf,
  type Enclosure,
  type Polynomial,
} from "./intervals";

/** A bound of the total error of a part of the kernel, and the constant that has to cover it, in units of 2^-127. */
export interface ErrorBound {
  readonly name: "LOG2_ERROR" | "EXP2_ERROR";
  readonly error: number;
  readonly bound: number;
}

const ULP = 1n << (BITS - 127n);
const LOG2_LEVELS = 13;
const EXP2_LEVELS = 9;
const BOXES = 64n; // parts of an interval; a polynomial is enclosed on each
const SERIES_OF_ATANH = 60;
const SERIES_OF_EXP = 36;

/** The natural logarithm of two: 2·atanh(1/3). */
const LN2 = logarithmOfTwo();

/**
 * Bounds the errors of `_exponent`'s logarithm and of `_exp2` for every input, from the constants in the source of BondingCurve.
 * Throws if the source has other constants than the two continued fractions.
 */
export function kernelErrors(source: string): ErrorBound[] {
  const levels = [...source.matchAll(/^\s+(?:(?:sub|add)\()?(0x[0-9a-f]{30,34})\b/gm)].map(
    ([, constant = ""]) => BigInt(constant) * ULP,
  );
  if (levels.length !== LOG2_LEVELS + EXP2_LEVELS) throw new Error(`BondingCurve: found ${levels.length} constants.`);
  const bound = (name: string) => Number(new RegExp(`${name} = (\\d+);`).exec(source)?.[1]);
  return [
    { name: "LOG2_ERROR", error: inUlps(log2Error(levels.slice(0, LOG2_LEVELS))), bound: bound("LOG2_ERROR") },
    { name: "EXP2_ERROR", error: inUlps(exp2Error(levels.slice(LOG2_LEVELS))), bound: bound("EXP2_ERROR") },
  ];
}

/** z / H(z²) against (2 / ln 2)·atanh z, where z = (n − m)/(n + m) and n/m is brought into (32768/46341, 65536/46341]. */
function log2Error(levels: readonly bigint[]): bigint {
  const ends = [ratio(19_195n, 111_877n), ratio(13_573n, 79_109n)] as const;
  const z = ends[0][1] > ends[1][1] ? ends[0] : ends[1];
  const u = productOf(z, z);

  // Each level is c − floor(u / level below): the division drops less than one unit, and the error below is amplified by u / level².
  let level = point(levels.at(-1) ?? 0n);
  let error = 0n;
  for (const constant of levels.slice(0, -1).reverse()) {
    error = ULP + up(productOf(quotientOf(u, productOf(level, level)), point(error)));
    level = point(differenceOf(point(constant), quotientOf(u, level))[0]);
  }
  const ofLevels = up(quotientOf(productOf(z, point(error)), productOf(level, level)));
  const slope = quotientOf(ratio(2n, 1n), LN2);
  const ofZ = up(productOf(quotientOf(slope, differenceOf(point(ONE), u)), point(ULP)));

  const atanh = Array.from({ length: SERIES_OF_ATANH }, (_, i) => quotientOf(ratio(2n, BigInt(2 * i + 1)), LN2));
  const [p, q] = fraction(levels, negatePolynomial);
  const zero = point(0n);
  const tail = up(productOf(productOf(slope, powerOf(u, SERIES_OF_ATANH)), point(magnitude(range(p, zero, u)))));
  const difference = addPolynomials(q, negatePolynomial(multiplyPolynomials(atanh, p)));
  return worst(difference, p, tail, u, point(ONE)) + ofLevels + ofZ + ULP; // z / H is truncated too
}

/** (G + r)/(G − r) against 2^r for |r| ≤ 1/2, as an error in r; v = r². */
function exp2Error(levels: readonly bigint[]): bigint {
  const half = ratio(1n, 2n);
  const v = ratio(1n, 4n);
  let level = point(levels.at(-1) ?? 0n);
  let error = 0n;
  for (const constant of levels.slice(0, -1).reverse()) {
    const below = productOf(level, differenceOf(level, point(error)));
    error = ULP + up(productOf(quotientOf(v, below), point(error)));
    level = point(constant);
  }
  const lowest = differenceOf(level, point(error));
  const x = quotientOf(half, lowest);
  const slope = quotientOf(quotientOf(ratio(2n, 1n), LN2), differenceOf(point(ONE), productOf(x, x)));
  const ofLevels = up(productOf(slope, quotientOf(productOf(half, point(error)), productOf(lowest, lowest))));

  // tanh(r · ln 2 / 2) as sinh / cosh, in powers of ln 2 / 2.
  const step = quotientOf(LN2, ratio(2n, 1n));
  const [cosh, sinh]: [Enclosure[], Enclosure[]] = [[], []];
  let term = point(ONE);
  for (let i = 0; i < 2 * SERIES_OF_EXP; i++) {
    (i % 2 === 0 ? cosh : sinh).push(term);
    term = quotientOf(productOf(term, step), ratio(BigInt(i + 1), 1n));
  }
  const [p, q] = fraction(levels, (polynomial) => polynomial);
  const zero = point(0n);
  const size = magnitude(range(p, zero, v)) + magnitude(range(q, zero, v));
  const tail = 2n * up(productOf(productOf(term, powerOf(v, SERIES_OF_EXP)), point(size)));
  const difference = addPolynomials(multiplyPolynomials(q, cosh), negatePolynomial(multiplyPolynomials(p, sinh)));
  return worst(difference, p, tail, v, slope) + ofLevels;
}

/** Returns the continued fraction c0 ± x/(c1 ± x/(c2 …)) as numerator and denominator. */
function fraction(levels: readonly bigint[], sign: (p: Enclosure[]) => Enclosure[]): [Enclosure[], Enclosure[]] {
  let [p, q]: [Enclosure[], Enclosure[]] = [[point(levels.at(-1) ?? 0n)], [point(ONE)]];
  for (const constant of levels.slice(0, -1).reverse()) {
    const scaled = p.map((coefficient) => productOf(point(constant), coefficient));
    [p, q] = [addPolynomials(scaled, [point(0n), ...sign(q)]), p];
  }
  return [p, q];
}

/** Returns a bound of √x · (|numerator| + tail) / denominator · factor for x from 0 to `end`. */
function worst(
  numerator: Polynomial,
  denominator: Polynomial,
  tail: bigint,
  end: Enclosure,
  factor: Enclosure,
): bigint {
  let largest = 0n;
  for (let box = 0n; box < BOXES; box++) {
    const from = productOf(end, ratio(box, BOXES));
    const to = productOf(end, ratio(box + 1n, BOXES));
    const above = point(magnitude(range(numerator, from, to)) + tail);
    const value = quotientOf(productOf(point(rootUp(to)), above), range(denominator, from, to));
    const scaled = up(productOf(value, factor));
    if (scaled > largest) largest = scaled;
  }
  return largest;
}

function powerOf(x: Enclosure, exponent: number): Enclosure {
  return Array.from({ length: exponent }).reduce((power: Enclosure) => productOf(power, x), point(ONE));
}

function logarithmOfTwo(): Enclosure {
  let sum = point(0n);
  for (let i = 0n; i < 150n; i++) sum = sumOf(sum, ratio(2n, (2n * i + 1n) * 3n ** (2n * i + 1n)));
  return [sum[0], sum[1] + 2n]; // the rest of the series is below 2^-470
}

const up = ([, high]: Enclosure) => high;

/** Converts to units of 2^-127, rounded up to a thousandth. */
const inUlps = (x: bigint) => Number((x * 1000n) / ULP + 1n) / 1000;
