import { Decimal } from "decimal.js";

// 60 digits keep the errors of long sequences of trades far below the contracts' smallest units.
const Real = Decimal.clone({ precision: 60 });

/** A real number or its notation. */
export type Amount = Decimal.Value;

/** The terms of a pool. Amounts are in whole tokens and whole reserve tokens, ratios are fractions of one. */
export interface Terms {
  readonly ratio: Amount;
  readonly initialPrice: Amount;
  readonly virtualReserve: Amount;
  readonly tradeFee: Amount;
}

/** A trade and the market after it. */
export interface ModelTrade {
  /** The reserve tokens paid or received, including the fee. */
  readonly reserve: Decimal;
  readonly tokens: Decimal;
  readonly fee: Decimal;
  readonly after: MarketModel;
}

/** The market of one model, computed in real numbers from the formulas of the curve. The contracts' rounding is not modelled. */
export class MarketModel {
  private constructor(
    readonly terms: Terms,
    readonly reserve: Decimal,
    readonly supply: Decimal,
  ) {}

  /** Returns a pool before its first trade. */
  static create(terms: Terms): MarketModel {
    const { virtualReserve, ratio, initialPrice } = terms;
    return new MarketModel(terms, new Real(0), new Real(virtualReserve).div(ratio).div(initialPrice));
  }

  /** Returns a pool with the given reserve, without the virtual reserve, and curve supply, with the virtual supply. */
  static at(terms: Terms, reserve: Amount, supply: Amount): MarketModel {
    return new MarketModel(terms, new Real(reserve), new Real(supply));
  }

  /** The tokens that the pool has issued and not taken back. */
  get issued(): Decimal {
    return this.supply.sub(MarketModel.create(this.terms).supply);
  }

  get price(): Decimal {
    return this.curveReserve.div(this.supply).div(this.terms.ratio);
  }

  /** The most tokens that a single sale can sell. */
  get maxSell(): Decimal {
    return this.supply.mul(
      new Real(1).sub(new Real(this.terms.virtualReserve).div(this.curveReserve).pow(this.terms.ratio)),
    );
  }

  /** Buys tokens for a given amount of reserve, including the fee. */
  buy(reserve: Amount): ModelTrade {
    const fee = new Real(reserve).mul(this.terms.tradeFee);
    const net = new Real(reserve).sub(fee);
    const tokens = this.supply.mul(net.div(this.curveReserve).add(1).pow(this.terms.ratio).sub(1));
    return { reserve: new Real(reserve), tokens, fee, after: this.moved(net, tokens) };
  }

  /** Buys a given amount of tokens. */
  buyExactOut(tokens: Amount): ModelTrade {
    const growth = new Real(tokens).div(this.supply).add(1).pow(new Real(1).div(this.terms.ratio));
    const net = this.curveReserve.mul(growth.sub(1));
    const reserve = net.div(new Real(1).sub(this.terms.tradeFee));
    return { reserve, tokens: new Real(tokens), fee: reserve.sub(net), after: this.moved(net, new Real(tokens)) };
  }

  /** Sells a given amount of tokens. Throws a RangeError if the reserve cannot pay for them. */
  sell(tokens: Amount): ModelTrade {
    const rest = new Real(1).sub(new Real(tokens).div(this.supply)).pow(new Real(1).div(this.terms.ratio));
    const gross = this.curveReserve.mul(new Real(1).sub(rest));
    if (gross.gt(this.reserve)) throw new RangeError(`the reserve ${this.reserve} does not hold ${gross}`);
    const fee = gross.mul(this.terms.tradeFee);
    return {
      reserve: gross.sub(fee),
      tokens: new Real(tokens),
      fee,
      after: this.moved(gross.neg(), new Real(tokens).neg()),
    };
  }

  /** Returns the market after usage fees have flowed into its reserve. */
  withFees(amount: Amount): MarketModel {
    return this.moved(new Real(amount), new Real(0));
  }

  private get curveReserve(): Decimal {
    return this.reserve.add(this.terms.virtualReserve);
  }

  private moved(reserve: Decimal, supply: Decimal): MarketModel {
    return new MarketModel(this.terms, this.reserve.add(reserve), this.supply.add(supply));
  }
}
