// SPDX-License-Identifier: MIT
// Contracts as they were compiled: what their code on chain must be, immutables aside, and where those are in it.

import { Interface, type InterfaceAbi } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readFileSync } from "node:fs";

/** A compiled contract. */
export interface Compiled {
  readonly name: string;
  readonly abi: Interface;
  /** The code that deploys it, without arguments. */
  readonly creationCode: string;
  /** Its code on chain, with zeros in place of immutables. */
  readonly code: string;
  readonly immutables: readonly Immutable[];
}

/** An immutable, named with the contract that declares it, such as `EIP712._name`, and its places in the code, in bytes. */
export interface Immutable {
  readonly name: string;
  readonly places: readonly Place[];
}

interface Place {
  readonly start: number;
  readonly length: number;
}

/** Compiled contracts by name. */
export type Build = (contract: string) => Compiled;

/** Reads the named contracts from Hardhat's build. */
export async function readBuild(hre: HardhatRuntimeEnvironment, contracts: readonly string[]): Promise<Build> {
  const outputs = (await hre.artifacts.getBuildInfoPaths()).map(
    (path) => (JSON.parse(readFileSync(path, "utf8")) as { output: CompilerOutput }).output,
  );
  const compiled = new Map<string, Compiled>();
  for (const name of contracts) {
    const { abi, bytecode, deployedBytecode, sourceName } = await hre.artifacts.readArtifact(name);
    const output = outputs.find(
      ({ contracts: built }) => `0x${built[sourceName]?.[name]?.evm.deployedBytecode.object}` === deployedBytecode,
    );
    if (output === undefined) throw new Error(`no build info has the code of ${name}: run npx hardhat compile --force`);
    const references = output.contracts[sourceName]?.[name]?.evm.deployedBytecode.immutableReferences ?? {};
    const names = immutableNames(output);
    compiled.set(name, {
      name,
      abi: new Interface(abi as InterfaceAbi),
      creationCode: bytecode,
      code: deployedBytecode,
      immutables: Object.entries(references).map(([id, places]) => ({ name: names.get(Number(id)) ?? id, places })),
    });
  }
  return (name) => {
    const found = compiled.get(name);
    if (found === undefined) throw new Error(`${name} was not read from the build`);
    return found;
  };
}

/** A contract's code with zeros in place of its immutables. */
export function masked({ immutables }: Compiled, code: string): string {
  const places = immutables.flatMap(({ places: own }) => own).sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let end = 0;
  for (const { start, length } of places) {
    parts.push(code.slice(end, digit(start)), "00".repeat(length));
    end = digit(start + length);
  }
  return [...parts, code.slice(end)].join("");
}

/** The values of the contract's immutables in a code, by name. A list has several values only if an immutable's places disagree. */
export function immutablesOf({ immutables }: Compiled, code: string): Map<string, string[]> {
  return new Map(
    immutables.map(({ name, places }) => [
      name,
      [...new Set(places.map(({ start, length }) => `0x${code.slice(digit(start), digit(start + length))}`))],
    ]),
  );
}

/** The position of a byte in 0x-prefixed hexadecimal text. */
const digit = (byte: number) => 2 + 2 * byte;

interface CompilerOutput {
  readonly contracts: Record<string, Record<string, { evm: { deployedBytecode: DeployedBytecode } }>>;
  readonly sources: Record<string, { ast: AstNode }>;
}

interface DeployedBytecode {
  readonly object: string;
  readonly immutableReferences?: Record<string, Place[]>;
}

interface AstNode {
  readonly id: number;
  readonly nodeType: string;
  readonly name?: string;
  readonly mutability?: string;
  readonly nodes?: AstNode[];
}

/** Names of all immutables, by the compiler's id for them. */
function immutableNames({ sources }: CompilerOutput): Map<number, string> {
  const contracts = Object.values(sources).flatMap(({ ast }) => ast.nodes ?? []);
  return new Map(
    contracts.flatMap(({ name: contract, nodes = [] }) =>
      nodes
        .filter(({ mutability }) => mutability === "immutable")
        .map(({ id, name }): [number, string] => [id, `${contract}.${name}`]),
    ),
  );
}
