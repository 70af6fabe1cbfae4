// SPDX-License-Identifier: MIT
// Exact numbers. Values that the input determines exactly are fractions. Roots, exponentials and logarithms are pairs of enclosing bounds.

import { Decimal } from "decimal.js";

/** An exact number `num / den` with den > 0, not necessarily in lowest terms. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

/** A closed interval that contains the true value. `low` equals `high` if the value is known exactly. */
export interface Bounds {
  readonly low: Fraction;
  readonly high: Fraction;
}

/** Decimal arithmetic with 80 digits. After any of the steps below, at least 60 of them are correct. */
const Precise = Decimal.clone({ precision: 80, defaults: true });
const MARGIN = new Precise("1e-60");
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** Returns `num / den`. `den` may be negative, but not zero. */
export function fraction(num: bigint, den = 1n): Fraction {
  return den < 0n ? { num: -num, den: -den } : { num, den };
}

/** Returns a whole number as a fraction. */
export function whole(value: number): Fraction {
  return { num: BigInt(value), den: 1n };
}

/**
 * Returns the exact value of a decimal such as `-0.25` or `1.5e-7`, or undefined if it is not a decimal that a finite double can represent.
 */
export function parseDecimal(text: string): Fraction | undefined {
  const match = DECIMAL.exec(text);
  if (match === null || !Number.isFinite(Number(text))) return undefined;
  const [, sign, integer = "", decimals = "", exponent = "0"] = match;
  const digits = BigInt(`${integer}${decimals}`);
  const shift = BigInt(exponent) - BigInt(decimals.length);
  const num = sign === "-" ? -digits : digits;
  return shift < 0n ? { num, den: 10n ** -shift } : { num: num * 10n ** shift, den: 1n };
}

export function add(a: Fraction, b: Fraction): Fraction {
  if (a.den === b.den) return { num: a.num + b.num, den: a.den };
  const common = gcd(a.den, b.den);
  return { num: a.num * (b.den / common) + b.num * (a.den / common), den: (a.den / common) * b.den };
}

export function negate(a: Fraction): Fraction {
  return { num: -a.num, den: a.den };
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return add(a, negate(b));
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return { num: a.num * b.num, den: a.den * b.den };
}

/** Returns `a / b`. b must not be zero. */
export function divide(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den, a.den * b.num);
}

/** Returns a negative number, zero or a positive number if a is below, equal to or above b. */
export function compare(a: Fraction, b: Fraction): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Returns the largest integer that is at most the value. */
export function floor({ num, den }: Fraction): bigint {
  const quotient = num / den;
  return num < 0n && quotient * den !== num ? quotient - 1n : quotient;
}

/** Returns the smallest integer that is at least the value. */
export function ceil(value: Fraction): bigint {
  return -floor(negate(value));
}

/** Returns the double nearest to the value, for display and for estimates. */
export function toNumber(value: Fraction): number {
  return toDecimal(value).toNumber();
}

/** Returns the bounds of a value that is known exactly. */
export function exactly(value: Fraction): Bounds {
  return { low: value, high: value };
}

/** Returns the square or fourth root of a value that is not negative. The result is exact if the root is a finite decimal. */
export function root(value: Fraction, degree: 2 | 4): Bounds {
  const square = toDecimal(value).sqrt();
  const approximate = degree === 2 ? square : square.sqrt();
  const found = fromDecimal(approximate);
  let power = multiply(found, found);
  if (degree === 4) power = multiply(power, power);
  return compare(power, value) === 0 ? exactly(found) : enclose(approximate);
}

/** Returns e to the power of the value. */
export function exponential(value: Fraction): Bounds {
  return value.num === 0n ? exactly(fraction(1n)) : enclose(toDecimal(value).exp());
}

/** Returns the natural logarithm of positive bounds. */
export function logarithm({ low, high }: Bounds): Bounds {
  return { low: logarithmOf(low).low, high: logarithmOf(high).high };
}

/** Returns the product of bounds that are not negative. */
export function product(a: Bounds, b: Bounds): Bounds {
  return { low: multiply(a.low, b.low), high: multiply(a.high, b.high) };
}

function logarithmOf(value: Fraction): Bounds {
  return value.num === value.den ? exactly(fraction(0n)) : enclose(toDecimal(value).ln());
}

function enclose(approximate: Decimal): Bounds {
  const margin = approximate.abs().plus(1).times(MARGIN);
  return { low: fromDecimal(approximate.minus(margin)), high: fromDecimal(approximate.plus(margin)) };
}

function toDecimal({ num, den }: Fraction): Decimal {
  return new Precise(num.toString()).div(den.toString());
}

function fromDecimal(value: Decimal): Fraction {
  const [digits = "", decimals = ""] = value.toFixed().split(".");
  return { num: BigInt(`${digits}${decimals}`), den: 10n ** BigInt(decimals.length) };
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
