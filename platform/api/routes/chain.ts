// What the chain says about models and accounts, from the indexer's tables.

import { sql, type SQL } from "drizzle-orm";
import { getAddress } from "ethers";
import type { ClaimableAnswer, ImprovementView, PayoutView } from "../../../sdk/platform/chainWire";
import { contributorAmount } from "../../../sdk/schemas/distribution";
import {
  BY_PLACE,
  PLACE,
  readAt,
  readAtModel,
  readModelDetail,
  rewardStatusAt,
  selectImprovements,
  selectModels,
  summaryAt,
  type ChainAt,
  type ImprovementRow,
  type SummaryRow,
} from "../chain";
import { newApp, type ApiApp, type ApiParts } from "../context";
import { pageColumns, toPage, rowsAsJson, type PageRow } from "../pages";
import {
  candleView,
  chainPageOf,
  claimableAnswer,
  distributionView,
  feeView,
  improvementView,
  modelDetail,
  modelSummary,
  parameterChange,
  payoutView,
  tradeView,
} from "../schemas/chain";
import {
  addressSchema,
  answers,
  createRoute,
  failures,
  pageQuery,
  reply,
  secondsSchema,
  textOf,
  z,
} from "../schemas/common";

const MODEL = "/api/v1/models/{id}";
const tags = ["chain"];

const idSchema = z
  .string()
  .regex(/^(0x[0-9a-fA-F]{64}|[A-Za-z0-9._-]{1,64})$/, "a published id, or 32 bytes as 0x and 64 hexadecimal digits")
  .openapi({ example: "credit-default" });
const params = z.object({ id: idSchema });

/** Length of a candle in seconds, by the name of its interval. */
const INTERVALS = { "1m": 60, "15m": 900, "1h": 3_600, "1d": 86_400 } as const;

const timeSchema = z.coerce.number("seconds since 1970").pipe(secondsSchema).openapi({ example: 1_700_000_000 });

const models = createRoute({
  tags,
  method: "get",
  path: "/api/v1/models",
  summary: "Models of the chain",
  request: {
    query: pageQuery.extend({
      search: textOf(1, 64).optional().openapi({ example: "credit" }),
      category: textOf(1, 40).optional().openapi({ example: "Finance" }),
      status: z.enum(["PROPOSAL", "REGISTERED", "DEPLOYED"]).optional(),
    }),
  },
  responses: { 200: answers(chainPageOf(modelSummary), "A page of models, oldest first"), ...failures() },
});

const model = createRoute({
  tags,
  method: "get",
  path: MODEL,
  summary: "A model with everything that the chain says of it",
  request: { params },
  responses: { 200: answers(modelDetail, "The model"), ...failures(404) },
});

/** The route of a list that belongs to a model, oldest entries first. */
const listRoute = <Path extends string, T>(path: Path, summary: string, entry: z.ZodType<T>) =>
  createRoute({
    tags,
    method: "get",
    path: `${MODEL}/${path}` as const,
    summary,
    request: { params, query: pageQuery },
    responses: { 200: answers(chainPageOf(entry), "A page, oldest first"), ...failures(404) },
  });

const trades = listRoute("trades", "Trades of a model", tradeView);
const improvements = listRoute("improvements", "Improvements of a model", improvementView);
const payouts = listRoute("payouts", "Rewards of a model, and what became of them", payoutView);
const distributions = listRoute("claims", "Distributions to contributors behind a root", distributionView);
const fees = listRoute("fees", "Usage that was paid for", feeView);
const changes = listRoute("parameters", "Changes of a model's parameters", parameterChange);

const candles = createRoute({
  tags,
  method: "get",
  path: `${MODEL}/candles`,
  summary: "Trades of a model by intervals of time",
  request: {
    params,
    query: pageQuery.extend({
      interval: z.enum(["1m", "15m", "1h", "1d"]),
      from: timeSchema.optional(),
      to: timeSchema.optional(),
    }),
  },
  responses: { 200: answers(chainPageOf(candleView), "A page, oldest first"), ...failures(404) },
});

const claimable = createRoute({
  tags,
  method: "get",
  path: "/api/v1/accounts/{address}/claimable",
  summary: "What an account is to be paid, or can claim",
  request: { params: z.object({ address: addressSchema }) },
  responses: { 200: answers(claimableAnswer, "What is open, and which claims were made"), ...failures() },
});

const TRADES = sql`SELECT ${PLACE("trades")}, side, account, recipient AS "to", reserve::text AS reserve,
  tokens::text AS tokens, price_after::text AS price_after FROM trades`;
const DISTRIBUTIONS = sql`SELECT ${PLACE("distributions")}, distribution_id, root, total::text AS total,
  remaining::text AS remaining, claims,
  EXISTS (SELECT 1 FROM claims_files WHERE claims_files.root = distributions.root) AS has_file FROM distributions`;
const FEES = sql`SELECT ${PLACE("fees")}, payer, calls::float8 AS calls, infrastructure::text AS infrastructure,
  pool::text AS pool FROM fees`;
const CHANGES = sql`SELECT ${PLACE("parameter_changes")}, name, kind, old_value::text AS old_value,
  new_value::text AS new_value, effective_at::float8 AS effective_at FROM parameter_changes`;

/** Operations that read the chain. */
export function chainRoutes({ store: { db } }: ApiParts): ApiApp {
  const app = newApp();

  app.openapi(models, async (context) => {
    const { search, category, status, ...page } = context.req.valid("query");
    const columns = pageColumns(page, selectModels({ search, category, status }), sql.raw("models.position"));
    const { chain, row } = await readAt<PageRow<SummaryRow>>(db, columns);
    return reply(context, { ...toPage(page, row, summaryAt(chain)), block: chain.block }, 200);
  });

  app.openapi(model, async (context) => reply(context, await readModelDetail(db, context.req.valid("param").id), 200));

  /** Answers a page of a list that belongs to a model; the query selects it by the model's key. */
  const pageOfModel = async <Row extends object>(
    id: string,
    page: z.infer<typeof pageQuery>,
    { query, order }: { readonly query: (key: string) => SQL; readonly order: SQL },
    readAtBlock: (chain: ChainAt) => (row: Row) => object = () => (row) => row,
  ): Promise<object> => {
    const { chain, row } = await readAtModel<PageRow<Row>>(db, id, (key) => pageColumns(page, query(key), order));
    return { ...toPage(page, row, readAtBlock(chain)), block: chain.block };
  };
  const events = async (id: string, page: z.infer<typeof pageQuery>, all: SQL): Promise<object> =>
    pageOfModel(id, page, { query: (key) => sql`${all} WHERE model = ${key}`, order: BY_PLACE });
  app.openapi(trades, async (context) =>
    reply(context, await events(context.req.valid("param").id, context.req.valid("query"), TRADES), 200),
  );
  app.openapi(distributions, async (context) =>
    reply(context, await events(context.req.valid("param").id, context.req.valid("query"), DISTRIBUTIONS), 200),
  );
  app.openapi(fees, async (context) =>
    reply(context, await events(context.req.valid("param").id, context.req.valid("query"), FEES), 200),
  );
  app.openapi(changes, async (context) =>
    reply(context, await events(context.req.valid("param").id, context.req.valid("query"), CHANGES), 200),
  );

  /** Answers a page of a model's improvements. */
  const rewards = async <T extends object>(
    id: string,
    page: z.infer<typeof pageQuery>,
    view: (improvement: ImprovementView) => T,
  ): Promise<object> => {
    const query = (key: string) => selectImprovements(sql`improvements.model = ${key}`);
    return pageOfModel<ImprovementRow>(id, page, { query, order: BY_PLACE }, (chain) => {
      const withStatus = rewardStatusAt(chain);
      return (row) => view(withStatus(row));
    });
  };
  app.openapi(improvements, async (context) =>
    reply(context, await rewards(context.req.valid("param").id, context.req.valid("query"), (row) => row), 200),
  );
  app.openapi(payouts, async (context) =>
    reply(context, await rewards(context.req.valid("param").id, context.req.valid("query"), payoutOfImprovement), 200),
  );

  app.openapi(candles, async (context) => {
    const { id } = context.req.valid("param");
    const { interval, from = 0, to = 9_999_999_999, ...page } = context.req.valid("query");
    const query = (key: string) => sql`SELECT start::float8 AS start, open::text AS open, high::text AS high,
        low::text AS low, close::text AS close, volume_reserve::text AS volume_reserve,
        volume_tokens::text AS volume_tokens, trades
      FROM candles WHERE model = ${key} AND seconds = ${INTERVALS[interval]} AND candles.start BETWEEN ${from} AND ${to}`;
    return reply(context, await pageOfModel(id, page, { query, order: sql.raw("start") }), 200);
  });

  app.openapi(claimable, async (context) => {
    const account = getAddress(context.req.valid("param").address);
    const own = sql`EXISTS (SELECT 1 FROM payees WHERE payees.model = improvements.model
      AND payees.evaluation_id = improvements.evaluation_id AND payees.account = ${account})`;
    const name = sql`, (SELECT model_id FROM models WHERE models.key = improvements.model) AS model_id`;
    const open = sql`${selectImprovements(sql`improvements.settled IS NULL AND ${own}`, name)}
      ORDER BY ${BY_PLACE} LIMIT ${MOST_OPEN}`;
    const shares = sql`SELECT files.model_id, distributions.distribution_id, distributions.root, shares.position AS index,
        distributions.total::text AS total, shares.share_from::text AS "from", shares.share_to::text AS "to",
        EXISTS (SELECT 1 FROM claims WHERE claims.distribution_id = distributions.distribution_id
          AND claims.position = shares.position) AS is_claimed
      FROM claims_shares AS shares JOIN claims_files AS files ON files.root = shares.root
        JOIN distributions ON distributions.root = shares.root
      WHERE shares.account = ${account} ORDER BY distributions.block, distributions.log_index LIMIT ${MOST_OPEN}`;
    const { chain, row } = await readAt<{
      readonly open: readonly (ImprovementRow & { readonly model_id: string })[];
      readonly claims: readonly ClaimRow[];
    }>(db, sql`${rowsAsJson(open)} AS open, ${rowsAsJson(shares)} AS claims`);
    const withStatus = rewardStatusAt(chain);
    const answer: ClaimableAnswer = {
      account,
      block: chain.block,
      payouts: row.open.map((improvement) => {
        const payout = payoutOfImprovement(withStatus(improvement));
        const amounts = payout.payees.filter((payee) => payee.account === account).map(({ amount }) => BigInt(amount));
        const own_amount = String(amounts.reduce((sum, amount) => sum + amount, 0n));
        return { ...payout, model_id: improvement.model_id, own_amount };
      }),
      claims: row.claims.map(({ total, from, to, ...claim }) => {
        const amount = contributorAmount(BigInt(total), { from: BigInt(from), to: BigInt(to) });
        return { ...claim, amount: String(amount) };
      }),
    };
    return reply(context, answer, 200);
  });

  return app;
}

/** The most rewards and claims of an account that one answer contains. */
const MOST_OPEN = 1_000;

interface ClaimRow extends Omit<ClaimableAnswer["claims"][number], "amount"> {
  readonly total: string;
  readonly from: string;
  readonly to: string;
}

function payoutOfImprovement(improvement: ImprovementView): PayoutView {
  const { block_number, log_index, transaction_hash, timestamp, evaluation_id, method, reward } = improvement;
  const { baseline_score_bps, candidate_score_bps, contribution_data_hash, contributors_root, payees } = improvement;
  const { status, releasable_from, settled_at } = improvement;
  return {
    ...{ block_number, log_index, transaction_hash, timestamp, evaluation_id, method, reward, payees, status },
    ...{
      baseline_score_bps,
      candidate_score_bps,
      contribution_data_hash,
      contributors_root,
      releasable_from,
      settled_at,
    },
  };
}
