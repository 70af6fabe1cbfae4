import { createHash } from "node:crypto";

/** A reproducible source of random integers. */
export class Random {
  private draws = 0;

  /** @param seed - everything drawn follows from it */
  constructor(private readonly seed: string) {}

  /** An integer in [min, max], evenly; the range is far below 2^256. */
  between(min: bigint, max: bigint): bigint {
    const hash = createHash("sha256").update(`${this.seed}/${this.draws++}`).digest("hex");
    return min + (BigInt(`0x${hash}`) % (max - min + 1n));
  }

  /** An integer in [min, max], min ≥ 1, every number of bits being equally likely. */
  logBetween(min: bigint, max: bigint): bigint {
    const bits = this.between(bitLength(min), bitLength(max));
    const low = 1n << (bits - 1n);
    const high = 2n * low - 1n;
    return this.between(low < min ? min : low, high > max ? max : high);
  }

  /** One of the choices, evenly. */
  pick<T>(choices: readonly T[]): T {
    return choices[Number(this.between(0n, BigInt(choices.length - 1)))]!;
  }
}

function bitLength(value: bigint): bigint {
  return BigInt(value.toString(2).length);
}
