// Runs every test except those of faults in deployments (npm run test:faults) and the long walks. TypeScript tests run in one process for
// each folder of test/, because the chain of a process keeps all the snapshots of its fixtures; small folders share a process. Solidity
// tests run with forge, which compiles for itself. Several processes run at a time, and the output of each is shown when it ends.
//
// `--changed [revision]` runs only the tests that changes since a revision can break; without a revision, those that uncommitted changes
// can. `--walks` runs the walks instead (npm run test:walks): the stories in *.walk.ts that take many commands or long proofs to tell, and
// whose rules have quick tests as well.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { affectedSince, FAULTS } from "./changed.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const AT_ONCE = 3; // some wait for chains of their own
const LIBRARY = "test/sdk";
const LARGE = ["test/sdk/proofs", "test/sdk/statements"];
// To start Hardhat, load the library and deploy the protocol takes longer than what is tested in most of these.
const SHARED = [
  ["test/tokens", "test/access", "test/fees", "test/ignition", "test/types"],
  ["test", "test/docs", "test/mutation", "test/proofs", "test/scripts/cli", "test/scripts/dev", "test/static"],
];
// These start first, so that none runs alone at the end.
const LONGEST = [
  ...["test/operator", "test/deploy", "test/scripts", "test/authority", "test/scripts/tasks", "test/sdk/proofs"],
  ...["test/circuits", "test/market", "test/sdk/statements", "test/verification", "test"],
];
const HARDHAT = "node_modules/hardhat/internal/cli/bootstrap.js";

const [option, ...others] = process.argv.slice(2);
const isOption = { "--changed": others.length <= 1, "--walks": others.length === 0 };
if (option !== undefined && !isOption[option]) {
  console.error("usage: npm test [-- --changed [revision]], or npm run test:walks");
  process.exit(1);
}
const end = option === "--walks" ? ".walk.ts" : ".test.ts";
const all = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
  .map((file) => join("test", file))
  .filter((file) => file.endsWith(end) && !file.startsWith(FAULTS))
  .sort();
const chosen = option === "--changed" ? readChanges(others[0] ?? "HEAD") : undefined;
const files = all.filter((file) => chosen?.tests.includes(file) ?? true);
const folderOf = (file) => file.split("/").slice(0, -1).join("/");
function groupOf(file) {
  const folder = folderOf(file);
  const [shared] = SHARED.find((folders) => folders.includes(folder)) ?? [];
  return shared ?? (folder.startsWith(`${LIBRARY}/`) && !LARGE.includes(folder) ? LIBRARY : folder);
}
const placeOf = (group) => (LONGEST.includes(group) ? LONGEST.indexOf(group) : LONGEST.length);
const groups = [...new Set(files.map(groupOf))].sort((a, b) => placeOf(a) - placeOf(b));

const queue = groups.map((name) => ({
  name,
  args: [HARDHAT, "test", "--no-compile", ...files.filter((file) => groupOf(file) === name)],
}));

/** The tests that the changes can break; ends the process if git does not know the revision. */
function readChanges(revision) {
  try {
    const { changed, tests, walks, faults, suites } = affectedSince(ROOT, revision);
    console.log(`${changed.length} changed files: ${tests.length} test files and ${suites.length} Solidity suites.`);
    for (const [command, named] of Object.entries({ walks, faults }))
      if (named.length > 0) console.log(`npm run test:${command} also runs what they can break: ${named.join(", ")}.`);
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
const isWanted = option !== "--walks" && (chosen === undefined || chosen.suites.length > 0);
await Promise.all([isWanted ? solidity : undefined, ...Array(AT_ONCE - 1)].map((first) => work(first)));

if (!(await compiled)) results.push({ name: "compilation", isOk: false });
const failed = results.filter(({ isOk }) => !isOk).map(({ name }) => name);
console.log(failed.length === 0 ? "\nAll tests passed." : `\nFailed: ${failed.join(", ")}.`);
process.exit(failed.length === 0 ? 0 : 1);
