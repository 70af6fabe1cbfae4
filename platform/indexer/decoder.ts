// Decodes events. Nearly all consist of single words and are decoded here, because ethers' general decoder would take most of the time of a
// trade to recompute checksums of the same addresses.

import { getAddress, type EventFragment, type Interface, type LogDescription } from "ethers";

/** The most addresses whose checksums are kept. */
const KEPT = 20_000;

/** Types that fill exactly one word. */
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

  /** Returns an event's name, and its arguments by name; null if the contract has no such event. */
  decode(abi: Interface, topics: readonly string[], data: string): LogDescription | null {
    const shape = this.shapeOf(abi, topics[0] ?? "");
    if (!shape) return abi.parseLog({ topics: [...topics], data });
    const args: Record<string, unknown> = {};
    let [topic, word] = [1, 0];
    for (const { name, type, isIndexed } of shape.inputs) {
      const text = isIndexed ? topics[topic++]?.slice(2) : data.slice(2 + 64 * word, 66 + 64 * word++);
      if (text?.length !== 64) return null; // another event with the same topic
      args[name] = this.valueOf(type, text);
    }
    // Callers access arguments only by name.
    return { name: shape.name, args } as unknown as LogDescription;
  }

  /** Returns an address with its checksum. */
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
