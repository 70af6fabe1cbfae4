// SPDX-License-Identifier: MIT
// What a deployment is declared to be: the network's parameter file, the journal and the model files.

import { id } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { cwd } from "node:process";
import { readDeclaration } from "../../deploy/declaration";
import type { Parameters } from "../../deploy/parameters";
import { findProtocol } from "../../deploy/protocol";
import { circuitOf } from "../../deploy/zk";
import { hybridMethodOf } from "../../ignition/modules/HybridMethod";
import { zkMethodOf } from "../../ignition/modules/ZkMethod";
import { publishedId } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import type { Network } from "../../sdk/client/access";
import { readText } from "../../sdk/node/files";
import { readModelFile } from "../../sdk/node/modelFile";
import { CAPACITIES } from "../../sdk/proofs/circuit";
import { readJson } from "../../sdk/schemas/json";
import type { ModelFile } from "../../sdk/schemas/model";
import { findModule, firstBlockOf, journaledContracts, type Addresses } from "../journal";
import { networkOf } from "../network";

const MODELS = join(__dirname, "../models");

/** A model file, and where it is. */
export interface DeclaredModel {
  readonly path: string;
  readonly file: ModelFile;
}

/** A method with a proof that is in the journal: the number of rows of its circuit, and the quantile of its bounds, times 10^9. */
export interface DeclaredMethod {
  readonly contract: "ZkProof" | "Hybrid";
  readonly address: string;
  readonly capacity: number;
  readonly quantileE9: bigint;
}

/** The declared state of a network. */
export interface Declared {
  readonly network: Network;
  /** Name of the parameter file: the one that the record names or, without a record, the network's own. */
  readonly file: string;
  readonly parameters: Parameters;
  /** By contract name; the reserve token as `ReserveToken`. */
  readonly addresses: Addresses;
  readonly methods: readonly DeclaredMethod[];
  /** The first block of the deployment. */
  readonly firstBlock: number;
  /** Finds the file of a model on chain, if there is one. */
  readonly modelFile: (key: string) => Promise<DeclaredModel | undefined>;
}

/** Reads what is declared for the network; throws if the network has no deployment. */
export async function readDeclared(hre: HardhatRuntimeEnvironment, modelsFolder = MODELS): Promise<Declared> {
  const network = networkOf(hre);
  const { parameters, file } = await readDeclaration(hre);
  const addresses = await findProtocol(hre, parameters);
  const firstBlock = await firstBlockOf(hre);
  if (addresses === undefined || firstBlock === undefined) {
    throw new Problem(
      "NOT_DEPLOYED",
      `the journal of ${network.name} has no complete deployment: deploy the protocol, or name the folder of its journal in DEPLOYMENTS.`,
    );
  }
  const paths = modelPaths(modelsFolder);
  return {
    network,
    file: relative(cwd(), file),
    parameters,
    addresses,
    methods: await findMethods(hre),
    firstBlock,
    modelFile: async (key) => {
      const path = paths.get(key);
      return path === undefined
        ? undefined
        : { path: relative(cwd(), path), file: await readModelFile(path, network.isLocal) };
    },
  };
}

/** Paths of model files by the key of their model. The files are not checked here, because some may be for another network. */
function modelPaths(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    names.map((name) => {
      const path = join(folder, name);
      const shown = relative(cwd(), path);
      const modelId = publishedId.read((readJson(shown, readText(path)) as { id?: unknown } | null)?.id);
      if (modelId === undefined)
        throw new Problem("BAD_FILE", `${shown}: id is missing or wrong, expected ${publishedId.expected}.`);
      return [id(modelId), path];
    }),
  );
}

async function findMethods(hre: HardhatRuntimeEnvironment): Promise<DeclaredMethod[]> {
  const modules = { ZkProof: zkMethodOf, Hybrid: hybridMethodOf } as const;
  const quantiles = [...(await journaledQuantiles(hre))];
  const circuits = CAPACITIES.flatMap((capacity) => quantiles.map((quantileE9) => ({ capacity, quantileE9 })));
  const found = await Promise.all(
    circuits.flatMap(({ capacity, quantileE9 }) =>
      (["ZkProof", "Hybrid"] as const).map(async (contract) => {
        const address = (await findModule(hre, modules[contract](circuitOf(capacity, quantileE9))))?.[contract];
        return address === undefined ? [] : [{ contract, address, capacity, quantileE9 }];
      }),
    ),
  );
  return found.flat();
}

/** The quantiles of all proofs in the journal; each level of error has its own. */
async function journaledQuantiles(hre: HardhatRuntimeEnvironment): Promise<Set<bigint>> {
  const contracts = (await journaledContracts(hre)).filter(({ contract }) => contract === "ZkProof");
  return new Set(contracts.map((each) => BigInt(String(each.arguments?.[1]))));
}
