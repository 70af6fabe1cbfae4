import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { impersonateAccount, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import hre, { ethers } from "hardhat";
import type { BenchmarkStruct } from "../../../.build/typechain/contracts/models/ModelRegistry";
import { deployModule } from "../../../deploy/ignition";
import type { Parameters } from "../../../deploy/parameters";
import { Contracts, ProtocolModule } from "../../../ignition/modules/Protocol";
import {
  buildBenchmark,
  buildModel,
  buildPoolTerms,
  modelIdOf,
  type ModelLaunch,
  type ModelOverrides,
  type PoolTerms,
} from "./models";
import { ADMIN_DELAY, PAYOUT_DELAY } from "./units";

const ETHER_OF_A_CONTRACT = 10n ** 20n;

/** One account for each key of the protocol. `deployer` and `wirer` hold no role, and neither do the last three. */
export async function namedSigners() {
  const signers = await ethers.getSigners();
  const next = () => signers.shift()!;
  return {
    deployer: next(),
    wirer: next(),
    multisig: next(),
    guardian: next(),
    operator: next(),
    launcher: next(),
    registrar: next(),
    distributor: next(),
    poolCreator: next(),
    governor: next(),
    supplier: next(),
    payer: next(),
    verifier: next(),
    method: next(),
    treasury: next(),
    alice: next(),
    bob: next(),
    mallory: next(),
  };
}

/** Everything that {@link deployProtocol} deploys. */
export type Protocol = Awaited<ReturnType<typeof deployProtocol>>;

/**
 * The protocol as it is shipped, without models. `admin`, `verifier` and `method` are the timelock, the verifier and the oracle attestation
 * as signers, ready to send transactions themselves.
 */
export async function deployProtocol() {
  return deployWith(ProtocolModule, "wirer");
}

/** The protocol of {@link deployProtocol}, before `wire`. */
export async function deployUnwiredProtocol() {
  return deployWith(Contracts, "deployer");
}

async function deployWith(module: typeof Contracts | typeof ProtocolModule, senderName: "deployer" | "wirer") {
  const actors = await namedSigners();
  const sender = actors[senderName].address;
  const onSent = () => undefined;
  const reserveToken = await ethers.deployContract("ReserveTokenMock");
  const parameters = parametersFor(actors, await reserveToken.getAddress());
  const addresses = await deployModule(hre, module, { parameters, sender, onSent });
  const at = (name: string) => addresses[name]!;
  return {
    ...actors,
    admin: await signerOf(at("TimelockController")),
    verifier: await signerOf(at("DeltaOneVerifier")),
    method: await signerOf(at("OracleAttestation")),
    timelock: await ethers.getContractAt("TimelockController", at("TimelockController")),
    reserveToken,
    registry: await ethers.getContractAt("ModelRegistry", at("ModelRegistry")),
    tokenManager: await ethers.getContractAt("TokenManager", at("TokenManager")),
    rewardDistributor: await ethers.getContractAt("RewardDistributor", at("RewardDistributor")),
    factory: await ethers.getContractAt("HokusaiAMMFactory", at("HokusaiAMMFactory")),
    infrastructureReserve: await ethers.getContractAt("InfrastructureReserve", at("InfrastructureReserve")),
    feeRouter: await ethers.getContractAt("UsageFeeRouter", at("UsageFeeRouter")),
  };
}

/** Parameters with one holder for every role. */
function parametersFor(actors: Awaited<ReturnType<typeof namedSigners>>, reserveToken: string): Parameters {
  const holder = (name: keyof typeof actors) => [actors[name].address];
  return {
    $global: {
      deployer: actors.wirer.address,
      adminDelay: Number(ADMIN_DELAY),
      guardians: holder("guardian"),
      reserveToken,
    },
    Governance: { proposers: holder("multisig"), executors: holder("multisig") },
    Models: {
      registrars: holder("registrar"),
      poolCreators: holder("poolCreator"),
      payers: holder("payer"),
      payoutDelay: Number(PAYOUT_DELAY),
    },
    Methods: { attesters: holder("method"), threshold: 1 },
    Tokens: { operators: holder("operator"), deployers: holder("launcher"), distributors: holder("distributor") },
    Market: { treasury: actors.treasury.address },
  };
}

/** A contract as the sender of transactions. */
export async function signerOf(contract: string): Promise<HardhatEthersSigner> {
  await impersonateAccount(contract);
  await setBalance(contract, ETHER_OF_A_CONTRACT);
  return ethers.getSigner(contract);
}

/** Arguments of {@link deployToken} that succeed, for the protocol's own supplier and governor. */
export function buildLaunch({ supplier, governor }: Protocol, overrides: ModelOverrides = {}): ModelLaunch {
  return buildModel({ supplierRecipient: supplier.address, governor: governor.address }, overrides);
}

/** Arguments of `deployTokenWithAllocations`, in order. */
export function argumentsOf(launch: ModelLaunch) {
  const { modelId, name, symbol, supplierAllocation, supplierRecipient, investorAllocation, params } = launch;
  return [modelId, name, symbol, supplierAllocation, supplierRecipient, investorAllocation, params] as const;
}

/** Step 1: a model in status PROPOSAL. */
export async function deployToken(protocol: Protocol, overrides: ModelOverrides = {}) {
  const { tokenManager, launcher } = protocol;
  const launch = buildLaunch(protocol, overrides);
  await tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch));
  const token = await ethers.getContractAt("ModelToken", await tokenManager.tokenOf(launch.modelId));
  return { ...launch, id: modelIdOf(launch.modelId), token };
}

/** Step 2: the model becomes REGISTERED. */
export async function registerModel(
  { registry, registrar, method }: Protocol,
  modelId: string,
  overrides: Partial<BenchmarkStruct> = {},
) {
  const benchmark = buildBenchmark(method.address, overrides);
  await registry.connect(registrar).registerModel(modelIdOf(modelId), benchmark);
  return benchmark;
}

/** Step 3: the supplier allocation is minted. */
export async function distribute({ tokenManager, distributor }: Protocol, modelId: string) {
  await tokenManager.connect(distributor).distributeModelSupplierAllocation(modelId);
}

/** Step 4: the model becomes DEPLOYED. */
export async function createPool(protocol: Protocol, modelId: string, overrides: Partial<PoolTerms> = {}) {
  const { tokenManager, factory, poolCreator } = protocol;
  const terms = buildPoolTerms(overrides);
  await factory
    .connect(poolCreator)
    .createPoolWithParams(
      modelId,
      await tokenManager.tokenOf(modelId),
      terms.crr,
      terms.tradeFee,
      terms.ibrDuration,
      terms.virtualReserve,
      terms.initialPrice,
    );
  const pool = await ethers.getContractAt("HokusaiAMM", await factory.poolOf(modelIdOf(modelId)));
  return { terms, pool };
}

/** Overrides for {@link launchModel}; `distributed: false` leaves out step 3. */
export interface LaunchOverrides {
  model?: ModelOverrides;
  benchmark?: Partial<BenchmarkStruct>;
  terms?: Partial<PoolTerms>;
  distributed?: boolean;
}

/** Steps 1–4: a model that trades. */
export async function launchModel(
  protocol: Protocol,
  { model, benchmark, terms, distributed = true }: LaunchOverrides = {},
) {
  const launched = await deployToken(protocol, model);
  const registered = await registerModel(protocol, launched.modelId, benchmark);
  if (distributed) await distribute(protocol, launched.modelId);
  return { ...launched, benchmark: registered, ...(await createPool(protocol, launched.modelId, terms)) };
}
