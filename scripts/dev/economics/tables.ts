import { Decimal } from "decimal.js";
import { MarketModel, type ModelTrade, type Terms } from "../../../sdk/market/curve";
import { bestSnipe, breakEvenLump, gainOf, type Snipe } from "../../../sdk/market/lump";
import { PRESETS, REWARD_DELTA_ONES } from "../../../sdk/schemas/modelFile";

/** A table of docs/economics.md. */
export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The preset that the worked numbers are about, in whole tokens, with the default terms of a pool. */
export const GROWTH = {
  supplier: Number(PRESETS.growth.supplier),
  investor: Number(PRESETS.growth.investor),
  tokensPerDeltaOne: Number(PRESETS.growth.tokensPerDeltaOne),
  terms: defaultTerms(Number(PRESETS.growth.supplier) + Number(PRESETS.growth.investor)),
} as const;

const FEE_DEPOSIT = 1000;

/** Tokens that are issued when somebody comes for a deposit of fees. */
export const SNIPED_AT = 150_000;

/** Reserve units in a whole reserve token. */
const UNITS = 10 ** 6;
const EXPECTED_DELTA_ONES = 5;

/** Terms at which the virtual supply is the launch cap: those of `createPool`, with another ratio where one is given. */
export function defaultTerms(maxSupply: number, ratio = 0.2): Terms {
  const initialPrice = 0.01;
  return { ratio, initialPrice, virtualReserve: ratio * initialPrice * maxSupply, tradeFee: 0.003 };
}

/** The market when the whole investor allocation is sold. */
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

/** Every table of docs/economics.md, by the name that its place there has. */
export function tables(): Readonly<Record<string, Table>> {
  return {
    trades: trades(),
    virtual: virtualReserves(),
    supplier: supplierSales(),
    fees: fees(),
    snipes: snipes(),
    presets: presets(),
  };
}

/** A number with thousands separated. */
export function format(value: Decimal.Value, decimals: number): string {
  const [whole = "", fraction] = new Decimal(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A fraction in percent. */
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
    ];
  });
  return { headings: ["tokens issued", "price before", "price after", "rise", "held by the virtual supply"], rows };
}

/** Whoever buys all that is left when so many tokens are issued. */
export function snipeAt(issued: number): Snipe {
  const units = (market: MarketModel) =>
    BigInt(market.reserve.add(GROWTH.terms.virtualReserve).mul(UNITS).toFixed(0, Decimal.ROUND_DOWN));
  const before = MarketModel.create(GROWTH.terms).buyExactOut(issued).after;
  return { before: units(before), after: units(fullMarket()), tradeFee: 30n };
}

/** Reserve units as whole reserve tokens with cents, rounded down: what is said to pay nothing must not pay. */
export function floorToCents(units: bigint): string {
  return whole(units).toFixed(2, Decimal.ROUND_DOWN);
}

/** Reserve units as a number of whole reserve tokens. */
export const whole = (units: bigint) => new Decimal(units.toString()).div(UNITS);

function snipes(): Table {
  const largest = snipeAt(SNIPED_AT);
  const breakEven = Number(floorToCents(breakEvenLump(largest)));
  const rows = [25, 50, 100, breakEven, 250, 500, 1_000, 5_000].map((deposit) => {
    const lump = BigInt(new Decimal(deposit).mul(UNITS).toFixed(0));
    const best = bestSnipe(largest, lump);
    const gain = gainOf(best, lump);
    return [
      usdc(deposit),
      usdc(whole(gainOf(largest, lump))),
      usdc(whole(best.after - best.before)),
      usdc(whole(gain)),
      percent(whole(gain).div(deposit)),
    ];
  });
  return {
    headings: [
      "deposit in the pool",
      "whoever buys all that is left gains",
      "the best purchase takes, before its fee",
      "and gains",
      "of the deposit",
    ],
    rows,
  };
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
