import { Problem } from "../base/problem.ts";
import { MAX_LISTED, readContributors } from "../schemas/contributorsFile.ts";
import type { WeightedContributor } from "../schemas/distribution.ts";
import { readText } from "./files.ts";

/** Reads the file; more contributors than a statement lists must have a file to be kept in. */
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
