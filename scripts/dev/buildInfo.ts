import hre from "hardhat";
import type { BuildInfo } from "hardhat/types";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Read once: it takes a second, and most contracts share one. */
const read = new Map<string, BuildInfo>();

/** What the compiler was told and said when it made a contract's artifact. */
export function buildInfoOf(qualifiedName: string): BuildInfo {
  const artifact = hre.artifacts.formArtifactPathFromFullyQualifiedName(qualifiedName);
  const link = JSON.parse(readFileSync(artifact.replace(/\.json$/, ".dbg.json"), "utf8")) as { buildInfo: string };
  const path = join(dirname(artifact), link.buildInfo);
  const info = read.get(path) ?? (JSON.parse(readFileSync(path, "utf8")) as BuildInfo);
  read.set(path, info);
  return info;
}
