import { expect } from "chai";
import { sql } from "drizzle-orm";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../../sdk/base/problem";
import { rowsOf } from "../../store/database";
import { openStore } from "../../store/open";

describe("openStore", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "store-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("given a folder", () => {
    it("keeps what was written for the next process that opens it", async () => {
      const at = { folder: join(folder, "db") };
      const first = await openStore(at);
      await first.db.execute(sql`INSERT INTO chain VALUES (true, 31337, '0x01', 1, 2, '0x02', 3)`);
      await first.close();

      const second = await openStore(at);
      const rows = await rowsOf(second.db, sql`SELECT registry, block::text FROM chain`);
      await second.close();

      expect(rows).to.deep.equal([{ registry: "0x01", block: "2" }]);
    });

    it("refuses a second one meanwhile", async () => {
      const at = { folder: join(folder, "db") };
      const first = await openStore(at);

      const failure: unknown = await openStore(at).catch((error: unknown) => error);
      await first.close();

      expect(failure).to.be.instanceOf(Problem);
      expect((failure as Problem).code).to.equal("BUSY");
    });

    it("refuses tables of another version", async () => {
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

  it("lets one writer write", async () => {
    const store = await openStore({});
    const first = await store.becomeWriter("chain");
    const second = await store.becomeWriter("chain");
    await first?.release();
    const third = await store.becomeWriter("chain");
    await store.close();

    expect([first, second, third].map((writer) => writer !== undefined)).to.deep.equal([true, false, true]);
  });

  it("refuses an address that is no database's", async () => {
    const failure: unknown = await openStore({ url: "https://example.org/db" }).catch((error: unknown) => error);

    expect((failure as Problem).code).to.equal("BAD_OPTION");
  });
});
