// A lock among the commands of this folder, for what only one of them may do at a time. In plain Node, because the installation needs it.
const { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require("node:fs");
const { hostname } = require("node:os");
const { dirname } = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");

/** Who holds a lock touches it every second; a lock that was not touched for the second number of milliseconds is abandoned. */
const [TOUCH, STALE] = [1_000, 30_000];

/** Milliseconds between two attempts to take a lock. */
const RETRY = 100;

/** Milliseconds of waiting after which it is told. */
const TELL = 10_000;

/** Writes the lock: a new one ("wx"), or again ("w"), even if somebody has removed it with its folder. */
function write(lock, flag) {
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, `${hostname()} ${process.pid}`, { flag });
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

/** Whether whoever held the lock has ended without removing it. Throws if there is no lock. */
function isAbandoned(lock) {
  if (Date.now() - statSync(lock).mtimeMs > STALE) return true;
  const [host, pid] = readFileSync(lock, "utf8").split(" ");
  // A process of another machine, or of a container, cannot be seen.
  return host === hostname() && !isRunning(Number(pid));
}

/** Removes an abandoned lock. Of several processes that find it, one moves it aside; a lock that was taken meanwhile is put back. */
function removeAbandoned(lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    if (!isAbandoned(lock)) return;
    renameSync(lock, aside);
    if (!isAbandoned(aside)) linkSync(aside, lock);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  }
  rmSync(aside, { force: true });
}

/** Takes the lock; returns whether it was free. */
function take(lock) {
  try {
    write(lock, "wx");
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  removeAbandoned(lock);
  return false;
}

/**
 * Waits until no other process holds the lock, holds it while the action runs, and returns the action's result. `onWait` is called once if
 * that takes longer than a moment.
 */
async function withLock(lock, onWait, action) {
  const start = Date.now();
  let isTold = false;
  while (!take(lock)) {
    if (!isTold && Date.now() - start > TELL) {
      onWait();
      isTold = true;
    }
    await pause(RETRY);
  }
  const touch = setInterval(() => write(lock, "w"), TOUCH);
  try {
    return await action();
  } finally {
    clearInterval(touch);
    rmSync(lock, { force: true });
  }
}

module.exports = { withLock };
