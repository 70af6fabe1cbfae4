import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../deploy/lock";
import { Problem } from "../../sdk/base/problem";

describe("Lock", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    file = join(folder, "inner", "chain-1.lock");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it("is held with the number of the process while something is done, and released when it fails too", async () => {
    expect(await withLock(file, async () => readFileSync(file, "utf8"))).to.equal(String(process.pid));
    await expect(withLock(file, () => Promise.reject(new Error("it failed")))).to.be.rejectedWith("it failed");
    expect(existsSync(file)).to.equal(false);
  });

  it("keeps out whoever comes while its process runs", async () => {
    await withLock(file, async () => {
      await expect(withLock(file, () => Promise.resolve())).to.be.rejectedWith(
        Problem,
        new RegExp(
          `^another run, process ${process.pid}, works on this network since \\S+Z: wait for its end, or delete `,
        ),
      );
    });
    expect(readdirSync(join(folder, "inner"))).to.deep.equal([]);
  });

  it("is taken over from a process that is gone, and from a file without a number", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    for (const holder of [String(pid), "", "nobody"]) {
      await withLock(file, () => Promise.resolve());
      writeFileSync(file, holder);
      expect(await withLock(file, async () => readFileSync(file, "utf8"))).to.equal(String(process.pid));
    }
    expect(readdirSync(join(folder, "inner"))).to.deep.equal([]);
  });
});
