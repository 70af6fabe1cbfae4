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

/**
 * Returns the tests that have to kill the mutants of a file, in two groups: first those named after the file, which are the likeliest to
 * fail, and then the others of its folder.
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
  const isNamed = (test: string) => basename(test).startsWith(`${name}.`);
  return [tests.filter(isNamed), tests.filter((test) => !isNamed(test))].filter((group) => group.length > 0);
}
