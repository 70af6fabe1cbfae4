import { Journal } from "../journal";
import { digestOf } from "../mutation/results";
import type { Counters } from "./counters";
import type { DeepPart } from "./plan";

/** The result of a part that passed. */
export interface DeepResult {
  readonly seconds: number;
  /** Inputs or calls as forge counted them. */
  readonly done: number;
  /** The states that its walks reached; empty for a fuzz test. */
  readonly reached: Counters;
}

interface DeepEntry extends DeepResult {
  /** Digest of the sources and the part. */
  readonly key: string;
}

/** Keeps the parts that passed. */
export class DeepResults {
  readonly #journal: Journal<DeepEntry>;
  readonly #sources: string;

  /** @param sources The digest of everything that is compiled. Parts that passed with other sources do not count. */
  constructor(path: string, sources: string) {
    this.#journal = new Journal(path, ({ key }) => key);
    this.#sources = sources;
  }

  find(part: DeepPart): DeepResult | undefined {
    return this.#journal.find(this.#keyOf(part));
  }

  add(part: DeepPart, result: DeepResult): void {
    this.#journal.add({ key: this.#keyOf(part), ...result });
  }

  #keyOf({ contract, name, seed, runs, depth }: DeepPart): string {
    return digestOf(this.#sources, contract, name, ...[seed, runs, depth].map(String));
  }
}
