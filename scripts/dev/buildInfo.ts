import hre from "hardhat";
import type { BuildInfo } from "hardhat/types";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Read only once: reading takes a second, and most contracts share a file. */
const read = new Map<string, BuildInfo>();

/** The compiler's input and output from which a contract's artifact was made. */
export function buildInfoOf(qualifiedName: string): BuildInfo {
  const artifact = hre.artifacts.formArtifactPathFromFullyQualifiedName(qualifiedName);
  const link = JSON.parse(readFileSync(artifact.replace(/\.json$/, ".dbg.json"), "utf8")) as { buildInfo: string };
  const path = join(dirname(artifact), link.buildInfo);
  const info = read.get(path) ?? (JSON.parse(readFileSync(path, "utf8")) as BuildInfo);
  read.set(path, info);
  return info;
}
