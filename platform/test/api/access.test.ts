import { expect } from "chai";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createApi } from "../../api/app";
import { callerOf, createApiKey, ensureAdminKey } from "../../api/keys";
import { ask, buildDraft, refusalIn, useApi } from "./support";

const DRAFT = "/api/v1/models";

describe("API: access", () => {
  const world = useApi();
  const post = async (key?: string) => ask(world, "POST", DRAFT, { key, body: buildDraft() });

  describe("given an API key", () => {
    it("refuses an operation on an account's own data without a key", async () => {
      const refused = await post();
      expect(refusalIn(refused)).to.equal("401 BAD_KEY");
      expect(refused.headers.get("www-authenticate")).to.equal("Bearer");
    });

    it("refuses a key that is unknown, malformed, half right or revoked, even where none is needed", async () => {
      const [, prefix, secret] = world.keys.alice.split("_") as [string, string, string];
      const wrong = ["x", `hk_${"0".repeat(16)}_${secret}`, `hk_${prefix}_${"0".repeat(64)}`, `hk_${prefix}`];
      for (const key of wrong) {
        expect(refusalIn(await post(key))).to.equal("401 BAD_KEY");
        expect(refusalIn(await ask(world, "GET", "/api/v1/benchmarks", { key }))).to.equal("401 BAD_KEY");
      }
      expect((await ask(world, "DELETE", `/api/v1/keys/${prefix}`, { key: world.keys.admin })).status).to.equal(204);
      expect(refusalIn(await post(world.keys.alice))).to.equal("401 BAD_KEY");
      expect(refusalIn(await ask(world, "DELETE", `/api/v1/keys/${prefix}`, { key: world.keys.admin }))).to.equal(
        "404 NOT_DEPLOYED",
      );
    });

    it("allows what the key's scopes name, and everything to an admin's key", async () => {
      const key = await createApiKey(world.store.db, "carol", ["usage"]);
      expect(refusalIn(await post(key))).to.equal("403 NOT_ALLOWED");
      expect((await post(world.keys.admin)).status).to.equal(201);
      expect(refusalIn(await ask(world, "GET", "/api/v1/operator/admissions", { key: world.keys.alice }))).to.equal(
        "403 NOT_ALLOWED",
      );
    });

    it("lets an admin make a key, and stores no secret of it", async () => {
      const input = { account: "carol", scopes: ["models"] };
      const { status, body } = await ask(world, "POST", "/api/v1/keys", { key: world.keys.admin, body: input });
      expect(status).to.equal(201);
      expect((await callerOf(world.store.db, body["key"] as string))?.account).to.equal("carol");
      const rows = await world.store.db.execute("SELECT * FROM api_keys");
      expect(JSON.stringify(rows)).not.to.contain((body["key"] as string).split("_")[2]);
    });
  });

  describe("given the first start", () => {
    it("writes the admin's key once, to a file that only its owner can read", async () => {
      const file = join(world.uploads, "admin.key");
      const first = await ensureAdminKey(world.store.db, file);
      const second = await ensureAdminKey(world.store.db, file);

      expect([first.isNew, second.isNew, second.key]).to.deep.equal([true, false, first.key]);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect((await callerOf(world.store.db, first.key))?.scopes.has("admin")).to.equal(true);
    });
  });

  describe("given many requests", () => {
    it("limits requests a minute by account and by address, and states when to try again", async () => {
      const app = createApi({ ...world.parts, limits: { requestsPerMinute: 2, anonymousRequestsPerMinute: 3 } });
      const statuses = [];
      for (const key of ["alice", "alice", "alice", "bob", undefined, undefined, undefined, undefined] as const) {
        const answer = await ask({ app }, "GET", "/api/v1/benchmarks", { key: key && world.keys[key] });
        statuses.push(answer.status);
        if (answer.status === 429) expect(Number(answer.headers.get("retry-after"))).to.be.within(1, 60);
      }
      expect(statuses).to.deep.equal([200, 200, 429, 200, 200, 200, 200, 429]);
    });

    it("counts requests with wrong keys", async () => {
      const app = createApi({ ...world.parts, limits: { anonymousRequestsPerMinute: 2 } });
      const statuses = [];
      for (let index = 0; index < 3; index++)
        statuses.push((await ask({ app }, "GET", "/api/v1/benchmarks", { key: "x" })).status);
      expect(statuses).to.deep.equal([401, 401, 429]);
    });
  });

  describe("given a body", () => {
    const refused: [string, string, Record<string, string>, string][] = [
      ["that is no JSON", "{", {}, "400 BAD_OPTION"],
      ["with a key twice", '{"name":"a","name":"b"}', {}, "400 BAD_OPTION"],
      ["with the key __proto__", '{"__proto__":{}}', {}, "400 BAD_OPTION"],
      ["with a zero character", JSON.stringify(buildDraft({ description: "a\u0000b" })), {}, "400 BAD_OPTION"],
      ["with half of a character", '{"name":"\\ud800"}', {}, "400 BAD_OPTION"],
      ["of another type", "{}", { "content-type": "text/plain" }, "415 BAD_OPTION"],
      ["that is nested 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000), {}, "400 BAD_OPTION"],
      ["that is compressed", "\u001f\u008b", { "content-encoding": "gzip" }, "400 BAD_OPTION"],
      ["whose type only begins like JSON's", "{}", { "content-type": "application/jsonp" }, "415 BAD_OPTION"],
      ["that is too large", JSON.stringify({ name: "x".repeat(300_000) }), {}, "413 BAD_OPTION"],
    ];
    for (const [name, body, headers, refusal] of refused) {
      it(`refuses one ${name}`, async () => {
        expect(refusalIn(await ask(world, "POST", DRAFT, { key: world.keys.alice, body, headers }))).to.equal(refusal);
        expect(world.faults).to.deep.equal([]);
      });
    }

    it("names every wrong field, its value, and what is expected", async () => {
      const body = { ...buildDraft(), ticker: "crdef", current_value: "x", surplus: 1 };
      const answer = await ask(world, "POST", DRAFT, { key: world.keys.alice, body });
      expect(answer.status).to.equal(400);
      expect((answer.body["error"] as { fields: object[] }).fields).to.deep.equal([
        { path: "body.ticker", given: '"crdef"', expected: "3 to 6 upper-case letters" },
        { path: "body.current_value", given: '"x"', expected: "a number" },
        {
          path: "body",
          given: JSON.stringify(body).slice(0, 80) + `… (${JSON.stringify(body).length - 80} characters more)`,
          expected: "no field surplus",
        },
      ]);
    });
  });

  describe("given an internal error", () => {
    it("answers that there is one, without details", async () => {
      const store = { ...world.store, db: undefined as never };
      const app = createApi({ ...world.parts, store });
      const answer = await ask({ app }, "GET", "/ready");
      expect(answer.status).to.equal(500);
      expect(answer.body).to.deep.equal({
        error: { code: "INTERNAL", message: "a fault in our code: please report it with the time of the request." },
      });
      expect(world.faults).to.have.lengthOf(1);
    });
  });

  describe("given a page on another host", () => {
    it("answers no preflight, names no origin, and refuses a form without a key", async () => {
      const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
      const preflight = await ask(world, "OPTIONS", DRAFT, { headers });
      expect(refusalIn(preflight)).to.equal("404 NOT_DEPLOYED");
      const read = await ask(world, "GET", "/api/v1/benchmarks", { headers });
      for (const answer of [preflight, read]) {
        const names = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"));
        expect(names).to.deep.equal([]);
        expect(answer.headers.get("set-cookie")).to.equal(null);
        expect(answer.headers.get("content-security-policy")).to.equal("default-src 'none'; frame-ancestors 'none'");
        expect(answer.headers.get("x-content-type-options")).to.equal("nosniff");
      }
      // What a page can send without a preflight has no key, and another type than JSON's.
      const form = { body: "name=x", headers: { "content-type": "application/x-www-form-urlencoded" } };
      expect(refusalIn(await ask(world, "POST", DRAFT, form))).to.equal("401 BAD_KEY");
    });
  });

  it("refuses an unknown operation in the same form as every refusal", async () => {
    expect(refusalIn(await ask(world, "GET", "/nothing"))).to.equal("404 NOT_DEPLOYED");
  });
});
