import { expect } from "chai";
import { PlatformClient } from "../../../sdk/platform/client";
import { Problem } from "../../../sdk/base/problem";
import type { ImprovementView, ModelDetail, TradeView } from "../../../sdk/platform/chainWire";
import { METRICS } from "../../../sdk/evaluation/metrics";
import { toJson } from "../../../sdk/schemas/json";
import type { TrackedModel } from "../../../sdk/tracking/facts";
import { evidenceOn, fromPlatform } from "../../../sdk/tracking/platformSource";
import { PerformanceTracker } from "../../../sdk/tracking/tracker";
import { startStandIn, type StandIn } from "../../../scripts/dev/world/httpServer";
import { chainSourceOf, evidenceOf, loadTracked, MODEL_ID, type TrackedWorld } from "./support";

/** Time of a trade that is not recent, and of one that is. */
const [OLD, RECENT] = [1, 4_102_444_800];

/** A model as the platform tells it. */
function detailOf(model: TrackedModel): ModelDetail {
  const { block, pool, supplier } = model;
  const none = { issued: "0", cap: "0" };
  return {
    block,
    ...{ model_id: model.modelId, key: model.key, status: model.status as "DEPLOYED", token: model.token },
    ...{ name: model.name, symbol: model.symbol, pool: pool!.address, spot_price: String(pool!.spotPrice) },
    ...{ total_supply: "0", score_bps: model.score, improvements: model.improvements.length, category: null },
    ...{ description: null, tags: [], owner: supplier.recipient, governor: supplier.recipient },
    supplier_recipient: supplier.recipient,
    supply: { supplier: { ...none, issued: String(supplier.issued) }, investor: none, reward: none },
    ...{ rewards_remaining: String(model.rewardsRemaining), rewards_waiting: "0", license_hash: "", license_uri: "" },
    benchmarks: model.benchmarks.map((benchmark) => ({
      ...{ version: benchmark.version, block_number: benchmark.blockNumber, timestamp: benchmark.timestamp },
      ...{ spec_hash: benchmark.specHash, evaluation_data_hash: benchmark.evaluationDataHash, method: "" },
      metric: Object.keys(METRICS).indexOf(benchmark.metric),
      direction: benchmark.direction === "maximise" ? 0 : 1,
      ...{ baseline_score_bps: benchmark.baselineScore, target_score_bps: 0, min_improvement_bps: 10 },
      ...{ min_sample_size: 1, min_runs: 1, min_lower_bound_bps: 1 },
    })),
    score_interval: null,
    parameters: [{ name: "tokensPerDeltaOne", value: String(model.tokensPerDeltaOne), pending: null }],
    pool_state: {
      ...{ address: pool!.address, crr_ppm: Number(pool!.crr), trade_fee_bps: Number(pool!.tradeFee) },
      ...{ spot_price: String(pool!.spotPrice), initial_price: "0", reserve: String(pool!.reserve) },
      ...{ virtual_reserve: String(pool!.virtualReserve), curve_supply: String(pool!.curveSupply) },
      ...{ virtual_supply: String(pool!.virtualSupply), sells_open_at: pool!.sellsOpenAt, buys_paused_until: null },
    },
    roles: [],
  };
}

const improvementsOf = ({ improvements }: TrackedModel): ImprovementView[] =>
  improvements.map((entry) => ({
    ...{ block_number: entry.blockNumber, log_index: entry.logIndex, transaction_hash: entry.transactionHash },
    ...{ timestamp: entry.timestamp, evaluation_id: entry.evaluationId, benchmark_version: entry.benchmarkVersion },
    ...{ method: entry.method, baseline_score_bps: entry.baselineScore, candidate_score_bps: entry.candidateScore },
    ...{ tokens_per_delta_one: String(entry.tokensPerDeltaOne), reward: String(entry.reward) },
    ...{ contribution_data_hash: entry.contributionDataHash, contributors_root: entry.contributorsRoot },
    payees: entry.payees.map((payee) => ({ ...payee, amount: String(payee.amount) })),
    ...{ status: entry.status, releasable_from: entry.releasableFrom, settled_at: entry.settledAt },
    has_document: false,
  }));

const tradesOf = ({ trades }: TrackedModel): TradeView[] =>
  trades.map(({ side, account, to, reserve, tokens, priceAfter, isRecent }, index) => ({
    ...{ block_number: index, log_index: 0, transaction_hash: "", timestamp: isRecent ? RECENT : OLD },
    ...{ side, account, to, reserve: String(reserve), tokens: String(tokens), price_after: String(priceAfter) },
  }));

describe("A report from the platform's indexer", () => {
  let world: TrackedWorld;
  let server: StandIn;
  let told: TrackedModel;
  let change: (detail: ModelDetail) => object;

  const page = (path: string, items: readonly object[]) => {
    const query = new URLSearchParams(path.split("?")[1]);
    const [number, size] = [Number(query.get("page")), 2];
    return {
      items: items.slice((number - 1) * size, number * size),
      total: items.length,
      page: number,
      page_size: size,
    };
  };

  before(async () => {
    server = await startStandIn(async ({ path }) => {
      const { document, claims } = evidenceOf(world);
      const base = `/api/v1/models/${MODEL_ID}`;
      if (path === base) return { body: change(detailOf(told)) };
      if (path.startsWith(`${base}/improvements`)) return { body: page(path, improvementsOf(told)) };
      if (path.startsWith(`${base}/trades`)) return { body: page(path, tradesOf(told)) };
      const found = path.startsWith("/api/v1/evaluations/")
        ? await document?.(path.split("/").at(-1)!)
        : await claims?.(path.split("/").at(-1)!);
      if (found === undefined)
        return { status: 404, body: { error: { code: "NOT_DEPLOYED", message: "there is none" } } };
      if (path.startsWith("/api/v1/claims/")) return { body: toJson(found) };
      return { body: { document: found, is_on_chain: true } };
    });
  });
  after(() => server.stop());

  beforeEach(async () => {
    world = await loadTracked();
    change = (detail) => detail;
  });

  for (const timeframe of ["all", "last_30_days"] as const) {
    it(`is the same document as one from logs, ${timeframe}`, async () => {
      const options = { timeframe, includeContributions: true, accounts: [world.alice.address] };
      const source = await chainSourceOf(world);
      told = await source.read(MODEL_ID, timeframe === "all" ? undefined : 30 * 86_400);
      const platform = new PlatformClient({ url: server.url });

      const ofLogs = new PerformanceTracker({ modelId: MODEL_ID, source, evidence: evidenceOf(world) });
      const ofPlatform = new PerformanceTracker({
        ...{ modelId: MODEL_ID, source: fromPlatform(platform), evidence: evidenceOn(platform) },
      });

      const expected = toJson(await ofLogs.generateReport(options));
      expect(toJson(await ofPlatform.generateReport(options))).to.equal(expected);
    });
  }

  it("refuses an answer that cannot be read", async () => {
    told = await (await chainSourceOf(world)).read(MODEL_ID);
    change = (detail) => ({ ...detail, rewards_remaining: "many" });

    const error: unknown = await fromPlatform(new PlatformClient({ url: server.url }))
      .read(MODEL_ID)
      .catch((reason: unknown) => reason);

    expect(error).to.be.instanceOf(Problem).with.property("code", "NODE_FAILED");
    expect((error as Problem).message).to.equal(
      "the platform's answer cannot be read, Cannot convert many to a BigInt: look at its version.",
    );
  });
});
