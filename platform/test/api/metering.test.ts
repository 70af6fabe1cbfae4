import { expect } from "chai";
import { sql } from "drizzle-orm";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { UsageEvent } from "../../../sdk/platform/wire";
import { handOverBatches, makeBatches, MeteringOutbox } from "../../api/metering";
import { rowsOf } from "../../store/database";
import { ask, indexModel, OTHER_TOKEN, refusalIn, useApi } from "./support";

const USAGE = "/api/v1/usage/events";
const LICENCE = `0x${"00".repeat(32)}`;

/** A record as the operator takes it. */
interface FeeRecord {
  readonly id: string;
  readonly model: string;
  readonly calls: number;
}

describe("API: metered events", () => {
  const world = useApi();
  let server: Server;
  let url: string;
  /** What the operator has of each id, and how often it was posted; as it does, it refuses an id with another content. */
  const taken = new Map<string, FeeRecord>();
  let posts = 0;
  let crash: "before" | "after" | undefined;

  before(async () => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        posts++;
        if (crash === "before") return void response.destroy();
        const records = JSON.parse(text) as FeeRecord[];
        const differs = records.some((record) => {
          const known = taken.get(record.id);
          return known !== undefined && JSON.stringify(known) !== JSON.stringify(record);
        });
        if (differs) return void response.writeHead(409).end("{}");
        for (const record of records) taken.set(record.id, record);
        if (crash === "after") return void response.destroy();
        response.writeHead(202).end("{}");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    taken.clear();
    [posts, crash] = [0, undefined];
    await indexModel(world, LICENCE);
    await indexModel(world, LICENCE, { model_id: "sentiment-v2", token: OTHER_TOKEN, symbol: "SENT" });
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const buildEvents = (from: number, to: number): UsageEvent[] =>
    Array.from({ length: to - from }, (_, index) => ({
      id: `event-${from + index}`,
      model: (from + index) % 4 === 0 ? "sentiment-v2" : "credit-default",
      calls: 1 + ((from + index) % 7),
      at: 1_767_225_600,
    }));
  const send = async (events: readonly UsageEvent[], key = world.keys.alice) =>
    ask(world, "POST", USAGE, { key, body: { events } });
  const sumOf = (records: Iterable<FeeRecord | UsageEvent>, model: string) =>
    [...records].reduce((sum, record) => (record.model === model ? sum + record.calls : sum), 0);
  const passed = async () => {
    const faults: unknown[] = [];
    await new MeteringOutbox(world.store.db, { url, token: "" }, (error) => faults.push(error)).pass();
    return faults;
  };

  it("counts 20,000 events with duplicates once, and hands each over once in spite of crashes", async () => {
    const events = buildEvents(0, 20_000);
    const half = await send(events.slice(0, 12_000));
    expect(half.body).to.deep.equal({ accepted: 12_000, duplicates: 0 });
    crash = "before";
    expect(await passed()).to.have.lengthOf(1);
    crash = "after"; // it has them, and the platform never heard
    expect(await passed()).to.have.lengthOf(1);
    expect((await ask(world, "GET", "/api/v1/usage", { key: world.keys.alice })).body["items"]).to.deep.equal([
      { model: "credit-default", calls: sumOf(events.slice(0, 12_000), "credit-default"), handed_over: 0 },
      { model: "sentiment-v2", calls: sumOf(events.slice(0, 12_000), "sentiment-v2"), handed_over: 0 },
    ]);
    crash = undefined;
    const all = await send([...events].reverse());
    expect(all.body).to.deep.equal({ accepted: 8_000, duplicates: 12_000 });
    expect(await passed()).to.deep.equal([]);
    expect(await passed()).to.deep.equal([]);

    for (const model of ["credit-default", "sentiment-v2"])
      expect(sumOf(taken.values(), model), model).to.equal(sumOf(events, model));
    expect(taken.size).to.equal(4); // two batches of each model
    expect(posts).to.equal(3);
    const { body } = await ask(world, "GET", "/api/v1/usage", { key: world.keys.alice });
    for (const item of body["items"] as { calls: number; handed_over: number }[])
      expect(item.handed_over).to.equal(item.calls);
  });

  it("puts events into one batch each although two processes make batches at the same time", async () => {
    await send(buildEvents(0, 1_000));
    await Promise.all([makeBatches(world.store.db), makeBatches(world.store.db)]);
    await Promise.all([handOverBatches(world.store.db, { url, token: "" }), passed()]);

    for (const model of ["credit-default", "sentiment-v2"])
      expect(sumOf(taken.values(), model)).to.equal(sumOf(buildEvents(0, 1_000), model));
    const [row] = await rowsOf<object>(
      world.store.db,
      sql`SELECT count(*)::int AS batches, (count(*) FILTER (WHERE handed_over_at IS NULL))::int AS open FROM metered_batches`,
    );
    expect(row).to.deep.equal({ batches: 2, open: 0 });
  });

  it("counts an id once that is twice in one post", async () => {
    const [event] = buildEvents(0, 1);
    expect((await send([event!, event!])).body).to.deep.equal({ accepted: 1, duplicates: 1 });
  });

  describe("given a post that is not valid", () => {
    const wrong: [string, () => UsageEvent[], string][] = [
      [
        "an id that came before with other calls",
        () => [buildEvents(1, 2)[0]!, { ...buildEvents(0, 1)[0]!, calls: 99 }],
        "409 CONFLICT",
      ],
      [
        "a model that the chain does not have",
        () => [...buildEvents(1, 2), { ...buildEvents(2, 3)[0]!, model: "nobody" }],
        "404 NOT_DEPLOYED",
      ],
      ["more than 20,000 events", () => buildEvents(1, 20_002), "400 BAD_OPTION"],
    ];
    for (const [name, events, refusal] of wrong) {
      it(`refuses ${name}, and keeps nothing of the post`, async () => {
        await send(buildEvents(0, 1));
        expect(refusalIn(await send(events()))).to.equal(refusal);
        const [row] = await rowsOf<object>(world.store.db, sql`SELECT count(*)::int AS count FROM metered_events`);
        expect(row).to.deep.equal({ count: 1 });
      });
    }

    it("refuses the id of another account's event", async () => {
      await send(buildEvents(0, 1));
      expect(refusalIn(await send(buildEvents(0, 1), world.keys.bob))).to.equal("409 CONFLICT");
    });
  });
});
