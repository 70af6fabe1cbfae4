// Finds the tests that a change can break: those that import, start or read a changed file, directly or through others.
//
// A file depends on what it imports, and on every file and folder of the repository that one of its strings names. Contracts are the
// exception: nearly every test deploys the whole protocol, so following its names would select everything. A changed contract selects the
// tests of its folder, of the folders whose contracts import it, and of authority, and the Solidity tests that import it. Commands and
// services see contracts through their ABIs: once `npm run snapshots -- --update` has recorded a changed ABI, everything is selected.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";

/** Files whose dependants are unknown, so that a change in them selects everything. */
const ROOTS = [
  ...["package.json", "package-lock.json", "tsconfig.json", "test/snapshots/abi.json"],
  // With what it imports, apart from the tasks: these would make nearly every change one of everything.
  ...[
    "hardhat.config.ts",
    "deploy/network.ts",
    "deploy/reach.ts",
    "scripts/lock.cjs",
    "sdk/rpc/nodes.ts",
    "scripts/dev/abi.ts",
  ],
  ...["scripts/dev/test.mjs", "scripts/dev/test-solidity.mjs", "scripts/dev/solc.mjs", "test/solidity/foundry.toml"],
];

/** Tests of faults in deployments, which `npm run test:faults` runs. */
export const FAULTS = "test/deploy/faults/";

/** Suites that `npm run test:solidity` skips. */
const GATE = "test/solidity/gate/";

/** Tests that read the whole repository, which takes seconds. */
const READERS = /^test\/(layout|repository)\.test\.ts$|^test\/docs\//;

const isCode = (file) => /\.(ts|mjs|cjs|js)$/.test(file) && !file.startsWith("platform/");
const isSolidity = (file) => file.endsWith(".sol");

/**
 * Test files, walks, tests of faults and Solidity suites that changes since a revision can break, including changes in files that are not under git yet.
 * Throws git's message for an unknown revision.
 */
export function affectedSince(root, revision) {
  const git = (...args) => {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
    if (status !== 0) throw new Error(stderr.trim().split("\n")[0]);
    return stdout.split("\n").filter((line) => line !== "");
  };
  const fresh = git("ls-files", "--others", "--exclude-standard");
  const changed = [...git("diff", "--name-only", "--no-renames", revision, "--"), ...fresh];
  const files = [...git("ls-files"), ...fresh].filter((file) => existsSync(join(root, file)));
  return { changed, ...affectedBy(changed, files, root) };
}

/** Test files, walks, tests of faults and Solidity suites that a change in some files can break. */
function affectedBy(changed, files, root) {
  const [all, walks] = [".test.ts", ".walk.ts"].map((end) =>
    files.filter((file) => file.startsWith("test/") && file.endsWith(end)),
  );
  const [faults, tests] = [true, false].map((isFault) => all.filter((file) => file.startsWith(FAULTS) === isFault));
  const suites = files.filter((file) => file.endsWith(".t.sol") && !file.startsWith(GATE));
  if (changed.some((file) => ROOTS.includes(file))) return { tests, walks, faults, suites };
  const users = usersAmong(new Set([...files, ...changed]), root);
  const touched = reach(changed, users);
  const contracts = [...reach(changed.filter(isSolidity), users)].filter((file) => file.startsWith("contracts/"));
  const folders = contracts.length === 0 ? [] : ["authority", ...contracts.map((file) => file.split("/")[1])];
  const isAffected = (file) => touched.has(file) || READERS.test(file) || folders.includes(file.split("/")[1]);
  return {
    tests: tests.filter(isAffected),
    walks: walks.filter(isAffected),
    faults: faults.filter(isAffected),
    suites: suites.filter((file) => touched.has(file)),
  };
}

/** For each file, the files that depend on it. */
function usersAmong(known, root) {
  const inFolder = new Map();
  for (const file of known)
    for (let folder = dirname(file); folder !== "."; folder = dirname(folder))
      inFolder.set(folder, [...(inFolder.get(folder) ?? []), file]);
  // The name of a folder at the root, such as "docs", may also be an ordinary word.
  const filesOf = (path) => (known.has(path) ? [path] : path.includes("/") ? (inFolder.get(path) ?? []) : []);
  const users = new Map();
  const sources = [...known].filter((file) => (isCode(file) || isSolidity(file)) && existsSync(join(root, file)));
  for (const file of sources)
    for (const path of namedIn(file, readFileSync(join(root, file), "utf8")))
      for (const name of filesOf(path)) users.set(name, [...(users.get(name) ?? []), file]);
  return users;
}

/** The paths that the strings of a file may mean. */
function* namedIn(file, text) {
  const strings = isSolidity(file)
    ? [...text.matchAll(/(?:from|import)\s+"([^"]+)"/g)].map(([, name]) => name)
    : stringsIn(text);
  for (const name of strings) {
    if (!/^[\w./@-]*\w[\w./@-]*$/.test(name) || !/[./]/.test(name)) continue;
    for (const path of [normalize(join(dirname(file), name)), normalize(name)])
      if (!path.startsWith("..")) yield* [path, `${path}.ts`, `${path}/index.ts`];
  }
}

/** The strings of a source and the constant beginnings of its templates, without imports that are only for types. */
function stringsIn(text) {
  const strings = new Set();
  const visit = (node) => {
    if (isForTypes(node)) return;
    if (ts.isStringLiteralLike(node)) strings.add(node.text);
    if (ts.isTemplateExpression(node)) strings.add(node.head.text.replace(/\/[^/]*$/, ""));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest));
  return strings;
}

/** Whether an import is only for types, so that the compiler finds what breaks there. */
function isForTypes(node) {
  if (ts.isImportTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  const clause = ts.isImportDeclaration(node) ? node.importClause : ts.isExportDeclaration(node) ? node : undefined;
  const named = ts.isImportDeclaration(node) && !node.importClause?.name && node.importClause?.namedBindings;
  const elements = named && ts.isNamedImports(named) ? named.elements : [];
  return clause?.isTypeOnly === true || (elements.length > 0 && elements.every(({ isTypeOnly }) => isTypeOnly));
}

/** The given files and all that depend on them, directly or through others. */
function reach(from, users) {
  const reached = new Set(from);
  for (const file of reached) for (const user of users.get(file) ?? []) reached.add(user);
  return reached;
}
