import { expect } from "chai";
import { id, keccak256, toUtf8Bytes, Wallet } from "ethers";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { developmentKey } from "../../../sdk/base/accounts";
import type {
  ClaimableAnswer,
  DistributionView,
  FeeView,
  ImprovementView,
  ModelDetail,
  Page,
  PayoutView,
  TradeView,
} from "../../../sdk/platform/chainWire";
import type { DraftView, JobView } from "../../../sdk/platform/wire";
import { rpc } from "../../../scripts/dev/world/process";
import { useStory } from "./world";

const MODEL = "credit-story";
const EXAMPLES = resolve(__dirname, "../../../deploy/benchmarks/credit-default/evaluation.csv");
const CONTRIBUTION = resolve(EXAMPLES, "../contribution.md");
const LICENCE = "All rights reserved.";
const URI = "https://example.org/licence.txt";
const TOKENS = 10n ** 18n;
const USDC = 10n ** 6n;
const DAY = 86_400;

/** Accounts of the chain that have no office: see ignition/parameters/localhost.json5. */
const walletOf = (index: number) => new Wallet(developmentKey(index).privateKey);
const [DEVELOPER, BUYER, CONTRIBUTOR] = [walletOf(16), walletOf(8), walletOf(15)];
const [GOVERNOR, SUPPLIER] = [walletOf(12), walletOf(13)];
const ATTESTERS = [walletOf(9), walletOf(10)];

/** More than a statement can list, so that they stand behind a root. */
const CONTRIBUTORS = [
  CONTRIBUTOR.address,
  ...Array.from({ length: 69 }, (_, index) => new Wallet(id(`contributor ${index}`)).address),
];

const DEPLOY =
  "deployTokenWithAllocations(string, string, string, uint256, address, uint256, (uint256 tokensPerDeltaOne, uint16 infrastructureAccrualBps, uint256 initialOraclePricePerThousandUsd, bytes32 licenseHash, string licenseURI, address governor)) payable returns (address)";

describe("from a draft to a claimed reward, by HTTP and command only @uninstrumented", () => {
  const world = useStory();
  const { ask, get, hokusai, run, send, view, wait } = world;
  const detail = () => get<ModelDetail>(`/api/v1/models/${MODEL}`);
  const listOf = async <T>(list: string) => (await get<Page<T>>(`/api/v1/models/${MODEL}/${list}`)).items;

  it("completes every step, although the platform is killed once", async () => {
    await world.start();
    const { contracts } = world;
    const made = await ask("POST", "/api/v1/keys", world.admin, {
      ...{ account: "acme", scopes: ["models", "benchmarks", "evaluate", "usage"] },
    });
    expect(made.status).to.equal(201);
    const key = made.body["key"] as string;
    const asAcme = { HOKUSAI_API_KEY: key };

    // A benchmark, stated by a file and the hash that an evaluation on one's own machine finds.
    const parameters = { f: "identity", lo: 0, hi: 1, folds: 10, seed: 1, attempts: 3, minRuns: 7 };
    const stated = { name: MODEL, metric: "roc_auc", direction: "maximise", minSampleSize: 1000, ...parameters };
    const own = ["evaluate", "--benchmark", world.file("own.json", JSON.stringify(stated)), EXAMPLES];
    const measured = JSON.parse(await hokusai(own)) as { evaluationDataHash: string; baselineScore: number };
    const benchmark = {
      ...{ model_id: MODEL, provider: "acme", dataset_reference: URI, eval_split: "test", target_column: "label" },
      ...{ input_columns: ["income"], metric_name: "roc_auc", metric_direction: "higher_is_better" },
      ...{ dataset_version: `sha256:${"cd".repeat(32)}`, evaluation_data_hash: measured.evaluationDataHash },
      ...{ baseline_value: 0.749352, task_type: "binary_classification" },
      eval_spec: {
        ...{ primary_metric: "roc_auc", secondary_metrics: [], guardrails: [], min_examples: 1000, parameters },
      },
    };
    const create = ["benchmark", "create", world.file("benchmark.json", JSON.stringify(benchmark)), "--json"];
    const spec = JSON.parse(await hokusai(create, asAcme)) as { id: string; baseline_score_bps: number };
    expect(spec.baseline_score_bps).to.equal(measured.baselineScore);

    const drafted = await ask("POST", "/api/v1/models", key, {
      ...{ model_id: MODEL, name: "Credit Story", ticker: "STORY", description: "Says who pays back." },
      ...{ category: "Finance", tags: ["credit"], licence: { text: LICENCE, uri: URI }, metric: "roc_auc" },
      ...{ current_value: 0.749, direction: "higher_is_better", benchmark_spec_id: spec.id },
      allocations: { supplier: "400000", investor: "600000", tokens_per_delta_one: "1000", expected_delta_ones: 12 },
      pool: { initial_price: "0.01", crr_ppm: 200_000, trade_fee_bps: 30 },
    });
    expect(drafted.status, JSON.stringify(drafted.body)).to.equal(201);
    const draft = `/api/v1/models/drafts/${String(drafted.body["id"])}`;

    // The first evaluation as a job, followed by its events; the model's file is registered with what it measured.
    const job = await evaluate(key, spec.id);
    const { document } = await get<{ document: object }>(`/api/v1/models/${MODEL}/evaluations/${job.job_id}/document`);
    const register = [
      ...["model", "register", "--token-id", "STORY", "--benchmark-spec-id", spec.id, "--json"],
      ...["--model-path", world.file("model.pkl", "the weights")],
      ...["--evaluation", world.file("first.json", JSON.stringify(document))],
    ];
    const registered = JSON.parse(await hokusai(register, asAcme)) as Record<string, unknown>;
    expect(registered).to.deep.include({ token_id: "STORY", model_uri: "models:/STORY/1", bytes: 11 });
    expect(world.mlflow.requests.filter(({ headers }) => headers.authorization !== undefined)).to.deep.equal([]);

    // Published, admitted, deployed by the developer's own wallet, handed over, approved; the operator does the rest.
    expect((await ask("POST", `${draft}/publish`, key)).body["status"]).to.equal("PROPOSAL");
    const admission = { address: DEVELOPER.address };
    expect((await ask("POST", "/api/v1/admissions", world.admin, admission)).status).to.equal(201);
    const manager = contracts["TokenManager"] as string;
    const hasRole = "hasRole(bytes32, address) returns (bool)";
    await wait("the wallet's role", async () => view(manager, hasRole, id("DEPLOYER_ROLE"), DEVELOPER.address));
    const [license, price] = [{ licenseHash: keccak256(toUtf8Bytes(LICENCE)), licenseURI: URI }, 25n * USDC];
    const terms = { infrastructureAccrualBps: 5000, initialOraclePricePerThousandUsd: price, ...license };
    const receipt = await send(
      ...([DEVELOPER, manager, DEPLOY, MODEL, "Credit Story", "STORY", 400_000n * TOKENS, SUPPLIER.address] as const),
      600_000n * TOKENS,
      { tokensPerDeltaOne: 1000n * TOKENS, ...terms, governor: GOVERNOR.address },
    );
    const { token } = await wait("the indexed token", async () => {
      const { status, body } = await ask("GET", `/api/v1/models/${MODEL}`);
      return status === 200 && (body as unknown as ModelDetail);
    });
    const handed = await ask("POST", `${draft}/deployed`, key, { transaction_hash: receipt.hash, token });
    expect(handed.status, JSON.stringify(handed.body)).to.equal(200);
    const approved = await ask("POST", `${draft}/approve`, world.admin, { benchmark_version: 1 });
    expect(approved.status, JSON.stringify(approved.body)).to.equal(200);
    await wait("the launch", async () => (await detail()).pool !== null);
    expect((await get<DraftView>(draft)).status).to.equal("DEPLOYED");
    expect(await hokusai(["model", "status", MODEL])).to.contain("Credit Story (STORY), credit-story: DEPLOYED");
    const { pool, supply, score_bps } = await detail();
    expect([supply.supplier.issued, score_bps]).to.deep.equal([String(400_000n * TOKENS), measured.baselineScore]);

    // A buy, and usage that is paid for while everything goes on.
    const usdc = (await view(pool as string, "reserveToken() returns (address)")) as string;
    await send(BUYER, usdc, "mint(address, uint256)", BUYER.address, 1000n * USDC);
    await send(BUYER, usdc, "approve(address, uint256) returns (bool)", pool, 1000n * USDC);
    const now = (await world.provider.getBlock("latest"))?.timestamp ?? 0;
    const buy = "buy(uint256, uint256, address, uint256) returns (uint256)";
    await send(BUYER, pool as string, buy, 1000n * USDC, 1n, BUYER.address, now + 3600);
    const [trade] = await wait("the trade", async () => {
      const trades = await listOf<TradeView>("trades");
      return trades.length > 0 && trades;
    });
    expect([trade?.side, trade?.account, trade?.reserve]).to.deep.equal(["buy", BUYER.address, String(1000n * USDC)]);
    const bought = (await detail()).spot_price;
    expect(bought).to.equal(trade?.price_after);
    const events = Array.from({ length: 400 }, (_, index) => ({
      id: `call-${index}`,
      model: MODEL,
      calls: 100,
      at: now,
    }));
    for (const duplicates of [0, 400])
      expect((await ask("POST", "/api/v1/usage/events", key, { events })).body).to.deep.equal({
        ...{ accepted: 400 - duplicates, duplicates },
      });

    // An improvement, from the platform's evaluation to two attesters' word and the chain.
    const improvement = `${world.folder}/improvement.json`;
    const again = [
      "evaluate",
      "--model",
      MODEL,
      "--benchmark-spec-id",
      spec.id,
      "--report",
      improvement,
      "--contribution",
      CONTRIBUTION,
      EXAMPLES,
    ];
    const second = JSON.parse(await hokusai(again, asAcme)) as { evaluationId: string; candidateScore: number };
    expect(second.evaluationId).not.to.equal(job.evaluation_id);
    const verifier = ["--network", "localhost", "--verifier", contracts["DeltaOneVerifier"] as string];
    const rows = CONTRIBUTORS.map((account, index) => `${account},${index + 1}`);
    const csv = world.file("contributors.csv", ["account,weight", ...rows, ""].join("\n"));
    const [claims, bundle] = [`${world.folder}/claims.json`, `${world.folder}/bundle.json`];
    const statement = [...verifier, "--model", MODEL, "--contributors", csv, "--claims", claims, "--out", bundle];
    await run("scripts/statement.ts", [...statement, improvement]);
    for (const { privateKey } of ATTESTERS)
      await run("scripts/attest.ts", [...verifier, "--claims", claims, "--out", bundle, bundle], {
        ...{ PRIVATE_KEY: privateKey },
      });
    const posted = await fetch(`${world.platform.told("operator")}/bundles`, {
      ...{ method: "POST", body: readFileSync(bundle) },
    });
    expect(posted.status, await posted.text()).to.equal(202);
    const [recorded] = await wait("the improvement", async () => {
      const improvements = await listOf<ImprovementView>("improvements");
      return improvements.length > 0 && improvements;
    });
    expect(recorded).to.deep.include({
      ...{ evaluation_id: second.evaluationId, baseline_score_bps: measured.baselineScore, status: "waits" },
      ...{ candidate_score_bps: second.candidateScore, has_document: true },
    });
    expect((await detail()).score_bps).to.equal(second.candidateScore);
    const root = recorded?.contributors_root as string;
    const kept = await ask("PUT", `/api/v1/claims/${root}`, key, readFileSync(claims, "utf8"));
    expect(kept.status, JSON.stringify(kept.body)).to.equal(204);

    // The usage is paid before the platform is killed, and stays paid once.
    const [fee] = await wait("the fees", async () => {
      const fees = await listOf<FeeView>("fees");
      return fees.length > 0 && fees;
    });
    expect([fee?.calls, fee?.infrastructure, fee?.pool]).to.deep.equal([
      ...[40_000, String(500n * USDC), String(500n * USDC)],
    ]);
    await world.platform.end("SIGKILL");
    await world.start();

    // Two days later the operator releases, and the price has risen by the fees alone.
    const chain = world.platform.told("chain");
    await rpc(chain, "evm_increaseTime", [2 * DAY + 60]);
    await rpc(chain, "evm_mine");
    await wait("the release", async () =>
      (await listOf<PayoutView>("payouts")).every(({ status }) => status === "released"),
    );
    const lifted = await detail();
    expect(BigInt(lifted.spot_price ?? 0) > BigInt(bought ?? 0)).to.equal(true);
    expect(await listOf<TradeView>("trades")).to.have.lengthOf(1);
    expect(await listOf<FeeView>("fees")).to.have.lengthOf(1);

    // A contributor is paid, by the file that the platform keeps.
    const [distribution] = await wait("the distribution", async () => {
      const distributions = await listOf<DistributionView>("claims");
      return distributions.length > 0 && distributions;
    });
    const reward = BigInt(recorded?.reward ?? 0);
    expect(reward).to.equal((BigInt(second.candidateScore - measured.baselineScore) * 1000n * TOKENS) / 100n);
    expect(distribution).to.deep.include({ root, total: String(reward - (reward * 3000n) / 10_000n), claims: 0 });
    const account = ["--account", CONTRIBUTOR.address, "--deployment", world.recordFile, "--json"];
    const claim = await hokusai(["claim", ...account], { PRIVATE_KEY: DEVELOPER.privateKey });
    const { payments } = JSON.parse(claim) as { payments: { amount: string; token: string }[] };
    await wait("the claim", async () => (await listOf<DistributionView>("claims"))[0]?.claims === 1);
    const { claims: own2 } = await get<ClaimableAnswer>(`/api/v1/accounts/${CONTRIBUTOR.address}/claimable`);
    expect(own2.map(({ amount, is_claimed }) => [amount, is_claimed])).to.deep.equal([[payments[0]?.amount, true]]);
    const balance = await view(token, "balanceOf(address) returns (uint256)", CONTRIBUTOR.address);
    expect(balance).to.equal(BigInt(payments[0]?.amount ?? 0));

    // The same report, from the logs of the node and from the platform's indexer.
    const latest = Number(await rpc(chain, "eth_blockNumber"));
    await wait("the last block", async () => (await get<{ indexed_block: number }>("/ready")).indexed_block === latest);
    const report = ["report", "--model", MODEL, "--timeframe", "all", "--contributions", "--json"];
    const evidence = ["--document", improvement, "--claims", claims, "--account", BUYER.address];
    const [ofChain, ofPlatform] = [
      await hokusai([...report, ...evidence, "--deployment", world.recordFile]),
      await hokusai([...report, "--account", BUYER.address, "--platform"]),
    ];
    expect(JSON.parse(ofPlatform)).to.deep.equal(JSON.parse(ofChain));
    const { summary, documents } = JSON.parse(ofChain) as { summary: { rewards: object }; documents: object };
    expect(summary.rewards).to.deep.include({ total: String(reward), released: String(reward), waiting: "0" });
    expect(documents).to.deep.equal({ verified: 1, missing: [], refused: [] });
    expect(await world.platform.end("SIGTERM")).to.equal(0);
  });

  /** Posts predictions, follows the job by its events, and answers its end. */
  async function evaluate(key: string, benchmark: string): Promise<JobView> {
    const path = `/api/v1/models/${MODEL}/evaluate?benchmark_spec_id=${benchmark}`;
    const { status, body } = await ask("POST", path, key, readFileSync(EXAMPLES, "utf8"), "text/csv");
    expect(status, JSON.stringify(body)).to.equal(202);
    const job = String(body["job_id"]);
    const stream = await fetch(`${world.platform.told("API")}/api/v1/models/${MODEL}/evaluations/${job}/events`);
    const events = (await stream.text()).trim().split("\n\n"); // it ends with the job
    const read = events.map((event) => /^event: (\w+)\ndata: (.*)$/m.exec(event)?.slice(1) ?? [event]);
    expect([read[0]?.[0], read.at(-1)?.[0]]).to.deep.equal(["progress", "end"]);
    const end = JSON.parse(read.at(-1)?.[1] ?? "{}") as JobView;
    expect([end.status, end.attempt, end.progress, end.message]).to.deep.equal(["accepted", 1, 1, null]);
    return end;
  }
});
