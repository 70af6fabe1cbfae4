import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const SCRIPTS = resolve(__dirname, "../../scripts");
const PACKAGES = JSON.stringify({ packages: { "": {}, "node_modules/a": { version: "1.0.0", integrity: "x" } } });

describe("ensure-dependencies @uninstrumented", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "dependencies-"));
    for (const folder of ["scripts", "bin"]) mkdirSync(join(root, folder));
    writeFileSync(join(root, "package-lock.json"), PACKAGES);
    for (const [script, milliseconds, fewer] of [
      ["ensure-dependencies.mjs", "10 * 60_000", "2_000"],
      ["lock.cjs", "TELL = 10_000", "TELL = 200"],
    ] as const) {
      const text = readFileSync(join(SCRIPTS, script), "utf8");
      expect(text.split(milliseconds), script).to.have.length(2);
      writeFileSync(join(root, "scripts", script), text.replace(milliseconds, fewer));
    }
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const path = (name: string) => join(root, name);

  /** An npm that notes each start, then does what a shell is told. */
  function buildNpm(action: string): void {
    writeFileSync(path("bin/npm"), `#!/bin/sh\necho started >> "$PWD/starts"\n${action}\n`);
    chmodSync(path("bin/npm"), 0o755);
  }

  async function run(...folders: string[]): Promise<{ code: unknown; stderr: string }> {
    const env = { ...process.env, PATH: `${path("bin")}${delimiter}${process.env["PATH"]}` };
    const child = spawn(process.execPath, [path("scripts/ensure-dependencies.mjs"), ...folders], { env });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [unknown];
    return { code, stderr };
  }

  const starts = () => readFileSync(path("starts"), "utf8").split("\n").length - 1;
  const INSTALL = "mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json";

  it("installs missing dependencies, and does not install them again", async () => {
    buildNpm(INSTALL);
    expect((await run()).code).to.equal(0);
    expect(await run()).to.deep.equal({ code: 0, stderr: "" });
    expect(starts()).to.equal(1);
    expect(existsSync(path(".build/install.lock"))).to.equal(false);
  });

  it("installs those of the named folders too", async () => {
    buildNpm(INSTALL);
    mkdirSync(path("part"));
    writeFileSync(path("part/package-lock.json"), PACKAGES);

    expect((await run("part")).code).to.equal(0);
    expect(await run("part")).to.deep.equal({ code: 0, stderr: "" });
    expect([".", "part"].map((folder) => readFileSync(path(`${folder}/starts`), "utf8"))).to.deep.equal([
      "started\n",
      "started\n",
    ]);
  });

  it("installs once when two commands start together", async () => {
    buildNpm(`sleep 1; ${INSTALL}`);
    const outcomes = await Promise.all([run(), run()]);
    expect(outcomes.map(({ code }) => code)).to.deep.equal([0, 0]);
    expect(outcomes.map(({ stderr }) => stderr).join()).to.contain("Waiting for another command");
    expect(starts()).to.equal(1);
  });

  it("goes on, and keeps others waiting, when the lock is removed meanwhile", async () => {
    buildNpm(`rm -r .build; for _ in $(seq 15); do test -e .build/install.lock && break; sleep 0.1; done; ${INSTALL}`);
    expect((await run()).code).to.equal(0);
    expect(starts()).to.equal(1);
    expect(existsSync(path(".build/install.lock"))).to.equal(false);
  });

  it("tries a second time when npm stands still, and then gives up", async () => {
    buildNpm("sleep 600");
    const { code, stderr } = await run();
    expect(code).to.equal(1);
    expect(starts()).to.equal(2);
    expect(stderr).to.match(
      /npm ci failed: check the connection to the package registry, then run the command again\.\n$/,
    );
    expect(existsSync(path(".build/install.lock"))).to.equal(false);
  });

  it("does not try again when npm fails", async () => {
    buildNpm("exit 3");
    expect((await run()).code).to.equal(1);
    expect(starts()).to.equal(1);
  });

  it("does not wait for a lock that was left behind", async () => {
    buildNpm(INSTALL);
    mkdirSync(path(".build"));
    writeFileSync(path(".build/install.lock"), "1");
    utimesSync(path(".build/install.lock"), new Date(0), new Date(0));
    expect((await run()).code).to.equal(0);
    expect(starts()).to.equal(1);
  });
});
