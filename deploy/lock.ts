import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { Problem } from "../sdk/base/problem";

/**
 * A process as a lock identifies it. Its number alone is not enough: it may be another process in each container and after each restart of
 * the machine.
 */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Identifies the machine's present run; empty if the system does not report it. */
  readonly boot: string;
  /** When the process began, in the system's own ticks; empty if the system does not report it. */
  readonly start: string;
}

/** Locks that this process holds. If any other lock file has this process's number, an earlier process wrote it. */
const held = new Set<string>();

/**
 * Runs an action while holding a lock file, which keeps other processes out. The file identifies the process that holds it, and is taken
 * over if that process no longer exists. For a process on another host this cannot be known, so its lock stays until somebody deletes it.
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

/** Identifies a process on this host. */
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

/** Written under another name first, so that no other process sees a lock file without its holder. */
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

/** If several processes find the same stale lock, only one removes it, and none removes the lock that follows it. */
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

/** The 22nd field of the process's stat file in Linux. The second field is its name in brackets, which may contain anything. */
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
