import { readdirSync } from "node:fs";
import { join } from "node:path";

/** TypeScript that mutants are made of, and the folder of the tests that have to kill them. */
export interface MutatedPart {
  readonly code: string;
  readonly tests: string;
  /** Whether the tests need a chain, which then begins anew for each mutant. */
  readonly isOnChain: boolean;
}

export const MUTATED_PARTS: Readonly<Record<string, MutatedPart>> = {
  statements: { code: "sdk/statements", tests: "test/sdk/statements", isOnChain: true },
  evaluation: { code: "sdk/evaluation", tests: "test/sdk/evaluation", isOnChain: false },
  duties: { code: "operator/duties", tests: "test/operator", isOnChain: true },
};

/** Tests whose commands run in processes of their own, where no mutant is. */
const ELSEWHERE = ["test/operator/process.test.ts", "test/sdk/statements/cli.test.ts"];

/** Paths from the root of what is mutated in a part. */
export function codeOf(root: string, { code }: MutatedPart): string[] {
  return filesIn(root, code, ".ts");
}

/** Paths from the root of the tests of a part. */
export function testsOf(root: string, { tests }: MutatedPart): string[] {
  return filesIn(root, tests, ".test.ts").filter((file) => !ELSEWHERE.includes(file));
}

function filesIn(root: string, folder: string, end: string): string[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => `${folder}/${file}`);
}
