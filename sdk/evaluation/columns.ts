// SPDX-License-Identifier: MIT
// Columns of exact decimals, stored as integers in a common unit, and their exact sums over parts of the rows.

import { fraction, type Fraction } from "./fraction.ts";

/** Integers, stored as doubles if all of them are safe integers. */
export type Integers = Float64Array | readonly bigint[];

/** A column of decimals. `integers` are in units of 10^−decimals. */
export interface Column {
  readonly integers: Integers;
  readonly decimals: number;
}

/** The part to which each row belongs. */
export interface Parts {
  readonly of: Uint8Array;
  readonly count: number;
}

const SAFE = Number.MAX_SAFE_INTEGER;
const FAST_DIGITS = 15;
const LARGEST_EXPONENT = 400;
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** A decimal: its digits, and how many of them are after the point. */
export interface Digits {
  readonly digits: number | bigint;
  readonly decimals: number;
}

/**
 * Parses a decimal such as `-0.25` or `1.5e-7`. Returns undefined if the text is not a decimal that a finite double can represent, or if it
 * has
 * more than 400 decimals.
 */
export function parseDigits(text: string): Digits | undefined {
  return parseShort(text) ?? parseLong(text);
}

/** Parses up to fifteen digits with an optional minus and point, which covers almost all numbers. */
function parseShort(text: string): Digits | undefined {
  const { length } = text;
  const isNegative = length > 0 && text.charCodeAt(0) === 45;
  const start = isNegative ? 1 : 0;
  let digits = 0;
  let point = -1;
  for (let place = start; place < length; place++) {
    const code = text.charCodeAt(place);
    if (code === 46 && point < 0) point = place;
    else if (code >= 48 && code <= 57) digits = digits * 10 + (code - 48);
    else return undefined;
  }
  const count = length - start - (point < 0 ? 0 : 1);
  if (count < 1 || count > FAST_DIGITS) return undefined;
  return { digits: isNegative && digits > 0 ? -digits : digits, decimals: point < 0 ? 0 : length - 1 - point };
}

function parseLong(text: string): Digits | undefined {
  const match = DECIMAL.exec(text);
  if (match === null || !Number.isFinite(Number(text))) return undefined;
  const [, sign, integer = "", behind = "", exponent = "0"] = match;
  const absolute = BigInt(`${integer}${behind}`);
  const shift = behind.length - Number(exponent);
  if (shift > LARGEST_EXPONENT || integer.length > LARGEST_EXPONENT) return undefined;
  const whole = (sign === "-" ? -absolute : absolute) * 10n ** BigInt(Math.max(0, -shift));
  const isSafe = whole <= SAFE && whole >= -SAFE;
  return { digits: isSafe ? Number(whole) : whole, decimals: Math.max(0, shift) };
}

/** Builds a column from single decimals. */
export class ColumnBuilder {
  readonly #digits: Float64Array;
  readonly #places: Uint16Array;
  /** Digits that are not safe integers, by row. */
  #long: bigint[] | undefined;

  constructor(size: number) {
    this.#digits = new Float64Array(size);
    this.#places = new Uint16Array(size);
  }

  /** Parses the text as the row's value. Returns whether it is a decimal. */
  parse(row: number, text: string): boolean {
    const parsed = parseDigits(text);
    if (parsed === undefined) return false;
    this.set(row, parsed);
    return true;
  }

  set(row: number, { digits, decimals }: Digits): void {
    this.#places[row] = decimals;
    if (typeof digits === "number") this.#digits[row] = digits;
    else (this.#long ??= new Array<bigint>(this.#digits.length))[row] = digits;
  }

  build(): Column {
    const places = this.#places;
    let decimals = 0;
    for (let row = 0; row < places.length; row++) decimals = Math.max(decimals, places[row] as number);
    const powerOf = (row: number) => decimals - (places[row] as number);
    const long = this.#long;
    if (long === undefined) return { integers: scaleEach(this.#digits, powerOf), decimals };
    const digits = Array.from(this.#digits, (value, row) => long[row] ?? value);
    return { integers: scaleEachExactly(digits, powerOf), decimals };
  }
}

/** Returns the same numbers in the unit with `wanted` decimals, which must not be fewer than before. */
export function withDecimals({ integers, decimals }: Column, wanted: number): Column {
  return wanted === decimals
    ? { integers, decimals }
    : { integers: scaleEach(integers, () => wanted - decimals), decimals: wanted };
}

/** Returns the columns converted to one unit. */
export function inOneUnit(...columns: readonly Column[]): Column[] {
  const decimals = Math.max(...columns.map((column) => column.decimals));
  return columns.map((column) => withDecimals(column, decimals));
}

function scaleEach(values: ArrayLike<number | bigint>, powerOf: (row: number) => number): Integers {
  const { length } = values;
  const result = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const value = values[row] as number | bigint;
    const scaled = typeof value === "bigint" ? NaN : value * powerOfTen(powerOf(row));
    if (!(Math.abs(scaled) <= SAFE)) return scaleEachExactly(values, powerOf);
    result[row] = scaled;
  }
  return result;
}

function scaleEachExactly(values: ArrayLike<number | bigint>, powerOf: (row: number) => number): bigint[] {
  const result = new Array<bigint>(values.length);
  for (let row = 0; row < result.length; row++) {
    result[row] = BigInt(values[row] as number | bigint) * 10n ** BigInt(powerOf(row));
  }
  return result;
}

const POWERS = Array.from({ length: FAST_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

/** Returns NaN if the power is too large for the product to be a safe integer. */
function powerOfTen(power: number): number {
  return POWERS[power] ?? NaN;
}

/**
 * Computes a column row by row from two columns of the same unit. Uses doubles if both inputs stay below `bound`, which must keep the
 * results
 * safe integers, and big integers otherwise.
 */
export function compute(
  [a, b]: readonly [Integers, Integers],
  bound: number,
  inDoubles: (a: number, b: number) => number,
  exactly: (a: bigint, b: bigint) => bigint,
): Integers {
  const size = a.length;
  if (isBelow(a, bound) && isBelow(b, bound)) {
    const result = new Float64Array(size);
    for (let row = 0; row < size; row++) result[row] = inDoubles(a[row] as number, b[row] as number);
    return result;
  }
  return Array.from({ length: size }, (_, row) => exactly(BigInt(a[row] as number), BigInt(b[row] as number)));
}

/** Whether all integers are doubles with an absolute value below a bound. */
export function isBelow(values: Integers, bound: number): values is Float64Array {
  return values instanceof Float64Array && values.every((value) => value < bound && value > -bound);
}

/** Returns the exact sum of the rows of each part. */
export function sumParts(values: Integers, { of, count }: Parts): bigint[] {
  const totals = new Array<bigint>(count).fill(0n);
  if (!(values instanceof Float64Array)) {
    values.forEach((value, row) => (totals[of[row] as number] = (totals[of[row] as number] as bigint) + value));
    return totals;
  }
  // Sums in doubles, and carries over to big integers before a sum stops being a safe integer.
  const open = new Float64Array(count);
  for (let row = 0; row < values.length; row++) {
    const part = of[row] as number;
    const value = values[row] as number;
    const sum = (open[part] as number) + value;
    if (sum <= SAFE && sum >= -SAFE) open[part] = sum;
    else {
      totals[part] = (totals[part] as bigint) + BigInt(open[part] as number);
      open[part] = value;
    }
  }
  return totals.map((total, part) => total + BigInt(open[part] as number));
}

/** Converts a sum in the unit of its column to a fraction. */
export function inUnit(sum: bigint, decimals: number): Fraction {
  return fraction(sum, 10n ** BigInt(decimals));
}

/** Returns the numbers as doubles. This may be the column's own array, so nobody may write to it. */
export function toDoubles({ integers, decimals }: Column): Float64Array {
  if (integers instanceof Float64Array && decimals === 0) return integers;
  const unit = Number(`1e${decimals}`);
  if (integers instanceof Float64Array && decimals <= 22) return integers.map((value) => value / unit);
  const result = new Float64Array(integers.length);
  for (let row = 0; row < result.length; row++) result[row] = Number(`${integers[row]}e-${decimals}`);
  return result;
}

/** Compares two integers of a column, for sorting in ascending order. */
export function ascending(a: number | bigint, b: number | bigint): number {
  return Number(a > b) - Number(a < b);
}

/** Returns the rank of each row's number among the distinct numbers in ascending order. */
export function ranksOf({ integers }: Column): Uint32Array {
  const sorted = integers instanceof Float64Array ? integers.slice().sort() : [...integers].sort(ascending);
  let count = 0;
  for (let place = 0; place < sorted.length; place++) {
    if (place === 0 || sorted[place] !== sorted[count - 1]) sorted[count++] = sorted[place] as never;
  }
  const result = new Uint32Array(integers.length);
  for (let row = 0; row < result.length; row++) {
    const value = integers[row] as number | bigint;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as number | bigint) < value) low = middle + 1;
      else high = middle;
    }
    result[row] = low;
  }
  return result;
}

/** Returns the integers as big integers. */
export function toBigInts(values: Integers): bigint[] {
  const result = new Array<bigint>(values.length);
  for (let row = 0; row < result.length; row++) result[row] = BigInt(values[row] as number | bigint);
  return result;
}

/** Returns the rows that belong to each of `count` lists, in ascending order. */
export function rowsBy(of: ArrayLike<number>, count: number): Uint32Array[] {
  const ends = new Uint32Array(count);
  for (let row = 0; row < of.length; row++) ends[of[row] as number] = (ends[of[row] as number] as number) + 1;
  const sizes = ends.slice();
  for (let list = 1; list < count; list++) ends[list] = (ends[list] as number) + (ends[list - 1] as number);
  const rows = new Uint32Array(of.length);
  for (let row = of.length - 1; row >= 0; row--) {
    const list = of[row] as number;
    const place = (ends[list] as number) - 1;
    rows[place] = row;
    ends[list] = place;
  }
  return Array.from(sizes, (size, list) => rows.subarray(ends[list], (ends[list] as number) + size));
}
