import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openStore, type Store, type StoreOptions } from "../../store/open";

/** A database of a test's own, on the server that DATABASE_URL names, else an embedded one in a folder. */
export interface TestDatabase {
  /** Where it is now. */
  readonly place: StoreOptions;
  open(): Promise<Store>;
  /** Lets it be elsewhere, once every store of it is closed. */
  move(): Promise<void>;
  /** Closes every store of it, and deletes it. */
  drop(): Promise<void>;
}

/** Creates an empty database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env["DATABASE_URL"];
  const database = server === undefined ? await embeddedDatabase() : await databaseOn(server);
  const stores: Store[] = [];
  return {
    ...database,
    get place() {
      return database.place;
    },
    open: async () => {
      const store = await openStore(database.place);
      // A test may close it itself.
      const close = store.close.bind(store);
      let closing: Promise<void> | undefined;
      const once = { ...store, close: () => (closing ??= close()) };
      stores.push(once);
      return once;
    },
    drop: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await database.drop();
    },
  };
}

type Place = Pick<TestDatabase, "move" | "drop"> & { place: StoreOptions };

/** An empty database with all its tables: to copy it takes a tenth of the time in which one is created. */
let empty: Promise<string> | undefined;

async function createEmpty(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "empty-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  await (await openStore({ folder: join(folder, "db") })).close();
  return join(folder, "db");
}

async function embeddedDatabase(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "database-"));
  cpSync(await (empty ??= createEmpty()), join(folder, "here"), { recursive: true });
  const database: Place = {
    place: { folder: join(folder, "here") },
    move: async () => {
      renameSync(join(folder, "here"), join(folder, "there"));
      database.place = { folder: join(folder, "there") };
    },
    drop: async () => rmSync(folder, { recursive: true }),
  };
  return database;
}

async function databaseOn(server: string): Promise<Place> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const addressOf = (database: string) => Object.assign(new URL(server), { pathname: `/${database}` }).href;
  const command = async (statement: string) => {
    const client = new Client({ connectionString: server });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await command(`CREATE DATABASE ${name}`);
  let current = name;
  const database: Place = {
    place: { url: addressOf(name) },
    move: async () => {
      await command(`ALTER DATABASE ${name} RENAME TO ${name}_moved`);
      current = `${name}_moved`;
      database.place = { url: addressOf(current) };
    },
    drop: async () => command(`DROP DATABASE ${current} WITH (FORCE)`),
  };
  return database;
}
