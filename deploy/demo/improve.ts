import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Protocol } from "../../deploy/protocol";
import { formatTime, formatTokens } from "../../sdk/base/units";
import { connect, readModel, type Connection } from "../../sdk/client/connect";
import type { Bundle } from "../../sdk/schemas/bundle";
import { attest } from "../../sdk/statements/attest";
import type { Method } from "../../sdk/statements/method";
import { deltaOf, requireAcceptable } from "../../sdk/statements/review";
import { BelowTarget } from "../../sdk/statements/weakness";
import { callOf, submit, type Submission } from "../../sdk/statements/submit";
import type { LaunchedModel } from "../launch";
import { siteOf } from "../network";
import type { Report } from "../step";
import { evaluationIdOf, measure, measureByProof, type MeasuredImprovement } from "./measure";
import { refusalOfAttempt, type Refused } from "./refused";

/** The results of an improvement. Scores and bounds are in bps, amounts in wei. */
export interface Improved extends Submission, Omit<MeasuredImprovement, "bundle"> {
  readonly deltaBps: bigint;
  readonly lowerBoundBps: bigint;
  readonly attesters: readonly string[];
  readonly refused: Refused;
}

/** A candidate that missed its benchmark's target and is paid nothing. Scores are in bps. */
export interface Missed {
  readonly candidateScore: bigint;
  readonly targetScore: bigint;
  readonly message: string;
}

/** The result of the model file's candidate: an improvement, or a candidate below the target. */
export interface Attempted {
  readonly improvement?: Improved;
  readonly belowTarget?: Missed;
}

/**
 * Step 6, on a local chain: measures or proves the model file's improvement, gathers as many attestations from the development attesters as
 * the threshold requires, submits it, and tries to submit it again. Empty if an earlier run did this.
 */
export async function improve(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  { file, key }: Pick<LaunchedModel, "file" | "key">,
  report: Report,
): Promise<Attempted> {
  const { improvement: shown } = file;
  if (shown === undefined) return {};
  if (await protocol.verifier.isUsed(key, evaluationIdOf(shown))) {
    report({ name: "submit improvement", outcome: "done before" });
    return {};
  }
  const chain = await connect(siteOf(hre), await protocol.verifier.getAddress());
  try {
    const measured =
      "labels" in shown
        ? await measureByProof(chain, file.modelId, shown, report)
        : await measure(chain, file.modelId, shown, report);
    return { improvement: await submitMeasured(hre, chain, measured, report) };
  } catch (error) {
    if (!(error instanceof BelowTarget)) throw error;
    const { candidateScore, targetScore, message } = error;
    report({ name: "propose statement", outcome: `refused: ${message}` });
    return { belowTarget: { candidateScore, targetScore, message } };
  }
}

async function submitMeasured(
  hre: HardhatRuntimeEnvironment,
  chain: Connection,
  { bundle: unsigned, ...values }: MeasuredImprovement,
  report: Report,
): Promise<Improved> {
  const { method } = await readModel(chain, unsigned.modelId);
  const signers = await hre.ethers.getSigners();
  const bundle = await gather(chain, signers, method, unsigned, report);
  const [relayer] = signers as [HardhatEthersSigner];
  const submission = await submit(chain, bundle, relayer);
  const { baselineScore, candidateScore, lowerBoundBps } = bundle.statement.evaluation;
  report({
    name: "submit improvement",
    sent: { name: "submit improvement", hash: submission.transaction, gasUsed: submission.gasUsed },
    outcome: `score ${baselineScore} → ${candidateScore}, ${inWords(submission)}`,
  });
  const again = chain.verifier
    .connect(relayer)
    .processImprovement.staticCall(...(await callOf(chain, method, bundle)).call);
  const attempt = "submit the same statement again";
  return {
    ...submission,
    ...values,
    deltaBps: deltaOf(bundle.statement),
    lowerBoundBps,
    attesters: bundle.attestations.map(({ signer }) => signer),
    refused: await refusalOfAttempt(chain.access, report, attempt, attempt, again),
  };
}

async function gather(
  chain: Connection,
  signers: readonly HardhatEthersSigner[],
  { attesters }: Method,
  unsigned: Bundle,
  report: Report,
): Promise<Bundle> {
  if (attesters === undefined) return unsigned;
  const { contract, threshold, count } = attesters;
  let bundle = unsigned;
  for (const signer of signers) {
    if (BigInt(bundle.attestations.length) === threshold) break;
    if (!(await contract.isAttester(signer.address))) continue;
    bundle = await attest(await requireAcceptable(chain, bundle), signer);
    report({
      name: "attest",
      isOffline: true,
      outcome: `${signer.address}, signature ${bundle.attestations.length} of the ${threshold} needed, from ${count} attesters`,
    });
  }
  return bundle;
}

/** Says what waits, and for whom. */
function inWords({ reward, owner, symbol, releasableFrom }: Submission): string {
  const [all, ownerPart, rest] = [reward, owner.amount, reward - owner.amount].map(formatTokens);
  const until = formatTime(releasableFrom);
  return `${all} ${symbol} wait until ${until}: ${ownerPart} for the owner, ${rest} for the contributors`;
}
