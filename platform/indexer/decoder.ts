// Decodes events. Those that are made of single words, which are nearly all, without the library's general decoder: it takes most of
// the time of a trade, for checksums of addresses that come again and again.

import { getAddress, type EventFragment, type Interface, type LogDescription } from "ethers";

/** Addresses whose checksums are kept at most. */
const KEPT = 20_000;

/** What comes in one word. */
const WORD = /^(address|bool|bytes32|u?int\d+)$/;

interface Input {
  readonly name: string;
  readonly type: string;
  readonly isIndexed: boolean;
}

interface Shape {
  readonly name: string;
  readonly inputs: readonly Input[];
}

/** Decodes the events of contracts. */
export class EventDecoder {
  private readonly shapes = new WeakMap<Interface, Map<string, Shape | undefined>>();
  private checksums = new Map<string, string>();

  /** Name and arguments of an event, by name; null of what is no event of the contract. */
  decode(abi: Interface, topics: readonly string[], data: string): LogDescription | null {
    const shape = this.shapeOf(abi, topics[0] ?? "");
    if (!shape) return abi.parseLog({ topics: [...topics], data });
    const args: Record<string, unknown> = {};
    let [topic, word] = [1, 0];
    for (const { name, type, isIndexed } of shape.inputs) {
      const text = isIndexed ? topics[topic++]?.slice(2) : data.slice(2 + 64 * word, 66 + 64 * word++);
      if (text?.length !== 64) return null; // another event with the same name
      args[name] = this.valueOf(type, text);
    }
    // Whoever reads it asks for arguments by their names only.
    return { name: shape.name, args } as unknown as LogDescription;
  }

  /** An address with its checksum. */
  address(text: string): string {
    const present = this.checksums.get(text);
    if (present !== undefined) return present;
    if (this.checksums.size >= KEPT) this.checksums = new Map();
    const checksummed = getAddress(text);
    this.checksums.set(text, checksummed);
    return checksummed;
  }

  private valueOf(type: string, word: string): unknown {
    if (type === "address") return this.address(`0x${word.slice(24)}`);
    if (type === "bytes32") return `0x${word}`;
    const value = BigInt(`0x${word}`);
    if (type === "bool") return value !== 0n;
    return type.startsWith("int") ? BigInt.asIntN(256, value) : value;
  }

  private shapeOf(abi: Interface, topic: string): Shape | undefined {
    const known = this.shapes.get(abi) ?? new Map<string, Shape | undefined>();
    this.shapes.set(abi, known);
    if (!known.has(topic)) known.set(topic, toShape(abi.getEvent(topic)));
    return known.get(topic);
  }
}

function toShape(event: EventFragment | null): Shape | undefined {
  if (!event?.inputs.every(({ type }) => WORD.test(type))) return undefined;
  const { name, inputs } = event;
  return {
    name,
    inputs: inputs.map(({ name: of, type, indexed }) => ({ name: of, type, isIndexed: indexed === true })),
  };
}
