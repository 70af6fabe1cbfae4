// A model that was improved three times and traded: what a tracker tells is compared with what was done to it.

import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import hre, { ethers } from "hardhat";
import { siteOf } from "../../../deploy/network";
import { argumentsOf } from "../../../scripts/dev/world/protocol";
import {
  benchmarkWith,
  buildContributors,
  deployImprovements,
  improve,
  improveAndRelease,
} from "../../../scripts/dev/world/improvements";
import { buildModel, buildPoolTerms, modelIdOf } from "../../../scripts/dev/world/models";
import { queuedBy } from "../../../scripts/dev/world/payouts";
import { DAY, MAX_UINT256, TOKEN, USDC } from "../../../scripts/dev/world/units";
import { hashDocument } from "../../../sdk/evaluation/document";
import { evaluate } from "../../../sdk/evaluation/evaluate";
import { METRICS } from "../../../sdk/evaluation/metrics";
import { readExamples } from "../../../sdk/evaluation/readExamples";
import { parseSpec, wantedOf } from "../../../sdk/evaluation/spec";
import { buildContributorTree } from "../../../sdk/schemas/distribution";
import type { Claims } from "../../../sdk/schemas/claims";
import { fromChain } from "../../../sdk/tracking/chainSource";
import type { EvidenceSource } from "../../../sdk/tracking/evidence";

export const MODEL_ID = "tracked-model";

/** Rates that the model had: an odd one, so that every division leaves something, and one from a change on. */
export const FIRST_RATE = 1_000n * TOKEN + 333n;
export const SECOND_RATE = 1_200n * TOKEN;

const FOLDER = join(__dirname, "../../../deploy/benchmarks/credit-default");

/** The evaluation that ships with the repository. */
export function exampleEvaluation() {
  const spec = parseSpec(readFileSync(join(FOLDER, "benchmark.json"), "utf8"));
  const file = { name: "evaluation.csv", bytes: readFileSync(join(FOLDER, "evaluation.csv")) };
  return evaluate({ spec, examples: readExamples(file, wantedOf(spec)) });
}

async function build() {
  const context = await deployImprovements();
  const { tokenManager, registry, factory, launcher, registrar, poolCreator, distributor, governor, supplier } =
    context;
  const { alice, bob, carol, reserveToken } = context;
  const document = exampleEvaluation();
  const launch = buildModel(
    { supplierRecipient: supplier.address, governor: governor.address },
    { modelId: MODEL_ID, name: "Tracked <Model>", symbol: "TRKD", params: { tokensPerDeltaOne: FIRST_RATE } },
  );
  await tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch));
  const id = modelIdOf(MODEL_ID);
  const benchmark = await benchmarkWith(context, {
    ...{ specHash: document.specHash, evaluationDataHash: document.evaluationDataHash },
    ...{ baselineScore: BigInt(document.baselineScore), metric: BigInt(Object.keys(METRICS).indexOf(document.metric)) },
  });
  await registry.connect(registrar).registerModel(id, benchmark);
  await tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID);
  const token = await ethers.getContractAt("ModelToken", await registry.tokenOf(id));
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = buildPoolTerms();
  await factory
    .connect(poolCreator)
    .createPoolWithParams(MODEL_ID, token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
  const pool = await ethers.getContractAt("HokusaiAMM", await factory.poolOf(id));

  const reserve = await ethers.getContractAt("ReserveTokenMock", await reserveToken.getAddress());
  for (const trader of [alice, bob]) {
    await reserve.mint(trader, 100_000n * USDC);
    await reserve.connect(trader).approve(pool, MAX_UINT256);
  }
  const model = { id };
  const contributors = buildContributors([alice, bob, carol], [3_334n, 3_333n, 3_333n]);
  // The first improvement is that of the document, long ago, and was released.
  const first = await improveAndRelease(context, model, {
    evaluationId: document.evaluationId,
    contributors,
    evaluation: { candidateScore: BigInt(document.candidateScore) },
  });
  await pool.connect(alice).buy(1_000n * USDC, 0, alice, MAX_UINT256);
  await registry.connect(governor).setTokensPerDeltaOne(id, SECOND_RATE);
  await time.increase(40n * DAY);
  // The second is for contributors behind a root, at the rate that has taken effect without an event.
  const overstated = { ...document, candidateScore: 9_999 };
  const evaluationId = hashDocument(overstated);
  const behind = [alice, bob].map(({ address }, index) => ({ account: address, weight: BigInt(index + 1) }));
  const { root, leaves } = buildContributorTree(id, evaluationId, behind);
  const claims: Claims = {
    ...{ chainId: 31_337, verifier: await context.verifier.getAddress(), modelId: MODEL_ID, evaluationId },
    ...{ contributorsRoot: root, contributors: behind },
  };
  const second = await improve(context, model, { evaluationId, contributors: [], contributorsRoot: root });
  await pool.connect(bob).buy(2_000n * USDC, 0, carol, MAX_UINT256);
  await pool.connect(alice).sell((await token.balanceOf(alice)) / 2n, 0, alice, MAX_UINT256);
  await time.increase(DAY);
  const third = await improve(context, model, { contributors: buildContributors([carol], [10_000n]) });
  const queued = [
    first.queued,
    await queuedBy(context, second.transaction),
    await queuedBy(context, third.transaction),
  ];
  return { ...context, id, token, pool, document, overstated, queued, root, leaves, claims };
}

export type TrackedWorld = Awaited<ReturnType<typeof build>>;

/** The world of these tests, each time as it was built. */
export const loadTracked = (): Promise<TrackedWorld> => loadFixture(build);

/** The model's story from the logs of the test's chain, or of a node like it. */
export async function chainSourceOf({ verifier }: Pick<TrackedWorld, "verifier">, site = siteOf(hre)) {
  const contracts = { DeltaOneVerifier: await verifier.getAddress() };
  return fromChain({ site, deployment: { firstBlock: 0, contracts } });
}

/** What is kept of the model's evaluations: a document that the chain confirms, one that overstates, and who stands behind the root. */
export function evidenceOf({ document, overstated, queued, root, claims }: TrackedWorld): EvidenceSource {
  const documents = new Map<string, unknown>([
    [document.evaluationId, document],
    [queued[1]!.evaluationId, overstated],
  ]);
  return {
    document: async (id) => documents.get(id),
    claims: async (wanted) => (wanted === root ? claims : undefined),
  };
}
