import { FIELD } from "../../sdk/proofs/circuit";
import { inverse } from "../../scripts/dev/world/bn254";

/** Wires and their factors, to be summed. */
export type Terms = readonly (readonly [wire: number, factor: bigint])[];

/** a · b = c. */
export interface Constraint {
  readonly a: Terms;
  readonly b: Terms;
  readonly c: Terms;
}

const HEADER = 1;
const CONSTRAINTS = 2;
const FIELD_BYTES = 32;
const SECTION_START = 12; // type (4 bytes) and length (8)

/** Reads iden3's .r1cs format: of its sections the second holds the constraints. */
export function readConstraints(file: Buffer): Constraint[] {
  const sections = sectionsOf(file);
  const header = sections.get(HEADER)!;
  const fieldBytes = header.readUInt32LE(0);
  const count = header.readUInt32LE(4 + fieldBytes + 24);
  const content = sections.get(CONSTRAINTS)!;
  let position = 0;

  function readTerms(): Terms {
    const length = content.readUInt32LE(position);
    position += 4;
    return Array.from({ length }, () => {
      const wire = content.readUInt32LE(position);
      const factor = content.subarray(position + 4, position + 4 + fieldBytes);
      position += 4 + fieldBytes;
      return [wire, BigInt(`0x${Buffer.from(factor).reverse().toString("hex")}`)] as const;
    });
  }
  return Array.from({ length: count }, () => ({ a: readTerms(), b: readTerms(), c: readTerms() }));
}

/** The sections of a file in iden3's binary container, by their type: views of the file. */
export function sectionsOf(file: Buffer): Map<number, Buffer> {
  const sections = new Map<number, Buffer>();
  let position = 12; // magic, version, number of sections
  while (position < file.length) {
    const start = position + SECTION_START;
    const length = Number(file.readBigUInt64LE(position + 4));
    sections.set(file.readUInt32LE(position), file.subarray(start, start + length));
    position = start + length;
  }
  return sections;
}

/** Whether the wires' values satisfy a constraint. */
export function holds({ a, b, c }: Constraint, values: readonly bigint[]): boolean {
  return (valueOf(a, values) * valueOf(b, values) - valueOf(c, values)) % FIELD === 0n;
}

/**
 * Another value of one wire that satisfies all constraints too, if there is one: a change d of the wire turns a constraint into
 * d · (linear + quadratic · d) = 0, so that none needs to be tried.
 */
export function otherValueOf(
  wire: number,
  constraints: readonly Constraint[],
  values: readonly bigint[],
): bigint | undefined {
  let change: bigint | undefined;
  for (const { a, b, c } of constraints) {
    const [left, right, result] = [a, b, c].map((terms) => factorOf(wire, terms)) as [bigint, bigint, bigint];
    const linear = modulo(left * valueOf(b, values) + right * valueOf(a, values) - result);
    const quadratic = modulo(left * right);
    if (quadratic === 0n && linear === 0n) continue;
    if (quadratic === 0n || linear === 0n) return undefined;
    const root = modulo(-linear * inverse(quadratic, FIELD));
    if (change !== undefined && change !== root) return undefined;
    change = root;
  }
  return modulo(values[wire]! + (change ?? 1n));
}

/**
 * In how many independent directions wires can't move at once, to the first order, without breaking a constraint: the rank of the
 * constraints' derivatives by these wires. As many as wires mean that no combination of them is free.
 */
export function rankOf(
  constraints: readonly Constraint[],
  values: readonly bigint[],
  isMoving: (wire: number) => boolean,
): number {
  const rows = new Set(constraints.map((constraint) => derivativeOf(constraint, values, isMoving)));
  const rowsOf = new Map<number, Set<Map<number, bigint>>>();
  for (const row of rows)
    for (const wire of row.keys()) rowsOf.set(wire, (rowsOf.get(wire) ?? new Set<Map<number, bigint>>()).add(row));

  let rank = 0;
  while (rows.size > 0) {
    // The shortest row, and in it the wire of the fewest rows: so the others stay short.
    const pivot = [...rows].reduce((best, row) => (row.size < best.size ? row : best));
    rows.delete(pivot);
    if (pivot.size === 0) continue;
    rank++;
    for (const wire of pivot.keys()) rowsOf.get(wire)!.delete(pivot);
    const [chosen, factor] = [...pivot].reduce((best, entry) =>
      rowsOf.get(entry[0])!.size < rowsOf.get(best[0])!.size ? entry : best,
    );
    const scale = inverse(factor, FIELD);
    for (const row of [...rowsOf.get(chosen)!]) {
      const times = modulo(-row.get(chosen)! * scale);
      for (const [wire, value] of pivot) {
        const sum = modulo((row.get(wire) ?? 0n) + value * times);
        if (sum === 0n) row.delete(wire);
        else row.set(wire, sum);
        rowsOf.get(wire)![sum === 0n ? "delete" : "add"](row);
      }
    }
  }
  return rank;
}

/** A witness as snarkjs reads it from a .wtns file. */
export function encodeWitness(values: readonly bigint[]): Buffer {
  const [fieldBytes, count] = [Buffer.alloc(4), Buffer.alloc(4)];
  fieldBytes.writeUInt32LE(FIELD_BYTES);
  count.writeUInt32LE(values.length);
  const head = Buffer.alloc(12);
  head.write("wtns");
  head.writeUInt32LE(2, 4); // version
  head.writeUInt32LE(2, 8); // sections
  return Buffer.concat([
    head,
    section(1, Buffer.concat([fieldBytes, toBytes(FIELD), count])),
    section(2, Buffer.concat(values.map(toBytes))),
  ]);
}

function derivativeOf(
  { a, b, c }: Constraint,
  values: readonly bigint[],
  isMoving: (wire: number) => boolean,
): Map<number, bigint> {
  const row = new Map<number, bigint>();
  for (const [terms, scale] of [
    [a, valueOf(b, values)],
    [b, valueOf(a, values)],
    [c, -1n],
  ] as const)
    for (const [wire, factor] of terms.filter(([each]) => isMoving(each)))
      row.set(wire, modulo((row.get(wire) ?? 0n) + factor * scale));
  for (const [wire, value] of row) if (value === 0n) row.delete(wire);
  return row;
}

const modulo = (value: bigint) => ((value % FIELD) + FIELD) % FIELD;
const valueOf = (terms: Terms, values: readonly bigint[]) =>
  modulo(terms.reduce((total, [wire, factor]) => total + factor * values[wire]!, 0n));
const factorOf = (wire: number, terms: Terms) => terms.find(([each]) => each === wire)?.[1] ?? 0n;

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex").reverse();
}

function section(type: number, content: Buffer): Buffer {
  const start = Buffer.alloc(SECTION_START);
  start.writeUInt32LE(type, 0);
  start.writeBigUInt64LE(BigInt(content.length), 4);
  return Buffer.concat([start, content]);
}
