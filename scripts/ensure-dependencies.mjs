// Installs the locked dependencies if they are missing or differ from package-lock.json: first the root's, then those of the named folders.
// Written in plain Node, because it runs before anything is installed.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.cjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Milliseconds after which npm is ended and started again, and how often it is started. */
const [LIMIT, TRIES] = [10 * 60_000, 2];

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

/** Installs, with a second attempt if npm stands still; returns whether that succeeded. */
async function installAgain(folder) {
  for (let tries = 1; tries <= TRIES; tries++) {
    console.error("Installing the locked dependencies (npm ci) …");
    const code = await install(folder);
    if (code === 0) return true;
    if (code !== undefined) break;
    console.error(`npm ci has not ended within ${LIMIT / 60_000} minutes and was stopped.`);
  }
  return false;
}

async function ensure(folder) {
  if (isInstalled(folder)) return;
  const isDone = await withLock(
    lock,
    () => console.error("Waiting for another command that installs the dependencies …"),
    async () => isInstalled(folder) || (await installAgain(folder)),
  );
  if (isDone) return;
  console.error("npm ci failed: check the connection to the package registry, then run the command again.");
  process.exit(1);
}

for (const folder of [".", ...process.argv.slice(2)]) await ensure(folder);
