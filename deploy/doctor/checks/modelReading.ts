// SPDX-License-Identifier: MIT
// What the chain says of a model: the views of registry, token, pool and vesting wallet, as of one block.

import type {
  HokusaiAMM,
  HokusaiAMMFactory,
  IERC20,
  InfrastructureReserve,
  ModelRegistry,
  ModelToken,
  TokenManager,
  VestingWallet,
} from "../../../.build/typechain";
import { answerOf } from "../../../sdk/rpc/snapshot";
import { PARAMETERS, type ModelState } from "../../../sdk/state/protocolState";
import { contractOf, type Subject } from "../subject";

/** What was read of a model. */
export type ModelViews = Awaited<ReturnType<typeof readModelViews>>;

/** Reads everything about a model at once. What cannot be read is undefined. */
export async function readModelViews(subject: Subject, model: ModelState) {
  const { chain, declared } = subject;
  const { pool } = model;
  const declaredModel = await declared.modelFile(model.id);
  const [tokenCode, poolCode, createdAt, registry, token, market, recipient] = await Promise.all([
    chain.code(model.token),
    pool && chain.code(pool.address),
    pool && chain.timeOf(pool.block),
    answerOf(readRegistry(subject, model)),
    answerOf(readToken(subject, model)),
    pool && answerOf(readPool(subject, model.id, pool.address)),
    declaredModel?.file.recipient.kind === "vesting" ? readVesting(subject, model.supplierRecipient) : undefined,
  ]);
  return { model, declaredModel, tokenCode, poolCode, createdAt, registry, token, market, recipient };
}

async function readRegistry(subject: Subject, { id, modelId }: ModelState) {
  const { chain } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const factory = chain.contract<HokusaiAMMFactory>(contractOf(subject, "HokusaiAMMFactory"));
  const manager = chain.contract<TokenManager>(contractOf(subject, "TokenManager"));
  const reserve = chain.contract<InfrastructureReserve>(contractOf(subject, "InfrastructureReserve"));
  const [
    model,
    parameters,
    benchmark,
    version,
    score,
    dailyLimit,
    rewardsRemaining,
    governance,
    governor,
    owner,
    changes,
    others,
  ] = await Promise.all([
    registry.model(id),
    registry.parametersOf(id),
    registry.benchmarkOf(id),
    registry.benchmarkVersionOf(id),
    registry.scoreOf(id),
    registry.dailyLimitOf(id),
    registry.rewardsRemainingOf(id),
    registry.governanceOf(id),
    registry.pendingGovernorOf(id),
    registry.pendingOwnerOf(id),
    Promise.all(PARAMETERS.map((_, parameter) => registry.pendingChangeOf(id, parameter))),
    Promise.all([manager.tokenOf(modelId), factory.poolOf(id), factory.poolTermsOf(id), reserve.balanceOf(id)]),
  ]);
  const [managerToken, factoryPool, terms, owed] = others;
  const pending = { governor, owner, changes };
  return {
    ...{
      model,
      parameters,
      benchmark,
      version,
      score,
      dailyLimit,
      rewardsRemaining,
      generation: governance[1],
      pending,
    },
    ...{ managerToken, factoryPool, terms, owed },
  };
}

async function readToken({ chain, build }: Subject, { token: address }: ModelState) {
  const token = chain.contract<ModelToken>({ address, compiled: build("ModelToken") });
  const [totalSupply, pool, isSupplierMinted, rewardsMinted, remaining] = await Promise.all([
    token.totalSupply(),
    token.pool(),
    token.isSupplierMinted(),
    answerOf(token.rewardsMinted()), // these two subtract, and so revert if the storage violates the invariants
    answerOf(token.remainingInvestorAllocation()),
  ]);
  return { totalSupply, pool, isSupplierMinted, rewardsMinted, remaining };
}

async function readPool(subject: Subject, id: string, address: string) {
  const { chain, build, declared } = subject;
  const factory = chain.contract<HokusaiAMMFactory>(contractOf(subject, "HokusaiAMMFactory"));
  const pool = chain.contract<HokusaiAMM>({ address, compiled: build("HokusaiAMM") });
  const reserveAddress = declared.addresses.ReserveToken as string;
  const reserveToken = chain.contract<IERC20>({ address: reserveAddress, compiled: build("IERC20Metadata") });
  const [token, reserve, pendingStream, netIssued, buysPausedUntil, pause, balance] = await Promise.all([
    pool.token(),
    pool.reserve(),
    pool.pendingStream(),
    pool.netIssued(),
    pool.buysPausedUntil(),
    answerOf(factory.buysPauseOf(id)), // asks the pool that the registry names
    reserveToken.balanceOf(address),
  ]);
  return { token, reserve, pendingStream, netIssued, buysPausedUntil, pause, balance };
}

async function readVesting({ chain, build }: Subject, address: string) {
  const wallet = chain.contract<VestingWallet>({ address, compiled: build("VestingWallet") });
  const code = await chain.code(address);
  const terms = await answerOf(Promise.all([wallet.owner(), wallet.duration()]));
  return { code, terms };
}
