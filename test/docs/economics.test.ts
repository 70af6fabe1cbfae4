import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Decimal } from "decimal.js";
import { readFileSync } from "node:fs";
import { DOCUMENT, PLOT, withTables } from "../../scripts/dev/economics";
import { MarketModel } from "../../sdk/market/curve";
import { breakEvenLump, readLumps } from "../../sdk/market/lump";
import { plot } from "../../scripts/dev/economics/plot";
import {
  floorToCents,
  format,
  fullMarket,
  GROWTH,
  percent,
  snipeAt,
  SNIPED_AT,
  whole,
  workedTrades,
} from "../../scripts/dev/economics/tables";
import { distribute } from "../helpers/protocol";
import { DAY, HOUR, TOKEN, USDC } from "../helpers/units";
import { newPool, NO_DEADLINE } from "../market/pool.support";

const PRICE_UNIT = 10n ** 24n; // spotPrice of one reserve token per token

const usdc = (units: bigint) => format(new Decimal(units.toString()).div(USDC.toString()), 2);
const tokens = (wei: bigint) => format(new Decimal(wei.toString()).div(TOKEN.toString()), 2);
const price = (wad: bigint) => format(new Decimal(wad.toString()).div(PRICE_UNIT.toString()), 6);

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

  it("has the tables that the formulas give", async () => {
    expect(await withTables(document)).to.equal(document);
  });

  it("has the plot that the formulas give", () => {
    expect(readFileSync(PLOT, "utf8")).to.equal(plot());
  });

  it("quotes in its text what the formulas give", () => {
    const empty = MarketModel.create(GROWTH.terms);
    const full = fullMarket();
    const first = empty.buy(1000);
    const sale = full.sell(GROWTH.supplier);
    const issuedWorth = full.issued.mul(full.price);
    const room = new Decimal(GROWTH.investor).sub(sale.after.issued);
    const snipe = snipeAt(SNIPED_AT);
    const lumps = { harmless: breakEvenLump({ ...snipe, after: snipe.before }), breakEven: breakEvenLump(snipe) };

    for (const sentence of [
      `${format(GROWTH.supplier, 0)} tokens for the supplier, ${format(GROWTH.investor, 0)} for investors, ${format(GROWTH.tokensPerDeltaOne, 0)} per DeltaOne`,
      `R0 = ${format(GROWTH.terms.virtualReserve, 0)} USDC, which makes S0 equal the launch cap of ${format(empty.supply, 0)}`,
      `costs ${format(full.reserve, 2)} USDC before fees, at prices from ${format(empty.price, 6)} to ${format(full.price, 6)}`,
      `sells everything at once gets ${format(first.after.sell(first.tokens).reserve, 2)} back`,
      `hold ${format(GROWTH.investor, 0)} tokens of which ${format(sale.after.maxSell, 0)} can be sold`,
      `buyers can mint ${format(room, 0)} again`,
      `which is ${percent(whole(lumps.breakEven).div(whole(snipe.after)), 2)} of Y at a fee of ${percent(GROWTH.terms.tradeFee)}`,
      `With ${format(SNIPED_AT, 0)} tokens issued, a deposit of ${floorToCents(lumps.harmless)} USDC pays nobody, and one of ${floorToCents(lumps.breakEven)} USDC nothing`,
      `a full pool holds ${format(full.reserve, 2)} USDC for issued tokens that the price says are worth ${format(issuedWorth, 2)}`,
    ]) {
      expect(prose).to.include(sentence);
    }
  });

  it("shows the lumps that a pool has", async () => {
    const { pool, alice } = await loadFixture(newPool);
    await pool.connect(alice).buyExactOut(BigInt(SNIPED_AT) * TOKEN, 0, 100_000n * USDC, alice, NO_DEADLINE);
    const snipe = snipeAt(SNIPED_AT);
    const lumps = (await readLumps(pool))!;
    expect([lumps.harmless, lumps.breakEven].map(usdc)).to.deep.equal(
      [breakEvenLump({ ...snipe, after: snipe.before }), breakEvenLump(snipe)].map(usdc),
    );
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

  it("shows what a supplier's first sale leaves in a full pool", async () => {
    const { pool, supplier } = await loadFixture(fullPool);
    const { after } = fullMarket().sell(GROWTH.supplier);
    expect(usdc(await pool.reserve())).to.equal(format(fullMarket().reserve, 2));

    await pool.connect(supplier).sell(400_000n * TOKEN, 0, supplier, NO_DEADLINE);

    expect(usdc(await pool.reserve())).to.equal(format(after.reserve, 2));
    expect(tokens(await pool.maxSell())).to.equal(format(after.maxSell, 2));
    expect(await pool.remainingInvestorAllocation()).to.equal(400_000n * TOKEN);
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
