// SPDX-License-Identifier: MIT
import { expect } from "chai";
import hre, { ethers } from "hardhat";
import { MODEL_ID } from "../../../scripts/dev/world/models";
import { BPS, TOKEN, USDC } from "../../../scripts/dev/world/units";
import { Problem } from "../../../sdk/base/problem";
import { findMarket, type ModelMarket } from "../../../sdk/client/market";
import { executeOrder, limitOf, quoteTrade, type TradeOrder } from "../../../sdk/client/trade";
import { load, type PoolContext } from "../../market/pool.support";

const TERMS = { slippageBps: 50n, seconds: 600 };

describe("Orders", () => {
  let context: PoolContext;
  let market: ModelMarket;

  const connectionTo = ({ registry }: PoolContext) => ({
    access: { network: hre.network, ethers },
    network: { name: "hardhat", chainId: 31_337, isLocal: true, isEphemeral: true },
    registry,
  });

  beforeEach(async () => {
    context = await load.tradingPool();
    market = await findMarket(connectionTo(context), MODEL_ID);
  });

  it("find the market of a model by its id", async () => {
    expect(await market.pool.getAddress()).to.equal(await context.pool.getAddress());
    expect(await market.token.getAddress()).to.equal(await context.token.getAddress());
  });

  it("find no market for a model without one", async () => {
    const problem: unknown = await findMarket(connectionTo(context), "unknown").catch((error: unknown) => error);

    expect(problem).to.be.instanceOf(Problem).with.property("code", "NOT_DEPLOYED");
    expect((problem as Problem).message).to.equal(
      "unknown has no pool on hardhat: check the id, or create the pool first.",
    );
  });

  it("are quoted as the pool quotes them, whichever amount is given", async () => {
    const { pool } = context;
    const [spent, wanted] = [100n * USDC, 1_000n * TOKEN];
    const amounts = async (order: TradeOrder) => {
      const { side, reserve, tokens } = await quoteTrade(pool, order);
      return { side, reserve, tokens };
    };

    expect(await amounts({ side: "buy", reserve: spent })).to.deep.equal({
      ...{ side: "buy", reserve: spent, tokens: await pool.quoteBuy(spent) },
    });
    expect(await amounts({ side: "buy", tokens: wanted })).to.deep.equal({
      ...{ side: "buy", reserve: (await pool.quoteBuyExactOut(wanted)).reserveIn, tokens: wanted },
    });
    expect(await amounts({ side: "sell", tokens: wanted })).to.deep.equal({
      ...{ side: "sell", reserve: await pool.quoteSell(wanted), tokens: wanted },
    });
  });

  it("have a price impact on both sides", async () => {
    const buy = await quoteTrade(context.pool, { side: "buy", tokens: 1_000n * TOKEN });
    const sell = await quoteTrade(context.pool, { side: "sell", tokens: 1_000n * TOKEN });

    expect(Number(buy.impactBps)).to.be.within(30, 1_000);
    expect(Number(sell.impactBps)).to.be.within(30, 1_000);
  });

  it("have a limit below what is received and above what is paid", () => {
    const quote = { reserve: 1_000n, tokens: 2_000n };

    expect(limitOf({ side: "buy", reserve: 1_000n }, quote, 100n)).to.equal(1_980n);
    expect(limitOf({ side: "buy", tokens: 2_000n }, quote, 100n)).to.equal(1_010n);
    expect(limitOf({ side: "sell", tokens: 2_000n }, quote, 100n)).to.equal(990n);
    expect(limitOf({ side: "sell", tokens: 2_000n }, quote, BPS)).to.equal(0n);
  });

  for (const order of [
    { side: "buy", reserve: 100n * USDC },
    { side: "buy", tokens: 1_000n * TOKEN },
    { side: "sell", tokens: 1_000n * TOKEN },
  ] as const) {
    it(`are executed at their quote: ${order.side} for ${"reserve" in order ? "reserve" : "tokens"}`, async () => {
      const { alice, token, reserveToken } = context;
      const quote = await quoteTrade(market.pool, order);
      const before = { tokens: await token.balanceOf(alice), reserve: await reserveToken.balanceOf(alice) };

      const trade = await executeOrder(market, order, alice, TERMS);

      const sign = order.side === "buy" ? 1n : -1n;
      expect({ reserve: trade.reserve, tokens: trade.tokens }).to.deep.equal({
        reserve: quote.reserve,
        tokens: quote.tokens,
      });
      expect(await token.balanceOf(alice)).to.equal(before.tokens + sign * quote.tokens);
      expect(await reserveToken.balanceOf(alice)).to.equal(before.reserve - sign * quote.reserve);
    });
  }

  it("let the pool take what they cost and no more", async () => {
    const { alice, pool, reserveToken } = context;
    await reserveToken.connect(alice).approve(pool, 0);

    await executeOrder(market, { side: "buy", reserve: 100n * USDC }, alice, TERMS);

    expect(await reserveToken.allowance(alice, pool)).to.equal(0n);
  });

  it("are refused before anything is sent if the account has too little reserve", async () => {
    const { supplier } = context;
    const nonce = await supplier.getNonce();

    const problem: unknown = await executeOrder(market, { side: "buy", reserve: 100n * USDC }, supplier, TERMS).catch(
      (error: unknown) => error,
    );

    expect(problem).to.be.instanceOf(Problem).with.property("code", "NO_FUNDS");
    expect((problem as Problem).message).to.equal(
      `${supplier.address} has 0 USDC, expected at least 100: send it some; nothing was sent.`,
    );
    expect(await supplier.getNonce()).to.equal(nonce);
  });
});
