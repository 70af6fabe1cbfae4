import { loadFixture, takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Decimal } from "decimal.js";
import { id, ZeroHash } from "ethers";
import { readFileSync } from "node:fs";
import { DOCUMENT, PLOT, withTables } from "../../scripts/dev/economics";
import { MarketModel } from "../../sdk/market/curve";
import { plot } from "../../scripts/dev/economics/plot";
import {
  format,
  fullMarket,
  GROWTH,
  harmlessLump,
  percent,
  saleAround,
  snipe,
  snipedMarket,
  workedTrades,
} from "../../scripts/dev/economics/tables";
import { buildEvaluation } from "../../scripts/dev/world/models";
import { hashPayees } from "../../scripts/dev/world/payouts";
import { distribute } from "../../scripts/dev/world/protocol";
import { DAY, HOUR, TOKEN, USDC } from "../../scripts/dev/world/units";
import { FUNDS, newPool, NO_DEADLINE } from "../market/pool.support";

const SNIPED_AT = 150_000n * TOKEN;
const DELTA_ONE = BigInt(GROWTH.tokensPerDeltaOne) * TOKEN;
const EVALUATION = id("evaluation");

const PRICE_UNIT = 10n ** 24n; // spotPrice of one reserve token per token

const usdc = (units: bigint) => format(new Decimal(units.toString()).div(USDC.toString()), 2);
const tokens = (wei: bigint) => format(new Decimal(wei.toString()).div(TOKEN.toString()), 2);
const price = (wad: bigint) => format(new Decimal(wad.toString()).div(PRICE_UNIT.toString()), 6);

/** The pool of the document when snipers come: 150,000 tokens are alice's, and sells are open. */
async function snipedPool() {
  const context = await newPool();
  const { pool, alice } = context;
  await pool.connect(alice).buyExactOut(SNIPED_AT, SNIPED_AT, FUNDS, alice, NO_DEADLINE);
  await time.increaseTo(await pool.sellsOpenAt());
  return context;
}

/** The pool of the document with the supplier's tokens distributed, the whole allocation sold to alice, and sells open. */
async function fullPool() {
  const context = await newPool();
  const { pool, token, alice } = context;
  await distribute(context, context.modelId);
  await pool
    .connect(alice)
    .buyExactOut(await token.investorAllocation(), 0, await context.reserveToken.balanceOf(alice), alice, NO_DEADLINE);
  await time.increaseTo(await pool.sellsOpenAt());
  return context;
}

describe("docs/economics.md @uninstrumented", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const prose = document.replace(/\s+/g, " ");

  it("has the tables that the formulas generate", async () => {
    expect(await withTables(document)).to.equal(document);
  });

  it("has the plot that the formulas generate", () => {
    expect(readFileSync(PLOT, "utf8")).to.equal(plot());
  });

  it("quotes figures of the formulas in its text", () => {
    const empty = MarketModel.create(GROWTH.terms);
    const full = fullMarket();
    const first = empty.buy(1000);
    const sale = full.sell(GROWTH.supplier);
    const issuedWorth = full.issued.mul(full.price);
    const room = new Decimal(GROWTH.investor).sub(sale.after.issued);
    const RATE = GROWTH.tokensPerDeltaOne;
    expect(percent(harmlessLump(full).div(full.reserve.add(GROWTH.terms.virtualReserve)), 3)).to.equal("0.603 %");

    for (const sentence of [
      `${format(GROWTH.supplier, 0)} tokens for the supplier, ${format(GROWTH.investor, 0)} for investors, ${format(GROWTH.tokensPerDeltaOne, 0)} per DeltaOne`,
      `R0 = ${format(GROWTH.terms.virtualReserve, 0)} USDC, which makes S0 equal the launch cap of ${format(empty.supply, 0)}`,
      `costs ${format(full.reserve, 2)} USDC before fees, at prices from ${format(empty.price, 6)} to ${format(full.price, 6)}`,
      `sells everything at once gets ${format(first.after.sell(first.tokens).reserve, 2)} back`,
      `hold ${format(GROWTH.investor, 0)} tokens of which ${format(sale.after.maxSell, 0)} can be sold`,
      `buyers can mint ${format(room, 0)} again`,
      `and buys them back after it, has the same tokens and ${format(saleAround(), 2)} USDC more`,
      `whoever sold the reward gets ${format(full.sell(RATE).reserve.sub(full.sell(RATE).after.sell(RATE).reserve), 2)} less`,
      `0.603 % of R + R0 at a trade fee of 0.3 %`,
      `a full pool holds ${format(full.reserve, 2)} USDC for issued tokens that the price says are worth ${format(issuedWorth, 2)}`,
    ]) {
      expect(prose).to.include(sentence);
    }
  });

  it("shows trades as a pool makes them", async () => {
    const { pool, alice, token } = await loadFixture(newPool);
    const market = pool.connect(alice);
    await time.increaseTo(await pool.sellsOpenAt());
    const buys = [
      () => market.buy(1_000n * USDC, 0, alice, NO_DEADLINE),
      () => market.buy(5_000n * USDC, 0, alice, NO_DEADLINE),
      async () => market.buyExactOut(await token.investorAllocation(), 0, 100_000n * USDC, alice, NO_DEADLINE),
      () => market.sell(120_000n * TOKEN, 0, alice, NO_DEADLINE),
    ];

    for (const [index, { name, trade }] of workedTrades().entries()) {
      const fees = await pool.uncollectedFees();
      const supply = await token.totalSupply();
      await buys[index]!();
      const moved = (await token.totalSupply()) - supply;

      const shown = [
        tokens(moved < 0n ? -moved : moved),
        usdc((await pool.uncollectedFees()) - fees),
        price(await pool.spotPrice()),
        usdc(await pool.reserve()),
        tokens(await pool.curveSupply()),
      ];
      expect(shown, name).to.deep.equal([
        format(trade.tokens, 2),
        format(trade.fee, 2),
        format(trade.after.price, 6),
        format(trade.after.reserve, 2),
        format(trade.after.supply, 2),
      ]);
    }
  });

  it("shows what remains after the supplier's first sale in a full pool", async () => {
    const { pool, supplier } = await loadFixture(fullPool);
    const { after } = fullMarket().sell(GROWTH.supplier);
    expect(usdc(await pool.reserve())).to.equal(format(fullMarket().reserve, 2));

    await pool.connect(supplier).sell(400_000n * TOKEN, 0, supplier, NO_DEADLINE);

    expect(usdc(await pool.reserve())).to.equal(format(after.reserve, 2));
    expect(tokens(await pool.maxSell())).to.equal(format(after.maxSell, 2));
    expect(await pool.remainingInvestorAllocation()).to.equal(400_000n * TOKEN);
  });

  it("shows what a sale of one to ten DeltaOnes pays, and which the reserve cannot pay", async () => {
    const { pool } = await loadFixture(fullPool);
    const full = fullMarket();
    const reserve = await pool.reserve();
    for (let count = 1; count <= 5; count++) {
      const quote = await pool.quoteSell(BigInt(count) * DELTA_ONE);
      expect(usdc(quote)).to.equal(format(full.sell(count * GROWTH.tokensPerDeltaOne).reserve, 2));
    }
    expect(tokens(await pool.maxSell())).to.equal(format(full.maxSell, 2)); // six of them
    for (let count = 7n; count <= 10n; count++) {
      await expect(pool.quoteSell(count * DELTA_ONE))
        .to.be.revertedWithCustomError(pool, "InsufficientReserve")
        .withArgs((requested: bigint) => requested > reserve, reserve);
    }
  });

  it("shows what a sniper gains from a deposit, and a deposit from which nobody gains", async () => {
    const { pool, alice, bob, mallory, reserveToken, token } = await loadFixture(snipedPool);
    const left = (await token.investorAllocation()) - SNIPED_AT;
    for (const deposit of [24n, 100n, 1_000n]) {
      for (const part of [left, left / 10n, left / 1_000n]) {
        const snapshot = await takeSnapshot();
        const before = await reserveToken.balanceOf(mallory);
        await pool.connect(mallory).buyExactOut(part, part, FUNDS, mallory, NO_DEADLINE);
        await pool.connect(bob).depositFees(deposit * USDC);
        await time.increase(DAY);
        await pool.connect(mallory).sell(part, 0, mallory, NO_DEADLINE);
        const gain = (await reserveToken.balanceOf(mallory)) - before;
        const wholeTokens = new Decimal(part.toString()).div(TOKEN.toString());
        const expected = snipe(snipedMarket(), wholeTokens, Number(deposit)).gain;
        expect(usdc(gain), `${deposit} USDC, ${part} wei`).to.equal(format(expected, 2));
        if (deposit === 24n) expect(gain).to.be.lessThan(0);
        await snapshot.restore();
      }
    }
    expect(await pool.netIssued()).to.equal(SNIPED_AT);
    expect(await token.balanceOf(alice)).to.equal(SNIPED_AT);
  });

  it("shows what a holder gains by selling before a reward and buying back after it", async () => {
    const context = await loadFixture(fullPool);
    const { pool, token, registry, tokenManager, alice, bob, reserveToken, method, verifier, benchmark, ...model } =
      context;
    const payees = [[bob.address], [DELTA_ONE]] as const;
    const payeesHash = hashPayees(ZeroHash, ...payees);
    const evaluation = buildEvaluation(model.id, benchmark);
    await registry.connect(verifier).recordImprovement(evaluation, EVALUATION, payeesHash);
    const queuedAt = await time.latest();
    await time.increase(await registry.payoutDelay());
    const [before, held] = [await reserveToken.balanceOf(alice), await token.balanceOf(alice)];
    const bobs = await reserveToken.balanceOf(bob);
    const honest = await pool.quoteSell(DELTA_ONE);

    await pool.connect(alice).sell(DELTA_ONE, 0, alice, NO_DEADLINE);
    await tokenManager.releasePayout(model.id, EVALUATION, method, queuedAt, ZeroHash, [...payees[0]], [...payees[1]]);
    await pool.connect(bob).sell(DELTA_ONE, 0, bob, NO_DEADLINE);
    await pool.connect(alice).buyExactOut(DELTA_ONE, DELTA_ONE, FUNDS, alice, NO_DEADLINE);

    expect(await token.balanceOf(alice)).to.equal(held);
    expect(usdc((await reserveToken.balanceOf(alice)) - before)).to.equal(format(saleAround(), 2));
    expect(usdc(honest - ((await reserveToken.balanceOf(bob)) - bobs))).to.equal("1,348.94");
  });

  it("shows what fees do to the price of a full pool, and when streams end", async () => {
    const { pool, bob } = await loadFixture(fullPool);

    await pool.connect(bob).depositFees(1_000n * USDC);
    await time.increase(DAY / 2n - 1n);
    expect(await pool.streamEnd()).to.equal(BigInt(await time.latest()) + DAY / 2n + 1n);
    await pool.connect(bob).depositFees(500n * USDC);

    expect(await pool.pendingStream()).to.equal(1_000n * USDC);
    expect(await pool.streamEnd()).to.equal(BigInt(await time.latest()) + 18n * HOUR);
    await time.increaseTo(await pool.streamEnd());
    expect(price(await pool.spotPrice())).to.equal(format(fullMarket().withFees(1_500).price, 6));
  });
});
