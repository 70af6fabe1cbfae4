import type { Assignment, Word } from "./assembly";

/** All integers from `low` to `high`. */
export type Range = readonly [low: bigint, high: bigint];

const LEAST = -(1n << 255n);
const GREATEST = (1n << 255n) - 1n;
const BYTES_OF_A_WORD = 32n;

/**
 * Returns ranges that enclose what the assembly computes from integers anywhere in their ranges. Throws a RangeError if an operation
 * might wrap, lose bits, divide by zero, or take a negative number for a large one.
 */
export function rangesOf(
  assignments: readonly Assignment[],
  names: Readonly<Record<string, Range>>,
): Record<string, Range> {
  const known: Record<string, Range> = { ...names };
  for (const { name, value } of assignments) known[name] = rangeOf(value, known);
  return known;
}

function rangeOf(word: Word, known: Readonly<Record<string, Range>>): Range {
  if (typeof word === "bigint") return [word, word];
  if (typeof word === "string") {
    const range = known[word];
    if (range === undefined) throw new RangeError(`${word} has no range`);
    return range;
  }
  const { operation } = word;
  if (operation === "byte") return byteOf(word.operands, known);
  const [x, y, ...others] = word.operands.map((operand) => rangeOf(operand, known));
  if (x === undefined || y === undefined || others.length > 0) throw new RangeError(`${operation} has two operands`);
  const range = answerOf(operation, x, y);
  if (range[0] < LEAST || range[1] > GREATEST) throw new RangeError(`${operation} may leave the word`);
  return range;
}

function answerOf(operation: string, x: Range, y: Range): Range {
  switch (operation) {
    case "add":
      return [x[0] + y[0], x[1] + y[1]];
    case "sub":
      return [x[0] - y[1], x[1] - y[0]];
    case "mul":
      return hull(x, y, (a, b) => a * b);
    case "sdiv":
      return hull(x, positive(y), (a, b) => a / b);
    case "div":
      return hull(natural(x), positive(y), (a, b) => a / b);
    case "shl":
      return hull(natural(x), y, (a, b) => b << a);
    case "shr":
      return hull(natural(x), natural(y), (a, b) => b >> a);
    case "or":
      return [oneOf(natural(x)) | oneOf(natural(y)), oneOf(x) | oneOf(y)];
    case "lt":
      return comparison(natural(y), natural(x));
    case "gt":
      return comparison(natural(x), natural(y));
    case "sgt":
      return comparison(x, y);
    default:
      throw new RangeError(`${operation} has no range`);
  }
}

/** Returns the range of an operation that is monotonic in each operand, from its results at the ends. */
function hull(x: Range, y: Range, operation: (a: bigint, b: bigint) => bigint): Range {
  const ends = x.flatMap((a) => y.map((b) => operation(a, b)));
  return [ends.reduce((a, b) => (a < b ? a : b)), ends.reduce((a, b) => (a > b ? a : b))];
}

/** Whether x is above y: 1, 0 or either. */
const comparison = (x: Range, y: Range): Range => [x[0] > y[1] ? 1n : 0n, x[1] > y[0] ? 1n : 0n];

/** Returns a byte of a constant. All bytes that the range can select must be equal. */
function byteOf([place = 0n, constant]: readonly Word[], known: Readonly<Record<string, Range>>): Range {
  const [first, last] = natural(rangeOf(place, known));
  if (typeof constant !== "bigint" || last >= BYTES_OF_A_WORD) throw new RangeError("byte is not of a constant");
  const byte = (index: bigint) => (constant >> (8n * (BYTES_OF_A_WORD - 1n - index))) & 0xffn;
  for (let index = first; index <= last; index++)
    if (byte(index) !== byte(first)) throw new RangeError("byte may be one of several");
  return [byte(first), byte(first)];
}

function natural(x: Range): Range {
  if (x[0] < 0n) throw new RangeError("an unsigned operand may be negative");
  return x;
}

function positive(x: Range): Range {
  if (x[0] <= 0n) throw new RangeError("a divisor may be zero or negative");
  return x;
}

function oneOf([low, high]: Range): bigint {
  if (low !== high) throw new RangeError("an operand may be one of several");
  return low;
}
