import { loadFixture, reset, time } from "@nomicfoundation/hardhat-network-helpers";
import { id, MaxUint256 } from "ethers";
import hre from "hardhat";
import type { DeploymentAddresses } from "../../../sdk/client/deployment";
import { buildContributorTree } from "../../../sdk/schemas/distribution";
import {
  deployImprovements,
  improve,
  improveAndRelease,
  registerModel,
  type Improvements,
} from "../../../scripts/dev/world/improvements";
import { buildPoolTerms } from "../../../scripts/dev/world/models";
import { DAY, TOKEN, USDC } from "../../../scripts/dev/world/units";

/** The chain of this process as a node, with a protocol on it. */
export interface IndexedWorld extends Improvements {
  readonly other: Improvements["model"];
  readonly deployment: DeploymentAddresses;
}

/** Serves the chain of this process; the address of its server once the tests run. */
export function useServer(): { readonly url: string } {
  let server: { listen(): Promise<{ port: number }>; close(): Promise<void> };
  const chain = { url: "" };
  before(async () => {
    await reset();
    const { provider } = hre.network;
    server = (await hre.run("node:create-server", { hostname: "127.0.0.1", port: 0, provider })) as typeof server;
    chain.url = `http://127.0.0.1:${(await server.listen()).port}`;
  });
  after(() => server.close());
  return chain;
}

/** Two models, of which one trades, is used and improved; one has just come to be. */
export async function buildWorld(): Promise<IndexedWorld> {
  return loadFixture(deployWorld);
}

async function deployWorld(): Promise<IndexedWorld> {
  const context = await deployImprovements();
  const other = await registerModel(context, { modelId: "other" });
  const addresses = Object.entries(context.addresses).filter(([name]) => name !== "ReserveToken");
  const deployment = {
    ...{ network: "hardhat", chainId: 31_337, firstBlock: 1 },
    contracts: Object.fromEntries(addresses) as DeploymentAddresses["contracts"],
  };
  const world = { ...context, other, deployment };
  await openMarket(world);
  return world;
}

async function openMarket({ tokenManager, factory, distributor, poolCreator, model, alice, ...world }: IndexedWorld) {
  await tokenManager.connect(distributor).distributeModelSupplierAllocation("credit-default");
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = buildPoolTerms();
  const terms = [crr, tradeFee, ibrDuration, virtualReserve, initialPrice] as const;
  await factory.connect(poolCreator).createPoolWithParams("credit-default", model.token, ...terms);
  const reserve = await hre.ethers.getContractAt("ReserveTokenMock", await factory.reserveToken(), alice);
  await reserve.mint(alice, 1_000_000n * USDC);
  for (const spender of [world.feeRouter, await factory.poolOf(model.id)]) await reserve.approve(spender, MaxUint256);
}

/** The pool of the model that trades. */
export async function poolOf({ factory, model, alice }: IndexedWorld) {
  return hre.ethers.getContractAt("HokusaiAMM", await factory.poolOf(model.id), alice);
}

/** Trades of one account, some buys and a sale once sales are open. */
export async function tradeAWhile(world: IndexedWorld): Promise<void> {
  const { alice, bob } = world;
  const pool = await poolOf(world);
  await pool.buy(100n * USDC, 0n, alice, MaxUint256);
  await pool.buy(50n * USDC, 0n, bob, MaxUint256);
  await time.increaseTo(await pool.sellsOpenAt());
  await pool.sell(10n * TOKEN, 0n, alice, MaxUint256);
}

/** Everybody's part: trades, fees, an invoice, parameters, handovers, improvements that wait, are paid and claimed, roles. */
export async function liveALife(world: IndexedWorld): Promise<void> {
  const { model, other, registry, feeRouter, infrastructureReserve, alice, bob, governor, guardian } = world;
  await tradeAWhile(world);
  await registry.connect(governor).setPricePerThousandCalls(model.id, 2n * USDC);
  await feeRouter.connect(alice).depositFee(model.id, 300n * USDC);
  await feeRouter.connect(alice).payForCalls(model.id, 5_000n, MaxUint256);
  await feeRouter.connect(alice).depositFees([
    { model: model.id, amount: 7n * USDC },
    { model: id("nobody"), amount: 1n },
  ]);
  await infrastructureReserve.connect(governor).approvePayee(model.id, bob);
  await registry.connect(governor).setTokensPerDeltaOne(other.id, 700n * TOKEN);
  await registry.connect(governor).setInfrastructureAccrual(model.id, 9_000n);
  await registry.connect(governor).setInfrastructureAccrual(other.id, 9_500n);
  await registry.connect(guardian).cancelChange(other.id, 1n);
  await registry.connect(governor).setLicense(other.id, id("licence 2"), "ipfs://second");
  await registry.connect(governor).proposeGovernor(other.id, bob);
  await improveAndRelease(world, model);
  await claimByRoot(world);
  await improve(world, other);
  const payer = await hre.ethers.getSigner(world.parameters.Models.payers[0] as string);
  await infrastructureReserve.connect(payer).pay(model.id, bob, 10n * USDC, id("invoice"));
  await (await poolOf(world)).collectFees();
  await registry.connect(world.admin).setDailyLimit(other.id, 500n);
  await registry.connect(guardian).stopPayouts(world.oracleAttestation, BigInt(await time.latest()) - DAY);
  await world.factory.connect(guardian).pauseBuys(model.id, DAY);
  await world.tokenManager.connect(world.admin).grantRole(id("DISTRIBUTOR_ROLE"), bob);
}

/** An improvement whose contributors are a root's, released, and claimed by one of them. */
async function claimByRoot(world: IndexedWorld): Promise<void> {
  const { model, alice, bob, rewardDistributor, relayer } = world;
  const evaluationId = id("by root");
  const tree = buildContributorTree(model.id, evaluationId, [
    { account: alice.address, weight: 2n },
    { account: bob.address, weight: 1n },
  ]);
  const { queued } = await improveAndRelease(world, model, {
    ...{ evaluationId, contributors: [], contributorsRoot: tree.root },
  });
  const [leaf] = tree.leaves;
  const { distributionId, root } = tree;
  const claim = {
    token: model.token,
    root,
    total: queued.amounts[1]!,
    distributionId,
    ...leaf!,
    proof: [...leaf!.proof],
  };
  await rewardDistributor.connect(relayer).claim(claim);
}
