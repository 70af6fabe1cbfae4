import { readFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(__dirname, "../../docs/errors.md");

/** What docs/errors.md says of one error. */
export interface ErrorEntry {
  /** As in the ABI, with argument names, or `Error("…")` for a reason string. */
  readonly signature: string;
  /** Names of the contracts that raise it. */
  readonly where: readonly string[];
  readonly why: string;
  readonly fix: string;
}

/** Reads docs/errors.md in its order; throws on an entry that is not of the form of the others. */
export function readErrorGuide(): ErrorEntry[] {
  const [, ...sections] = readFileSync(FILE, "utf8").split(/^### /m);
  return sections.map((section) => {
    const entry =
      /^`(.+)`\n\n- \*\*Where\*\* (.+)\n- \*\*Why\*\* (.+)\n(?:- \*\*Arguments\*\* .+\n)?- \*\*Fix\*\* (.+)\n/.exec(
        section,
      );
    const rest = section.slice(entry?.[0].length).trim();
    if (!entry || (rest !== "" && !/^## .+$/.test(rest))) {
      const heading = section.split("\n")[0];
      throw new Error(`docs/errors.md, ${heading}: expected the lines **Where**, **Why** and **Fix**, one line each.`);
    }
    const [, signature = "", where = "", why = "", fix = ""] = entry;
    return { signature, where: where.split(", "), why, fix };
  });
}
