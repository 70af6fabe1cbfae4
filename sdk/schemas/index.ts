// The formats of files and statements: reading, checking and hashing them.

export { formatBundle, mergeBundles, readBundle, type Bundle } from "./bundle.ts";
export { formatClaims, parseClaims, readClaims, requireRoot, treeOf, type Claims } from "./claims.ts";
export { readContributors, shareOut } from "./contributorsFile.ts";
export {
  buildContributorTree,
  contributorAmount,
  hashDistribution,
  type ContributorLeaf,
  type ContributorTree,
  type WeightedContributor,
} from "./distribution.ts";
export { readJson, toJson } from "./json.ts";
export { checkModelFile } from "./modelFile.ts";
export { keyOf, projectedDilution, type ModelFile } from "./model.ts";
export {
  encodeHybridProof,
  encodeProof,
  hashStatement,
  STATEMENT_TYPES,
  statementDomain,
  toCall,
  type Attestation,
  type ImprovementStatement,
} from "./statement.ts";
