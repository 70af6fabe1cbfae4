import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { checkModelFile } from "../../../sdk/schemas/modelFile";
import {
  ask,
  buildBenchmarkInput,
  buildDraft,
  CREATED,
  indexModel,
  ORACLE_ATTESTATION,
  OTHER_TOKEN,
  refusalIn,
  TOKEN,
  TRANSACTION,
  useApi,
  type Received,
} from "./support";

const DRAFTS = "/api/v1/models/drafts";
const LICENCE = keccak256(toUtf8Bytes("All rights reserved."));
const HAND_OVER = { transaction_hash: TRANSACTION, token: TOKEN };

describe("API: drafts", () => {
  const world = useApi();
  const alice = () => ({ key: world.keys.alice });
  const bob = () => ({ key: world.keys.bob });
  const admin = () => ({ key: world.keys.admin });

  async function createDraft(overrides: Parameters<typeof buildDraft>[0] = {}): Promise<string> {
    const { body } = await ask(world, "POST", "/api/v1/models", { ...alice(), body: buildDraft(overrides) });
    return body["id"] as string;
  }
  const act = async (id: string, action: string, sending: object = alice()): Promise<Received> =>
    ask(world, "POST", `${DRAFTS}/${id}/${action}`, sending);

  const approve = async (id: string, who: object = admin(), benchmark_version = 1) =>
    act(id, "approve", { ...who, body: { benchmark_version } });

  /** A published draft, whose token the chain has, with a benchmark. */
  async function createProposal(overrides: Parameters<typeof buildDraft>[0] = {}): Promise<string> {
    const { body } = await ask(world, "POST", "/api/v1/benchmarks", { ...alice(), body: buildBenchmarkInput() });
    const id = await createDraft({ benchmark_spec_id: body["id"] as string, ...overrides });
    await act(id, "publish");
    await indexModel(world, LICENCE);
    world.receipts.set(TRANSACTION, { block: CREATED, addresses: [TOKEN] });
    return id;
  }
  const handOver = async (id: string, body: object = HAND_OVER) => act(id, "deployed", { ...alice(), body });

  describe("given a draft", () => {
    it("is answered as it was stated, with the hash of the licence instead of its text", async () => {
      const { status, body } = await ask(world, "POST", "/api/v1/models", { ...alice(), body: buildDraft() });

      expect(status).to.equal(201);
      const { id, created_at, updated_at, ...rest } = body;
      expect(rest).to.deep.equal({
        ...buildDraft(),
        owner: "alice",
        status: "DRAFT",
        licence: { hash: LICENCE, uri: "https://example.org/licence.txt", has_text: true },
        approved_at: null,
        token: null,
        transaction_hash: null,
      });
      expect([typeof id, updated_at]).to.deep.equal(["string", created_at]);
    });

    it("has the allocations of a named preset", async () => {
      const id = await createDraft({ allocations: { preset: "growth" } });
      const { body } = await ask(world, "GET", `${DRAFTS}/${id}`, alice());
      expect(body["allocations"]).to.deep.equal({
        supplier: "400000",
        investor: "600000",
        tokens_per_delta_one: "100000",
        expected_delta_ones: 0,
      });
    });

    it("is shown only to its owner and to admins", async () => {
      const id = await createDraft();
      const statuses = [];
      for (const who of [alice(), admin(), bob(), {}])
        statuses.push((await ask(world, "GET", `${DRAFTS}/${id}`, who)).status);
      expect(statuses).to.deep.equal([200, 200, 404, 404]);
      expect((await ask(world, "GET", DRAFTS, bob())).body["total"]).to.equal(0);
      expect((await ask(world, "GET", DRAFTS, alice())).body["total"]).to.equal(1);
    });

    it("can be changed and removed only by its owner, and does not exist for others", async () => {
      const id = await createDraft();
      for (const method of ["PUT", "DELETE"]) {
        const body = method === "PUT" ? { body: buildDraft() } : {};
        expect(refusalIn(await ask(world, method, `${DRAFTS}/${id}`, { ...bob(), ...body }))).to.equal(
          "404 NOT_DEPLOYED",
        );
      }
      const changed = await ask(world, "PUT", `${DRAFTS}/${id}`, { ...alice(), body: buildDraft({ ticker: "OTHER" }) });
      expect(changed.body["ticker"]).to.equal("OTHER");
      expect((await ask(world, "DELETE", `${DRAFTS}/${id}`, alice())).status).to.equal(204);
      expect((await ask(world, "GET", `${DRAFTS}/${id}`, alice())).status).to.equal(404);
    });
  });

  describe("given a proposal", () => {
    it("is shown to everybody, and changed by no other account", async () => {
      const id = await createDraft();
      expect((await act(id, "publish")).body["status"]).to.equal("PROPOSAL");

      expect((await ask(world, "GET", `${DRAFTS}/${id}`)).status).to.equal(200);
      expect(refusalIn(await ask(world, "PUT", `${DRAFTS}/${id}`, { ...bob(), body: buildDraft() }))).to.equal(
        "403 NOT_ALLOWED",
      );
      expect(refusalIn(await act(id, "publish"))).to.equal("409 ALREADY_DONE");
    });

    it("is refused if the chain has its id", async () => {
      await indexModel(world, LICENCE);
      const id = await createDraft();
      expect(refusalIn(await act(id, "publish"))).to.equal("409 CONFLICT");
      expect((await ask(world, "GET", `${DRAFTS}/${id}`, alice())).body["status"]).to.equal("DRAFT");
    });

    it("reserves its id: a copy can be neither published nor renamed to it", async () => {
      const id = await createProposal();
      const copy = async (overrides: Parameters<typeof buildDraft>[0] = {}) => {
        const body = buildDraft(overrides);
        return (await ask(world, "POST", "/api/v1/models", { ...bob(), body })).body["id"] as string;
      };
      // The chain has the id by now; before it has, the proposal alone holds it.
      await world.store.db.execute("DELETE FROM models");
      const taken = { code: "CONFLICT", message: "another proposal has the model_id credit-default: take another." };
      const copied = await act(await copy(), "publish", bob());
      expect([copied.status, copied.body]).to.deep.equal([409, { error: taken }]);
      const other = await copy({ model_id: "other" });
      expect((await act(other, "publish", bob())).status).to.equal(200);
      const renamed = await ask(world, "PUT", `${DRAFTS}/${other}`, { ...bob(), body: buildDraft() });
      expect([renamed.status, renamed.body]).to.deep.equal([409, { error: taken }]);
      expect((await ask(world, "PUT", `${DRAFTS}/${id}`, { ...alice(), body: buildDraft() })).status).to.equal(200);
    });

    it("is published once if two drafts have the same id at the same time", async () => {
      const drafts = [await createDraft(), await createDraft()];
      const answers = await Promise.all(drafts.map((id) => act(id, "publish")));
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
      expect(world.faults).to.deep.equal([]);
    });

    it("takes the token over that a wallet has deployed", async () => {
      const id = await createProposal();
      const { status, body } = await handOver(id);

      expect(status).to.equal(200);
      expect([body["token"], body["transaction_hash"], body["status"]]).to.deep.equal([TOKEN, TRANSACTION, "PROPOSAL"]);
      expect(refusalIn(await ask(world, "DELETE", `${DRAFTS}/${id}`, alice()))).to.equal("409 ALREADY_DONE");
    });

    const refused: [string, object, () => void, string][] = [
      ["another token", { ...HAND_OVER, token: OTHER_TOKEN }, () => undefined, "409 CONFLICT"],
      ["a transaction that the chain does not have", HAND_OVER, () => world.receipts.clear(), "409 NOT_YET"],
      [
        "another transaction than the token's",
        HAND_OVER,
        () => world.receipts.set(TRANSACTION, { block: CREATED + 1, addresses: [] }),
        "409 CONFLICT",
      ],
    ];
    for (const [name, body, arrange, refusal] of refused) {
      it(`refuses ${name}, and keeps nothing`, async () => {
        const id = await createProposal();
        arrange();
        expect(refusalIn(await handOver(id, body))).to.equal(refusal);
        expect((await ask(world, "GET", `${DRAFTS}/${id}`)).body["token"]).to.equal(null);
      });
    }

    it("names every value that differs on chain", async () => {
      const id = await createProposal({
        ticker: "OTHER",
        allocations: { supplier: "1", investor: "600000", tokens_per_delta_one: "1000", expected_delta_ones: 0 },
      });
      const { status, body } = await handOver(id);
      expect(status).to.equal(409);
      expect((body["error"] as { fields: object[] }).fields).to.deep.equal([
        { path: "ticker", given: "CRDEF", expected: "OTHER" },
        { path: "allocations.supplier", given: "400000000000000000000000", expected: "1000000000000000000" },
      ]);
    });

    it("needs to be published before its token is handed over", async () => {
      const id = await createDraft();
      expect(refusalIn(await handOver(id))).to.equal("409 NOT_YET");
    });
  });

  describe("given a token that was handed over", () => {
    it("is approved by an admin only, and then declared to the operator", async () => {
      const id = await createProposal();
      await handOver(id);
      expect(refusalIn(await approve(id, alice()))).to.equal("403 NOT_ALLOWED");
      const approved = await approve(id);
      expect(approved.body["approved_at"]).to.be.a("number");
      expect(refusalIn(await approve(id))).to.equal("409 ALREADY_DONE");

      const { body } = await ask(world, "GET", "/api/v1/operator/registrations", admin());
      const [item] = body["items"] as {
        files: Record<string, string>;
        token: string;
        method: string;
        draft_id: string;
      }[];
      expect([body["total"], item?.draft_id, item?.token, item?.method]).to.deep.equal([
        1,
        id,
        TOKEN,
        ORACLE_ATTESTATION,
      ]);
      const { model, benchmark, licence } = item!.files as { model: string; benchmark: string; licence: string };
      const read = (name: string) => Buffer.from(name.endsWith(".licence") ? licence : benchmark);
      const declared = checkModelFile(JSON.parse(model), { name: "model", read }, true);
      expect([declared.modelId, declared.symbol, declared.licenseHash]).to.deep.equal([
        "credit-default",
        "CRDEF",
        LICENCE,
      ]);
      expect([declared.pricePerThousandCalls, declared.infrastructureAccrualBps]).to.deep.equal([25_000_000n, 5000]);
      expect(declared.benchmark.baselineScore).to.equal(7500);
    });

    it("has its status on chain, and is no longer declared once it is registered", async () => {
      const id = await createProposal();
      await handOver(id);
      await approve(id);
      await world.store.db.execute("UPDATE models SET status = 'REGISTERED'");

      expect((await ask(world, "GET", `${DRAFTS}/${id}`)).body["status"]).to.equal("REGISTERED");
      expect((await ask(world, "GET", "/api/v1/operator/registrations", admin())).body["items"]).to.deep.equal([]);
    });

    it("is approved only with the version of the benchmark that was looked at", async () => {
      const id = await createProposal();
      await handOver(id);
      const { body } = await ask(world, "GET", `${DRAFTS}/${id}`);
      const changed = buildBenchmarkInput({ baseline_value: 0.5 });
      await ask(world, "PUT", `/api/v1/benchmarks/${String(body["benchmark_spec_id"])}`, { ...alice(), body: changed });
      expect(refusalIn(await approve(id))).to.equal("409 CONFLICT");
      expect((await approve(id, admin(), 2)).status).to.equal(200);
    });

    it("is not approved before the handover, or without the text of the licence", async () => {
      const id = await createProposal({ licence: { hash: LICENCE, uri: "https://example.org/licence.txt" } });
      expect(refusalIn(await approve(id))).to.equal("409 NOT_YET");
      await handOver(id);
      expect(refusalIn(await approve(id))).to.equal("409 NOT_YET");
      expect((await ask(world, "GET", "/api/v1/operator/registrations", admin())).body["total"]).to.equal(0);
    });
  });

  describe("given an idempotency key", () => {
    const post = async (body: object, name = "one") =>
      ask(world, "POST", "/api/v1/models", { ...alice(), body, headers: { "idempotency-key": name } });

    it("performs the same post once, and answers it alike, even if it comes twice at once", async () => {
      const [first, second] = await Promise.all([post(buildDraft()), post(buildDraft())]);
      const third = await post(buildDraft());
      expect([first.status, second.status]).to.deep.equal([201, 201]);
      expect(second.body).to.deep.equal(first.body);
      expect(third.body).to.deep.equal(first.body);
      expect((await ask(world, "GET", DRAFTS, alice())).body["total"]).to.equal(1);
    });

    it("refuses another post with the same key, but not another account's", async () => {
      await post(buildDraft());
      expect(refusalIn(await post(buildDraft({ ticker: "OTHER" })))).to.equal("409 CONFLICT");
      const others = { ...bob(), body: buildDraft(), headers: { "idempotency-key": "one" } };
      expect((await ask(world, "POST", "/api/v1/models", others)).status).to.equal(201);
    });

    it("keeps no refusal: the post is performed when it is sent again", async () => {
      const id = await createProposal();
      const sending = { ...admin(), body: { benchmark_version: 1 }, headers: { "idempotency-key": "two" } };
      expect(refusalIn(await act(id, "approve", sending))).to.equal("409 NOT_YET");
      await handOver(id);
      expect((await act(id, "approve", sending)).body["approved_at"]).to.be.a("number");
    });
  });
});
