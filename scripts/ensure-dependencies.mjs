// Installs the locked dependencies if they are missing or differ from package-lock.json: first the root's, then those of the named folders.
// Written in plain Node, because it runs before anything is installed.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Milliseconds after which npm is ended and started again, and how often it is started. */
const [LIMIT, TRIES] = [10 * 60_000, 2];

/** The installing process touches the lock every second; a lock that was not touched for the second number of milliseconds is abandoned. */
const [TOUCH, STALE] = [1_000, 30_000];

const lock = `${root}.build/install.lock`;

/** The packages in a lockfile, by path; null if the file cannot be read. */
function packagesIn(folder, lockfile) {
  try {
    return JSON.parse(readFileSync(join(root, folder, lockfile), "utf8")).packages;
  } catch {
    return null;
  }
}

function isInstalled(folder) {
  const locked = packagesIn(folder, "package-lock.json");
  const installed = packagesIn(folder, "node_modules/.package-lock.json");
  if (!locked || !installed) return false;

  return Object.entries(locked).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    // Optional packages for other platforms are locked but not installed.
    return found ? found.version === entry.version && found.integrity === entry.integrity : Boolean(entry.optional);
  });
}

/** Writes the lock: a new one ("wx"), or again ("w"), even if somebody has removed it with its folder. */
function writeLock(flag) {
  mkdirSync(`${root}.build`, { recursive: true });
  writeFileSync(lock, String(process.pid), { flag });
}

/** Takes the lock; returns whether it was free. */
function take() {
  try {
    writeLock("wx");
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const touched = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - touched > STALE) rmSync(lock, { force: true });
  return false;
}

/** Runs npm once. Returns its exit code; undefined if npm took too long and was ended, with all processes that it had started. */
function install(folder) {
  const isWindows = process.platform === "win32";
  // Standard output belongs to the command that follows. In a process group of its own, npm can be ended with its children.
  const npm = spawn("npm", ["ci"], {
    cwd: join(root, folder),
    stdio: ["ignore", process.stderr, "inherit"],
    shell: isWindows,
    detached: !isWindows,
  });
  const end = () => {
    try {
      if (isWindows) npm.kill();
      else process.kill(-npm.pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      end();
      rmSync(lock, { force: true });
      process.exit(1);
    });
  }
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(undefined);
      end();
    }, LIMIT);
    npm.on("close", (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
    npm.on("error", () => {
      clearTimeout(timer);
      resolve(1);
    });
  });
}

async function installAlone(folder) {
  const touch = setInterval(() => writeLock("w"), TOUCH);
  try {
    for (let tries = 1; tries <= TRIES; tries++) {
      console.error("Installing the locked dependencies (npm ci) …");
      const code = await install(folder);
      if (code === 0) return true;
      if (code !== undefined) break;
      console.error(`npm ci has not ended within ${LIMIT / 60_000} minutes and was stopped.`);
    }
    return false;
  } finally {
    clearInterval(touch);
    rmSync(lock, { force: true });
  }
}

async function ensure(folder) {
  let isTold = false;
  while (!isInstalled(folder)) {
    if (take()) {
      if (isInstalled(folder)) {
        rmSync(lock, { force: true });
      } else if (!(await installAlone(folder))) {
        console.error("npm ci failed: check the connection to the package registry, then run the command again.");
        process.exit(1);
      }
      return;
    }
    if (!isTold) console.error("Waiting for another command that installs the dependencies …");
    isTold = true;
    await pause(500);
  }
}

for (const folder of [".", ...process.argv.slice(2)]) await ensure(folder);
