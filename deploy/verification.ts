import { Interface, type InterfaceAbi } from "ethers";
import type { BuildInfo, HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../sdk/node/files";
import { toJson } from "../sdk/schemas/json";
import { recordedContracts, type DeploymentRecord } from "./record";

/** What a block explorer needs to verify a contract. */
export interface VerificationInput {
  readonly address: string;
  /** Path of the source, and name of the contract. */
  readonly contract: string;
  readonly compilerVersion: string;
  /** ABI-encoded, without 0x. */
  readonly constructorArguments: string;
  /** Name of the file with the compiler's standard JSON input. */
  readonly input: string;
}

/**
 * Writes offline what explorers need to verify every contract of a record: `contracts.json` is a list of {@link VerificationInput}, and
 * each input file has the sources of one contract, as they were compiled.
 */
export async function writeVerification(
  hre: HardhatRuntimeEnvironment,
  record: DeploymentRecord,
  folder: string,
): Promise<VerificationInput[]> {
  mkdirSync(folder, { recursive: true });
  const verifications: VerificationInput[] = [];
  for (const { contract: name, address, arguments: args } of recordedContracts(record)) {
    const { abi, sourceName, contractName } = await hre.artifacts.readArtifact(name);
    const contract = `${sourceName}:${contractName}`;
    const build = await hre.artifacts.getBuildInfo(contract);
    if (build === undefined) throw new Error(`${contract} has no build info`);
    const input = `${contractName}.json`;
    writeWhole(join(folder, input), `${toJson(inputFor(build, sourceName))}\n`);
    verifications.push({
      address,
      contract,
      compilerVersion: `v${build.solcLongVersion}`,
      constructorArguments: new Interface(abi as InterfaceAbi).encodeDeploy(args).slice(2),
      input,
    });
  }
  writeWhole(join(folder, "contracts.json"), `${toJson(verifications)}\n`);
  return verifications;
}

/** The compiler's input of a build, reduced to what one source needs. */
function inputFor({ input, output }: BuildInfo, source: string): BuildInfo["input"] {
  const needed = new Set<string>();
  const visit = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    importsOf(output.sources[name]?.ast as SourceUnit).forEach(visit);
  };
  visit(source);
  const sources = Object.entries(input.sources).filter(([name]) => needed.has(name));
  return { ...input, sources: Object.fromEntries(sources) };
}

interface SourceUnit {
  readonly nodes: readonly { readonly nodeType: string; readonly absolutePath?: string }[];
}

function importsOf({ nodes }: SourceUnit): string[] {
  return nodes.flatMap(({ nodeType, absolutePath }) =>
    nodeType === "ImportDirective" && absolutePath !== undefined ? [absolutePath] : [],
  );
}
