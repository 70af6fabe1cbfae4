import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { MutantVerdict } from "./work";

/** What became of a mutant. */
interface Result extends MutantVerdict {
  /** Digest of the mutant and of all that is compiled and run with it, but for tests. */
  readonly mutant: string;
  /** Digest of the tests that the verdict follows from: of the one that killed, or of all. */
  readonly tests: string;
}

/** What became of mutants, in a file to which each verdict is added as it falls: a run that was interrupted goes on from there. */
export class Results {
  readonly #known = new Map<string, Result>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    for (const line of lines.filter((text) => text.endsWith("}"))) this.#keep(JSON.parse(line) as Result);
  }

  find(mutant: string): Result | undefined {
    return this.#known.get(mutant);
  }

  add(result: Result): void {
    this.#keep(result);
    appendFileSync(this.#path, `${JSON.stringify(result)}\n`);
  }

  #keep(result: Result): void {
    this.#known.set(result.mutant, result);
  }
}

export function digestOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Returns the digest of all TypeScript and Solidity in the folders except tests and what only forge runs. */
export function digestBehind(root: string, folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|sol)$/.test(file) && !/\.(test|t)\./.test(file) && !file.startsWith("solidity/"))
      .map((file) => join(folder, file)),
  );
  return digestOf(...files.sort().flatMap((file) => [file, readFileSync(join(root, file), "utf8")]));
}
