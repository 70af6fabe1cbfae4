import { expect } from "chai";
import { getTableName, sql } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/pg-core";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../../sdk/base/problem";
import { rowsOf } from "../../store/database";
import { openStore } from "../../store/open";
import { Upkeep } from "../../store/upkeep";
import * as chainTables from "../../store/tables/chain";

/** Bytes of all files in a folder. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

describe("openStore", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "store-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("given a folder", () => {
    it("keeps what was written for the next process", async () => {
      const at = { folder: join(folder, "db") };
      const first = await openStore(at);
      await first.db.execute(sql`INSERT INTO protocol VALUES ('threshold', '2')`);
      await first.close();

      const second = await openStore(at);
      const rows = await rowsOf(second.db, sql`SELECT name, value::text FROM protocol`);
      await second.close();

      expect(rows).to.deep.equal([{ name: "threshold", value: "2" }]);
    });

    it("refuses a second process while the first one uses it", async () => {
      const at = { folder: join(folder, "db") };
      const first = await openStore(at);

      const failure: unknown = await openStore(at).catch((error: unknown) => error);
      await first.close();

      expect(failure).to.be.instanceOf(Problem);
      expect((failure as Problem).code).to.equal("BUSY");
    });

    it("limits the size of its log and of dead rows", async () => {
      const at = { folder: join(folder, "db") };
      const store = await openStore(at);
      const upkeep = new Upkeep(store.db);
      for (let round = 0; round < 4; round++) {
        // Some 25 MB that no compression shortens, of which nothing stays.
        await store.db.execute(sql`INSERT INTO snapshots SELECT row, '', 1, (
          SELECT string_agg(md5(row::text || part), '') FROM generate_series(1, 300) AS part) FROM generate_series(1, 2500) AS row`);
        await store.db.execute(sql`DELETE FROM snapshots`);
        await upkeep.look();
      }
      const [table] = await rowsOf<{ bytes: number }>(
        store.db,
        sql`SELECT pg_total_relation_size('snapshots')::float8 AS bytes`,
      );
      const log = bytesIn(join(at.folder, "pg_wal"));
      await store.close();

      expect(table!.bytes).to.be.lessThan(2 ** 20);
      expect(log).to.be.at.most(64 * 2 ** 20);
    });

    it("refuses tables of an unknown version", async () => {
      const at = { folder: join(folder, "db") };
      const first = await openStore(at);
      await first.db.execute(sql`INSERT INTO migrations VALUES ('999_later.sql', 'ab')`);
      await first.close();

      const failure: unknown = await openStore(at).catch((error: unknown) => error);

      expect((failure as Problem).code).to.equal("CONFLICT");
      expect((failure as Problem).message).to.equal(
        "the database was made with 999_later.sql, which this version does not know: use the version of the project that made it, or another database.",
      );
    });
  });

  it("creates every table of the chain with the columns that the queries use", async () => {
    const store = await openStore({});
    const columns = await rowsOf<{ place: string; is_nullable: string }>(
      store.db,
      sql`SELECT table_name || '.' || column_name AS place, is_nullable FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'migrations'`,
    );
    await store.close();

    const known = Object.values(chainTables).flatMap((table) =>
      getTableConfig(table).columns.map(({ name, notNull, primary }) => ({
        place: `${getTableName(table)}.${name}`,
        is_nullable: notNull || primary ? "NO" : "YES",
      })),
    );
    const ofChain = new Set<string>(Object.values(chainTables).map((table) => getTableName(table)));
    expect(columns.filter(({ place }) => ofChain.has(place.split(".")[0]!))).to.have.deep.members(known);
  });

  it("lets one writer write at a time", async () => {
    const store = await openStore({});
    const first = await store.becomeWriter("chain");
    const second = await store.becomeWriter("chain");
    await first?.release();
    const third = await store.becomeWriter("chain");
    await store.close();

    expect([first, second, third].map((writer) => writer !== undefined)).to.deep.equal([true, false, true]);
  });

  it("refuses an address that is not a database's", async () => {
    const failure: unknown = await openStore({ url: "https://example.org/db" }).catch((error: unknown) => error);

    expect((failure as Problem).code).to.equal("BAD_OPTION");
  });
});
