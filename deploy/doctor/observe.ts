// SPDX-License-Identifier: MIT
// Opens a network's deployment for reading: what is declared, what is compiled, and what its events tell.

import { getAddress } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../../sdk/base/problem";
import { Chain } from "../../sdk/rpc/snapshot";
import { replayContracts } from "../../sdk/state/history";
import { nodesOf } from "../network";
import { readBuild, type Build } from "./build";
import { readDeclared, type Declared } from "./declared";
import { OTHER_CONTRACTS, type Subject } from "./subject";

/** Passes the network's deployment, as of its latest block, to a reader. */
export async function observe<T>(hre: HardhatRuntimeEnvironment, reader: (subject: Subject) => Promise<T>): Promise<T> {
  const declared = await readDeclared(hre);
  const url = nodesOf(hre);
  if (url === undefined)
    throw new Problem("BAD_OPTION", `${declared.network.name} is no network that can be looked at from outside.`);
  const contracts = Object.keys(declared.addresses).filter((name) => name !== "ReserveToken");
  const build = await readBuild(hre, [...contracts, ...OTHER_CONTRACTS]);
  return reader(await subjectOf(await Chain.at(url, declared.network), build, declared));
}

/** A deployment as of the chain's block. */
export async function subjectOf(chain: Chain, build: Build, declared: Declared): Promise<Subject> {
  const contracts = Object.fromEntries(
    Object.entries(declared.addresses)
      .filter(([name]) => name !== "ReserveToken")
      .map(([name, address]) => [name, { name, address: getAddress(address), compiled: build(name) }]),
  );
  const state = await replayContracts(chain, Object.values(contracts), build("DeltaOneVerifier"), declared.firstBlock);
  return { chain, build, declared, contracts, state };
}
