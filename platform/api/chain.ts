// What the indexer knows of the chain, in the API's terms. Everything in one answer is true at the same block.

import { sql, type SQL } from "drizzle-orm";
import { id as keyOf, ZeroHash } from "ethers";
import { Problem } from "../../sdk/base/problem";
import type { BlockRef, ImprovementView, ModelDetail, ModelSummary, RewardStatus } from "../../sdk/platform/chainWire";
import { NO_STOP, openPayoutStatus } from "../../sdk/state/payouts";
import { rowsOf, type Database } from "../store/database";
import { marketOf, reserveAt, spotPriceAt, type StreamingMarket } from "../store/market";
import { rowsAsJson } from "./pages";

/** The block of an answer, and the state at that block that its rows need. */
export interface ChainAt {
  readonly block: BlockRef;
  /** Seconds that every payout waits. */
  readonly payoutDelay: bigint;
  /** Stops of payouts, by the method's address in lower case. */
  readonly stops: ReadonlyMap<string, { readonly since: bigint; readonly until: bigint }>;
}

interface ChainRow extends BlockRef {
  readonly delay: string;
  readonly stops: Record<string, { since: string; until: string }> | null;
}

/**
 * Reads columns at the block that the indexer has reached, even while it writes: one statement sees one state, and an embedded store
 * answers one statement in a fraction of the time that a transaction takes. The columns may refer to the row of the block as `present`.
 */
export async function readAt<Row>(db: Database, columns: SQL): Promise<{ readonly chain: ChainAt; readonly row: Row }> {
  const [found] = await rowsOf<ChainRow & Row>(
    db,
    sql`SELECT present.block::float8 AS number, present.block_hash AS hash, present.block_time::float8 AS timestamp,
          present.payout_delay::text AS delay, (SELECT value FROM protocol WHERE name = 'stops') AS stops, ${columns}
        FROM chain AS present`,
  );
  if (found === undefined) throw new Problem("BUSY", "the indexer has read nothing of the chain yet: try again soon.");
  const { number, hash, timestamp, delay, stops } = found;
  const known = Object.entries(stops ?? {}).map(
    ([method, { since, until }]) => [method.toLowerCase(), { since: BigInt(since), until: BigInt(until) }] as const,
  );
  return {
    chain: { block: { number, hash, timestamp }, payoutDelay: BigInt(delay), stops: new Map(known) },
    row: found,
  };
}

/** The columns that locate an event on the chain. */
export const PLACE = (table: string): SQL =>
  sql.raw(
    `${table}.block::float8 AS block_number, ${table}.log_index, ${table}.transaction_hash, ${table}.time::float8 AS timestamp`,
  );

/** Returns the key of a model, given either its published id or the key itself. */
export function keyOfModel(id: string): string {
  return /^0x[0-9a-fA-F]{64}$/.test(id) ? id.toLowerCase() : keyOf(id);
}

/** Like {@link readAt}, for one model; throws `NOT_DEPLOYED` if the chain has no such model. */
export async function readAtModel<Row>(
  db: Database,
  id: string,
  columnsOf: (key: string) => SQL,
): Promise<{ readonly chain: ChainAt; readonly row: Row }> {
  const key = keyOfModel(id);
  const isKnown = sql`EXISTS (SELECT 1 FROM models WHERE models.key = ${key}) AS is_known`;
  const found = await readAt<Row & { readonly is_known: boolean }>(db, sql`${isKnown}, ${columnsOf(key)}`);
  if (!found.row.is_known) throw new Problem("NOT_DEPLOYED", `the chain has no model ${id}.`);
  return found;
}

/** A model as lists show it, with the figures from which its market is computed. */
export interface SummaryRow extends Omit<ModelSummary, "spot_price"> {
  readonly crr: number | null;
  readonly market: Readonly<Record<"virtual_reserve" | "curve_supply" | "held" | "stream_amount", string>> &
    Readonly<Record<"stream_start" | "stream_end", number>>;
}

const SUMMARY = sql.raw(`models.model_id, models.key, models.status, models.token, models.name, models.symbol,
  models.pool, models.total_supply::text AS total_supply, models.score AS score_bps, models.improvements, models.crr,
  drafts.content->>'category' AS category, drafts.content->>'description' AS description,
  coalesce(drafts.content->'tags', '[]'::jsonb) AS tags,
  jsonb_build_object('virtual_reserve', models.virtual_reserve::text, 'curve_supply', models.curve_supply::text,
    'held', models.held::text, 'stream_amount', models.stream_amount::text, 'stream_start', models.stream_start,
    'stream_end', models.stream_end) AS market`);

const MODELS = sql.raw("models LEFT JOIN model_drafts AS drafts ON drafts.token = models.token");

/** Filters for a list of models. */
export interface ModelFilter {
  readonly search?: string | undefined;
  readonly category?: string | undefined;
  readonly status?: string | undefined;
}

/** Selects the models that match a filter. */
export function selectModels({ search, category, status }: ModelFilter): SQL {
  const like = `%${(search ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  const found = sql`(models.model_id ILIKE ${like} OR models.name ILIKE ${like} OR models.symbol ILIKE ${like})`;
  const conditions = [
    ...(search === undefined ? [] : [found]),
    ...(category === undefined ? [] : [sql`drafts.content->>'category' = ${category}`]),
    ...(status === undefined ? [] : [sql`models.status = ${status}`]),
  ];
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` AND `);
  return sql`SELECT ${SUMMARY} FROM ${MODELS} WHERE ${where}`;
}

/** A model as the API answers it in a list. */
export const summaryAt =
  ({ block }: ChainAt) =>
  (row: SummaryRow): ModelSummary => {
    const { model_id, key, status, token, name, symbol, pool, total_supply, score_bps, improvements } = row;
    const { category, description, tags } = row;
    const market = streamingMarketOf(row);
    const spot_price = market ? String(spotPriceAt(market, BigInt(block.timestamp))) : null;
    const known = {
      model_id,
      key,
      status,
      token,
      name,
      symbol,
      pool,
      spot_price,
      total_supply,
      score_bps,
      improvements,
    };
    return { ...known, category, description, tags };
  };

function streamingMarketOf({ crr, market }: Pick<SummaryRow, "crr" | "market">): StreamingMarket | undefined {
  const { virtual_reserve, curve_supply, held, stream_amount, stream_start, stream_end } = market;
  return marketOf({
    ...{ crr, virtualReserve: virtual_reserve, curveSupply: curve_supply, held },
    ...{ streamAmount: stream_amount, streamStart: stream_start, streamEnd: stream_end },
  });
}

interface DetailRow extends SummaryRow, Omit<ModelDetail, keyof ModelSummary | "block"> {
  readonly pool_row: Omit<NonNullable<ModelDetail["pool_state"]>, "spot_price" | "reserve" | "buys_paused_until"> & {
    readonly paused_until: number;
  };
}

/** The most role holders that one answer contains. */
const MOST_HOLDERS = 500;

/** Reads a model with everything that the chain says about it. */
export async function readModelDetail(db: Database, id: string): Promise<ModelDetail> {
  const query = (
    key: string,
  ) => sql`SELECT ${SUMMARY}, models.owner, models.governor, models.supplier_recipient, models.license_hash, models.license_uri,
      models.rewards_remaining::text AS rewards_remaining, models.rewards_waiting::text AS rewards_waiting,
      jsonb_build_object(
        'supplier', jsonb_build_object('issued', supplier_issued::text, 'cap', supplier_allocation::text),
        'investor', jsonb_build_object('issued', investor_issued::text, 'cap', investor_allocation::text),
        'reward', jsonb_build_object('issued', reward_issued::text, 'cap', reward_allocation::text)) AS supply,
      jsonb_build_object('address', models.pool, 'crr_ppm', models.crr, 'trade_fee_bps', models.trade_fee,
        'initial_price', models.initial_price::text, 'virtual_reserve', models.virtual_reserve::text,
        'curve_supply', models.curve_supply::text, 'virtual_supply', models.virtual_supply::text,
        'sells_open_at', models.sells_open_at, 'paused_until', coalesce(models.buys_paused_until, 0)) AS pool_row,
      coalesce((SELECT jsonb_agg(jsonb_build_object('version', version, 'block_number', benchmarks.block,
          'timestamp', benchmarks.time, 'spec_hash', spec_hash, 'evaluation_data_hash', evaluation_data_hash,
          'method', method, 'metric', metric, 'direction', direction, 'baseline_score_bps', baseline_score,
          'target_score_bps', target_score, 'min_improvement_bps', min_improvement, 'min_sample_size', min_sample_size,
          'min_runs', min_runs, 'min_lower_bound_bps', min_lower_bound) ORDER BY version)
        FROM benchmarks WHERE benchmarks.model = models.key), '[]'::jsonb) AS benchmarks,
      (SELECT CASE WHEN last.lower_bound IS NULL THEN NULL ELSE jsonb_build_object('evaluation_id', last.evaluation_id,
          'lower_bound_bps', last.lower_bound) END
        FROM (SELECT evaluation_id, lower_bound FROM scores WHERE scores.model = models.key
          ORDER BY block DESC, log_index DESC LIMIT 1) AS last) AS score_interval,
      coalesce((SELECT jsonb_agg(CASE WHEN effective_at > present.block_time
          THEN jsonb_build_object('name', name, 'value', value::text,
            'pending', jsonb_build_object('value', scheduled_value::text, 'effective_at', effective_at))
          ELSE jsonb_build_object('name', name, 'value', coalesce(scheduled_value, value)::text, 'pending', NULL) END
          ORDER BY name)
        FROM parameters WHERE parameters.model = models.key), '[]'::jsonb) AS parameters,
      coalesce((SELECT jsonb_agg(jsonb_build_object('contract', contract, 'role', coalesce(role_name, role), 'account', account)
          ORDER BY contract, role, account)
        FROM (SELECT * FROM holders LIMIT ${MOST_HOLDERS}) AS known), '[]'::jsonb) AS roles
      FROM ${MODELS} WHERE models.key = ${key}`;
  const { chain, row } = await readAtModel<{ readonly models: readonly [DetailRow] }>(
    db,
    id,
    (key) => sql`${rowsAsJson(query(key))} AS models`,
  );
  const now = chain.block.timestamp;
  const { pool_row, ...rest } = row.models[0];
  const market = streamingMarketOf(rest);
  const { paused_until, ...pool } = pool_row;
  const { owner, governor, supplier_recipient, license_hash, license_uri, rewards_remaining, rewards_waiting } = rest;
  const { supply, benchmarks, score_interval, parameters, roles } = rest;
  const summary = summaryAt(chain)(rest);
  return {
    ...summary,
    ...{ owner, governor, supplier_recipient, license_hash, license_uri, rewards_remaining, rewards_waiting },
    ...{ supply, benchmarks, score_interval, parameters, roles, block: chain.block },
    pool_state: market
      ? {
          ...pool,
          spot_price: summary.spot_price as string,
          reserve: String(reserveAt(market, BigInt(now))),
          buys_paused_until: paused_until > now ? paused_until : null,
        }
      : null,
  };
}

/** An improvement as the tables hold it. */
export interface ImprovementRow extends Omit<ImprovementView, "status" | "releasable_from"> {
  readonly settled: "released" | "returned" | null;
}

/** Selects improvements, with additional columns if given. */
export function selectImprovements(where: SQL, more: SQL = sql.raw("")): SQL {
  return sql`SELECT ${PLACE("improvements")}, improvements.evaluation_id, improvements.benchmark_version,
      improvements.method, improvements.baseline_score AS baseline_score_bps,
      improvements.candidate_score AS candidate_score_bps, improvements.tokens_per_delta_one::text AS tokens_per_delta_one,
      improvements.reward::text AS reward,
      coalesce(improvements.contribution_data_hash, ${ZeroHash}) AS contribution_data_hash, improvements.contributors_root,
      improvements.settled, improvements.settled_at::float8 AS settled_at,
      coalesce((SELECT jsonb_agg(jsonb_build_object('account', payees.account, 'amount', payees.amount::text,
          'part', payees.part) ORDER BY payees.position)
        FROM payees WHERE payees.model = improvements.model AND payees.evaluation_id = improvements.evaluation_id),
        '[]'::jsonb) AS payees,
      EXISTS (SELECT 1 FROM evaluation_documents AS documents
        WHERE documents.evaluation_id = improvements.evaluation_id) AS has_document ${more}
    FROM improvements WHERE ${where}`;
}

/** Orders events of one kind as the chain does. */
export const BY_PLACE = sql.raw("block, log_index");

/** Adds the status of a reward at the block, which follows from the stop of its method and from the time. */
export function rewardStatusAt({ block, payoutDelay, stops }: ChainAt) {
  return <Row extends ImprovementRow>({ settled, ...improvement }: Row) => {
    const queuedAt = BigInt(improvement.timestamp);
    const stop = stops.get(improvement.method.toLowerCase()) ?? NO_STOP;
    const open = openPayoutStatus({ queuedAt }, stop, { payoutDelay, now: BigInt(block.timestamp) });
    const status: RewardStatus = settled ?? open;
    return { ...improvement, status, releasable_from: Number(queuedAt + payoutDelay) };
  };
}
