import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id, ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { LaunchedModel, Report } from "../../deploy/model";
import type { Improvement } from "../../deploy/modelFile";
import { Problem } from "../../deploy/problem";
import type { Protocol } from "../../deploy/protocol";
import { formatTokens } from "../../deploy/units";
import { attest } from "../attest/attest";
import type { Bundle } from "../attest/bundle";
import { connect, readModel, type Chain } from "../attest/chain";
import { propose } from "../attest/propose";
import { requireAcceptable } from "../attest/review";
import { callOf, submit, type Submission } from "../attest/submit";
import { evaluate, type Evaluation } from "../evaluate/evaluate";
import { decodeRevert } from "../lib/errors";
import type { Refused } from "./trade";

/** How long the statement may be submitted, in seconds. */
const LIFE = 86_400n;

const VALUE_DIGITS = 6;

/** What an improvement showed. Scores and bounds are in bps, amounts in wei. */
export interface Improved extends Submission {
  readonly metric: string;
  readonly baselineValue: string;
  readonly candidateValue: string;
  readonly deltaBps: bigint;
  readonly lowerBoundBps: bigint;
  readonly attesters: readonly string[];
  readonly refused: Refused;
}

/**
 * Step 6 on a local chain: evaluates the predictions that the model file names, gathers as many attestations as must be there
 * from the development attesters, submits, and tries to submit the same again. Undefined when an earlier run did it.
 */
export async function improve(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  { file: { modelId, improvement }, key }: LaunchedModel,
  report: Report,
): Promise<Improved | undefined> {
  if (improvement === undefined) return undefined;
  if (await protocol.verifier.isUsed(key, id(improvement.evaluationName))) {
    report({ name: "submit improvement", outcome: "done before" });
    return undefined;
  }
  const chain = await connect(hre, await protocol.verifier.getAddress());
  const evaluation = measure(improvement, report);
  const { bundle: unsigned } = await propose(chain, {
    modelId,
    evaluationName: improvement.evaluationName,
    measured: {
      specHash: evaluation.specHash,
      evaluationDataHash: evaluation.evaluationDataHash,
      baselineScore: BigInt(evaluation.baselineScore),
      candidateScore: BigInt(evaluation.candidateScore),
      sampleSize: BigInt(evaluation.sampleSize),
      runs: BigInt(evaluation.runs),
      lowerBoundBps: BigInt(evaluation.lowerBoundBps),
      contributionDataHash: evaluation.contributionDataHash ?? ZeroHash,
    },
    contributors: improvement.contributors,
    candidateCommitment: ZeroHash,
    life: LIFE,
  });
  const bundle = await gather(chain, unsigned, report);
  const [relayer] = (await hre.ethers.getSigners()) as [HardhatEthersSigner];
  const submission = await submit(chain, bundle, relayer);
  report({
    name: "submit improvement",
    sent: { name: "submit improvement", hash: submission.transaction, gasUsed: submission.gasUsed },
    outcome: `score ${submission.baselineScore} → ${submission.candidateScore}, ${inWords(submission)}`,
  });
  return {
    ...submission,
    metric: evaluation.metric,
    baselineValue: evaluation.baselineValue.toFixed(VALUE_DIGITS),
    candidateValue: evaluation.candidateValue.toFixed(VALUE_DIGITS),
    deltaBps: BigInt(evaluation.deltaBps),
    lowerBoundBps: BigInt(evaluation.lowerBoundBps),
    attesters: bundle.attestations.map(({ signer }) => signer),
    refused: await submitAgain(chain, await callFor(chain, bundle), relayer, report),
  };
}

function measure({ spec, examples, contribution }: Improvement, report: Report): Evaluation {
  const evaluation = evaluate({ spec, examples, contribution });
  const { metric, baselineValue, candidateValue, deltaBps, lowerBoundBps, sampleSize } = evaluation;
  const values = [baselineValue, candidateValue].map((value) => value.toFixed(VALUE_DIGITS)).join(" → ");
  report({
    name: "evaluate",
    isOffline: true,
    outcome: `${metric} ${values} on ${sampleSize} examples: ${deltaBps} bps, at least ${lowerBoundBps} with 97.5 % confidence`,
  });
  return evaluation;
}

async function gather(chain: Chain, unsigned: Bundle, report: Report): Promise<Bundle> {
  const { attestation, threshold, attesterCount } = await readModel(chain, unsigned.modelId);
  let bundle = unsigned;
  for (const signer of await chain.hre.ethers.getSigners()) {
    if (BigInt(bundle.attestations.length) === threshold) break;
    if (!(await attestation.isAttester(signer.address))) continue;
    bundle = await attest(await requireAcceptable(chain, bundle), signer);
    const count = bundle.attestations.length;
    report({
      name: "attest",
      isOffline: true,
      outcome: `${signer.address}, ${count} of ${threshold} that must sign, of ${attesterCount}`,
    });
  }
  return bundle;
}

async function callFor(chain: Chain, bundle: Bundle) {
  return callOf(bundle, (await readModel(chain, bundle.modelId)).threshold);
}

/** Tries what must not happen. */
export async function submitAgain(
  chain: Chain,
  call: ReturnType<typeof callOf>,
  relayer: HardhatEthersSigner,
  report: Report,
): Promise<Refused> {
  const attempt = "submit the same statement again";
  const error: unknown = await chain.verifier
    .connect(relayer)
    .processImprovement.staticCall(...call)
    .catch((thrown: unknown) => thrown);
  const revert = await decodeRevert(chain.hre, error);
  if (revert === undefined) throw new Problem(`${attempt}: expected a refusal, got ${String(error)}`);
  report({ name: attempt, outcome: `refused: ${revert.message}` });
  return { attempt, ...revert };
}

/** What was minted, and for whom. */
export function inWords({ reward, owner, symbol }: Submission): string {
  const [all, ownerPart, rest] = [reward, owner.amount, reward - owner.amount].map(formatTokens);
  return `${all} ${symbol} minted: ${ownerPart} to the owner, ${rest} to the contributors`;
}
