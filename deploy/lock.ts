import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { Problem } from "../sdk/base/problem";

/** A process as a lock names it: a number alone names another one in each container, and after each start of a machine. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Of the machine's present run; empty where the system does not tell. */
  readonly boot: string;
  /** When the process began, in the system's own ticks; empty where it does not tell. */
  readonly start: string;
}

/** Locks that this process holds: its own number in any other file is that of an earlier one. */
const held = new Set<string>();

/**
 * Keeps others out of what a file stands for while something is done. The file names the process; one that is left behind by a process
 * which is gone is taken over. Of a process on another host nobody here knows whether it runs: its lock stands until it is deleted.
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  take(file);
  held.add(file);
  try {
    return await action();
  } finally {
    held.delete(file);
    rmSync(file, { force: true });
  }
}

/** A process of this host, as a lock names it. */
export function holderOf(pid: number): Holder {
  return { pid, host: hostname(), boot: bootOf(), start: startOf(pid) };
}

function take(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (create(file)) return;
  const found = read(file);
  const holder = parse(found);
  if (holder !== undefined && (held.has(file) || isRunning(holder))) refuse(file, holder);
  removeStale(file, found);
  if (!create(file)) refuse(file, parse(read(file)));
}

/** Written aside first: nobody meets a lock that does not name its holder yet. */
function create(file: string): boolean {
  const draft = `${file}.${hostname()}.${process.pid}.new`;
  try {
    writeFileSync(draft, JSON.stringify(holderOf(process.pid)));
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Problem("NO_FILE", `${file} cannot be written: ${(error as Error).message}.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of several that find the same stale file only one removes it, and none removes the lock that follows. */
function removeStale(file: string, found: string): void {
  const aside = `${file}.${hostname()}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === found) rmSync(aside);
  else renameSync(aside, file);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, boot, start } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === "number" && host !== undefined && boot !== undefined && start !== undefined
      ? { pid, host, boot, start }
      : undefined;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, host, boot, start }: Holder): boolean {
  if (host !== hostname()) return true;
  if (boot !== bootOf() || pid === process.pid || start !== startOf(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function bootOf(): string {
  return read("/proc/sys/kernel/random/boot_id").trim();
}

/** The 22nd field of what Linux tells of a process; the second is its name, in brackets, with whatever is in it. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 1).split(" ")[20] ?? "";
}

function refuse(file: string, holder: Holder | undefined): never {
  const since = statSync(file, { throwIfNoEntry: false })?.mtime.toISOString() ?? "just now";
  const where = holder !== undefined && holder.host !== hostname() ? ` on ${holder.host}` : "";
  throw new Problem(
    "BUSY",
    `another run, process ${holder?.pid ?? "unknown"}${where}, has been working on this network since ${since}: wait for its end, or delete ${file} if there is none.`,
  );
}
