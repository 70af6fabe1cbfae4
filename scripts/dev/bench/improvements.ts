// The world in which improvements, releases and claims are measured: a model without commitments that was rewarded twice before, once to
// listed contributors and once to a root.

import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import {
  dataSlice,
  getAddress,
  id as hashOf,
  ZeroHash,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
} from "ethers";
import hre, { ethers } from "hardhat";
import type { RewardDistributor } from "../../../.build/typechain";
import { readPayouts, releaseCall } from "../../../sdk/client/payouts";
import { buildContributorTree, type ContributorTree } from "../../../sdk/schemas/distribution";
import type { Contributor } from "../../../sdk/schemas/statement";
import {
  attest,
  buildContributors,
  buildStatement,
  deployImprovements,
  improveAndRelease,
  registerModel,
  submit,
  type Improvements,
} from "../world/improvements";
import { gasOf } from "./world";

const WHOLE_BPS = 10_000n;
const HOLDERS = accounts("holder", 10);
const CONTRIBUTORS = 10_000;

/** A protocol whose oracle requires one signature, and a model whose owner and {@link HOLDERS} hold tokens. */
async function rewarded() {
  const context = await deployImprovements();
  const { oracleAttestation, admin } = context;
  await oracleAttestation.connect(admin).setThreshold(1);
  const model = await registerModel(context, { modelId: "sentiment-v2", benchmark: { modelCommitment: ZeroHash } });
  const improved = { ...context, model };
  const evaluation = { candidateCommitment: ZeroHash };
  await improveAndRelease(context, model, { contributors: listed(HOLDERS), evaluation });
  await improveAndRelease(context, model, { ...toRoot(ethers.id("root")), evaluation });
  return improved;
}

/** Like {@link rewarded}, but with three of five attesters. */
async function rewardedByFive() {
  const context = await rewarded();
  const { oracleAttestation, admin, alice, bob } = context;
  for (const attester of [alice, bob]) await oracleAttestation.connect(admin).addAttester(attester);
  await oracleAttestation.connect(admin).setThreshold(3);
  return context;
}

/** A distribution to 10,000 contributors, none of whom has claimed. */
async function distributed() {
  const context = await rewarded();
  const { model, registry, rewardDistributor: distributor } = context;
  const evaluationId = ethers.id("evaluation of many");
  const weighted = accounts("contributor", CONTRIBUTORS).map((account) => ({ account, weight: 1n }));
  const tree = buildContributorTree(model.id, evaluationId, weighted);
  const { queued } = await improveAndRelease(context, model, {
    ...toRoot(tree.root),
    evaluationId,
    evaluation: { candidateCommitment: ZeroHash },
  });
  const [, total] = queued.amounts;
  if (total === undefined) throw new Error("the benchmark's distribution has no total");
  return { tree, distributor, token: await registry.tokenOf(model.id), total };
}

/** Gas of an improvement of 100 bps that goes to these contributors. */
export async function improvementGas(contributors: readonly Contributor[] | "root"): Promise<bigint> {
  return submissionGas(await loadFixture(rewarded), contributors);
}

/** Gas of an improvement by one contributor, signed by three of five attesters. */
export async function improvementByFiveGas(): Promise<bigint> {
  return submissionGas(await loadFixture(rewardedByFive), listed(HOLDERS.slice(0, 1)));
}

/** Listed contributors with equal shares: the first `count` of ten who hold the model's tokens, or as many who hold none. */
export function contributors(count: number, kind: "holders" | "new" = "holders"): Contributor[] {
  return listed(kind === "holders" ? HOLDERS.slice(0, count) : accounts("newcomer", count));
}

/** Gas of the first claim in a word of the bitmap, or of the next claim; each pays an account that held nothing before. */
export async function claimGas(which: "first" | "next"): Promise<bigint> {
  const { tree, distributor, token, total } = await loadFixture(distributed);
  const claim = (index: number) => distributor.claim(claimOf(tree, index, token, total));
  if (which === "next") await claim(0);
  return gasOf(claim(1));
}

function claimOf(
  tree: ContributorTree,
  index: number,
  token: string,
  total: bigint,
): Parameters<RewardDistributor["claim"]>[0] {
  const leaf = tree.leaves[index];
  if (leaf === undefined) throw new Error(`the tree has no leaf ${index}`);
  const { account, from, to, proof } = leaf;
  const { distributionId, root } = tree;
  return { token, root, total, distributionId, index, account, from, to, proof: [...proof] };
}

/** Gas of releasing such an improvement's reward. */
export async function releaseGas(to: readonly Contributor[] | "root"): Promise<bigint> {
  const context = await loadFixture(rewarded);
  const { registry, tokenManager, relayer, model } = context;
  const { blockNumber } = (await (await submission(context, to)).wait()) as ContractTransactionReceipt;
  const payouts = await readPayouts(hre, registry, { from: 0, to: blockNumber }, model.id);
  const payout = payouts.find(({ status }) => status === "waits");
  if (payout === undefined) throw new Error("the benchmark's improvement queued nothing");
  await time.increaseTo(payout.releasableFrom);
  return gasOf(tokenManager.connect(relayer).releasePayout(...releaseCall(payout)));
}

const submissionGas = async (context: Improvements, to: readonly Contributor[] | "root") =>
  gasOf(submission(context, to));

async function submission(
  context: Improvements,
  to: readonly Contributor[] | "root",
): Promise<ContractTransactionResponse> {
  const statement = await buildStatement(context, context.model, {
    ...(to === "root" ? toRoot(ethers.id("another root")) : { contributors: to }),
    evaluation: { candidateCommitment: ZeroHash },
  });
  const proof = await attest(context, statement, [...context.attesters].slice(0, await signers(context)));
  return submit(context, statement, proof);
}

const signers = async ({ oracleAttestation }: Improvements) => Number(await oracleAttestation.threshold());

const toRoot = (contributorsRoot: string) => ({ contributors: [], contributorsRoot });

function listed(addresses: readonly string[]): Contributor[] {
  const share = WHOLE_BPS / BigInt(addresses.length);
  const shares = addresses.map((_, i) => (i === 0 ? WHOLE_BPS - share * BigInt(addresses.length - 1) : share));
  return buildContributors(
    addresses.map((address) => ({ address })),
    shares,
  );
}

function accounts(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => getAddress(dataSlice(hashOf(`${name} ${i}`), 12)));
}
