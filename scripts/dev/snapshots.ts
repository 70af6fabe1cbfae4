/**
 * Compares sizes, ABIs and storage layouts of the production contracts with test/snapshots, and docs/errors.md with the errors and their
 * NatSpec; `--update` rewrites them. Runtime code above the limit of EIP-170 fails in either case.
 */
import { Interface } from "ethers";
import hre from "hardhat";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildInfoOf } from "./buildInfo";
import { settleErrorsPage } from "./errors";

const FOLDER = join(__dirname, "../../test/snapshots");
const MAX_CODE_BYTES = 24_576; // EIP-170

type Snapshot = Record<string, unknown>;

interface StorageItem {
  label: string;
  offset: number;
  slot: string;
  type: string;
}

interface StorageLayout {
  storage: StorageItem[];
  types: Record<string, { label: string; members?: StorageItem[] }> | null;
}

interface AstNode {
  nodeType: string;
  name?: string;
  contractKind?: string;
  abstract?: boolean;
}

/** The compiler's output for each deployable contract outside contracts/mocks, by name. */
async function productionContracts() {
  await hre.run("compile", { quiet: true });
  const names = (await hre.artifacts.getAllFullyQualifiedNames())
    .filter((name) => name.startsWith("contracts/") && !name.startsWith("contracts/mocks/"))
    .sort();

  const contracts = [];
  for (const qualifiedName of names) {
    const [source = "", name = ""] = qualifiedName.split(":");
    const buildInfo = buildInfoOf(qualifiedName);
    const ast = buildInfo.output.sources[source]?.ast as { nodes: AstNode[] } | undefined;
    const definition = ast?.nodes.find((node) => node.nodeType === "ContractDefinition" && node.name === name);
    if (definition?.contractKind !== "contract" || definition.abstract) continue;

    const output = buildInfo.output.contracts[source]?.[name] as { storageLayout: StorageLayout } | undefined;
    if (!output) throw new Error(`${qualifiedName}: no compiler output; run npx hardhat compile --force.`);
    contracts.push({ name, artifact: await hre.artifacts.readArtifact(qualifiedName), layout: output.storageLayout });
  }
  return contracts;
}

/** One line per variable, `slot:offset type name`; members of structs follow under the struct's name. */
function describeStorage({ storage, types }: StorageLayout) {
  const line = ({ slot, offset, type, label }: StorageItem) => `${slot}:${offset} ${types?.[type]?.label} ${label}`;
  const structs = Object.values(types ?? {}).flatMap(({ label, members }) =>
    members ? [[label, members.map(line)]] : [],
  );
  return { variables: storage.map(line), ...Object.fromEntries(structs.sort()) } as Snapshot;
}

/** Writes the snapshot, or returns the names that differ from it. */
function settle(file: string, current: Snapshot, update: boolean): string[] {
  const path = join(FOLDER, file);
  if (update) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, `${JSON.stringify(current, null, 2)}\n`);
    return [];
  }
  const stored = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
  return [...new Set([...Object.keys(stored), ...Object.keys(current)])]
    .filter((name) => JSON.stringify(stored[name]) !== JSON.stringify(current[name]))
    .map((name) => `${file}: ${name} differs; if that is meant, run npm run snapshots -- --update.`);
}

async function main(update: boolean) {
  const contracts = await productionContracts();
  const sizes = Object.fromEntries(contracts.map((c) => [c.name, (c.artifact.deployedBytecode.length - 2) / 2]));
  const abis = contracts.map((c) => [c.name, Interface.from(c.artifact.abi).format().sort()]);
  const storage = contracts.map((c) => [c.name, describeStorage(c.layout)]);

  console.table(sizes);
  const problems = [
    ...Object.entries(sizes)
      .filter(([, bytes]) => bytes > MAX_CODE_BYTES)
      .map(([name, bytes]) => `${name}: ${bytes} bytes of runtime code, at most ${MAX_CODE_BYTES} can be deployed.`),
    ...settle("sizes.json", sizes, update),
    ...settle("abi.json", Object.fromEntries(abis) as Snapshot, update),
    ...settle("storage.json", Object.fromEntries(storage) as Snapshot, update),
    ...(await settleErrorsPage(update)),
  ];
  problems.forEach((problem) => console.error(problem));
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (require.main === module) void main(process.argv.includes("--update"));
