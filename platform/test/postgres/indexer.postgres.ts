import { expect } from "chai";
import { sql } from "drizzle-orm";
import { MaxUint256 } from "ethers";
import { EventEmitter, on } from "node:events";
import { Problem } from "../../../sdk/base/problem";
import { USDC } from "../../../scripts/dev/world/units";
import { Indexer, type IndexerNews, type IndexerOptions } from "../../indexer/indexer";
import { rowsOf } from "../../store/database";
import type { Store } from "../../store/open";
import { contentOf, expectTrue } from "../indexer/compare";
import { buildWorld, liveALife, poolOf, tradeAWhile, useServer, type IndexedWorld } from "../indexer/world";
import { createTestDatabase, type TestDatabase } from "../store/testDatabase";

describe("Indexer: two instances on one PostgreSQL", () => {
  const chain = useServer();
  const databases: TestDatabase[] = [];
  let world: IndexedWorld;
  let [first, second]: Store[] = [];

  const create = async () => {
    const database = await createTestDatabase();
    databases.push(database);
    return database;
  };
  const index = async (store: Store, options: Partial<IndexerOptions> = {}) =>
    Indexer.open({ store, url: chain.url, deployment: world.deployment, ...options });
  const catchUp = async (indexer: Indexer) => {
    while (await indexer.step());
    return indexer;
  };
  const failureOf = async (failing: Promise<unknown>) =>
    failing.then(
      () => undefined,
      (error: unknown) => error as Error,
    );
  beforeEach(async () => {
    world = await buildWorld();
    const database = await create();
    [first, second] = [await database.open(), await database.open()];
  });
  afterEach(() => Promise.all(databases.splice(0).map((database) => database.drop())));

  it("write one after the other, never both", async () => {
    const writer = await catchUp(await index(first!));
    const refused = (await failureOf(index(second!))) as Problem;
    expect(refused.code).to.equal("BUSY");

    await liveALife(world);
    await catchUp(writer);
    await writer.close();
    const next = await index(second!);
    expect(((await failureOf(index(first!))) as Problem).code).to.equal("BUSY");
    await catchUp(next);
    await expectTrue(first!.db, chain.url, world);
  });

  it("can become the writer as soon as another has released", async () => {
    for (let turn = 0; turn < 50; turn++) {
      const writer = await first!.becomeWriter("turns");
      await rowsOf(second!.db, sql`SELECT 1`); // its next query finds an open connection
      await writer!.release();
      const next = await second!.becomeWriter("turns");
      expect(next, `turn ${turn}`).not.to.equal(undefined);
      await next!.release();
    }
  });

  it("take turns when one loses its connection: it stops writing, and continues once the other has ended", async () => {
    const stop = new AbortController();
    const news = new EventEmitter();
    const told = async (wanted: (each: IndexerNews) => boolean) => {
      for await (const [each] of on(news, "news", { signal: AbortSignal.timeout(60_000) }))
        if (wanted(each as IndexerNews)) return;
    };
    const lost = await index(first!, { signal: stop.signal, onNews: (each) => news.emit("news", each) });
    await catchUp(lost);
    await tradeAWhile(world);
    await endConnectionOfWriter();
    const other = await catchUp(await index(second!));
    await expectTrue(second!.db, chain.url, world);
    const content = await contentOf(second!.db);
    await (await poolOf(world)).buy(USDC, 0n, world.bob, MaxUint256);

    expect(await failureOf(lost.step())).to.be.instanceOf(Error);
    const waits = told((each) => each.kind === "waiting" && each.reason.startsWith("another process indexes"));
    const running = lost.run();
    await waits;
    expect(await contentOf(second!.db)).to.deep.equal(content);

    const goesOn = told((each) => each.kind === "indexed" && each.events > 0);
    await other.close();
    await goesOn;
    stop.abort();
    await running;
    await lost.close();
    await expectTrue(first!.db, chain.url, world);
    const fresh = await (await create()).open();
    await catchUp(await index(fresh));
    expect(await contentOf(first!.db)).to.deep.equal(await contentOf(fresh.db));
  });

  /** Ends the connection that a writer holds its right with, as a server does that starts anew. */
  async function endConnectionOfWriter(): Promise<void> {
    await rowsOf(
      second!.db,
      sql`SELECT pg_terminate_backend(pid, 60000) FROM pg_locks
          WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
  }
});
