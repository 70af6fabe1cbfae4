/** An interval of real numbers with ends in units of 2^-BITS. Every operation rounds outwards. */
export type Enclosure = readonly [low: bigint, high: bigint];

/** A polynomial, lowest coefficient first. */
export type Polynomial = readonly Enclosure[];

export const BITS = 448n;
export const ONE = 1n << BITS;

const floorDiv = (a: bigint, b: bigint) => (a % b !== 0n && a < 0n !== b < 0n ? a / b - 1n : a / b);
const ceilDiv = (a: bigint, b: bigint) => -floorDiv(-a, b);

export const point = (value: bigint): Enclosure => [value, value];
export const ratio = (p: bigint, q: bigint): Enclosure => [floorDiv(p << BITS, q), ceilDiv(p << BITS, q)];
export const sumOf = (x: Enclosure, y: Enclosure): Enclosure => [x[0] + y[0], x[1] + y[1]];
const negate = (x: Enclosure): Enclosure => [-x[1], -x[0]];
export const differenceOf = (x: Enclosure, y: Enclosure): Enclosure => sumOf(x, negate(y));

export function productOf(x: Enclosure, y: Enclosure): Enclosure {
  const ends = x.flatMap((a) => y.map((b) => a * b));
  return [least(ends) >> BITS, ceilDiv(greatest(ends), ONE)];
}

/** @throws RangeError unless the divisor is positive. */
export function quotientOf(x: Enclosure, y: Enclosure): Enclosure {
  if (y[0] <= 0n) throw new RangeError("an interval is divided by one that is not positive");
  const floors = x.flatMap((a) => y.map((b) => floorDiv(a << BITS, b)));
  const ceilings = x.flatMap((a) => y.map((b) => ceilDiv(a << BITS, b)));
  return [least(floors), greatest(ceilings)];
}

/** Returns a bound of the absolute values in the interval. */
export const magnitude = ([low, high]: Enclosure) => (high > -low ? high : -low);

/** Returns an upper bound of the square root of the upper end, which must not be negative. */
export function rootUp([, high]: Enclosure): bigint {
  const square = high << BITS;
  let root = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root + 1n;
    root = next;
  }
}

export function addPolynomials(p: Polynomial, q: Polynomial): Enclosure[] {
  return Array.from({ length: Math.max(p.length, q.length) }, (_, i) => sumOf(p[i] ?? [0n, 0n], q[i] ?? [0n, 0n]));
}

export const negatePolynomial = (p: Polynomial): Enclosure[] => p.map(negate);

export function multiplyPolynomials(p: Polynomial, q: Polynomial): Enclosure[] {
  const product = Array.from({ length: p.length + q.length - 1 }, (): Enclosure => [0n, 0n]);
  p.forEach((x, i) => q.forEach((y, j) => (product[i + j] = sumOf(at(product, i + j), productOf(x, y)))));
  return product;
}

/** Encloses the values of a polynomial between the two ends by the hull of its Bernstein coefficients. */
export function range(p: Polynomial, from: Enclosure, to: Enclosure): Enclosure {
  const degree = p.length - 1;
  const shifted = [...p];
  for (let i = 0; i < degree; i++)
    for (let j = degree - 1; j >= i; j--) shifted[j] = sumOf(at(shifted, j), productOf(at(shifted, j + 1), from));

  const width = differenceOf(to, from);
  let power: Enclosure = point(ONE);
  const scaled = shifted.map((coefficient) => {
    const value = productOf(coefficient, power);
    power = productOf(power, width);
    return value;
  });
  const coefficients = scaled.map((_, k) =>
    scaled.slice(0, k + 1).reduce((sum, [low, high], i): Enclosure => {
      const [over, under] = [choose(k, i), choose(degree, i)];
      return sumOf(sum, [floorDiv(low * over, under), ceilDiv(high * over, under)]);
    }, point(0n)),
  );
  return [least(coefficients.map(([low]) => low)), greatest(coefficients.map(([, high]) => high))];
}

function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 0; i < k; i++) result = (result * BigInt(n - i)) / BigInt(i + 1);
  return result;
}

const least = (values: readonly bigint[]) => values.reduce((a, b) => (a < b ? a : b));
const greatest = (values: readonly bigint[]) => values.reduce((a, b) => (a > b ? a : b));

function at(list: readonly Enclosure[], index: number): Enclosure {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no coefficient ${index}`);
  return item;
}
