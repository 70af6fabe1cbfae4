import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A folder of TypeScript that is mutated, and the folder of the tests that have to kill its mutants. */
export interface MutatedPart {
  readonly code: string;
  readonly tests: string;
  /** Whether the tests need a chain, which is then reset for each mutant. */
  readonly isOnChain: boolean;
}

export const MUTATED_PARTS: Readonly<Record<string, MutatedPart>> = {
  statements: { code: "sdk/statements", tests: "test/sdk/statements", isOnChain: true },
  evaluation: { code: "sdk/evaluation", tests: "test/sdk/evaluation", isOnChain: false },
  duties: { code: "operator/duties", tests: "test/operator", isOnChain: true },
};

/** Tests that run commands in separate processes, which contain no mutant. */
const ELSEWHERE = ["test/operator/process.test.ts", "test/sdk/statements/cli.test.ts"];

/** Returns the files that are mutated in a part, by their paths from the root. */
export function codeOf(root: string, { code }: MutatedPart): string[] {
  return filesIn(root, code, ".ts");
}

/** Returns the test files of a part, by their paths from the root. */
export function testsOf(root: string, { tests }: MutatedPart): string[] {
  return filesIn(root, tests, ".test.ts").filter((file) => !ELSEWHERE.includes(file));
}

function filesIn(root: string, folder: string, end: string): string[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => `${folder}/${file}`);
}
