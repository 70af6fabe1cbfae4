import { ethers } from "hardhat";
import type { InitialParamsStruct } from "../../.build/typechain/contracts/models/ModelRegistry";
import { buildBenchmark, buildModel, modelIdOf } from "../../scripts/dev/world/models";
import { namedSigners } from "../../scripts/dev/world/protocol";
import { ADMIN_DELAY, PAYOUT_DELAY } from "../../scripts/dev/world/units";

/** A registry alone; `admin`, `tokenManager`, `factory` and `verifier` are keys, so that each can be anybody. */
export type RegistryContext = Awaited<ReturnType<typeof deployRegistry>>;

/** A registry before `wire`. */
export async function deployUnwiredRegistry() {
  const signers = await namedSigners();
  const { multisig: admin, guardian, registrar, wirer, launcher: tokenManager, poolCreator: factory } = signers;
  const registry = await ethers.deployContract("ModelRegistry", [
    ADMIN_DELAY,
    admin,
    [guardian],
    [registrar],
    [],
    [],
    wirer,
    PAYOUT_DELAY,
  ]);
  const { verifier, governor, supplier, method, alice, bob, mallory, deployer } = signers;
  const keys = { deployer, admin, guardian, registrar, wirer, tokenManager, factory, verifier };
  return { ...keys, governor, supplier, method, alice, bob, mallory, registry };
}

/** A registry whose address book names keys. */
export async function deployRegistry() {
  const context = await deployUnwiredRegistry();
  const { registry, wirer, tokenManager, factory, verifier, method } = context;
  await registry.connect(wirer).wire(tokenManager, factory, verifier, [method]);
  return context;
}

/** Arguments of `createModel`, in order, that succeed; the token stands for an ERC-20 that the registry never calls. */
export function modelArguments(
  { supplier, governor, bob }: RegistryContext,
  params: Partial<InitialParamsStruct> = {},
  modelId?: string,
) {
  const launch = buildModel(
    { supplierRecipient: supplier.address, governor: governor.address },
    modelId === undefined ? { params } : { params, modelId },
  );
  const token = bob.address;
  return [modelIdOf(launch.modelId), launch.modelId, token, launch.supplierRecipient, launch.params] as const;
}

/** A registry with one model in status PROPOSAL. */
export async function proposedModel() {
  const context = await deployRegistry();
  const created = modelArguments(context);
  const [id, modelId, token, owner, params] = created;
  await context.registry.connect(context.tokenManager).createModel(...created);
  return { ...context, id, modelId, token, owner, params };
}

/** A model whose governor has proposed alice to follow, and its owner bob. */
export async function proposedSuccessors() {
  const context = await proposedModel();
  const { registry, governor, supplier, alice, bob, id } = context;
  await registry.connect(governor).proposeGovernor(id, alice);
  await registry.connect(supplier).proposeOwner(id, bob);
  return context;
}

/** A registry with one model in status REGISTERED. */
export async function registeredModel() {
  const context = await proposedModel();
  const benchmark = buildBenchmark(context.method.address);
  await context.registry.connect(context.registrar).registerModel(context.id, benchmark);
  return { ...context, benchmark };
}

/** A registry with one model in status DEPLOYED; alice stands for its pool. */
export async function deployedModel() {
  const context = await registeredModel();
  await context.registry.connect(context.factory).setPool(context.id, context.alice);
  return { ...context, pool: context.alice.address };
}
