import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../sdk/base/problem";

/**
 * Keeps others out of what a file stands for while something is done. The file holds the number of the process; one that is left
 * behind by a process which is gone is taken over.
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  take(file);
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (create(file)) return;
  const holder = readHolder(file);
  if (holder !== undefined && isRunning(holder)) refuse(file, holder);
  removeStale(file, holder);
  if (!create(file)) refuse(file, readHolder(file));
}

/** Written aside first: nobody meets a lock that does not name its holder yet. */
function create(file: string): boolean {
  const draft = `${file}.${process.pid}.new`;
  try {
    writeFileSync(draft, String(process.pid));
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Problem(`${file} cannot be written: ${(error as Error).message}.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of several that find the same stale file only one removes it, and none removes the lock that follows. */
function removeStale(file: string, holder: number | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readHolder(aside) === holder) rmSync(aside);
  else renameSync(aside, file);
}

function readHolder(file: string): number | undefined {
  try {
    const text = readFileSync(file, "utf8");
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function refuse(file: string, holder: number | undefined): never {
  const since = statSync(file, { throwIfNoEntry: false })?.mtime.toISOString() ?? "just now";
  throw new Problem(
    `another run, process ${holder ?? "unknown"}, works on this network since ${since}: wait for its end, or delete ${file} if there is none.`,
  );
}
