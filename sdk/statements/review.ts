// SPDX-License-Identifier: MIT
// Checks whether the chain would pay for a statement before anybody signs or sends it, and describes the statement.

import { ZeroHash } from "ethers";
import { Problem } from "../base/problem.ts";
import { formatInteger, formatTime, formatTokens, roundTokens } from "../base/units.ts";
import { readModel, revertOf, timeOf, type Connection, type ImprovableModel } from "../client/connect.ts";
import { inFigures, refused } from "../client/errors.ts";
import type { Bundle } from "../schemas/bundle.ts";
import { treeOf, type Claims } from "../schemas/claims.ts";
import { contributorAmount } from "../schemas/distribution.ts";
import { hashStatement, statementDomain, type ImprovementStatement } from "../schemas/statement.ts";
import { BelowTarget, isForToday, weaknessOf } from "./weakness.ts";

/** The longest life of a statement, in seconds. */
export const MAX_LIFE = 172_800n;

/** The number of contributors behind a root that are shown. */
const SHOWN_CONTRIBUTORS = 5;

/** The first bytes of the code of an account that delegates to a contract (EIP-7702). */
const DELEGATION = "0xef0100";

/** A statement with what the chain currently says about it. */
export interface Review {
  readonly bundle: Bundle;
  readonly model: ImprovableModel;
  readonly ownerReward: bigint;
  readonly contributorsReward: bigint;
  /** What is left of the day's limit in bps. Present only if the improvement exceeds it. */
  readonly waitsForLimit?: bigint;
  readonly now: bigint;
}

/** Throws a {@link Problem} if a statement is for another chain or verifier. */
export function requireDestination(
  { network, address }: Connection,
  { chainId, verifier }: Pick<Bundle, "chainId" | "verifier">,
) {
  if (chainId !== network.chainId) {
    throw new Problem(
      "WRONG_CHAIN",
      `the statement is for chain ${chainId}, ${network.name} is chain ${network.chainId}.`,
    );
  }
  if (verifier !== address)
    throw new Problem("CONFLICT", `the statement is for the verifier ${verifier}, expected ${address}.`);
}

/**
 * Throws a {@link Problem} if the chain would not pay for a statement now. Otherwise returns everything that an attester has to know about
 * it.
 * The only obstacle that is tolerated is the day's limit, because it ends with the day.
 */
export async function requireAcceptable(chain: Connection, bundle: Bundle): Promise<Review> {
  requireDestination(chain, bundle);
  const { modelId, statement } = bundle;
  const { evaluation, evaluationId } = statement;
  const model = await readModel(chain, modelId);
  const now = await timeOf(chain);
  requireAlive(statement, now);
  const epoch = model.method.attesters?.epoch ?? 0n;
  if (statement.attesterEpoch !== epoch) {
    throw new Problem(
      "EXPIRED",
      `the attester epoch is ${statement.attesterEpoch}, expected ${epoch}: make the statement again.`,
    );
  }
  if (await chain.verifier.isUsed(evaluation.model, evaluationId)) {
    throw new Problem(
      "ALREADY_DONE",
      `the evaluation ${evaluationId} of ${modelId} was recorded before: take another evaluation id.`,
    );
  }
  requireSameBenchmark(bundle, model);
  const waitsForLimit = await requireStrong(chain, bundle);
  await requireValidProof(chain, model, bundle);
  const [ownerReward, contributorsReward] = await chain.verifier.previewReward(
    evaluation.model,
    evaluation.candidateScore,
  );
  return { bundle, model, ownerReward, contributorsReward, now, ...(waitsForLimit !== undefined && { waitsForLimit }) };
}

/**
 * Describes the statement to an attester, line by line. If the contributors are behind a root, their claims file is required. Payees that
 * are
 * contracts are marked: tokens paid to a pool or the fee router stay there for ever, and the verifier refuses only some such payees.
 */
export async function describe(chain: Connection, review: Review, claims?: Claims): Promise<string[]> {
  const { network } = chain;
  const { bundle, model, ownerReward, contributorsReward, waitsForLimit, now } = review;
  const { modelId, statement } = bundle;
  const { evaluation, evaluationId, contributionDataHash, deadline } = statement;
  const tokens = (wei: bigint) => `${formatTokens(roundTokens(wei))} ${model.symbol}`;
  const rows: [string, string][] = [
    ["for", `verifier ${bundle.verifier} on ${network.name}, chain ${bundle.chainId}`],
    [
      "improvement",
      `score ${evaluation.baselineScore} → ${evaluation.candidateScore}, ${deltaOf(statement)} bps; at least ${evaluation.lowerBoundBps} bps at the benchmark's level of error`,
    ],
    [
      "measured on",
      `${formatInteger(evaluation.sampleSize)} examples in ${evaluation.runs} runs, benchmark version ${evaluation.benchmarkVersion}`,
    ],
    ["benchmark", evaluation.specHash],
    ["evaluation data", evaluation.evaluationDataHash],
    ["contribution", contributionDataHash],
    ["baseline", orNone(evaluation.baselineCommitment)],
    ["candidate", orNone(evaluation.candidateCommitment)],
    ["evaluation id", evaluationId],
    ["reward", `${tokens(ownerReward + contributorsReward)} at the present rate`],
    ["owner", `${model.owner}: ${tokens(ownerReward)}`],
    ["contributors", `${tokens(contributorsReward)} to`],
    ...(await payeesOf(chain, review, claims)).map((payee): [string, string] => ["", payee]),
    ...vouchersOf(review),
    ["until", `${formatTime(deadline)}, ${hours(deadline - now)} hours from now`],
  ];
  const note =
    waitsForLimit === undefined
      ? []
      : [`  waits for another day: ${waitsForLimit} bps are left today, it can be submitted from 00:00 UTC`];
  return [`Improvement of ${modelId}`, ...rows.map(([name, value]) => `  ${name.padEnd(16)} ${value}`), ...note];
}

/** Returns by how much the scores differ, in bps. */
export function deltaOf({ evaluation }: Pick<ImprovementStatement, "evaluation">): bigint {
  const difference = evaluation.candidateScore - evaluation.baselineScore;
  return difference < 0n ? -difference : difference;
}

function requireAlive({ deadline }: ImprovementStatement, now: bigint): void {
  if (deadline < now) {
    throw new Problem(
      "EXPIRED",
      `the deadline ${formatTime(deadline)} has passed, the chain's time is ${formatTime(now)}: make the statement again.`,
    );
  }
  if (deadline > now + MAX_LIFE) {
    throw new Problem(
      "BAD_FILE",
      `the deadline is ${formatTime(deadline)}, expected at most ${formatTime(now + MAX_LIFE)}: two days from the chain's time.`,
    );
  }
}

function requireSameBenchmark(
  { modelId, statement: { evaluation } }: Bundle,
  { version, benchmark }: ImprovableModel,
): void {
  const present: [string, string | bigint, string | bigint][] = [
    ["benchmarkVersion", evaluation.benchmarkVersion, version],
    ["specHash", evaluation.specHash, benchmark.specHash],
    ["evaluationDataHash", evaluation.evaluationDataHash, benchmark.evaluationDataHash],
    ["baselineScore", evaluation.baselineScore, benchmark.baselineScore],
    ["baselineCommitment", evaluation.baselineCommitment, benchmark.modelCommitment],
  ];
  const different = present.filter(([, stated, onChain]) => stated !== onChain);
  if (different.length === 0) return;
  const list = different.map(([name, stated, onChain]) => `${name} is ${stated}, the chain has ${onChain}`);
  throw new Problem("CONFLICT", `the statement is not of the present benchmark of ${modelId}: ${list.join("; ")}.`);
}

/**
 * Asks the registry whether the improvement meets the benchmark's minima and target. If only the day's limit is in the way, returns what is
 * left of it, in bps.
 */
async function requireStrong(
  chain: Connection,
  { modelId, statement: { evaluation, evaluationId } }: Bundle,
): Promise<bigint | undefined> {
  try {
    await chain.registry.previewImprovement(evaluation, evaluationId);
    return undefined;
  } catch (error) {
    const revert = await revertOf(chain, error);
    const weakness = weaknessOf(modelId, revert);
    if (revert.name === "DailyLimitExceeded" && isForToday(revert)) return BigInt(revert.args["remainingBps"] ?? 0);
    if (weakness && revert.name === "EvaluationTooWeak") throw new BelowTarget(weakness, revert);
    if (weakness) throw new Problem(weakness.code, `${weakness.words}.`, { revert: inFigures(revert) });
    throw refused({ ...revert, message: `the chain would refuse the statement: ${revert.message}` });
  }
}

/** Asks the model's ZkProof to verify the bundle's proof, if there is one. */
async function requireValidProof(
  chain: Connection,
  { method: { zkProof } }: ImprovableModel,
  { statement, proof }: Bundle,
): Promise<void> {
  if (zkProof === undefined || proof === undefined) return;
  const digest = hashStatement(statementDomain(BigInt(chain.network.chainId), chain.address), statement);
  try {
    await zkProof.verify(statement.evaluation, statement.attesterEpoch, digest, proof);
  } catch (error) {
    const revert = await revertOf(chain, error);
    throw refused({ ...revert, message: `the chain would refuse the proof: ${revert.message}` });
  }
}

/** Describes who has to sign the statement and who has signed it, and whether it has its proof. */
function vouchersOf({ model: { method }, bundle: { attestations, proof } }: Review): [string, string][] {
  const rows: [string, string][] = [];
  if (method.zkProof) rows.push(["proof", proof === undefined ? "missing" : "valid"]);
  if (method.attesters) {
    const { threshold, count, epoch } = method.attesters;
    const signed = attestations.map(({ signer }) => signer).join(", ");
    rows.push(
      ["must sign", `${threshold} of ${count} attesters, epoch ${epoch}`],
      ["signed by", signed || "nobody yet"],
    );
  }
  return rows;
}

async function payeesOf(
  chain: Connection,
  { bundle, contributorsReward, model }: Review,
  claims: Claims | undefined,
): Promise<string[]> {
  const { contributors, contributorsRoot } = bundle.statement;
  const marked = async (account: string, part: string) =>
    `${account}: ${part}${(await isContract(chain, account)) ? "; a contract: see that it can pass tokens on" : ""}`;
  if (contributorsRoot === ZeroHash) {
    return Promise.all(
      contributors.map(({ account, shareBps }) => marked(account, `${(Number(shareBps) / 100).toFixed(2)} %`)),
    );
  }
  if (claims === undefined) {
    throw new Problem(
      "BAD_OPTION",
      "the statement names its contributors by a root only: show them with --claims <file>.",
    );
  }
  const { root, leaves } = treeOf("the claims file", { ...bundle.statement, ...claims });
  if (root !== contributorsRoot) {
    throw new Problem("CONFLICT", `the claims file has the root ${root}, the statement ${contributorsRoot}.`);
  }
  const largest = [...leaves].sort((a, b) => Number(b.to - b.from - (a.to - a.from))).slice(0, SHOWN_CONTRIBUTORS);
  const amountOf = (leaf: (typeof leaves)[number]) =>
    `${formatTokens(roundTokens(contributorAmount(contributorsReward, leaf)))} ${model.symbol}`;
  return [
    `${leaves.length} accounts behind the root ${root}: the largest are`,
    ...(await Promise.all(largest.map((leaf) => marked(leaf.account, amountOf(leaf))))),
  ];
}

/** Whether an address is a contract. An account that delegates to code still belongs to its key. */
async function isContract({ access }: Connection, account: string): Promise<boolean> {
  const code = await access.ethers.provider.getCode(account);
  return code !== "0x" && !code.startsWith(DELEGATION);
}

function orNone(commitment: string): string {
  return commitment === ZeroHash ? "not committed" : commitment;
}

function hours(seconds: bigint): string {
  return (Number(seconds) / 3600).toFixed(1);
}
