import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");
const MODULE = join(ROOT, "scripts/dev/changed.mjs");

/** A small repository, with tests that depend on its files in all ways that there are. */
const FILES = {
  "package.json": "{}",
  "contracts/interfaces/IPool.sol": "interface IPool {}",
  "contracts/market/Pool.sol": 'import {IPool} from "../interfaces/IPool.sol"; contract Pool is IPool {}',
  "contracts/fees/Router.sol": 'import "../interfaces/IPool.sol"; contract Router {}',
  "sdk/base/units.ts": "export const UNIT = 1;",
  "sdk/base/index.ts": 'export { UNIT } from "./units.ts";',
  "scripts/quote.ts": 'import { UNIT } from "../sdk/base";',
  "docs/quotes.md": "",
  "deploy/models/a.json": "{}",
  "test/layout.test.ts": "",
  "test/authority/keys.test.ts": "",
  "test/market/Pool.test.ts": "",
  "test/fees/Router.test.ts": 'import type { UNIT } from "../../sdk/base/units";',
  "test/scripts/quote.test.ts": 'run("scripts/quote.ts");',
  "test/scripts/quote.walk.ts": 'run("scripts/quote.ts");',
  "test/scripts/docs.test.ts": 'read(join(__dirname, "../../docs/quotes.md"));',
  "test/deploy/faults/quote.test.ts": 'run("scripts/quote.ts");',
  "test/deploy/models.test.ts": 'readdir(resolve(__dirname, "../../deploy/models"));',
  "test/sdk/named.test.ts": "read(`deploy/models/${name}.json`);",
  "test/solidity/Pool.t.sol": 'import {Pool} from "../../contracts/market/Pool.sol"; contract PoolTest {}',
  "test/solidity/gate/Failing.t.sol": "contract FailingTest {}",
  "test/solidity/Router.t.sol": 'import {Router} from "../../contracts/fees/Router.sol"; contract RouterTest {}',
};

/** All that can be selected: forge skips the suites of the gate. */
const ALL = Object.keys(FILES)
  .filter((file) => /\.(test|walk)\.ts$|\.t\.sol$/.test(file))
  .filter((file) => file !== "test/layout.test.ts" && !file.startsWith("test/solidity/gate/"))
  .sort();

/** What starts the command. */
const OF_COMMAND = ["test/deploy/faults/quote.test.ts", "test/scripts/quote.test.ts", "test/scripts/quote.walk.ts"];

describe("npm test -- --changed", () => {
  let root: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd: root, stdio: "pipe" });

  /** Everything that is selected since a revision, without the tests that read the whole repository. */
  function selected(revision = "HEAD"): string[] {
    const { tests, walks, faults, suites } = affected(revision);
    expect(tests).to.include("test/layout.test.ts");
    return [...tests.filter((file) => file !== "test/layout.test.ts"), ...walks, ...faults, ...suites].sort();
  }

  function affected(revision = "HEAD"): Record<"tests" | "walks" | "faults" | "suites", string[]> {
    const code = `import { affectedSince } from ${JSON.stringify(MODULE)};
      process.stdout.write(JSON.stringify(affectedSince(${JSON.stringify(root)}, ${JSON.stringify(revision)})));`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
      encoding: "utf8",
      stdio: "pipe",
    });
    return JSON.parse(out) as ReturnType<typeof affected>;
  }

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "changed-"));
    for (const [file, text] of Object.entries(FILES)) write(file, text);
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message", "Begin");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("selects no test when nothing has changed", () => {
    expect(selected()).to.deep.equal([]);
  });

  const changes: [string, keyof typeof FILES, string[]][] = [
    ["a test", "test/fees/Router.test.ts", ["test/fees/Router.test.ts"]],
    ["a module that a command imports indirectly", "sdk/base/units.ts", OF_COMMAND],
    ["a command that tests start", "scripts/quote.ts", OF_COMMAND],
    ["a document that tests read", "docs/quotes.md", ["test/scripts/docs.test.ts"]],
    [
      "a file of a folder that tests read",
      "deploy/models/a.json",
      ["test/deploy/models.test.ts", "test/sdk/named.test.ts"],
    ],
    [
      "a contract",
      "contracts/market/Pool.sol",
      ["test/authority/keys.test.ts", "test/market/Pool.test.ts", "test/solidity/Pool.t.sol"],
    ],
    [
      "an interface of several contracts",
      "contracts/interfaces/IPool.sol",
      [
        ...["test/authority/keys.test.ts", "test/fees/Router.test.ts", "test/market/Pool.test.ts"],
        ...["test/solidity/Pool.t.sol", "test/solidity/Router.t.sol"],
      ],
    ],
    ["a file that everything depends on", "package.json", ALL],
    ["a suite that forge skips", "test/solidity/gate/Failing.t.sol", []],
  ];
  for (const [what, file, tests] of changes)
    it(`selects the tests that a change in ${what} can break`, () => {
      write(file, `${FILES[file]} `);

      expect(selected()).to.deep.equal([...tests].sort());
    });

  const config = readFileSync(join(ROOT, "hardhat.config.ts"), "utf8");
  const imported = [...config.matchAll(/(?:from|import|import\() ?"\.\/([^"]+)"/g)].map(([, path]) =>
    extname(path!) ? path! : `${path!}.ts`,
  );
  for (const file of imported.filter((path) => path !== "scripts/tasks.ts"))
    it(`selects everything after a change in ${file}, which Hardhat's configuration imports`, () => {
      write(file, "");

      expect(selected()).to.deep.equal(ALL);
    });

  it("keeps the tests of faults apart from those that it runs", () => {
    write("scripts/quote.ts", "new");

    const { tests, faults } = affected();
    expect(tests).to.deep.equal(["test/layout.test.ts", "test/scripts/quote.test.ts"]);
    expect(faults).to.deep.equal(["test/deploy/faults/quote.test.ts"]);
  });

  it("does not select a test that was deleted", () => {
    rmSync(join(root, "test/fees/Router.test.ts"));

    expect(selected()).to.deep.equal([]);
  });

  it("selects a test that git does not know yet", () => {
    write("test/fees/New.test.ts", "");

    expect(selected()).to.deep.equal(["test/fees/New.test.ts"]);
  });

  it("selects the tests of a file that was deleted", () => {
    rmSync(join(root, "scripts/quote.ts"));

    expect(selected()).to.deep.equal(OF_COMMAND);
  });

  it("selects the tests of what was committed since the named revision", () => {
    write("docs/quotes.md", "new");
    git("commit", "--quiet", "--all", "--message", "Change");

    expect(selected("HEAD~1")).to.deep.equal(["test/scripts/docs.test.ts"]);
    expect(selected()).to.deep.equal([]);
  });

  it("refuses a revision that git does not know", () => {
    expect(() => selected("nowhere")).to.throw("bad revision 'nowhere'");
  });
});
