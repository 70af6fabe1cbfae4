// Buying and selling: quote, price impact, limits, and one transaction.

import { formatUnits } from "ethers";
import { useEffect, useState } from "react";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "../../../../sdk/base/units.ts";
import { contractAt } from "../../../../sdk/client/access.ts";
import type { HokusaiAMM, IERC20Metadata, ModelToken } from "../../../../sdk/client/contracts.ts";
import { limitOf, quoteTrade, type Quote, type TradeOrder } from "../../../../sdk/client/trade.ts";
import { useChain, useReading } from "../chain/chainContext.tsx";
import type { ModelFacts } from "../chain/model.ts";
import { fillOrder, typedOrder, type TypedSide } from "../chain/order.ts";
import { siteAtBlock, type BlockAt, type PageSite } from "../chain/site.ts";
import { CurveChart } from "../charts/curve.tsx";
import {
  AtBlockNote,
  Datum,
  inPercent,
  Price,
  readable,
  spanOf,
  Time,
  TokenAmount,
  Usdc,
  wholeReserve,
  wholeTokens,
} from "../ui/figures.tsx";
import { Card, Choice, Notice, TextField } from "../ui/parts.tsx";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";
import { wordsOf } from "../wallet/words.ts";
import { ModelHead } from "./modelHead.tsx";
import { NoModel, useModel } from "./model.tsx";

const SLIPPAGES = [
  ["10", "0.1 %"],
  ["50", "0.5 %"],
  ["100", "1 %"],
  ["300", "3 %"],
] as const;

/** Price impact in bps at which a trade is pointed out, and at which it must be confirmed. */
const [NOTABLE, GRAVE] = [300n, 1_000n];

/** Seconds that a trade may wait for a block. */
const PATIENCE = 20 * 60;

type Pool = NonNullable<ModelFacts["pool"]>;

export function TradePage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params["id"] ?? "";
  const { value: facts, block, trouble } = useModel(id);
  if (facts === undefined) return <NoModel id={id} isRead={block !== undefined} trouble={trouble} />;
  const { pool, state } = facts;
  return (
    <>
      <ModelHead facts={facts} />
      {pool === undefined ? (
        <Notice tone="info">{state.modelId} has no pool yet: its token can't be traded.</Notice>
      ) : (
        <div className="narrow">
          <OrderCard facts={facts} pool={pool} now={block?.timestamp ?? 0} />
          <Card title="Where the price stands">
            <CurveChart facts={facts} pool={pool} />
          </Card>
        </div>
      )}
      <AtBlockNote block={block} />
    </>
  );
}

interface Holdings {
  readonly reserve: bigint;
  readonly tokens: bigint;
  readonly ether: bigint;
}

async function readHoldings(site: PageSite, pool: string, token: string, account: string): Promise<Holdings> {
  const { access } = site.chain;
  const [market, held] = await Promise.all([
    contractAt<HokusaiAMM>(access, "HokusaiAMM", pool),
    contractAt<ModelToken>(access, "ModelToken", token),
  ]);
  const usdc = await contractAt<IERC20Metadata>(access, "IERC20Metadata", await market.reserveToken());
  const [reserve, tokens, ether] = await Promise.all([
    usdc.balanceOf(account),
    held.balanceOf(account),
    site.provider.getBalance(account),
  ]);
  return { reserve, tokens, ether };
}

/** A quote for the typed order, at the latest block. */
function useQuote(pool: string, order: TradeOrder | undefined) {
  const { site, block } = useChain();
  const key =
    order && JSON.stringify(order, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  const [answer, setAnswer] = useState<{ key: string; quote?: Quote; words?: string; block: BlockAt }>();
  useEffect(() => {
    if (site === undefined || block === undefined || order === undefined || key === undefined) return;
    let isOver = false;
    const ask = async () => {
      const at = siteAtBlock(site, block);
      const market = await contractAt<HokusaiAMM>(at.chain.access, "HokusaiAMM", pool);
      return quoteTrade(market, order);
    };
    const timer = setTimeout(() => {
      ask().then(
        (quote) => void (isOver || setAnswer({ key, quote, block })),
        async (error: unknown) => {
          const words = await wordsOf(site.chain.access, error);
          if (!isOver) setAnswer({ key, words, block });
        },
      );
    }, 120);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
    // `key` stands for the order, which is a new object on every keystroke.
  }, [site, block, pool, key]);
  return answer?.key === key ? answer : undefined;
}

function OrderCard({ facts, pool, now }: { readonly facts: ModelFacts; readonly pool: Pool; readonly now: number }) {
  const { symbol, state, supply } = facts;
  const address = state.pool?.address ?? "";
  const [side, setSide] = useState<TradeOrder["side"]>("buy");
  const [typed, setTyped] = useState<TypedSide>("reserve");
  const [text, setText] = useState("");
  const [slippage, setSlippage] = useState<(typeof SLIPPAGES)[number][0]>("50");
  const [isAccepted, setIsAccepted] = useState(false);
  const { site, block } = useChain();
  const { account, signer } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const holdings = useReading(account && `holdings ${account} ${address}`, (at) =>
    readHoldings(at, address, state.token, account ?? ""),
  ).value;

  const order = typedOrder(side, typed, text);
  const answer = useQuote(address, order);
  const quote = answer?.quote;
  const slippageBps = BigInt(slippage);
  const limit = order && quote && limitOf(order, quote, slippageBps);
  const reserveText = typed === "reserve" ? text : quote ? formatUnits(quote.reserve, RESERVE_DECIMALS) : "";
  const tokensText = typed === "tokens" ? text : quote ? formatUnits(quote.tokens, TOKEN_DECIMALS) : "";
  const isGrave = quote !== undefined && quote.impactBps >= GRAVE;
  const isWrong = text.trim() !== "" && order === undefined;
  const sellsOpenIn = Number(pool.sellsOpenAt) - now;
  const shortage =
    holdings && quote && (side === "buy" ? quote.reserve > holdings.reserve : quote.tokens > holdings.tokens);

  const type = (which: TypedSide) => (value: string) => {
    setTyped(which);
    setText(value);
    setIsAccepted(false);
  };
  const choose = (next: TradeOrder["side"]) => {
    setSide(next);
    setTyped(next === "buy" ? "reserve" : "tokens");
    setText("");
    setIsAccepted(false);
  };
  const send = () =>
    run(async (teller) => {
      if (site === undefined || block === undefined || order === undefined || quote === undefined)
        throw new Error("there is no quote to send");
      const deadline = Math.max(block.timestamp, Math.floor(Date.now() / 1000)) + PATIENCE;
      const filled = await fillOrder(
        site,
        await signer(),
        { order, quote, slippageBps, deadline, pool: address },
        teller,
      );
      setText("");
      setIsAccepted(false);
      const [tokens, reserve] = [readable(wholeTokens(filled.tokens)), readable(wholeReserve(filled.reserve))];
      return side === "buy"
        ? `Bought ${tokens} ${symbol} for ${reserve} USDC in block ${filled.block.toLocaleString("en")}.`
        : `Sold ${tokens} ${symbol} for ${reserve} USDC in block ${filled.block.toLocaleString("en")}.`;
    });

  const reserveField = (
    <TextField
      key="reserve"
      label={side === "buy" ? "You pay" : "You receive"}
      unit="USDC"
      inputMode="decimal"
      placeholder="0"
      value={reserveText}
      isReadOnly={side === "sell"}
      onChange={type("reserve")}
      error={isWrong && typed === "reserve" ? "Type a number with at most 6 decimals, such as 100.50." : undefined}
      hint={
        holdings && (
          <>
            You have <Usdc units={holdings.reserve} />
            {side === "buy" && holdings.reserve > 0n && (
              <button type="button" onClick={() => type("reserve")(formatUnits(holdings.reserve, RESERVE_DECIMALS))}>
                Use all
              </button>
            )}
          </>
        )
      }
    />
  );
  const tokensField = (
    <TextField
      key="tokens"
      label={side === "buy" ? "You receive" : "You sell"}
      unit={symbol}
      inputMode="decimal"
      placeholder="0"
      value={tokensText}
      onChange={type("tokens")}
      error={isWrong && typed === "tokens" ? "Type a number with at most 18 decimals, such as 1000." : undefined}
      hint={
        <>
          {holdings && (
            <>
              You have <TokenAmount wei={holdings.tokens} symbol={symbol} />
            </>
          )}
          {side === "sell" && holdings && holdings.tokens > 0n && (
            <button type="button" onClick={() => type("tokens")(formatUnits(holdings.tokens, TOKEN_DECIMALS))}>
              Use all
            </button>
          )}
          {side === "buy" && (
            <>
              {readable(wholeTokens(supply.investor.remaining))} left to buy
              {supply.investor.remaining > 0n && (
                <button
                  type="button"
                  onClick={() => type("tokens")(formatUnits(supply.investor.remaining, TOKEN_DECIMALS))}
                >
                  Use what is left
                </button>
              )}
            </>
          )}
        </>
      }
    />
  );

  return (
    <Card title={`Trade ${symbol}`}>
      <Choice
        label="Buy or sell"
        options={[
          ["buy", "Buy"],
          ["sell", "Sell"],
        ]}
        value={side}
        onChange={choose}
      />
      <form
        className="order"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {side === "buy" ? [reserveField, tokensField] : [tokensField, reserveField]}
        {side === "sell" && sellsOpenIn > 0 && (
          <Notice tone="warning">
            Nobody can sell before <Time seconds={pool.sellsOpenAt} />, in {spanOf(sellsOpenIn)}.
          </Notice>
        )}
        {answer?.words !== undefined && <Notice tone="bad">{answer.words}</Notice>}
        {quote && limit !== undefined && order && (
          <dl className="list" aria-live="polite">
            <Datum name="Price before">
              <Price wad={quote.priceBefore} symbol={symbol} />
            </Datum>
            <Datum name="Average price, fee included">
              {readable(wholeReserve(quote.reserve) / wholeTokens(quote.tokens))} <small>USDC per {symbol}</small>
            </Datum>
            <Datum name="Price impact, fee included">{inPercent(quote.impactBps)}</Datum>
            <Datum name="Trade fee, in the price">{inPercent(pool.tradeFee)}</Datum>
            <Datum name={"reserve" in order || side === "sell" ? "At least" : "At most"}>
              {"reserve" in order ? <TokenAmount wei={limit} symbol={symbol} /> : <Usdc units={limit} />}
            </Datum>
          </dl>
        )}
        <div className="field">
          <span className="label">The price may move by at most</span>
          <Choice label="Price tolerance" options={SLIPPAGES} value={slippage} onChange={setSlippage} />
          <div className="hint">Else, or after {PATIENCE / 60} minutes, the trade is refused and costs only gas.</div>
        </div>
        {quote && quote.impactBps >= NOTABLE && !isGrave && (
          <Notice tone="warning">
            This trade moves the price: you pay {inPercent(quote.impactBps)} more than it is now.
          </Notice>
        )}
        {isGrave && quote && (
          <>
            <Notice tone="warning">
              {side === "buy"
                ? `You would pay ${inPercent(quote.impactBps)} more per token than the price is now: this trade is large for the pool.`
                : `You would get ${inPercent(quote.impactBps)} less per token than the price is now: this trade is large for the pool.`}
            </Notice>
            <label className="check">
              <input type="checkbox" checked={isAccepted} onChange={(event) => setIsAccepted(event.target.checked)} />I
              want this trade at this price
            </label>
          </>
        )}
        {shortage && (
          <Notice tone="warning">Your wallet has too little {side === "buy" ? "USDC" : symbol} for this trade.</Notice>
        )}
        {holdings?.ether === 0n && <Notice tone="warning">Your wallet has no ether, which pays for gas.</Notice>}
        <WalletGate to="trade">
          <button
            type="submit"
            className="primary wide"
            disabled={quote === undefined || isBusy || shortage === true || (isGrave && !isAccepted)}
          >
            {isBusy ? "Under way …" : side === "buy" ? `Buy ${symbol}` : `Sell ${symbol}`}
          </button>
        </WalletGate>
      </form>
      <TransactionStatus progress={progress} />
    </Card>
  );
}
