import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Test folders for shared code without a test folder of its own, and for code that is only called by other folders. */
const USERS: Readonly<Record<string, readonly string[]>> = {
  "contracts/libraries/GuardianPause.sol": ["market", "models"],
  "contracts/libraries/RewardMath.sol": ["verification", "models"],
  "contracts/models/ModelImprovements.sol": ["models", "verification"],
  "contracts/types/CapWord.sol": ["tokens"],
  "contracts/types/CommonErrors.sol": ["access", "tokens", "models", "market", "fees"],
  "contracts/types/ModelId.sol": ["types", "tokens"],
  "contracts/types/Permit.sol": ["market", "fees"],
};

/** Contracts that are tested by the tests of the contract that inherits them. */
const HEIRS: Readonly<Record<string, string>> = { PoolState: "HokusaiAMM" };
/** The beginning of the names of the slowest tests. */
const SLOWEST = "BondingCurve.";

/**
 * Returns the tests that have to kill the mutants of a file, in groups: first those named after the file, which are the likeliest to
 * fail, then the others of its folder, the slowest last.
 */
export function testsFor(root: string, file: string): string[][] {
  const name = basename(file, ".sol");
  const folders = USERS[file] ?? [file.split("/")[1] ?? ""];
  const tests = folders.flatMap((folder) =>
    readdirSync(join(root, "test", folder), { recursive: true, encoding: "utf8" })
      .filter((test) => test.endsWith(".test.ts"))
      .sort()
      .map((test) => join("test", folder, test)),
  );
  const isNamed = (test: string) => basename(test).startsWith(`${HEIRS[name] ?? name}.`);
  const isSlow = (test: string) => basename(test).startsWith(SLOWEST);
  const others = tests.filter((test) => !isNamed(test));
  const groups = [tests.filter(isNamed), others.filter((test) => !isSlow(test)), others.filter((test) => isSlow(test))];
  return groups.filter((group) => group.length > 0);
}
