import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Protocol } from "../../deploy/protocol";
import { Problem } from "../../sdk/base/problem";
import { formatTokens } from "../../sdk/base/units";
import { connect, readModel, type Connection } from "../../sdk/client/connect";
import { decodeRevert } from "../../sdk/client/errors";
import type { Bundle } from "../../sdk/schemas/bundle";
import { attest } from "../../sdk/statements/attest";
import type { Method } from "../../sdk/statements/method";
import { deltaOf, requireAcceptable } from "../../sdk/statements/review";
import { callOf, submit, type Submission } from "../../sdk/statements/submit";
import type { LaunchedModel } from "../launch";
import { siteOf } from "../network";
import type { Report } from "../step";
import { measure, measureByProof, type MeasuredImprovement } from "./measure";
import type { Refused } from "./trade";

/** What an improvement showed. Scores and bounds are in bps, amounts in wei. */
export interface Improved extends Submission, Omit<MeasuredImprovement, "bundle"> {
  readonly deltaBps: bigint;
  readonly lowerBoundBps: bigint;
  readonly attesters: readonly string[];
  readonly refused: Refused;
}

/**
 * Step 6 on a local chain: measures or proves what the model file names, gathers as many attestations as must be there from the
 * development attesters, submits, and tries to submit the same again. Undefined when an earlier run did it.
 */
export async function improve(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  { file, key }: LaunchedModel,
  report: Report,
): Promise<Improved | undefined> {
  const { improvement: shown } = file;
  if (shown === undefined) return undefined;
  if (await protocol.verifier.isUsed(key, id(shown.evaluationName))) {
    report({ name: "submit improvement", outcome: "done before" });
    return undefined;
  }
  const chain = await connect(siteOf(hre), await protocol.verifier.getAddress());
  const { bundle: unsigned, ...values } =
    "labels" in shown
      ? await measureByProof(chain, file.modelId, shown, report)
      : await measure(chain, file.modelId, shown, report);
  const { method } = await readModel(chain, file.modelId);
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
  return {
    ...submission,
    ...values,
    deltaBps: deltaOf(bundle.statement),
    lowerBoundBps,
    attesters: bundle.attestations.map(({ signer }) => signer),
    refused: await submitAgain(chain, callOf(method, bundle), relayer, report),
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
      outcome: `${signer.address}, ${bundle.attestations.length} of ${threshold} that must sign, of ${count}`,
    });
  }
  return bundle;
}

/** Tries what must not happen. */
async function submitAgain(
  chain: Connection,
  call: ReturnType<typeof callOf>,
  relayer: HardhatEthersSigner,
  report: Report,
): Promise<Refused> {
  const attempt = "submit the same statement again";
  const error: unknown = await chain.verifier
    .connect(relayer)
    .processImprovement.staticCall(...call)
    .catch((thrown: unknown) => thrown);
  const revert = await decodeRevert(chain.access, error);
  if (revert === undefined) throw new Problem(`${attempt}: expected a refusal, got ${String(error)}`);
  report({ name: attempt, outcome: `refused: ${revert.message}` });
  return { attempt, ...revert };
}

/** What was minted, and for whom. */
function inWords({ reward, owner, symbol }: Submission): string {
  const [all, ownerPart, rest] = [reward, owner.amount, reward - owner.amount].map(formatTokens);
  return `${all} ${symbol} minted: ${ownerPart} to the owner, ${rest} to the contributors`;
}
