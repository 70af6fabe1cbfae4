import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderOf, withLock, type Holder } from "../../deploy/lock";
import { Problem } from "../../sdk/base/problem";

describe("lock of a network", () => {
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

  it("is held while the action runs, and released even if the action fails", async () => {
    expect(await withLock(file, async () => holder())).to.deep.equal(holderOf(process.pid));
    await expect(withLock(file, () => Promise.reject(new Error("it failed")))).to.be.rejectedWith("it failed");
    expect(existsSync(file)).to.equal(false);
  });

  describe("given a lock that somebody may hold", () => {
    it("refuses to run while the holder's process runs", async () => {
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

    it("refuses to run while the holder is on another machine", async () => {
      leave({ host: "another-host", pid: process.pid });
      await expect(withLock(file, () => Promise.resolve())).to.be.rejectedWith(
        Problem,
        `process ${process.pid} on another-host, has been working`,
      );
    });
  });

  describe("given a lock that nobody holds any more", () => {
    const { pid: gone } = spawnSync(process.execPath, ["--version"]);
    const stale: [string, () => void][] = [
      ["from a process that has ended", () => leave({ ...holderOf(gone) })],
      ["from another process with our own id, as in a container", () => leave({ pid: process.pid, start: "1" })],
      ["from a process whose id another process has by now", () => leave({ start: "1" })],
      ["from before the machine was restarted", () => leave({ boot: "another" })],
      ["from an empty file", () => writeFileSync(file, "")],
      ["from a file that is no lock", () => writeFileSync(file, "nobody")],
    ];
    for (const [what, write] of stale) {
      it(`takes it over ${what}`, async () => {
        write();
        expect(await withLock(file, async () => holder())).to.deep.equal(holderOf(process.pid));
        expect(readdirSync(join(folder, "inner"))).to.deep.equal([]);
      });
    }
  });
});
