import { expect } from "chai";
import hre from "hardhat";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withLock } from "../../scripts/lock.cjs";

const ROOT = resolve(__dirname, "../..");

describe("Lock among commands @uninstrumented", () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    lock = join(folder, "made/command.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const path = (name: string) => join(folder, name);
  const neverTold = () => expect.fail("was told to wait");
  const hold = () => withLock(lock, neverTold, async () => existsSync(lock));

  /** A process that holds the lock while it runs some code. */
  function start(code: string): ChildProcess {
    const program = `
      const { readFileSync, writeFileSync } = require("node:fs");
      const { setTimeout: pause } = require("node:timers/promises");
      const { withLock } = require(${JSON.stringify(join(ROOT, "scripts/lock.cjs"))});
      withLock(${JSON.stringify(lock)}, () => console.log("told"), async () => { ${code} });`;
    return spawn(process.execPath, ["-e", program], { stdio: ["ignore", "inherit", "inherit"] });
  }

  async function codeOf(child: ChildProcess): Promise<unknown> {
    const [code] = (await once(child, "close")) as [unknown];
    return code;
  }

  /** Eight processes that each add one to a number, with time for others between reading and writing. */
  async function count(): Promise<string> {
    writeFileSync(path("count"), "0");
    const file = JSON.stringify(path("count"));
    const add = `const count = Number(readFileSync(${file}, "utf8")); await pause(20); writeFileSync(${file}, String(count + 1));`;
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(start(add))));
    expect(codes).to.deep.equal(Array(8).fill(0));
    return readFileSync(path("count"), "utf8");
  }

  it("holds the lock while the action runs, and returns what the action returns", async () => {
    expect(await hold()).to.equal(true);
    expect(existsSync(lock)).to.equal(false);
  });

  it("gives the lock back when the action fails", async () => {
    const failure = new Error("no");
    expect(await withLock(lock, neverTold, () => Promise.reject(failure)).catch((error: unknown) => error)).to.equal(
      failure,
    );
    expect(existsSync(lock)).to.equal(false);
  });

  it("lets one process act at a time", async () => {
    expect(await count()).to.equal("8");
  });

  describe("given a lock whose process was killed", () => {
    beforeEach(async () => {
      const child = start(`writeFileSync(${JSON.stringify(path("held"))}, ""); await pause(600_000);`);
      while (!existsSync(path("held"))) await pause(20);
      child.kill("SIGKILL");
      await codeOf(child);
      expect(existsSync(lock)).to.equal(true);
    });

    it("takes it without a wait that would be told", async () => {
      expect(await hold()).to.equal(true);
    });

    it("lets one process act at a time, although several find it", async () => {
      expect(await count()).to.equal("8");
    });
  });

  describe("given a lock of another machine", () => {
    let hasActed: boolean;
    let act: Promise<void>;
    beforeEach(async () => {
      await hold();
      writeFileSync(lock, "elsewhere 1 x");
      hasActed = false;
      act = withLock(lock, neverTold, async () => void (hasActed = true));
      await pause(500);
      expect(hasActed).to.equal(false);
    });

    it("takes it once it was not touched for 30 seconds", async () => {
      utimesSync(lock, new Date(), new Date(Date.now() - 31_000));
      await act;
      expect(hasActed).to.equal(true);
    });

    it("takes it once it is removed", async () => {
      rmSync(lock);
      await act;
      expect(hasActed).to.equal(true);
    });
  });

  describe("given a holder that gives no sign of life, as after its computer has slept", () => {
    let owner: string;
    let isEnded: boolean;
    let end: () => void;
    let held: Promise<void>;
    beforeEach(async () => {
      const taken = new Promise<void>((isTaken) => {
        held = withLock(lock, neverTold, async () => {
          isTaken();
          await new Promise<void>((done) => (end = done));
        });
      });
      await taken;
      owner = readFileSync(lock, "utf8");
      isEnded = false;
    });
    const touched = (secondsAgo: number) => utimesSync(lock, new Date(), new Date(Date.now() - secondsAgo * 1_000));

    it("keeps the lock, because its process runs, and gives it back at its end", async () => {
      touched(590);
      const next = withLock(lock, neverTold, async () => void (isEnded = true));
      await pause(300);
      expect(isEnded).to.equal(false);
      end();
      await Promise.all([held, next]);
      expect(isEnded).to.equal(true);
      expect(existsSync(lock)).to.equal(false);
    });

    it("loses the lock after ten minutes, and leaves that of its successor alone", async () => {
      touched(601);
      const successor = await withLock(lock, neverTold, async () => {
        const present = readFileSync(lock, "utf8");
        end();
        await held;
        await pause(1_200); // the former holder would have touched it again
        expect(readFileSync(lock, "utf8")).to.equal(present);
        return present;
      });
      expect(successor).not.to.equal(owner);
      expect(existsSync(lock)).to.equal(false);
    });
  });

  it("goes on when it can give no sign of life", async () => {
    const done = await withLock(lock, neverTold, async () => {
      rmSync(lock);
      mkdirSync(lock); // no file can be written there
      await pause(1_200);
      return "done";
    });
    expect(done).to.equal("done");
  });

  it("removes an abandoned lock although a process was killed while it did so", async () => {
    await hold();
    writeFileSync(lock, "elsewhere 1 x");
    writeFileSync(`${lock}.removal`, "");
    for (const path of [lock, `${lock}.removal`]) utimesSync(path, new Date(), new Date(Date.now() - 31_000));
    expect(await hold()).to.equal(true);
    expect(existsSync(`${lock}.removal`)).to.equal(false);
  });

  it("is held by whoever compiles, even if nothing has changed", async () => {
    let isCompiled = false;
    let compiled: Promise<void> | undefined;
    const mayWait = () => undefined; // other commands compile meanwhile
    await withLock(join(ROOT, ".build/compile.lock"), mayWait, async () => {
      compiled = hre.run("compile", { quiet: true }).then(() => void (isCompiled = true));
      await pause(2_000);
      expect(isCompiled).to.equal(false);
    });
    await compiled;
    expect(isCompiled).to.equal(true);
  });
});
