// The risk of buyers, in figures: tokens for which nobody paid USDC can be sold to the same pool, first come, first served.

import { effectOfSale, type CurveFigures } from "../chain/market.ts";
import type { ModelFacts } from "../chain/model.ts";
import { Datum, inPercent, readable, TokenAmount, wholeReserve, wholeTokens } from "../ui/figures.tsx";
import { Card, DataTable } from "../ui/parts.tsx";

type Pool = NonNullable<ModelFacts["pool"]>;

/** A pool's figures in whole units. */
export function figuresOf(pool: Pool): CurveFigures {
  return {
    reserve: wholeReserve(pool.reserve),
    virtualReserve: wholeReserve(pool.virtualReserve),
    supply: wholeTokens(pool.curveSupply),
    ratio: Number(pool.crr) / 1e6,
    fee: Number(pool.tradeFee) / 1e4,
    maxSell: wholeTokens(pool.maxSell),
  };
}

export function RiskCard({ facts, pool }: { readonly facts: ModelFacts; readonly pool: Pool }) {
  const { symbol, supply, state } = facts;
  const figures = figuresOf(pool);
  const sales = [
    { who: "the whole supplier allocation", tokens: supply.supplier.cap },
    { who: "all rewards that were paid", tokens: supply.reward.minted },
    { who: "rewards that wait, once paid", tokens: state.rewardsQueued },
  ]
    .filter(({ tokens }) => tokens > 0n)
    .map((sale) => ({ ...sale, effect: effectOfSale(figures, wholeTokens(sale.tokens)) }));
  return (
    <Card
      title="What buyers bear"
      intro={`Supplier and reward tokens cost nobody USDC, yet they can be sold to the same pool, first come, first served. If all of one kind were sold now, before anybody else:`}
    >
      <DataTable
        caption="What sales would take out of the reserve now"
        rows={sales}
        keyOf={({ who }) => who}
        empty="There are no such tokens yet."
        columns={[
          {
            name: "Sold",
            isText: true,
            cell: ({ who, tokens }) => (
              <>
                {who}{" "}
                <small className="note">
                  {readable(wholeTokens(tokens))} {symbol}
                </small>
              </>
            ),
          },
          { name: "Takes about", cell: ({ effect }) => `${readable(Math.round(effect.proceeds * 100) / 100)} USDC` },
          { name: "Of the reserve", cell: ({ effect }) => inPercent(Math.round(effect.ofReserve * 10_000)) },
          { name: "Price after", cell: ({ effect }) => `${readable(effect.priceAfter)} USDC` },
        ]}
      />
      <dl className="list">
        <Datum name="In circulation beyond what the pool issued">
          <TokenAmount wei={pool.unbackedSupply} symbol={symbol} />
        </Datum>
        <Datum name="One sale can be at least">
          <TokenAmount wei={pool.maxSell} symbol={symbol} />
        </Datum>
        <Datum name="Rewards still to be earned, at most">
          <TokenAmount wei={state.rewardsRemaining} symbol={symbol} />
        </Datum>
        <Datum name="Trade fee, each way">{inPercent(pool.tradeFee)}</Datum>
      </dl>
    </Card>
  );
}
