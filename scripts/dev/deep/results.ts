import { writeFileSync } from "node:fs";
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

/** A line of a file of results. */
interface DeepEntry extends DeepResult {
  /** Digest of the build and the part. */
  readonly key: string;
  readonly test: string;
  readonly seed: number;
}

/** The parts that passed: those of the record, which is under version control, and those of this folder since. */
export class DeepResults {
  readonly #local: Journal<DeepEntry>;
  readonly #record: Journal<DeepEntry>;

  /** @param builds The digest of what each contract tests. Parts that passed with another do not count. */
  constructor(
    local: string,
    private readonly record: string,
    private readonly builds: ReadonlyMap<string, string>,
  ) {
    [this.#local, this.#record] = [local, record].map((path) => new Journal<DeepEntry>(path, ({ key }) => key)) as [
      Journal<DeepEntry>,
      Journal<DeepEntry>,
    ];
  }

  find(part: DeepPart): DeepResult | undefined {
    return this.#find(part);
  }

  add(part: DeepPart, { done, seconds, reached }: DeepResult): void {
    const { contract, name, seed } = part;
    this.#local.add({ key: this.#keyOf(part), test: `${contract}.${name}`, seed, done, seconds, reached });
  }

  /** Writes those of the parts that have passed to the record, in their order, after what it has of parts with other seeds. */
  keep(parts: readonly DeepPart[]): void {
    const seeds = new Set(parts.map(({ seed }) => seed));
    const others = this.#record.entries.filter(({ seed }) => !seeds.has(seed));
    const passed = parts.flatMap((part) => this.#find(part) ?? []);
    writeFileSync(this.record, [...others, ...passed].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  }

  #find(part: DeepPart): DeepEntry | undefined {
    const key = this.#keyOf(part);
    return this.#local.find(key) ?? this.#record.find(key);
  }

  #keyOf({ contract, name, seed, runs, depth }: DeepPart): string {
    return digestOf(this.builds.get(contract) ?? "", contract, name, ...[seed, runs, depth].map(String));
  }
}
