import { Decimal } from "decimal.js";
import { MarketModel, type ModelTrade, type Terms } from "../../../sdk/market/curve";
import { PRESETS } from "../../../sdk/schemas/modelFile";
import { REWARD_DELTA_ONES } from "../../../sdk/schemas/model";

/** A table of docs/economics.md. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The preset of the worked numbers, in whole tokens, with the default terms of a pool. */
export const GROWTH = {
  supplier: Number(PRESETS.growth.supplier),
  investor: Number(PRESETS.growth.investor),
  tokensPerDeltaOne: Number(PRESETS.growth.tokensPerDeltaOne),
  terms: defaultTerms(Number(PRESETS.growth.supplier) + Number(PRESETS.growth.investor)),
} as const;

const FEE_DEPOSIT = 1000;
const EXPECTED_DELTA_ONES = 5;

/** Number of tokens that are issued when a sniper buys ahead of a deposit, and the deposits considered, in USDC. */
const SNIPED_AT = 150_000;
const SNIPED_DEPOSITS = [10, 25, 50, 100, 250, 500, 1000, 2000] as const;

/** The most DeltaOnes that are rewarded per model and UTC day by default. */
const DAILY_DELTA_ONES = 10;

/** Terms that make the virtual supply equal to the launch cap: those of `createPool`, or with another ratio. */
export function defaultTerms(maxSupply: number, ratio = 0.2): Terms {
  const initialPrice = 0.01;
  return { ratio, initialPrice, virtualReserve: ratio * initialPrice * maxSupply, tradeFee: 0.003 };
}

/** The market once the whole investor allocation is sold. */
export function fullMarket(terms: Terms = GROWTH.terms, investor: number = GROWTH.investor): MarketModel {
  return MarketModel.create(terms).buyExactOut(investor).after;
}

/** The worked trades: two purchases, the rest of the allocation, and a sale of a fifth of it. */
export function workedTrades(): { readonly name: string; readonly trade: ModelTrade }[] {
  const first = MarketModel.create(GROWTH.terms).buy(1000);
  const second = first.after.buy(5000);
  const last = second.after.buyExactOut(new Decimal(GROWTH.investor).sub(second.after.issued));
  return [
    { name: "buy with 1,000 USDC", trade: first },
    { name: "buy with 5,000 USDC", trade: second },
    { name: "buy what is left", trade: last },
    { name: "sell 120,000", trade: last.after.sell(GROWTH.investor / 5) },
  ];
}

/** Every table of docs/economics.md, by the name of its place there. */
export function tables(): Readonly<Record<string, Table>> {
  return {
    ...{ trades: trades(), virtual: virtualReserves(), supplier: supplierSales(), fees: fees() },
    ...{ snipers: snipers(), presets: presets(), deltaOnes: deltaOnes() },
  };
}

/** A purchase in the block of a deposit of fees, and its sale a day later. */
export interface Snipe {
  /** USDC paid. */
  readonly paid: Decimal;
  /** USDC gained after trade fees. */
  readonly gain: Decimal;
}

/** The market in which a sniper buys. */
export function snipedMarket(): MarketModel {
  return MarketModel.create(GROWTH.terms).buyExactOut(SNIPED_AT).after;
}

/** What a purchase of tokens gains from a deposit. */
export function snipe(market: MarketModel, tokens: Decimal.Value, deposit: number): Snipe {
  const bought = market.buyExactOut(tokens);
  const sold = bought.after.withFees(deposit).sell(tokens);
  return { paid: bought.reserve, gain: sold.reserve.sub(bought.reserve) };
}

/**
 * The purchase that gains most from a deposit L. With C = R + R0 before it, Y after it, and the fee f, the gain is
 * (Y − C) · ((1 − f) · (Y + L) / Y − 1 / (1 − f)), which is largest at Y² = C · L · (1 − f)² / (1 − (1 − f)²).
 */
export function bestSnipe(market: MarketModel, deposit: number): Snipe {
  const { virtualReserve, tradeFee } = market.terms;
  const before = market.reserve.add(virtualReserve);
  const kept = new Decimal(1).sub(tradeFee).pow(2);
  const best = before.mul(deposit).mul(kept).div(new Decimal(1).sub(kept)).sqrt();
  if (best.lte(before)) return { paid: new Decimal(0), gain: new Decimal(0) };
  const left = new Decimal(GROWTH.investor).sub(market.issued);
  const bought = market.buy(best.sub(before).div(new Decimal(1).sub(tradeFee))).tokens;
  return snipe(market, Decimal.min(bought, left), deposit);
}

/** The largest deposit from which no purchase can gain: (R + R0) · (1 / (1 − f)² − 1). */
export function harmlessLump(market: MarketModel): Decimal {
  const { virtualReserve, tradeFee } = market.terms;
  const kept = new Decimal(1).sub(tradeFee).pow(2);
  return market.reserve.add(virtualReserve).mul(new Decimal(1).div(kept).sub(1));
}

/** The gain of a holder of one DeltaOne's tokens who sells them before somebody else sells as many new ones, and then buys them back. */
export function saleAround(): Decimal {
  const tokens = GROWTH.tokensPerDeltaOne;
  const sold = fullMarket().sell(tokens);
  const dumped = sold.after.sell(tokens);
  return sold.reserve.sub(dumped.after.buyExactOut(tokens).reserve);
}

/** A number with thousands separators. */
export function format(value: Decimal.Value, decimals: number): string {
  const [whole = "", fraction] = new Decimal(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A fraction as percent. */
export function percent(value: Decimal.Value, decimals = 1): string {
  return `${format(new Decimal(value).mul(100), decimals)} %`;
}

const usdc = (value: Decimal.Value) => format(value, 2);
const tokens = (value: Decimal.Value) => format(value, 0);
const price = (value: Decimal.Value) => format(value, 6);

function trades(): Table {
  return {
    headings: ["trade", "USDC", "tokens", "average price", "fee", "price after", "R after", "S after"],
    rows: workedTrades().map(({ name, trade }) => [
      name,
      usdc(trade.reserve),
      format(trade.tokens, 2),
      price(trade.reserve.div(trade.tokens)),
      usdc(trade.fee),
      price(trade.after.price),
      usdc(trade.after.reserve),
      format(trade.after.supply, 2),
    ]),
  };
}

function virtualReserves(): Table {
  const rows = [500, 1000, 2000, 4000, 8000].map((virtualReserve) => {
    const terms = { ...GROWTH.terms, virtualReserve };
    const empty = MarketModel.create(terms);
    const full = fullMarket(terms);
    return [
      tokens(virtualReserve),
      tokens(empty.supply),
      `+${percent(empty.buy(100).after.price.div(empty.price).sub(1))}`,
      usdc(full.reserve),
      price(full.price),
      `${format(full.price.div(empty.price), 1)} ×`,
    ];
  });
  return {
    headings: ["R0", "S0", "100 USDC move the first price by", "R at the cap", "price at the cap", "rise"],
    rows,
  };
}

function supplierSales(): Table {
  const rows = [1, 0.5, 0.3, 0.2, 0.1, 0.05].map((ratio) => {
    const full = fullMarket(defaultTerms(GROWTH.supplier + GROWTH.investor, ratio));
    const sale = full.sell(GROWTH.supplier);
    const taken = full.reserve.sub(sale.after.reserve);
    return [
      percent(ratio, 0),
      usdc(full.reserve),
      usdc(taken),
      percent(taken.div(full.reserve)),
      usdc(sale.after.reserve),
      tokens(sale.after.maxSell),
    ];
  });
  return {
    headings: [
      "w",
      "R when full",
      "the supplier's 400,000 take",
      "of R",
      "left",
      "of the investors' 600,000, can be sold",
    ],
    rows,
  };
}

function fees(): Table {
  const rows = [0, 150_000, 300_000, 600_000].map((issued) => {
    const market = MarketModel.create(GROWTH.terms).buyExactOut(issued).after;
    const later = market.withFees(FEE_DEPOSIT);
    const virtual = new Decimal(MarketModel.create(GROWTH.terms).supply)
      .div(market.supply)
      .pow(new Decimal(1).div(GROWTH.terms.ratio));
    return [
      tokens(issued),
      price(market.price),
      price(later.price),
      `+${percent(later.price.div(market.price).sub(1))}`,
      percent(virtual),
      issued < GROWTH.investor ? usdc(harmlessLump(market).toDecimalPlaces(2, Decimal.ROUND_DOWN)) : "any",
    ];
  });
  const headings = ["tokens issued", "price before", "price after", "rise", "held by the virtual supply"];
  return { headings: [...headings, "deposit that pays no sniper, up to"], rows };
}

function snipers(): Table {
  const market = snipedMarket();
  const left = new Decimal(GROWTH.investor).sub(market.issued);
  const rows = SNIPED_DEPOSITS.map((deposit) => {
    const best = bestSnipe(market, deposit);
    return [
      tokens(deposit),
      tokens(best.paid),
      usdc(best.gain),
      percent(best.gain.div(deposit)),
      usdc(snipe(market, left, deposit).gain),
    ];
  });
  const headings = ["deposit", "best purchase, USDC", "it gains", "of the deposit"];
  return { headings: [...headings, "buying all 450,000 that are left gains"], rows };
}

function deltaOnes(): Table {
  const share = (preset: keyof typeof PRESETS, count: number) => {
    const { supplier, investor, tokensPerDeltaOne } = PRESETS[preset];
    const full = fullMarket(defaultTerms(Number(supplier) + Number(investor)), Number(investor));
    const sold = Decimal.min(full.maxSell, count * Number(tokensPerDeltaOne));
    const taken = full.reserve.sub(full.sell(sold).after.reserve);
    return { taken, left: full.reserve.sub(taken), ofReserve: percent(taken.div(full.reserve)) };
  };
  const rows = Array.from({ length: DAILY_DELTA_ONES }, (_, index) => {
    const count = index + 1;
    const growth = share("growth", count);
    return [
      String(count),
      tokens(count * GROWTH.tokensPerDeltaOne),
      usdc(growth.taken),
      growth.ofReserve,
      usdc(growth.left.abs()),
      share("experimental", count).ofReserve,
      share("mature", count).ofReserve,
    ];
  });
  const headings = ["DeltaOnes sold first", "tokens, growth", "take", "of a full R", "leave"];
  return { headings: [...headings, "experimental, of R", "mature, of R"], rows };
}

function presets(): Table {
  const rows = Object.entries(PRESETS).map(([name, preset]) => {
    const [supplier, investor, rate] = [preset.supplier, preset.investor, preset.tokensPerDeltaOne].map(Number) as [
      number,
      number,
      number,
    ];
    const maxSupply = supplier + investor;
    const full = fullMarket(defaultTerms(maxSupply), investor);
    const taken = full.reserve.sub(full.sell(rate).after.reserve);
    const expected = EXPECTED_DELTA_ONES * rate;
    return [
      name,
      tokens(maxSupply),
      tokens(rate),
      tokens(REWARD_DELTA_ONES * rate),
      percent(rate / maxSupply),
      percent(expected / (maxSupply + expected)),
      percent(taken.div(full.reserve)),
    ];
  });
  return {
    headings: [
      "preset",
      "launch cap",
      "one DeltaOne mints",
      "lifetime rewards",
      "one DeltaOne, of the launch cap",
      `${EXPECTED_DELTA_ONES} DeltaOnes, of the supply then`,
      "one DeltaOne sold first takes, of a full R",
    ],
    rows,
  };
}
