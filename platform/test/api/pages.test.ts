import { expect } from "chai";
import { sql } from "drizzle-orm";
import { readPage } from "../../api/pages";
import { openStore, type Store } from "../../store/open";

const LIST = { query: sql`SELECT n FROM (VALUES (2), (5), (1), (4), (3)) AS list(n)`, order: sql.raw("n DESC") };

describe("readPage", () => {
  let store: Store;
  before(async () => (store = await openStore({})));
  after(() => store.close());

  const read = (page: number) => readPage(store.db, { page, page_size: 2 }, LIST, ({ n }: { n: number }) => n);

  it("returns a page of the list in its order, with the total", async () => {
    expect(await read(1)).to.deep.equal({ items: [5, 4], total: 5, page: 1, page_size: 2 });
    expect(await read(3)).to.deep.equal({ items: [1], total: 5, page: 3, page_size: 2 });
  });

  it("returns no items beyond the end, with the total", async () => {
    expect(await read(4)).to.deep.equal({ items: [], total: 5, page: 4, page_size: 2 });
  });
});
