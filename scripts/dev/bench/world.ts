// The world in which the benchmark measures: the protocol, one model launched as in production, and a market that has traded.

import { time } from "@nomicfoundation/hardhat-network-helpers";
import { id as hashOf, MaxUint256, ZeroHash, type ContractTransactionResponse } from "ethers";
import { ethers } from "hardhat";
import type { HokusaiAMM, ModelToken, UsageFeeRouter } from "../../../.build/typechain";
import { deployProtocol, type Protocol } from "../world/protocol";

/** A launched model. */
export interface BenchLaunch {
  token: ModelToken;
  pool: HokusaiAMM;
  /** Gas of the four transactions, in the order in which they are sent. */
  gas: { deploy: bigint; register: bigint; distribute: bigint; createPool: bigint };
}

/** A market in which Alice has bought and sold, and Bob has only approved the pool. */
export interface BenchMarket extends BenchLaunch {
  protocol: Protocol;
}

/** Alice as a payer of fees for twenty models, including `model`: each has had a deposit, and its stream is running. */
export interface FeePayer {
  router: UsageFeeRouter;
  model: string;
  deposits: { model: string; amount: bigint }[];
}

/** Later than any block of a benchmark, so that a deadline always costs the same calldata. */
export const DEADLINE = 4_102_444_800n; // 2100-01-01

const BUY_ONLY_WINDOW = 7n * 86_400n;
const WHOLE = 10n ** 18n;
const FEE = 100n * 10n ** 6n;
const CALL_PRICE = 10n ** 6n;
const FUNDS = 1_000_000n * 10n ** 6n;

/** The gas of a transaction, including base cost, calldata and refunds. */
export async function gasOf(transaction: Promise<ContractTransactionResponse>): Promise<bigint> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("a benchmark's transaction was not mined");
  return receipt.gasUsed;
}

/**
 * Sends the four transactions of a launch: with a 12-character id, a 20-character name, a 66-character licence URI and a given recipient.
 */
export async function launch(protocol: Protocol, modelId: string): Promise<BenchLaunch> {
  const { registry, tokenManager, factory, launcher, registrar, distributor, poolCreator, supplier, governor } =
    protocol;
  const key = hashOf(modelId);

  const deploy = await gasOf(
    tokenManager
      .connect(launcher)
      .deployTokenWithAllocations(
        modelId,
        "Sentiment Model 2026",
        "SENT",
        400_000n * WHOLE,
        supplier,
        600_000n * WHOLE,
        {
          tokensPerDeltaOne: 100_000n * WHOLE,
          infrastructureAccrualBps: 5000,
          initialOraclePricePerThousandUsd: 0,
          licenseHash: hashOf("licence"),
          licenseURI: "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
          governor,
        },
      ),
  );
  const register = await gasOf(
    registry.connect(registrar).registerModel(key, {
      specHash: hashOf("specification"),
      evaluationDataHash: hashOf("evaluation data"),
      modelCommitment: ZeroHash,
      method: protocol.method,
      metric: 0,
      direction: 0,
      baselineScore: 8500,
      targetScore: 0,
      minImprovementBps: 10,
      minSampleSize: 1000,
      minRuns: 1,
      minLowerBoundBps: 1,
    }),
  );
  const distribute = await gasOf(tokenManager.connect(distributor).distributeModelSupplierAllocation(modelId));
  const token = await ethers.getContractAt("ModelToken", await tokenManager.tokenOf(modelId));
  const createPool = await gasOf(
    factory
      .connect(poolCreator)
      .createPoolWithParams(modelId, token, 200_000, 30, BUY_ONLY_WINDOW, 2_000n * 10n ** 6n, 10_000),
  );
  const pool = await ethers.getContractAt("HokusaiAMM", await factory.poolOf(key));
  return { token, pool, gas: { deploy, register, distribute, createPool } };
}

/** A fixture: the market after its buy-only window, with uncollected fees and no running stream. */
export async function openMarket(): Promise<BenchMarket> {
  const protocol = await deployProtocol();
  const { alice, bob } = protocol;
  const launched = await launch(protocol, "sentiment-v1");

  for (const account of [alice, bob]) {
    await protocol.reserveToken.mint(account, FUNDS);
    await protocol.reserveToken.connect(account).approve(launched.pool, MaxUint256);
  }
  await launched.pool.connect(alice).buy(1_000n * 10n ** 6n, 1n, alice, DEADLINE);
  await time.increaseTo(await launched.pool.sellsOpenAt());
  await launched.pool.connect(alice).sell(WHOLE, 1n, alice, DEADLINE);
  return { ...launched, protocol };
}

/** A fixture: the payer of fees, on top of {@link openMarket}. */
export async function payFees(): Promise<FeePayer> {
  const { protocol } = await openMarket();
  const { alice, governor, registry, reserveToken } = protocol;
  const model = hashOf("sentiment-v1");
  const others = Array.from({ length: 19 }, (_, i) => `sentiment-${i + 10}`);
  for (const modelId of others) await launch(protocol, modelId);
  await registry.connect(governor).setPricePerThousandCalls(model, CALL_PRICE);
  const router = protocol.feeRouter.connect(alice);
  await reserveToken.connect(alice).approve(router, MaxUint256);
  const deposits = [model, ...others.map(hashOf)].map((id) => ({ model: id, amount: FEE }));
  await router.depositFees(deposits);
  return { router, model, deposits };
}
