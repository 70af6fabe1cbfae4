// The groups of BN254, from their definition and in affine coordinates: slow, but independent of what is tested.

import { FIELD } from "../../../sdk/proofs/circuit";

/** The field of the coordinates. */
export const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

type Element = readonly bigint[];
type Point = readonly [Element, Element] | undefined;

/** Point addition on y² = x³ + b does not need b. Elements have one coefficient, or two with i² = −1. */
const mod = (value: bigint, modulus: bigint) => ((value % modulus) + modulus) % modulus;
const add = (a: Element, b: Element) => a.map((value, i) => mod(value + b[i]!, BASE_FIELD));
const subtract = (a: Element, b: Element) => a.map((value, i) => mod(value - b[i]!, BASE_FIELD));

function multiply(a: Element, b: Element): Element {
  const [a0, a1 = 0n] = a as [bigint, bigint?];
  const [b0, b1 = 0n] = b as [bigint, bigint?];
  const product = [a0 * b0 - a1 * b1, a0 * b1 + a1 * b0].map((value) => mod(value, BASE_FIELD));
  return product.slice(0, a.length);
}

function invert(a: Element): Element {
  const [a0, a1 = 0n] = a as [bigint, bigint?];
  const norm = inverse(mod(a0 * a0 + a1 * a1, BASE_FIELD), BASE_FIELD);
  return [a0 * norm, -a1 * norm].map((value) => mod(value, BASE_FIELD)).slice(0, a.length);
}

/** The inverse modulo a prime, by Euclid's algorithm. */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [mod(value, modulus), modulus, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return mod(x, modulus);
}

function sum(p: Point, q: Point): Point {
  if (p === undefined) return q;
  if (q === undefined) return p;
  const isSameX = p[0].every((value, i) => value === q[0][i]);
  if (isSameX && p[1].some((value, i) => value !== q[1][i])) return undefined;
  const square = multiply(p[0], p[0]);
  const slope = isSameX
    ? multiply(add(add(square, square), square), invert(add(p[1], p[1])))
    : multiply(subtract(q[1], p[1]), invert(subtract(q[0], p[0])));
  const x = subtract(subtract(multiply(slope, slope), p[0]), q[0]);
  return [x, subtract(multiply(slope, subtract(p[0], x)), p[1])];
}

const G1: Point = [[1n], [2n]];
const G2: Point = [
  [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
];

/** Multiples of a generator, whose doublings are computed once. */
function multiplesOf(generator: Point): (scalar: bigint) => bigint[] {
  const doubles = [generator];
  return (scalar) => {
    let result: Point;
    let rest = mod(scalar, FIELD);
    for (let i = 0; rest > 0n; i++, rest >>= 1n) {
      const double = (doubles[i] ??= sum(doubles[i - 1], doubles[i - 1]));
      if (rest & 1n) result = sum(result, double);
    }
    // In the form of the precompiles: imaginary part first, and zeros for the point at infinity.
    return (result ?? generator!.map((coordinate) => coordinate.map(() => 0n))).flatMap((c) => [...c].reverse());
  };
}

/** The generator of G1 times a scalar, as x and y. */
export const g1Times = multiplesOf(G1);

/** The generator of G2 times a scalar, as x and y, each with its imaginary part first. */
export const g2Times = multiplesOf(G2);

/** −P for P in either group. */
export const negated = (point: readonly bigint[]) =>
  point.map((value, i) => (i < point.length / 2 ? value : mod(-value, BASE_FIELD)));
