// Installs the locked dependencies when they are missing or differ from package-lock.json. Plain Node: runs before anything is installed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Path → integrity of every package in a lockfile; null if the file cannot be read. */
function packagesIn(lockfile) {
  try {
    return JSON.parse(readFileSync(root + lockfile, "utf8")).packages;
  } catch {
    return null;
  }
}

function isInstalled() {
  const locked = packagesIn("package-lock.json");
  const installed = packagesIn("node_modules/.package-lock.json");
  if (!locked || !installed) return false;

  return Object.entries(locked).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    // Optional packages of other platforms are locked but not installed.
    return found ? found.version === entry.version && found.integrity === entry.integrity : Boolean(entry.optional);
  });
}

if (!isInstalled()) {
  // Not on standard output: that belongs to the command which follows.
  console.error("Installing the locked dependencies (npm ci) …");
  const { status } = spawnSync("npm", ["ci"], {
    cwd: root,
    stdio: ["inherit", process.stderr, "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error("npm ci failed: check the connection to the package registry, then run the command again.");
    process.exit(1);
  }
}
