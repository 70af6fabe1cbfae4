import { expect } from "chai";
import { DrizzleQueryError } from "drizzle-orm";
import { createApi } from "../../api/app";
import { createApiKey } from "../../api/keys";
import { readDocument, type ApiDocument, type DocumentOperation } from "./operations";
import { ask, indexChain, indexModel, useApi, type Sending } from "./support";

/** Statuses that every operation has for the same reasons; the others are each operation's own, and its tests have them. */
const COMMON = [400, 401, 403, 413, 415, 429, 500, 503];

describe("API: statuses that the document names for every operation", () => {
  const world = useApi({ upload: 1_000 });
  let document: ApiDocument;
  beforeEach(async () => {
    await indexChain(world);
    await indexModel(world, `0x${"00".repeat(32)}`);
    document = await readDocument(world);
  });

  /** A request that is valid, but for what is replaced. */
  async function send(
    app: Pick<typeof world, "app">,
    { method, path, parameters = [], requestBody }: DocumentOperation,
    replaced: Sending & { readonly parameter?: string } = {},
  ): Promise<number> {
    const text = ({ schema }: { schema: Parameters<ApiDocument["valueOf"]>[0] }) =>
      replaced.parameter ?? String(document.valueOf(schema));
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(text(parameters.find((each) => each.in === "path" && each.name === name)!)),
    );
    const query = parameters
      .filter((each) => each.in === "query")
      .map((each): [string, string] => [each.name, text(each)]);
    const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    const body = content && document.valueOf(content.schema);
    const sending = {
      key: world.keys.admin,
      ...(content && { body, headers: { "content-type": type! } }),
      ...replaced,
    };
    return (await ask(app, method, `${filled}?${new URLSearchParams(query)}`, sending)).status;
  }

  it("occur, and no others do", async () => {
    const weak = await createApiKey(world.store.db, "carol", []);
    const limited = { app: createApi({ ...world.parts, limits: { requestsPerMinute: 0.001 } }) };
    const broken = { app: createApi({ ...world.parts, store: { ...world.store, db: undefined as never } }) };
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const execute = () => Promise.reject(new DrizzleQueryError("SELECT", [], refused));
    const away = { app: createApi({ ...world.parts, store: { ...world.store, db: { execute } as never } }) };

    for (const operation of document.operations) {
      const seen = new Set<number>();
      const see = async (app: Pick<typeof world, "app">, replaced?: Parameters<typeof send>[2]) =>
        seen.add(await send(app, operation, replaced));
      const isJson = "application/json" in (operation.requestBody?.content ?? {});
      await see(world, { parameter: "\u202e" });
      if (isJson) await see(world, { body: '"text"' });
      await see(world, { key: "x" });
      await see(world, { key: weak });
      await see(limited);
      await see(broken);
      await see(away);
      if (operation.requestBody) {
        await see(world, { body: "x".repeat(5_000_000) });
        await see(world, { headers: { "content-type": "application/pdf" } });
      }
      const name = `${operation.method} ${operation.path}`;
      const declared = Object.keys(operation.responses).map(Number);
      // An upload is measured after its benchmark was found.
      const wanted = COMMON.filter((status) => isJson || status !== 413);
      const common = (statuses: Iterable<number>) => [...statuses].filter((status) => wanted.includes(status)).sort();
      expect(common(seen), name).to.deep.equal(common(declared));
      for (const status of seen) expect(declared, `${name} answers ${status}`).to.include(status);
    }
  });
});
