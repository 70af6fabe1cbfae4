import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

/** Runs one file of test/solidity/gate, which the normal run skips, with its own output folders. */
function runForge(file: string) {
  const { status, stdout } = spawnSync(
    process.execPath,
    ["scripts/test-solidity.mjs", "--match-path", `test/solidity/gate/${file}`],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: {
        ...process.env,
        FOUNDRY_SRC: "test/solidity/gate",
        FOUNDRY_TEST: "test/solidity/gate",
        FOUNDRY_SKIP: "[]",
        FOUNDRY_OUT: ".build/gate/out",
        FOUNDRY_CACHE_PATH: ".build/gate/cache",
      },
    },
  );
  return { status, stdout };
}

describe("Gate of the Solidity tests @uninstrumented", () => {
  it("exits 0 when every test passes", () => {
    const { status, stdout } = runForge("Passing.t.sol");

    expect(stdout).to.contain("1 tests passed, 0 failed");
    expect(status).to.equal(0);
  });

  it("exits 1 when assertions fail in a test, a fuzz test and an invariant's handler", () => {
    const { status, stdout } = runForge("Failing.t.sol");

    expect(stdout).to.contain("0 tests passed, 3 failed");
    expect(stdout).to.contain("on purpose: 1 != 2");
    expect(stdout).to.contain("in a handler");
    expect(status).to.equal(1);
  });
});
