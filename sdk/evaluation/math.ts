// SPDX-License-Identifier: MIT
// Logarithm and exponential, built only from additions, multiplications, divisions and roots. Unlike the functions of Math, these give the
// same
// bits in every engine and language.

/** ln 2 in two parts. The first has trailing zeros, so that its multiples are exact. */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;
const LN2 = 0.6931471805599453;
const ROOT_HALF = 0.7071067811865476;
const ATANH_TERMS = 13;
const EXP_TERMS = 17;

/** Returns 2·artanh(s) for |s| ≤ 0.2, by its series. */
function twiceArtanh(s: number): number {
  const square = s * s;
  let sum = 0;
  for (let term = ATANH_TERMS; term >= 1; term--) sum = (sum + 1 / (2 * term + 1)) * square;
  return 2 * s * (1 + sum);
}

/** Returns the natural logarithm: −∞ for 0, NaN for negative numbers. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let exponent = 0;
  let mantissa = x;
  while (mantissa >= 2 * ROOT_HALF) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < ROOT_HALF) {
    mantissa *= 2;
    exponent--;
  }
  return exponent * LN2_HIGH + (twiceArtanh((mantissa - 1) / (mantissa + 1)) + exponent * LN2_LOW);
}

/** Returns ln(1 + y) for y ≥ 0, in full precision even if y is small. */
export function ln1p(y: number): number {
  return y < 0.25 ? twiceArtanh(y / (2 + y)) : ln(1 + y);
}

/** Returns e to the power of x: 0 below −745.2, ∞ above 709.78. */
export function exp(x: number): number {
  if (x < -745.2) return 0;
  if (x > 709.78) return Infinity;
  const power = Math.floor(x / LN2 + 0.5);
  const rest = x - power * LN2_HIGH - power * LN2_LOW;
  let sum = 1;
  for (let term = EXP_TERMS; term >= 1; term--) sum = 1 + (sum * rest) / term;
  for (let step = 0; step < power; step++) sum *= 2;
  for (let step = 0; step > power; step--) sum /= 2;
  return sum;
}

const LN_ROOT_TWO_PI = 0.9189385332046728;

/** Returns ln(k!), by Stirling's series for k ≥ 16. */
export function lnFactorial(k: number): number {
  return k < KNOWN ? (LN_FACTORIALS[k] as number) : lnFactorialOf(k);
}

function lnFactorialOf(k: number): number {
  if (k < 16) {
    let product = 1;
    for (let factor = 2; factor <= k; factor++) product *= factor;
    return ln(product);
  }
  const inverse = 1 / k;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (k + 0.5) * ln(k) - k + LN_ROOT_TWO_PI + series;
}

/** The number of precomputed values. Resampling needs small ones repeatedly. */
const KNOWN = 2048;
const LN_FACTORIALS = Float64Array.from({ length: KNOWN }, (_, k) => lnFactorialOf(k));
