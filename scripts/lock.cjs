// A lock among the commands of this folder, for what only one of them may do at a time. In plain Node, because the installation needs it.
const { randomUUID } = require("node:crypto");
const { mkdirSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } = require("node:fs");
const { hostname } = require("node:os");
const { dirname } = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");

/** Milliseconds between two signs of life that a holder gives, and after which a holder without one counts as gone. */
const [TOUCH, STALE] = [1_000, 30_000];

/** The same for a holder whose process number is in use: a computer may have slept, or the number belongs to another process by now. */
const STALE_ALTHOUGH_RUNNING = 600_000;

/** Milliseconds between two attempts to take a lock. */
const RETRY = 100;

/** Milliseconds of waiting after which `onWait` is called. */
const TELL = 10_000;

/** Where process numbers mean the same: containers may share the name of their host, and not its processes. */
const PLACE = `${hostname()}${namespace()}`.replaceAll(" ", "_");

function namespace() {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return ""; // not Linux
  }
}

/** Creates a file with its folder; returns whether there was none. */
function create(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

/** The owner that a lock names; undefined if there is no lock. */
function ownerOf(lock) {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return undefined;
  }
}

/** Milliseconds since a file was last touched; 0 if there is none. */
function ageOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? Date.now() - stat.mtimeMs : 0;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

/** Whether the owner of a lock has ended without removing it. */
function isAbandoned(lock) {
  const [place, pid] = (ownerOf(lock) ?? "").split(" ");
  if (place !== PLACE) return ageOf(lock) > STALE; // its process cannot be seen from here
  return !isRunning(Number(pid)) || ageOf(lock) > STALE_ALTHOUGH_RUNNING;
}

/** Removes an abandoned lock. One process at a time does so, because a second one could remove the lock that has taken its place. */
function removeAbandoned(lock) {
  if (!isAbandoned(lock)) return;
  const removal = `${lock}.removal`;
  if (!create(removal, "")) {
    if (ageOf(removal) > STALE) rmSync(removal, { force: true });
    return;
  }
  try {
    if (isAbandoned(lock)) rmSync(lock, { force: true });
  } finally {
    rmSync(removal, { force: true });
  }
}

/** Gives a sign of life. A lock that somebody has removed with its folder is made again; what fails now may succeed the next time. */
function touch(lock, owner) {
  try {
    const present = ownerOf(lock);
    if (present === undefined) create(lock, owner);
    else if (present === owner) utimesSync(lock, new Date(), new Date());
  } catch {
    return;
  }
}

/**
 * Waits until no other process holds the lock, holds it while the action runs, and returns the action's result. `onWait` is called once if
 * that takes longer than ten seconds.
 */
async function withLock(lock, onWait, action) {
  const owner = `${PLACE} ${process.pid} ${randomUUID()}`;
  const start = Date.now();
  let isTold = false;
  while (!create(lock, owner)) {
    removeAbandoned(lock);
    if (!isTold && Date.now() - start > TELL) {
      onWait();
      isTold = true;
    }
    await pause(RETRY);
  }
  const touching = setInterval(() => touch(lock, owner), TOUCH);
  try {
    return await action();
  } finally {
    clearInterval(touching);
    if (ownerOf(lock) === owner) rmSync(lock, { force: true });
  }
}

module.exports = { withLock };
