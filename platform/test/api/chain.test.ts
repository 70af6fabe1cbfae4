import { expect } from "chai";
import { id as keyOf, parseUnits } from "ethers";
import { buildContributorTree } from "../../../sdk/schemas/distribution";
import {
  ask,
  buildDraft,
  indexChain,
  indexModel,
  insertRow,
  ORACLE_ATTESTATION,
  OTHER_TOKEN,
  refusalIn,
  TOKEN,
  useApi,
} from "./support";

const KEY = keyOf("credit-default");
const MODEL = "/api/v1/models/credit-default";
const HASH = `0x${"ab".repeat(32)}`;
const ALICE = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const BOB = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const BLOCK = { number: 9, hash: `0x${"99".repeat(32)}`, timestamp: 1_700_000_100 };
const ETHER = 10n ** 18n;
const EVALUATION = keyOf("evaluation");
const CONTRIBUTORS = [
  { account: ALICE, weight: 1n },
  { account: BOB, weight: 3n },
];
const TREE = buildContributorTree(KEY, EVALUATION, CONTRIBUTORS);

/** Where a row of an event stands. */
const at = (block: number, more: object = {}) => ({
  block,
  log_index: 0,
  transaction_hash: HASH,
  time: 1_700_000_000 + block,
  ...more,
});

describe("API: data of the chain", () => {
  const world = useApi();
  const insert = async (table: string, row: Record<string, unknown>) => insertRow(world.store.db, table, row);

  beforeEach(async () => {
    await indexChain(world);
    await indexModel(world, HASH, { status: "DEPLOYED", score: 7600, benchmark_version: 1 });
    await world.store.db.execute(
      `UPDATE models SET pool = '${OTHER_TOKEN}', crr = 200000, trade_fee = 30, initial_price = 10000,
         virtual_reserve = 2000000000, virtual_supply = ${10n ** 24n}, curve_supply = ${10n ** 24n}, held = 500000000,
         sells_open_at = 1700000000, buys_paused_until = 0, stream_amount = 0, stream_start = 0, stream_end = 0`,
    );
  });

  async function improve(overrides: Record<string, unknown> = {}): Promise<void> {
    await insert("improvements", {
      ...at(8, { model: KEY, evaluation_id: EVALUATION, benchmark_version: 1, method: ORACLE_ATTESTATION }),
      ...{ baseline_score: 7500, candidate_score: 7600, model_commitment: HASH, payees_hash: HASH },
      ...{ tokens_per_delta_one: String(1000n * ETHER), reward: String(1000n * ETHER), contributors_root: TREE.root },
      ...{ contribution_data_hash: HASH, ...overrides },
    });
    const payee = { model: KEY, evaluation_id: EVALUATION, block: 8 };
    await insert("payees", { ...payee, position: 0, account: BOB, amount: String(100n * ETHER), part: "owner" });
    await insert("payees", {
      ...payee,
      position: 1,
      account: TOKEN,
      amount: String(900n * ETHER),
      part: "contributors",
    });
  }
  const itemsOf = async (path: string) => {
    const { body } = await ask(world, "GET", `${MODEL}/${path}`);
    expect(body["block"]).to.deep.equal(BLOCK);
    return body["items"] as Record<string, unknown>[];
  };

  it("lists models with the price at the block, and finds them by words, category and status", async () => {
    await ask(world, "POST", "/api/v1/models", { key: world.keys.alice, body: buildDraft() });
    await world.store.db.execute(`UPDATE model_drafts SET token = '${TOKEN}', status = 'PROPOSAL'`);
    const { body } = await ask(world, "GET", "/api/v1/models?search=CREDIT&category=Finance&status=DEPLOYED");

    const { items, ...page } = body as { items: Record<string, unknown>[] };
    expect(page).to.deep.equal({ total: 1, page: 1, page_size: 50, block: BLOCK });
    // (2,000 + 500 USDC) / (20 % of 1,000,000 tokens) = 0.0125 USDC
    expect(items).to.deep.equal([
      {
        ...{
          model_id: "credit-default",
          key: KEY,
          status: "DEPLOYED",
          token: TOKEN,
          name: "Credit Default Classifier",
        },
        ...{ symbol: "CRDEF", pool: OTHER_TOKEN, spot_price: String(parseUnits("0.0125", 24)), total_supply: "0" },
        ...{
          score_bps: 7600,
          improvements: 0,
          category: "Finance",
          description: "Says who pays back.",
          tags: ["credit"],
        },
      },
    ]);
    for (const query of ["search=%25", "category=NLP", "status=PROPOSAL"])
      expect((await ask(world, "GET", `/api/v1/models?${query}`)).body["total"], query).to.equal(0);
  });

  it("shows everything about a model, by its id or its key", async () => {
    await insert("benchmarks", {
      ...at(8, { model: KEY, version: 1, spec_hash: HASH, evaluation_data_hash: HASH, model_commitment: HASH }),
      ...{ method: ORACLE_ATTESTATION, metric: 0, direction: 0, baseline_score: 7500, target_score: 0 },
      ...{ min_improvement: 10, min_sample_size: 100, min_runs: 1, min_lower_bound: 1 },
    });
    await insert(
      "scores",
      at(8, { model: KEY, benchmark_version: 1, score: 7600, evaluation_id: EVALUATION, lower_bound: 40 }),
    );
    await insert("holders", {
      contract: "ModelRegistry",
      address: BOB,
      role: HASH,
      role_name: "REGISTRAR_ROLE",
      account: ALICE,
    });
    await world.store.db.execute(
      "UPDATE parameters SET scheduled_value = 4000, effective_at = 1700000200 WHERE name = 'infrastructureAccrualBps'",
    );
    await world.store.db.execute(
      "UPDATE parameters SET scheduled_value = 30000000, effective_at = 1700000050 WHERE name = 'pricePerThousandCalls'",
    );
    const { body } = await ask(world, "GET", MODEL);

    expect((await ask(world, "GET", `/api/v1/models/${KEY}`)).body).to.deep.equal(body);
    expect(body["score_interval"]).to.deep.equal({ evaluation_id: EVALUATION, lower_bound_bps: 40 });
    expect(body["parameters"]).to.deep.equal([
      { name: "infrastructureAccrualBps", value: "5000", pending: { value: "4000", effective_at: 1_700_000_200 } },
      { name: "pricePerThousandCalls", value: "30000000", pending: null },
    ]);
    expect(body["roles"]).to.deep.equal([{ contract: "ModelRegistry", role: "REGISTRAR_ROLE", account: ALICE }]);
    const [benchmark, ...older] = body["benchmarks"] as { version: number; block_number: number }[];
    expect([benchmark?.version, benchmark?.block_number, older]).to.deep.equal([1, 8, []]);
    expect((body["pool_state"] as Record<string, unknown>)["reserve"]).to.equal("500000000");
    expect(body["supply"]).to.deep.equal({
      supplier: { issued: "0", cap: String(400_000n * ETHER) },
      investor: { issued: "0", cap: String(600_000n * ETHER) },
      reward: { issued: "0", cap: String(100_000n * ETHER) },
    });
    expect(refusalIn(await ask(world, "GET", "/api/v1/models/nobody"))).to.equal("404 NOT_DEPLOYED");
  });

  it("lists trades, candles, fees and parameter changes", async () => {
    const trade = { model: KEY, side: "buy", account: ALICE, recipient: BOB, reserve: "100", tokens: "200" };
    await insert("trades", at(8, { ...trade, reserve_after: "1", curve_supply_after: "1", price_after: "7" }));
    const prices = { open: "1", high: "3", low: "1", close: "2", volume_reserve: "4", volume_tokens: "5", trades: 2 };
    for (const start of [0, 3600, 7200]) await insert("candles", { model: KEY, seconds: 3600, start, ...prices });
    await insert("fees", at(8, { model: KEY, payer: BOB, calls: "25", infrastructure: "1", pool: "2" }));
    const change = { name: "tokensPerDeltaOne", kind: "scheduled", old_value: null, new_value: "7", effective_at: 5 };
    await insert("parameter_changes", at(8, { model: KEY, ...change }));
    const place = { block_number: 8, log_index: 0, transaction_hash: HASH, timestamp: 1_700_000_008 };

    expect(await itemsOf("trades")).to.deep.equal([
      { ...place, side: "buy", account: ALICE, to: BOB, reserve: "100", tokens: "200", price_after: "7" },
    ]);
    expect(await itemsOf("candles?interval=1h&from=3600&to=7199")).to.deep.equal([{ start: 3600, ...prices }]);
    expect(await itemsOf("fees")).to.deep.equal([{ ...place, payer: BOB, calls: 25, infrastructure: "1", pool: "2" }]);
    expect(await itemsOf("parameters")).to.deep.equal([{ ...place, ...change }]);
  });

  const statuses: [string, Record<string, unknown>, object | undefined, string][] = [
    ["waits", {}, undefined, "waits"],
    ["is due when its time has come", { time: 1_699_800_000 }, undefined, "due"],
    ["is stopped", {}, { since: "1", until: String((1n << 40n) - 1n) }, "stopped"],
    ["is void", {}, { since: "1", until: "1700000009" }, "void"],
    ["was released", { settled: "released", settled_at: 5 }, undefined, "released"],
  ];
  for (const [name, row, stop, status] of statuses) {
    it(`shows that a reward ${name}`, async () => {
      await improve(row);
      if (stop) await insert("protocol", { name: "stops", value: { [ORACLE_ATTESTATION]: stop } });
      const [payout] = await itemsOf("payouts");
      const [improvement] = await itemsOf("improvements");
      expect([payout?.["status"], improvement?.["status"]]).to.deep.equal([status, status]);
      expect(improvement?.["payees"]).to.deep.equal([
        { account: BOB, amount: String(100n * ETHER), part: "owner" },
        { account: TOKEN, amount: String(900n * ETHER), part: "contributors" },
      ]);
    });
  }

  describe("given a claims file", () => {
    const claims = (overrides: object = {}) => ({
      ...{ chainId: 31_337, verifier: ORACLE_ATTESTATION, modelId: "credit-default", evaluationId: EVALUATION },
      contributorsRoot: TREE.root,
      contributors: CONTRIBUTORS.map(({ account, weight }) => ({ account, weight: String(weight) })),
      ...overrides,
    });
    const put = async (body: object, root = TREE.root) =>
      ask(world, "PUT", `/api/v1/claims/${root}`, { key: world.keys.alice, body });

    it("keeps it if the chain has its root, and shows each contributor's part", async () => {
      await improve();
      expect((await put(claims())).status).to.equal(204);
      expect((await put(claims())).status).to.equal(204);
      expect((await ask(world, "GET", `/api/v1/claims/${TREE.root}`)).body).to.deep.equal(claims());
      const distribution = {
        distribution_id: TREE.distributionId,
        model: KEY,
        token: TOKEN,
        root: TREE.root,
        claims: 1,
      };
      const total = String(900n * ETHER);
      await insert("distributions", at(8, { ...distribution, total, remaining: total }));
      const [leaf] = TREE.leaves.filter(({ account }) => account === BOB);
      const claim = { distribution_id: TREE.distributionId, position: String(leaf!.index), account: BOB };
      await insert("claims", at(8, { ...claim, amount: "1", remaining: "1" }));

      const { body } = await ask(world, "GET", `/api/v1/accounts/${BOB}/claimable`);
      expect(body["claims"]).to.deep.equal([
        {
          ...{ model_id: "credit-default", distribution_id: TREE.distributionId, root: TREE.root },
          ...{ index: Number(leaf!.index), amount: String(675n * ETHER), is_claimed: true },
        },
      ]);
      const [payout, ...more] = body["payouts"] as Record<string, unknown>[];
      expect([payout?.["own_amount"], payout?.["model_id"], more]).to.deep.equal([
        String(100n * ETHER),
        "credit-default",
        [],
      ]);
      expect((await itemsOf("claims"))[0]?.["has_file"]).to.equal(true);
    });

    const refused: [string, () => Promise<unknown>, object, string, string][] = [
      ["of an evaluation that the chain does not have", async () => undefined, claims(), TREE.root, "404 NOT_DEPLOYED"],
      [
        "whose root differs from the chain's",
        async () => improve({ contributors_root: HASH }),
        claims(),
        TREE.root,
        "409 CONFLICT",
      ],
      ["under another root", async () => improve(), claims(), HASH, "409 CONFLICT"],
      [
        "whose contributors do not match its root",
        async () => improve(),
        claims({ contributors: [{ account: ALICE, weight: "1" }] }),
        TREE.root,
        "422 BAD_FILE",
      ],
    ];
    for (const [name, arrange, body, root, refusal] of refused) {
      it(`refuses one ${name}, and keeps nothing`, async () => {
        await arrange();
        expect(refusalIn(await put(body, root))).to.equal(refusal);
        expect(refusalIn(await ask(world, "GET", `/api/v1/claims/${TREE.root}`))).to.equal("404 NOT_DEPLOYED");
      });
    }
  });

  it("answers that it is not ready before the indexer has started", async () => {
    await world.store.db.execute("DELETE FROM chain");
    expect(refusalIn(await ask(world, "GET", MODEL))).to.equal("503 BUSY");
    expect((await ask(world, "GET", "/ready")).body).to.deep.equal({
      is_ready: false,
      indexed_block: null,
      latest_block: 9,
    });
  });
});
