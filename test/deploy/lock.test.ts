import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderOf, withLock, type Holder } from "../../deploy/lock";
import { Problem } from "../../sdk/base/problem";

describe("Lock", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    file = join(folder, "inner", "chain-1.lock");
    await withLock(file, () => Promise.resolve()); // makes its folder
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const holder = () => JSON.parse(readFileSync(file, "utf8")) as Holder;
  const leave = (left: Partial<Holder>) => writeFileSync(file, JSON.stringify({ ...holderOf(process.ppid), ...left }));

  it("is held by the process while something is done, and released when it fails too", async () => {
    expect(await withLock(file, async () => holder())).to.deep.equal(holderOf(process.pid));
    await expect(withLock(file, () => Promise.reject(new Error("it failed")))).to.be.rejectedWith("it failed");
    expect(existsSync(file)).to.equal(false);
  });

  it("keeps out whoever comes while its process runs", async () => {
    await withLock(file, async () => {
      await expect(withLock(file, () => Promise.resolve())).to.be.rejectedWith(
        Problem,
        new RegExp(
          `^another run, process ${process.pid}, has been working on this network since \\S+Z: wait for its end, or delete `,
        ),
      );
    });
    leave({});
    await expect(withLock(file, () => Promise.resolve())).to.be.rejectedWith(
      Problem,
      `process ${process.ppid}, has been working`,
    );
    rmSync(file);
    expect(readdirSync(join(folder, "inner"))).to.deep.equal([]);
  });

  it("keeps out whoever comes while nobody here knows whether its process runs", async () => {
    leave({ host: "another-host", pid: process.pid });
    await expect(withLock(file, () => Promise.resolve())).to.be.rejectedWith(
      Problem,
      `process ${process.pid} on another-host, has been working`,
    );
  });

  describe("is taken over", () => {
    const { pid: gone } = spawnSync(process.execPath, ["--version"]);
    const stale: [string, () => void][] = [
      ["from a process that is gone", () => leave({ ...holderOf(gone) })],
      ["from one with our own number, as every container has it", () => leave({ pid: process.pid, start: "1" })],
      ["from one whose number another has by now", () => leave({ start: "1" })],
      ["from before the machine started again", () => leave({ boot: "another" })],
      ["from a file that names nobody", () => writeFileSync(file, "")],
      ["from a file that is no lock", () => writeFileSync(file, "nobody")],
    ];
    for (const [what, write] of stale) {
      it(what, async () => {
        write();
        expect(await withLock(file, async () => holder())).to.deep.equal(holderOf(process.pid));
        expect(readdirSync(join(folder, "inner"))).to.deep.equal([]);
      });
    }
  });
});
