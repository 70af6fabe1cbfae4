// SPDX-License-Identifier: MIT
// Quantiles of the normal and of Student's distribution, rounded up to 1e-9. Every implementation with a dozen correct digits agrees on
// this
// rounding, and a contract can store it.

import { exp, ln, ln1p } from "./math.ts";

const NANO = 1e9;
const ROOT_TWO_PI = 2.5066282746310002;
const ROOT_PI = 1.7724538509055159;
const CONTINUED = 600;
const HALVINGS = 80;
const LARGEST = 400;

/** Returns the z that a standard normal variable exceeds with probability `tail` (at most 0.05), rounded up to 1e-9. */
export function normalQuantile(tail: number): number {
  return quantile(tail, normalTail);
}

/**
 * Returns the t that a variable of Student's distribution with these degrees of freedom (at least 2) exceeds with probability `tail`,
 * rounded
 * up to 1e-9.
 */
export function studentQuantile(tail: number, degrees: number): number {
  return quantile(tail, (t) => studentTail(t, degrees));
}

function quantile(tail: number, probabilityAbove: (x: number) => number): number {
  let [low, high] = [1, LARGEST];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (probabilityAbove(middle) > tail) low = middle;
    else high = middle;
  }
  return Math.ceil(high * NANO - 1e-3) / NANO; // The thousandth of the last digit allows for the error of the bisection.
}

/** Returns the tail probability by Laplace's continued fraction. */
function normalTail(x: number): number {
  let fraction = x;
  for (let term = CONTINUED; term >= 1; term--) fraction = x + term / fraction;
  return exp((-x * x) / 2) / (ROOT_TWO_PI * fraction);
}

/** Returns ½·I_x(ν/2, ½) at x = ν/(ν + t²), by the continued fraction of the incomplete beta function. */
function studentTail(t: number, degrees: number): number {
  const a = degrees / 2;
  const b = 0.5;
  const y = (t * t) / degrees;
  const x = 1 / (1 + y);
  const lnFront = -a * ln1p(y) + b * ln(y / (1 + y)) + lnGammaRatio(a) - ln(ROOT_PI);
  const isDirect = x < (a + 1) / (a + b + 2);
  const beta = isDirect
    ? (exp(lnFront) * betaFraction(x, a, b)) / a
    : 1 - (exp(lnFront) * betaFraction(y / (1 + y), b, a)) / b;
  return beta / 2;
}

/** Evaluates the continued fraction of the incomplete beta function by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= CONTINUED; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    const step = d * c;
    result *= step;
    if (step - 1 < 1e-16 && 1 - step < 1e-16) break;
  }
  return result;
}

/** Returns ln(Γ(a + ½) / Γ(a)), by its asymptotic series above 15 and by recursion below. */
function lnGammaRatio(a: number): number {
  if (a < 15) return lnGammaRatio(a + 1) + ln(a / (a + 0.5));
  const inverse = 1 / a;
  const square = inverse * inverse;
  const series =
    inverse * (-1 / 8 + square * (1 / 192 + square * (-1 / 640 + square * (17 / 14336 - (31 / 18432) * square))));
  return ln(a) / 2 + series;
}
