import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");
const GATE = "test/solidity/gate";

/**
 * Runs one file of test/solidity/gate, which the normal run skips, with output folders of its own. Not by a filter: forge would compile
 * the whole project to apply it.
 */
function runForgeOn(file: string, env: NodeJS.ProcessEnv = {}) {
  const others = readdirSync(join(ROOT, GATE)).filter((name) => name !== file);
  const { status, stdout } = spawnSync(process.execPath, ["scripts/dev/test-solidity.mjs"], {
    cwd: ROOT,
    encoding: "utf8",
    env: {
      ...process.env,
      FOUNDRY_SRC: GATE,
      FOUNDRY_TEST: GATE,
      FOUNDRY_SKIP: JSON.stringify(others.map((name) => `${GATE}/${name}`)),
      FOUNDRY_OUT: ".build/gate/out",
      FOUNDRY_CACHE_PATH: ".build/gate/cache",
      ...env,
    },
  });
  return { status, stdout };
}

describe("npm run test:solidity @uninstrumented", () => {
  it("exits 0 when every test passes", () => {
    const { status, stdout } = runForgeOn("Passing.t.sol");

    expect(stdout).to.contain("1 tests passed, 0 failed");
    expect(status).to.equal(0);
  });

  it("exits 1 when assertions fail in a test, a fuzz test and an invariant's handler", () => {
    const { status, stdout } = runForgeOn("Failing.t.sol");

    expect(stdout).to.contain("0 tests passed, 3 failed");
    expect(stdout).to.contain("on purpose: 1 != 2");
    expect(stdout).to.contain("in a handler");
    expect(status).to.equal(1);
  });

  it("stores no failure, which the next run would try first", () => {
    const temporary = mkdtempSync(join(tmpdir(), "gate-"));
    try {
      expect(runForgeOn("Failing.t.sol", { TMPDIR: temporary }).status).to.equal(1);
      expect(readdirSync(temporary)).to.deep.equal([]);
      expect(existsSync(join(ROOT, "cache"))).to.equal(false); // where forge keeps them otherwise
    } finally {
      rmSync(temporary, { recursive: true });
    }
  });
});
