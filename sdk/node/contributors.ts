import { Problem } from "../base/problem.ts";
import { MAX_LISTED, readContributors } from "../schemas/contributorsFile.ts";
import type { WeightedContributor } from "../schemas/distribution.ts";
import { readText } from "./files.ts";

/** Reads a contributors file. If it names more contributors than a statement can list, a claims file has to be named as well. */
export function readContributorsFor(path: string, claimsPath: string): WeightedContributor[] {
  const contributors = readContributors(path, readText(path));
  if (contributors.length > MAX_LISTED && claimsPath === "") {
    throw new Problem(
      "BAD_OPTION",
      `${path} names ${contributors.length} contributors, more than the ${MAX_LISTED} that a statement lists: name a file for them with --claims <file>.`,
    );
  }
  return contributors;
}
