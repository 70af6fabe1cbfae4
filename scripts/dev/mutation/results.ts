import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { MutantVerdict } from "./work";

/** A verdict and what it follows from. */
interface Result extends MutantVerdict {
  /** Digest of the mutant and of everything that is compiled and run with it, except tests. */
  readonly mutant: string;
  /** Digest of the test file that killed the mutant, or of all test files if it survived. */
  readonly tests: string;
}

/** Keeps verdicts in a file, to which each is appended at once, so that an interrupted run continues from there. */
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

/** Returns the digest of all TypeScript and Solidity in the folders, except tests and files that only forge runs. */
export function digestBehind(root: string, folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|sol)$/.test(file) && !/\.(test|t)\./.test(file) && !file.startsWith("solidity/"))
      .map((file) => join(folder, file)),
  );
  return digestOf(...files.sort().flatMap((file) => [file, readFileSync(join(root, file), "utf8")]));
}
