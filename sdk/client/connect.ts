// SPDX-License-Identifier: MIT
// The one way to reach the contracts of a deployment: from its verifier, from its registry, or from known addresses. What must exist is
// looked up more than once before it is reported as missing, because nodes may lag behind.

import { id, isError, ZeroAddress, type Block, type Signer } from "ethers";
import type {
  DeltaOneVerifier,
  HokusaiAMMFactory,
  IERC20Metadata,
  InfrastructureReserve,
  ModelRegistry,
  ModelToken,
  OracleAttestation,
  RewardDistributor,
  TimelockController,
  TokenManager,
  UsageFeeRouter,
} from "./contracts.ts";
import { printed } from "../base/printed.ts";
import { Problem, type ProblemCode } from "../base/problem.ts";
import { isRevert } from "../rpc/answers.ts";
import { lookUntil } from "../rpc/looks.ts";
import { readMethod } from "../statements/method.ts";
import { contractAt, type Access, type Site } from "./access.ts";
import type { DeployedContract } from "./deployment.ts";
import { decodeRevert, inFigures, refused, type Revert } from "./errors.ts";

/** A network with the verifier that records improvements and its registry. */
export interface Connection extends Site {
  readonly address: string;
  readonly verifier: DeltaOneVerifier;
  readonly registry: ModelRegistry;
}

/** The contracts of a deployment, for reading. */
export interface DeployedContracts {
  readonly timelock: TimelockController;
  readonly registry: ModelRegistry;
  readonly tokenManager: TokenManager;
  readonly factory: HokusaiAMMFactory;
  readonly infrastructureReserve: InfrastructureReserve;
  readonly feeRouter: UsageFeeRouter;
  readonly oracleAttestation: OracleAttestation;
  readonly rewardDistributor: RewardDistributor;
  readonly verifier: DeltaOneVerifier;
  readonly reserveToken: IERC20Metadata;
}

/** The contracts that can be found from a deployment's registry. */
export type RegisteredContracts = Pick<
  DeployedContracts,
  "registry" | "tokenManager" | "factory" | "feeRouter" | "reserveToken" | "verifier"
>;

/** The addresses of a deployment's contracts. */
export type ContractAddresses = Readonly<Record<DeployedContract | "ReserveToken", string>>;

/** A registered model with everything that an improvement starts from. */
export type ImprovableModel = Awaited<ReturnType<typeof readModel>>;

/** Finds the verifier at an address, and its registry. */
export async function connect({ access, network }: Site, address: string): Promise<Connection> {
  const verifier = await contractAt<DeltaOneVerifier>(access, "DeltaOneVerifier", address);
  const registry = await addressFrom({ access, network }, "verifier", "DeltaOneVerifier", address, () =>
    verifier.registry(),
  );
  return { access, network, address, verifier, registry: await contractAt(access, "ModelRegistry", registry) };
}

/**
 * Finds the contracts that a registry leads to.
 * @throws {Problem} `NOT_DEPLOYED` if there is no registry at the address, or if its deployment is not finished.
 */
export async function connectRegistry(site: Site, address: string): Promise<RegisteredContracts> {
  const { access } = site;
  const registry = await contractAt<ModelRegistry>(access, "ModelRegistry", address);
  const from = (view: () => Promise<string>) => addressFrom(site, "registry", "ModelRegistry", address, view);
  const tokenManager = await from(() => registry.tokenManager());
  const verifier = await from(() => registry.verifier());
  const place = await from(() => registry.factory());
  const factory = await contractAt<HokusaiAMMFactory>(access, "HokusaiAMMFactory", place);
  const known = (view: () => Promise<string>) => addressFrom(site, "factory", "HokusaiAMMFactory", place, view);
  return {
    registry,
    factory,
    tokenManager: await contractAt(access, "TokenManager", tokenManager),
    feeRouter: await contractAt(access, "UsageFeeRouter", await known(() => factory.feeRouter())),
    reserveToken: await contractAt(access, "IERC20Metadata", await known(() => factory.reserveToken())),
    verifier: await contractAt(access, "DeltaOneVerifier", verifier),
  };
}

/** Returns the contracts of a deployment at known addresses, without checking them. */
export async function connectAddresses(access: Access, addresses: ContractAddresses): Promise<DeployedContracts> {
  return {
    timelock: await contractAt(access, "TimelockController", addresses.TimelockController),
    registry: await contractAt(access, "ModelRegistry", addresses.ModelRegistry),
    tokenManager: await contractAt(access, "TokenManager", addresses.TokenManager),
    factory: await contractAt(access, "HokusaiAMMFactory", addresses.HokusaiAMMFactory),
    infrastructureReserve: await contractAt(access, "InfrastructureReserve", addresses.InfrastructureReserve),
    feeRouter: await contractAt(access, "UsageFeeRouter", addresses.UsageFeeRouter),
    oracleAttestation: await contractAt(access, "OracleAttestation", addresses.OracleAttestation),
    rewardDistributor: await contractAt(access, "RewardDistributor", addresses.RewardDistributor),
    verifier: await contractAt(access, "DeltaOneVerifier", addresses.DeltaOneVerifier),
    reserveToken: await contractAt(access, "IERC20Metadata", addresses.ReserveToken),
  };
}

/** Whether there is a contract at an address. */
export async function hasCode({ ethers }: Access, address: string): Promise<boolean> {
  return (
    (await lookUntil(
      (code) => code !== "0x",
      () => ethers.provider.getCode(address),
    )) !== "0x"
  );
}

/** Whether an account has any ether. */
export async function hasEther({ ethers }: Access, account: string): Promise<boolean> {
  return (
    (await lookUntil(
      (balance) => balance > 0n,
      () => ethers.provider.getBalance(account),
    )) > 0n
  );
}

/**
 * Returns the address that a view of a contract returns. Throws if there is no contract, if it is another kind of contract, or if the
 * address is not set yet.
 */
async function addressFrom(
  { access, network }: Site,
  role: string,
  name: string,
  address: string,
  view: () => Promise<string>,
): Promise<string> {
  const where = `on ${network.name}, chain ${network.chainId}`;
  const refusal = (message: string) => new Problem("NOT_DEPLOYED", message);
  const found = await lookUntil<string | undefined>(
    (seen) => seen !== undefined && seen !== ZeroAddress,
    () =>
      view().catch((error: unknown) => {
        if (isError(error, "BAD_DATA")) return undefined; // what a call to an address without code ends in
        if (!isRevert(error)) throw error;
        throw refusal(`the contract at ${address} ${where} does not answer as a ${name}.`);
      }),
  );
  if (found === ZeroAddress) throw refusal(`the ${role} ${address} is not wired yet: finish the deployment.`);
  if (found !== undefined) return found;
  throw refusal(
    (await access.ethers.provider.getCode(address)) === "0x"
      ? `the ${role} is ${address}, where there is no contract ${where}.`
      : `the contract at ${address} ${where} does not answer as a ${name}.`,
  );
}

/**
 * Reads the model's benchmark, verification method, owner and token. Refuses a verifier that the registry no longer accepts, because
 * nothing can be improved through it.
 */
export async function readModel({ access, network, address, registry }: Connection, modelId: string) {
  const present = await registry.verifier();
  if (present !== address) {
    throw new Problem(
      "CONFLICT",
      `the verifier is ${address}, but the registry on ${network.name} listens to ${present}.`,
    );
  }
  const model = id(modelId);
  const version = await registry.benchmarkVersionOf(model);
  if (version === 0n)
    throw new Problem("NOT_DEPLOYED", `${modelId} has no benchmark on ${network.name}: register the model first.`);
  const benchmark = await registry.benchmarkOf(model);
  const token = await contractAt<ModelToken>(access, "ModelToken", await registry.tokenOf(model));
  return {
    model,
    version,
    benchmark,
    method: await readMethod(access, modelId, benchmark.method),
    owner: await registry.ownerOf(model),
    token,
    symbol: printed(await token.symbol()),
  };
}

/** Returns the timestamp of the latest block, in seconds. */
export async function timeOf({ access }: Connection): Promise<bigint> {
  const block = (await access.ethers.provider.getBlock("latest")) as Block;
  return BigInt(block.timestamp);
}

/** Throws a {@link Problem} if an account cannot pay for a transaction. */
export async function requireEther({ access, network }: Connection, sender: Signer): Promise<void> {
  const address = await sender.getAddress();
  if (await hasEther(access, address)) return;
  throw new Problem("NO_FUNDS", `${address} has no ether on ${network.name}: send it some to pay for gas.`);
}

/**
 * Waits for the simulation of a call that is to be sent next. Throws a revert as a {@link Problem} that names the rule, the values and the
 * remedy, or in the words of `inWords` if it returns any.
 */
export async function simulate<T>(
  chain: Connection,
  call: Promise<T>,
  inWords: (revert: Revert) => Weakness | undefined = () => undefined,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const revert = await revertOf(chain, error);
    const weakness = inWords(revert);
    if (weakness)
      throw new Problem(weakness.code, `${weakness.words}; nothing was sent.`, { revert: inFigures(revert) });
    throw refused({ ...revert, message: `refused on chain: ${revert.message}; nothing was sent` });
  }
}

/** A caller's own words for a revert. */
export interface Weakness {
  readonly code: ProblemCode;
  readonly words: string;
}

/** A revert without data. docs/errors.md says when contracts revert so. */
const SILENT: Revert = {
  name: "",
  args: {},
  message: "it reverts without a reason, as it does when the arguments do not decode or there is too little gas",
};

/** Returns the revert that an error carries, which may have no name. Any other error is thrown unchanged. */
export async function revertOf({ access }: Connection, error: unknown): Promise<Revert> {
  const revert = await decodeRevert(access, error);
  if (revert) return revert;
  if (isRevert(error)) return SILENT;
  throw error;
}
