// SPDX-License-Identifier: MIT
// Claims files: the contributors behind a root, as JSON. With one, anybody can rebuild the tree, check the root and claim.

import { id } from "ethers";
import { address, Fields, hash, publishedId } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { chainNumber } from "./bundle.ts";
import { weight } from "./contributorsFile.ts";
import { buildContributorTree, type ContributorTree, type WeightedContributor } from "./distribution.ts";
import { readJson, toJson } from "./json.ts";

/** All contributors of an evaluation, and the root in its statement. */
export interface Claims {
  readonly chainId: number;
  readonly verifier: string;
  readonly modelId: string;
  readonly evaluationId: string;
  readonly contributorsRoot: string;
  readonly contributors: readonly WeightedContributor[];
}

/** Reads and checks a claims file, including that its root matches its contributors. */
export function readClaims(name: string, text: string): Claims {
  const claims = parseClaims(name, text);
  requireRoot(name, claims);
  return claims;
}

/** Reads a claims file without building its tree. The root has yet to be checked with {@link requireRoot}. */
export function parseClaims(name: string, text: string): Claims {
  const fields = new Fields(readJson(name, text));
  const claims = {
    chainId: fields.read("chainId", chainNumber),
    verifier: fields.read("verifier", address),
    modelId: fields.read("modelId", publishedId),
    evaluationId: fields.read("evaluationId", hash),
    contributorsRoot: fields.read("contributorsRoot", hash),
    contributors: fields.list("contributors").map((entry) => ({
      account: entry.read("account", address),
      weight: entry.read("weight", weight),
    })),
  };
  fields.refuse(name);
  return claims;
}

/** Builds the tree of a claims file. Throws a {@link Problem} if its root is not the one in the file. */
export function requireRoot(name: string, claims: Claims): ContributorTree {
  const tree = treeOf(name, claims);
  if (tree.root === claims.contributorsRoot) return tree;
  throw new Problem(
    "BAD_FILE",
    `${name}: contributorsRoot is ${claims.contributorsRoot}, its contributors' root is ${tree.root}.`,
  );
}

/** Returns the claims file as JSON. */
export const formatClaims = (claims: Claims): string => toJson(claims);

/** Builds the tree behind the root. Messages call the contributors' file `name`. */
export function treeOf(
  name: string,
  { modelId, evaluationId, contributors }: Pick<Claims, "modelId" | "evaluationId" | "contributors">,
): ContributorTree {
  try {
    return buildContributorTree(id(modelId), evaluationId, contributors);
  } catch (error) {
    throw new Problem("BAD_FILE", `${name}: ${(error as Error).message}.`);
  }
}
