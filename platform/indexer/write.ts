// Writes the rows that a batch of events produced, and undoes everything above a block.

import { inArray, sql } from "drizzle-orm";
import { getAddress } from "ethers";
import { insertRows } from "../store/bulk";
import { rowsOf, type Database } from "../store/database";
import * as tables from "../store/tables/chain";
import type { Batch } from "./batch";
import { CANDLE_SECONDS } from "./candles";
import { holderRows, modelRow, parameterRows, protocolRows } from "./present";
import type { BlockHeader } from "./source";
import { encodeState, type IndexState } from "./state";

/** A block at which everything is true. */
export type Position = Pick<BlockHeader, "number" | "hash" | "time">;

/** What the rows that describe the present are built from. */
export interface Present {
  readonly state: IndexState;
  /** Names of contracts, by their addresses in lower case. */
  readonly contracts: ReadonlyMap<string, string>;
}

/** Snapshots of this many latest blocks are kept, and before them only the newest and the first. */
const KEPT = 256;

/** Writes everything that a batch has collected. */
export async function writeBatch(db: Database, batch: Batch, present: Present): Promise<void> {
  const { rows } = batch;
  for (const name of Object.keys(rows) as (keyof typeof rows)[])
    await insertRows(db, tables[name], rows[name] as never[]);
  await addToCandles(db, [...batch.candles.values()]);
  if (batch.settlements.length > 0) {
    await db.execute(sql`
      UPDATE improvements SET settled = s.settled, settled_block = s."settledBlock", settled_at = s."settledAt",
        settled_transaction = s."settledTransaction"
      FROM jsonb_to_recordset(${JSON.stringify(batch.settlements)}::text::jsonb)
        AS s(model text, "evaluationId" text, settled text, "settledBlock" bigint, "settledAt" bigint, "settledTransaction" text)
      WHERE improvements.model = s.model AND improvements.evaluation_id = s."evaluationId"`);
  }
  await recount(db, [...new Set(rows.claims.map(({ distributionId }) => distributionId))]);
  await writePresent(db, present, batch);
}

/** Rewrites the present rows of the models and contracts that changed. */
async function writePresent(
  db: Database,
  { state, contracts }: Present,
  { models, terms, roles, isProtocolChanged }: Pick<Batch, "models" | "terms" | "roles" | "isProtocolChanged">,
): Promise<void> {
  const anew = { replace: true };
  await insertRows(
    db,
    tables.models,
    [...models].map((key) => modelRow(state, key)),
    anew,
  );
  await insertRows(
    db,
    tables.parameters,
    [...terms].flatMap((key) => parameterRows(state, key)),
    anew,
  );
  if (roles.size > 0) {
    await db.delete(tables.holders).where(
      inArray(
        tables.holders.address,
        [...roles].map((role) => getAddress(role)),
      ),
    );
    const holders = [...roles].flatMap((address) => holderRows(state, address, contracts.get(address) ?? ""));
    await insertRows(db, tables.holders, holders);
  }
  if (isProtocolChanged) await insertRows(db, tables.protocol, protocolRows(state), anew);
}

/** Records up to which block everything is read. */
export async function writePosition(db: Database, { number, hash, time }: Position): Promise<void> {
  await db.update(tables.chain).set({ block: number, blockHash: hash, blockTime: time });
}

/** Saves the state at a block, and deletes older snapshots that are no longer needed. */
export async function writeSnapshot(db: Database, { number, hash, time }: Position, state: IndexState): Promise<void> {
  const row = { block: number, blockHash: hash, blockTime: time, state: encodeState(state) };
  await db.insert(tables.snapshots).values(row).onConflictDoNothing();
  await db.execute(sql`
    DELETE FROM snapshots WHERE block < ${number - KEPT} AND block > (SELECT min(block) FROM snapshots)
      AND block < (SELECT max(block) FROM snapshots WHERE block <= ${number - KEPT})`);
}

/** Undoes everything above a block, whose state is given. */
export async function rewind(db: Database, position: Position, present: Present): Promise<void> {
  const { number } = position;
  const after = sql`block > ${number}`;
  const traded = await rowsOf<{ model: string; since: string }>(
    db,
    sql`SELECT model, min(time)::text AS since FROM trades WHERE ${after} GROUP BY model`,
  );
  const claimed = await rowsOf<{ id: string }>(
    db,
    sql`SELECT DISTINCT distribution_id AS id FROM claims WHERE ${after}`,
  );
  const changed = await rowsOf<{ key: string }>(db, sql`SELECT key FROM models WHERE ${after}`);
  for (const name of OF_EVENTS) await db.execute(sql`DELETE FROM ${sql.raw(name)} WHERE ${after}`);
  await db.execute(sql`DELETE FROM snapshots WHERE ${after}`);
  await db.execute(sql`
    UPDATE improvements SET settled = NULL, settled_block = NULL, settled_at = NULL, settled_transaction = NULL
    WHERE settled_block > ${number}`);
  for (const { model, since } of traded) await rebuildCandles(db, model, Number(since));
  await recount(
    db,
    claimed.map(({ id }) => id),
  );
  const keys = changed.map(({ key }) => key);
  const gone = keys.filter((key) => !present.state.protocol.models.has(key));
  if (gone.length > 0) {
    await db.delete(tables.parameters).where(inArray(tables.parameters.model, gone));
    await db.delete(tables.models).where(inArray(tables.models.key, gone));
  }
  await db.delete(tables.holders);
  await db.delete(tables.protocol);
  const left = new Set(keys.filter((key) => !gone.includes(key)));
  await writePresent(db, present, {
    models: left,
    terms: left,
    roles: new Set(present.state.protocol.roles.keys()),
    isProtocolChanged: true,
  });
  await writePosition(db, position);
}

/** Tables whose rows are deleted together with their block. */
const OF_EVENTS = [
  ...["trades", "fees", "streams", "collections", "invoices", "benchmarks", "scores", "improvements", "payees"],
  ...["distributions", "claims", "parameter_changes"],
];

/** Recomputes from their claims what is left of distributions. */
async function recount(db: Database, distributions: readonly string[]): Promise<void> {
  if (distributions.length === 0) return;
  await db.execute(sql`
    UPDATE distributions d SET claims = c.number, remaining = d.total - c.amount
    FROM (
      SELECT of.id, count(claims.amount)::integer AS number, coalesce(sum(claims.amount), 0) AS amount
      FROM jsonb_array_elements_text(${JSON.stringify(distributions)}::text::jsonb) AS of(id)
      LEFT JOIN claims ON claims.distribution_id = of.id GROUP BY of.id
    ) c WHERE d.distribution_id = c.id`);
}

async function addToCandles(db: Database, candles: readonly object[]): Promise<void> {
  if (candles.length === 0) return;
  const rows = JSON.stringify(candles, (_, value: unknown) => value);
  await db.execute(sql`
    INSERT INTO candles (model, seconds, start, open, high, low, close, volume_reserve, volume_tokens, trades)
    SELECT model, seconds, start, open, high, low, close, "volumeReserve", "volumeTokens", trades
    FROM jsonb_to_recordset(${rows}::text::jsonb) AS c(model text, seconds integer, start bigint, open numeric, high numeric,
      low numeric, close numeric, "volumeReserve" numeric, "volumeTokens" numeric, trades integer)
    ON CONFLICT (model, seconds, start) DO UPDATE SET high = greatest(candles.high, excluded.high),
      low = least(candles.low, excluded.low), close = excluded.close, trades = candles.trades + excluded.trades,
      volume_reserve = candles.volume_reserve + excluded.volume_reserve,
      volume_tokens = candles.volume_tokens + excluded.volume_tokens`);
}

/** Rebuilds a model's candles from a time on, from the remaining trades. */
async function rebuildCandles(db: Database, model: string, since: number): Promise<void> {
  for (const seconds of CANDLE_SECONDS) {
    const from = since - (since % seconds);
    const length = sql.raw(String(seconds));
    await db.execute(sql`DELETE FROM candles WHERE model = ${model} AND seconds = ${length} AND start >= ${from}`);
    await db.execute(sql`
      INSERT INTO candles (model, seconds, start, open, high, low, close, volume_reserve, volume_tokens, trades)
      SELECT model, ${length}, time - time % ${length} AS start,
        (array_agg(price_after ORDER BY block, log_index))[1], max(price_after), min(price_after),
        (array_agg(price_after ORDER BY block DESC, log_index DESC))[1], sum(reserve), sum(tokens), count(*)::integer
      FROM trades WHERE model = ${model} AND time >= ${from} GROUP BY model, start`);
  }
}
