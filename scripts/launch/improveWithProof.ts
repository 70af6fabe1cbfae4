import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id, keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { LaunchedModel, Report } from "../../deploy/model";
import type { Protocol } from "../../deploy/protocol";
import { toCall } from "../attest/attest";
import { connect } from "../attest/chain";
import { send } from "../attest/submit";
import { proposeProof } from "../zk/proposal";
import { differingFiles, readKey, setUp } from "../zk/prover";
import { inWords, submitAgain, type Improved } from "./improve";

/** How long the statement may be submitted, in seconds. */
const LIFE = 86_400n;

const VALUE_DIGITS = 6;

/**
 * Step 6 on a local chain for a model whose method is a ZkProof: makes the circuit's development setup if it is missing, proves
 * what the openings of the model file show, submits, and tries to submit the same again. Undefined when an earlier run did it.
 */
export async function improveWithProof(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  { file: { modelId, provenImprovement }, key }: LaunchedModel,
  report: Report,
): Promise<Improved | undefined> {
  if (provenImprovement === undefined) return undefined;
  const { evaluationName, labels, baseline, candidate, contribution, contributors } = provenImprovement;
  if (await protocol.verifier.isUsed(key, id(evaluationName))) {
    report({ name: "submit improvement", outcome: "done before" });
    return undefined;
  }
  await ensureSetup(labels.capacity, report);
  const chain = await connect(hre, await protocol.verifier.getAddress());
  const start = Date.now();
  const { counts, statement, proof } = await proposeProof(
    chain,
    {
      modelId,
      evaluationName,
      labels,
      baseline,
      candidate,
      contributionDataHash: keccak256(contribution),
      contributors,
      life: LIFE,
    },
    () => undefined,
  );
  const { n, baselineCorrect, candidateCorrect, disagreements } = counts;
  const { baselineScore, candidateScore, lowerBoundBps } = statement.evaluation;
  const deltaBps = candidateScore - baselineScore;
  const [baselineValue, candidateValue] = [baselineCorrect, candidateCorrect].map((right) =>
    (right / n).toFixed(VALUE_DIGITS),
  ) as [string, string];
  report({
    name: "prove",
    isOffline: true,
    outcome: `accuracy ${baselineValue} → ${candidateValue} on ${n} rows, ${disagreements} disagreements: ${deltaBps} bps, at least ${lowerBoundBps} with 97.5 % confidence; ${((Date.now() - start) / 1000).toFixed(1)} s`,
  });
  const [relayer] = (await hre.ethers.getSigners()) as [HardhatEthersSigner];
  const call = [toCall(statement), proof] as const;
  const submission = await send(chain, modelId, call, relayer);
  report({
    name: "submit improvement",
    sent: { name: "submit improvement", hash: submission.transaction, gasUsed: submission.gasUsed },
    outcome: `score ${baselineScore} → ${candidateScore}, ${inWords(submission)}`,
  });
  return {
    ...submission,
    metric: "accuracy",
    baselineValue,
    candidateValue,
    deltaBps,
    lowerBoundBps,
    attesters: [],
    refused: await submitAgain(chain, call, relayer, report),
  };
}

async function ensureSetup(capacity: number, report: Report): Promise<void> {
  const recorded = readKey(capacity);
  if ((await differingFiles(recorded)).length === 0) return;
  const { constraints } = await setUp(capacity);
  report({ name: "zk:setup", isOffline: true, outcome: `circuit for ${capacity} rows, ${constraints} constraints` });
}
