import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Problem } from "../base/problem.ts";

/** Reads a file that a user has named. Throws a {@link Problem} if there is none. */
export function readText(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Problem("NO_FILE", `there is no file ${path}.`);
  return readFileSync(path, "utf8");
}

/** The mode of files that only their owner may read. */
export const OWNER_ONLY = 0o600;

/** Writes a file atomically, so that readers see either the old content or the new. */
export function writeWhole(path: string, text: string, mode = 0o666): void {
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, text, { flag: "wx", mode });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new Problem("NO_FILE", `${path} cannot be written: ${(error as Error).message}.`);
  }
}
