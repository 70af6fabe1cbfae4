import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Journal } from "../journal";
import type { MutantVerdict } from "./work";

/** A verdict and what it follows from. */
interface Result extends MutantVerdict {
  /** Digest of the mutant and of everything that is compiled and run with it, except tests. */
  readonly mutant: string;
  /** Digest of the {@link decisiveTests}. */
  readonly tests: string;
}

/** Keeps verdicts, by the digest of their mutant. */
export class Results extends Journal<Result> {
  constructor(path: string) {
    super(path, ({ mutant }) => mutant);
  }
}

/**
 * Returns the test files that a verdict follows from: the one that killed the mutant, or all of them if it survived, if a test did not
 * end, or if the one that killed it is no longer there.
 */
export function decisiveTests({ outcome, killer }: MutantVerdict, tests: readonly string[]): readonly string[] {
  if (killer && tests.includes(killer.file)) return [killer.file];
  return outcome === "killed" || outcome === "survived" ? tests : [];
}

export function digestOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Tests, files that only forge runs, and the answers to mutants. */
const NOT_BEHIND = /\.(test|t)\.|^test\/(solidity|mutation)\//;

/** Returns the digest of files, and of all files of folders, except {@link NOT_BEHIND}. */
export function digestBehind(root: string, paths: readonly string[]): string {
  const isFile = (path: string) => statSync(join(root, path)).isFile();
  const filesIn = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  const files = paths
    .flatMap((path) => (isFile(path) ? [path] : filesIn(path).filter(isFile)))
    .filter((file) => !NOT_BEHIND.test(file));
  return digestOf(...files.sort().flatMap((file) => [file, readFileSync(join(root, file), "latin1")]));
}
