import { expect } from "chai";
import { sql } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/pg-core";
import hre from "hardhat";
import { Chain } from "../../../sdk/rpc/snapshot";
import { payoutHashOf } from "../../../sdk/state/payouts";
import { MODEL_STATUS, PARAMETERS, valueAt, type ModelState } from "../../../sdk/state/protocolState";
import { replayDeployment } from "../../../sdk/state/index";
import { rowsOf, type Database } from "../../store/database";
import { marketOf, reserveAt, spotPriceAt } from "../../store/market";
import * as tables from "../../store/tables/chain";
import type { IndexedWorld } from "./world";

/** All rows of all tables but the indexer's own snapshots, each table in the order of its rows' text. */
export async function contentOf(db: Database): Promise<Record<string, string[]>> {
  const names = Object.values(tables).map((table) => getTableConfig(table).name);
  const content: Record<string, string[]> = {};
  for (const name of names.filter((each) => each !== "snapshots")) {
    const rows = await rowsOf<{ row: string }>(db, sql`SELECT t::text AS row FROM ${sql.raw(name)} t ORDER BY 1`);
    content[name] = rows.map(({ row }) => row);
  }
  return content;
}

/** The tables say what the replay of all events says, and what the contracts answer. */
export async function expectTrue(db: Database, url: string, world: IndexedWorld): Promise<void> {
  const { deployment } = world;
  const state = await replayDeployment(url, deployment);
  const { block, timestamp } = await Chain.at(url, { name: deployment.network, chainId: deployment.chainId });
  const [position] = await db.select().from(tables.chain);
  expect(position).to.deep.include({ block, blockTime: Number(timestamp) });
  const rows = await db.select().from(tables.models).orderBy(tables.models.position);
  expect(rows.map(({ key }) => key)).to.deep.equal([...state.models.keys()]);
  for (const row of rows) {
    const model = state.models.get(row.key) as ModelState;
    expectReplayed(row, model);
    await expectViews(row, world, timestamp);
    await expectParameters(db, model, world, timestamp);
  }
  await expectPayouts(db, state, world);
  const holders = await db.select().from(tables.holders);
  const replayed = [...state.roles].flatMap(([address, { holders: roles }]) =>
    [...roles].flatMap(([role, accounts]) =>
      [...accounts].map((account) => `${hre.ethers.getAddress(address)} ${role} ${account}`),
    ),
  );
  expect(holders.map(({ address, role, account }) => `${address} ${role} ${account}`)).to.have.members(replayed);
  const invoices = await db.select({ hash: tables.invoices.invoiceHash }).from(tables.invoices);
  expect(invoices.map(({ hash }) => hash)).to.have.members([...state.paidInvoices]);
  const protocol = new Map((await db.select().from(tables.protocol)).map(({ name, value }) => [name, value]));
  const plain = (value: unknown) =>
    JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)));
  expect(protocol.get("stops")).to.deep.equal(plain(Object.fromEntries(state.stops)));
  expect(protocol.get("attesters")).to.deep.equal(
    plain({ accounts: [...state.attesters], threshold: state.threshold, epoch: state.epoch }),
  );
  expect(protocol.get("operations")).to.deep.equal(plain([...state.operations.values()]));
}

type ModelRow = typeof tables.models.$inferSelect;

function expectReplayed(row: ModelRow, model: ModelState): void {
  expect(row).to.deep.include({
    ...{ modelId: model.modelId, position: model.index, status: model.status, token: model.token },
    ...{ owner: model.owner, governor: model.governor, generation: Number(model.generation) },
    ...{ licenseHash: model.licenseHash, licenseUri: model.licenseURI, owed: String(model.owed) },
    ...{ rewardsRemaining: String(model.rewardsRemaining), rewardsWaiting: String(model.rewardsQueued) },
    ...{ benchmarkVersion: Number(model.benchmarkVersion), modelCommitment: model.modelCommitment },
    ...{ score: model.benchmark ? Number(model.score) : null, dailyLimit: Number(model.dailyLimitBps) },
    ...{ pendingGovernor: model.pendingGovernor?.account ?? null, pool: model.pool?.address ?? null },
    payees: Object.fromEntries([...model.payees].map(([account, from]) => [account, Number(from)])),
  });
}

async function expectViews(row: ModelRow, { registry, factory, infrastructureReserve }: IndexedWorld, now: bigint) {
  const { key } = row;
  const token = await hre.ethers.getContractAt("ModelToken", row.token);
  expect({
    status: row.status,
    pool: row.pool ?? hre.ethers.ZeroAddress,
    score: BigInt(row.score ?? 0),
    ...{ remaining: BigInt(row.rewardsRemaining), supply: BigInt(row.totalSupply), issued: BigInt(row.rewardIssued) },
    ...{ name: row.name, symbol: row.symbol, owed: BigInt(row.owed), limit: BigInt(row.dailyLimit) },
    isSupplierMinted: row.supplierIssued !== "0",
    investors: BigInt(row.investorAllocation) - BigInt(row.investorIssued),
  }).to.deep.equal({
    status: MODEL_STATUS[Number(await registry.statusOf(key))],
    pool: await registry.poolOf(key),
    score: await registry.scoreOf(key),
    remaining: await registry.rewardsRemainingOf(key),
    supply: await token.totalSupply(),
    issued: await token.rewardsMinted(),
    name: await token.name(),
    symbol: await token.symbol(),
    owed: await infrastructureReserve.balanceOf(key),
    limit: await registry.dailyLimitOf(key),
    isSupplierMinted: await token.isSupplierMinted(),
    investors: await token.remainingInvestorAllocation(),
  });
  const market = marketOf(row);
  if (!market || row.pool === null) return;
  const pool = await hre.ethers.getContractAt("HokusaiAMM", row.pool);
  expect({
    ...{ reserve: reserveAt(market, now), price: spotPriceAt(market, now), supply: market.curveSupply },
    ...{ opens: BigInt(row.sellsOpenAt ?? 0), paused: BigInt(row.buysPausedUntil ?? 0) },
  }).to.deep.equal({
    ...{ reserve: await pool.reserve(), price: await pool.spotPrice(), supply: await pool.curveSupply() },
    ...{ opens: await pool.sellsOpenAt(), paused: await pool.buysPausedUntil() },
  });
  expect((await factory.buysPauseOf(key)).wholeAt).to.equal(BigInt(row.buysPauseWholeAt ?? 0));
}

async function expectParameters(db: Database, model: ModelState, { registry }: IndexedWorld, now: bigint) {
  const rows = await db
    .select()
    .from(tables.parameters)
    .where(sql`model = ${model.id}`);
  const answers = await registry.parametersOf(model.id);
  for (const [index, name] of PARAMETERS.entries()) {
    const row = rows.find((each) => each.name === name)!;
    const scheduled =
      row.scheduledValue === null
        ? undefined
        : { value: BigInt(row.scheduledValue), effectiveAt: BigInt(row.effectiveAt ?? 0) };
    expect(scheduled).to.deep.equal(model.parameters[index as 0 | 1 | 2].scheduled);
    expect(valueAt({ value: BigInt(row.value), scheduled }, now)).to.equal(answers[name]);
  }
}

async function expectPayouts(
  db: Database,
  state: Awaited<ReturnType<typeof replayDeployment>>,
  { registry, rewardDistributor }: IndexedWorld,
): Promise<void> {
  const improvements = await db.select().from(tables.improvements);
  const waiting = improvements.filter(({ settled }) => settled === null);
  expect(waiting.map(({ model, evaluationId }) => `${model} ${evaluationId}`)).to.have.members([
    ...state.payouts.keys(),
  ]);
  for (const {
    model,
    evaluationId,
    method,
    time,
    reward,
    baselineScore,
    candidateScore,
    contributorsRoot,
  } of waiting) {
    const parts = await db
      .select()
      .from(tables.payees)
      .where(sql`model = ${model} AND evaluation_id = ${evaluationId}`)
      .orderBy(tables.payees.position);
    const payout = {
      ...{ model, evaluationId, method, queuedAt: BigInt(time), reward: BigInt(reward) },
      ...{ baselineScore: BigInt(baselineScore), candidateScore: BigInt(candidateScore) },
      contributorsRoot: contributorsRoot ?? hre.ethers.ZeroHash,
      accounts: parts.map(({ account }) => account),
      amounts: parts.map(({ amount }) => BigInt(amount)),
    };
    expect(payoutHashOf(payout)).to.equal(await registry.payoutOf(model, evaluationId));
  }
  for (const { distributionId, token, root, total, remaining } of await db.select().from(tables.distributions)) {
    const left = await rewardDistributor.remainingOf(distributionId, token, root, BigInt(total));
    expect(BigInt(remaining)).to.equal(left);
  }
}
