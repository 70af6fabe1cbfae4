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
const SECTION_START = 12; // type (4 bytes) and length (8)

/** Reads iden3's .r1cs format: a container of sections, of which the second holds the constraints. */
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

function sectionsOf(file: Buffer): Map<number, Buffer> {
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
