// A handed-over draft as the model file with which the operator registers and launches the model.

import { formatUnits } from "ethers";
import { Problem } from "../../sdk/base/problem";
import { RESERVE_DECIMALS } from "../../sdk/base/units";
import type { BenchmarkSpec } from "../../sdk/evaluation/spec";
import type { ApprovedRegistration } from "../../sdk/platform/wire";
import { checkModelFile } from "../../sdk/schemas/modelFile";
import type { BenchmarkRow } from "./benchmarks";
import type { DraftRow, LaunchFacts } from "./drafts";

/**
 * The files of a declaration.
 * @throws {Problem} `NOT_YET` if the licence's text or the evaluation set's hash is missing, `BAD_FILE` if no valid model file results.
 */
export function declarationOf(
  draft: DraftRow,
  launch: LaunchFacts,
  benchmark: BenchmarkRow,
): ApprovedRegistration["files"] {
  const { content, licence_text } = draft;
  const { model_id, allocations, pool } = content;
  const { evaluation_data_hash } = benchmark.content;
  if (licence_text === null)
    throw new Problem("NOT_YET", `the draft of ${model_id} has no licence's text, only its hash: put the text there.`);
  if (evaluation_data_hash === undefined)
    throw new Problem(
      "NOT_YET",
      `the benchmark ${benchmark.id} has no evaluation_data_hash: make a version of it that has.`,
    );
  const { targetScore } = JSON.parse(benchmark.spec) as BenchmarkSpec;
  const model = {
    id: model_id,
    name: content.name,
    symbol: content.ticker,
    allocations: { supplier: allocations.supplier, investor: allocations.investor },
    tokensPerDeltaOne: allocations.tokens_per_delta_one,
    infrastructureAccrualBps: launch.infrastructure_accrual_bps,
    pricePerThousandCalls: formatUnits(launch.price_per_thousand_calls, RESERVE_DECIMALS),
    recipient: launch.supplier_recipient,
    governor: launch.governor,
    license: { file: `${model_id}.licence`, uri: launch.license_uri },
    benchmark: {
      spec: `${model_id}.benchmark`,
      evaluationDataHash: evaluation_data_hash,
      baselineScore: benchmark.baseline_score,
      ...(targetScore !== undefined && { targetScore }),
      method: "OracleAttestation",
    },
    pool: pool ? { crr: pool.crr_ppm, tradeFee: pool.trade_fee_bps, initialPrice: pool.initial_price } : {},
    expectedDeltaOnes: allocations.expected_delta_ones,
  };
  const files = { model: `${JSON.stringify(model, null, 2)}\n`, benchmark: benchmark.spec, licence: licence_text };
  const named = new Map([
    [model.license.file, files.licence],
    [model.benchmark.spec, files.benchmark],
  ]);
  const read = (name: string) => Buffer.from(named.get(name) as string, "utf8");
  // Only the operator, who knows the chain, can tell whether development accounts are acceptable.
  checkModelFile(model, { name: `the declaration of ${model_id}`, read }, true);
  return files;
}
