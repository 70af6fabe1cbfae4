import { Decimal } from "decimal.js";

// One trade after another: 60 digits leave far more than the contracts' smallest units.
const Real = Decimal.clone({ precision: 60 });

/** A real number, or how one is written. */
export type Amount = Decimal.Value;

/** Terms of a pool. Amounts in whole tokens and whole reserve tokens, ratios as fractions of one. */
export interface Terms {
  readonly ratio: Amount;
  readonly initialPrice: Amount;
  readonly virtualReserve: Amount;
  readonly tradeFee: Amount;
}

/** A trade and the market that it leaves behind. */
export interface ModelTrade {
  /** Reserve tokens paid or received, fee included. */
  readonly reserve: Decimal;
  readonly tokens: Decimal;
  readonly fee: Decimal;
  readonly after: MarketModel;
}

/** The market of one model, in real numbers from the formulas of the curve: what the contracts round is below their smallest units. */
export class MarketModel {
  private constructor(
    readonly terms: Terms,
    readonly reserve: Decimal,
    readonly supply: Decimal,
  ) {}

  /** A pool before its first trade. */
  static create(terms: Terms): MarketModel {
    const { virtualReserve, ratio, initialPrice } = terms;
    return new MarketModel(terms, new Real(0), new Real(virtualReserve).div(ratio).div(initialPrice));
  }

  /** A pool that holds a reserve, the virtual one not included, at a supply of the curve, the virtual one included. */
  static at(terms: Terms, reserve: Amount, supply: Amount): MarketModel {
    return new MarketModel(terms, new Real(reserve), new Real(supply));
  }

  /** Tokens that the pool issued and did not take back. */
  get issued(): Decimal {
    return this.supply.sub(MarketModel.create(this.terms).supply);
  }

  get price(): Decimal {
    return this.curveReserve.div(this.supply).div(this.terms.ratio);
  }

  /** Most tokens that one sale can be. */
  get maxSell(): Decimal {
    return this.supply.mul(
      new Real(1).sub(new Real(this.terms.virtualReserve).div(this.curveReserve).pow(this.terms.ratio)),
    );
  }

  /** Buys with an amount of reserve. */
  buy(reserve: Amount): ModelTrade {
    const fee = new Real(reserve).mul(this.terms.tradeFee);
    const net = new Real(reserve).sub(fee);
    const tokens = this.supply.mul(net.div(this.curveReserve).add(1).pow(this.terms.ratio).sub(1));
    return { reserve: new Real(reserve), tokens, fee, after: this.moved(net, tokens) };
  }

  /** Buys an amount of tokens. */
  buyExactOut(tokens: Amount): ModelTrade {
    const growth = new Real(tokens).div(this.supply).add(1).pow(new Real(1).div(this.terms.ratio));
    const net = this.curveReserve.mul(growth.sub(1));
    const reserve = net.div(new Real(1).sub(this.terms.tradeFee));
    return { reserve, tokens: new Real(tokens), fee: reserve.sub(net), after: this.moved(net, new Real(tokens)) };
  }

  /** Sells an amount of tokens. */
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

  /** The market after usage fees have flowed into its reserve. */
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
