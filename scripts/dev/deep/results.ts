import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
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

/** Keeps the parts that passed in a file, to which each is appended when it ends, so that an interrupted run continues from there. */
export class DeepResults {
  readonly #known = new Map<string, DeepResult>();
  readonly #path: string;
  readonly #sources: string;

  /** @param sources The digest of everything that is compiled. Parts that passed with other sources do not count. */
  constructor(path: string, sources: string) {
    this.#path = path;
    this.#sources = sources;
    mkdirSync(dirname(path), { recursive: true });
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    for (const { key, ...result } of lines.flatMap(entryOf)) this.#known.set(key, result);
  }

  find(part: DeepPart): DeepResult | undefined {
    return this.#known.get(this.#keyOf(part));
  }

  add(part: DeepPart, result: DeepResult): void {
    const key = this.#keyOf(part);
    this.#known.set(key, result);
    appendFileSync(this.#path, `\n${JSON.stringify({ key, ...result } satisfies DeepEntry)}`);
  }

  #keyOf({ contract, name, seed, runs, depth }: DeepPart): string {
    return digestOf(this.#sources, contract, name, ...[seed, runs, depth].map(String));
  }
}

/** Returns nothing for a line that is incomplete because the process was killed. */
function entryOf(line: string): DeepEntry[] {
  try {
    return [JSON.parse(line) as DeepEntry];
  } catch {
    return [];
  }
}
