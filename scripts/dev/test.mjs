// Runs every test except those of faults in deployments, which take minutes (npm run test:faults). TypeScript tests run in one process for
// each folder of test/, because the chain of a process keeps all the snapshots of its fixtures, and one for each file of test/scripts,
// which runs whole commands; the small folders of the library share a process. Solidity tests run with forge, which compiles for itself.
// Three processes run at a time, and the output of each is shown when it ends.
//
// `--changed [revision]` runs only the tests that changes since a revision can break; without a revision, those that uncommitted changes
// can.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { affectedSince } from "./changed.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const AT_ONCE = 3; // some wait for chains of their own
const FAULTS = "deploy/faults/";
const COMMANDS = "test/scripts";
const LIBRARY = "test/sdk";
const LARGE = ["test/sdk/proofs", "test/sdk/statements"];
// These start first, so that none runs alone at the end: the others take seconds.
const LONGEST = [
  ...["test/operator", "test/deploy", "test/scripts/tasks", "test/authority", "test/sdk/proofs", "test/circuits"],
  ...["test/market", "test/sdk/statements", "test/verification", "test/scripts/launch.test.ts"],
];
const HARDHAT = "node_modules/hardhat/internal/cli/bootstrap.js";

const [option, revision = "HEAD", ...further] = process.argv.slice(2);
if (further.length > 0 || ![undefined, "--changed"].includes(option)) {
  console.error("usage: npm test [-- --changed [revision]]");
  process.exit(1);
}
const all = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.startsWith(FAULTS))
  .map((file) => join("test", file))
  .sort();
const chosen = option === undefined ? undefined : readChanges();
const files = all.filter((file) => chosen?.tests.includes(file) ?? true);
const folderOf = (file) => file.split("/").slice(0, -1).join("/");
function groupOf(file) {
  const folder = folderOf(file);
  if (folder === COMMANDS) return file;
  return folder.startsWith(`${LIBRARY}/`) && !LARGE.includes(folder) ? LIBRARY : folder;
}
const placeOf = (group) => (LONGEST.includes(group) ? LONGEST.indexOf(group) : LONGEST.length);
const groups = [...new Set(files.map(groupOf))].sort((a, b) => placeOf(a) - placeOf(b));

const queue = groups.map((name) => ({
  name,
  args: [HARDHAT, "test", "--no-compile", ...files.filter((file) => groupOf(file) === name)],
}));

/** The tests that the changes can break; ends the process if git does not know the revision. */
function readChanges() {
  try {
    const { changed, tests, suites } = affectedSince(ROOT, revision);
    console.log(`${changed.length} changed files: ${tests.length} test files and ${suites.length} Solidity suites.`);
    return { tests, suites };
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

/** Runs one process to its end, and shows what it printed. */
function run({ name, args }) {
  const start = Date.now();
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (data) => output.push(data));
    child.stderr.on("data", (data) => output.push(data));
    child.on("close", (code) => {
      const seconds = Math.round((Date.now() - start) / 1000);
      console.log(`\n== ${name}: ${code === 0 ? "ok" : "FAILED"} after ${seconds} s`);
      process.stdout.write(Buffer.concat(output));
      done({ name, isOk: code === 0 });
    });
  });
}

const compiled = new Promise((done) => {
  const child = spawn(process.execPath, [HARDHAT, "compile"], { cwd: ROOT, stdio: "inherit" });
  child.on("close", (code) => done(code === 0));
});
const results = [];
async function work(first) {
  if (first) results.push(await run(first));
  if (!(await compiled)) return;
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) results.push(await run(job));
}

const matched = chosen === undefined ? [] : ["--match-path", `{${chosen.suites.join(",")}}`];
const solidity = { name: "test/solidity", args: ["scripts/dev/test-solidity.mjs", ...matched] };
const isWanted = chosen === undefined || chosen.suites.length > 0;
await Promise.all([isWanted ? solidity : undefined, ...Array(AT_ONCE - 1)].map((first) => work(first)));

if (!(await compiled)) results.push({ name: "compilation", isOk: false });
const failed = results.filter(({ isOk }) => !isOk).map(({ name }) => name);
console.log(failed.length === 0 ? "\nAll tests passed." : `\nFailed: ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);
