// The ABIs of the protocol as TypeScript, for the library and for the protocol's package.

import type { Artifact, Artifacts } from "hardhat/types";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Contracts by others that the protocol deploys or reads. */
const OF_OTHERS = ["IERC20Metadata", "TimelockController", "VestingWallet"];

/** Writes each contract and interface of the protocol to a file of its own, with an index of all, unless they exist. */
export async function ensureAbis(artifacts: Artifacts, folder: string): Promise<void> {
  if (existsSync(join(folder, "index.ts"))) return;
  const names = await artifacts.getAllFullyQualifiedNames();
  const compiled = await Promise.all(names.map((name) => artifacts.readArtifact(name)));
  const published = compiled.filter(isPublished).sort((a, b) => (a.contractName < b.contractName ? -1 : 1));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, lines: string[]) => writeFileSync(join(folder, `${name}.ts`), `${lines.join("\n")}\n`);
  for (const { contractName, abi } of published) {
    write(contractName, [`export const ${contractName} = ${JSON.stringify(abi, null, 2)} as const;`]);
  }
  const deployable = published.filter(isDeployable).map(({ contractName }) => contractName);
  write("deployable", [`export const DEPLOYABLE: readonly string[] = ${JSON.stringify(deployable, null, 2)};`]);
  // Written last, so that if the index exists, so does everything else.
  write(
    "index",
    published.map(({ contractName }) => `export { ${contractName} } from "./${contractName}.ts";`),
  );
}

const isDeployable = ({ bytecode }: Artifact) => bytecode !== "0x";

function isPublished(artifact: Artifact): boolean {
  const { sourceName, contractName, abi } = artifact;
  if (OF_OTHERS.includes(contractName)) return true;
  const isOurs = sourceName.startsWith("contracts/") && !sourceName.startsWith("contracts/mocks/");
  const isWhole = isDeployable(artifact) || sourceName.startsWith("contracts/interfaces/");
  return isOurs && isWhole && (abi as { readonly type: string }[]).some(({ type }) => type === "function");
}
