import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { parseUnits } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Protocol } from "../../deploy/protocol";
import {
  formatPrice,
  formatReserve,
  formatTime,
  formatTokens,
  RESERVE_DECIMALS,
  roundTokens,
} from "../../sdk/base/units";
import { confirm } from "../../sdk/client/confirm";
import { settleTrade, type Trade } from "../../sdk/client/trade";
import { readEvents } from "../../sdk/rpc/logs";
import { blocksOf } from "../journal";
import type { LaunchedModel } from "../launch";
import { chainTime, passTimeTo } from "../localTime";
import type { Report } from "../step";
import { refusalOfAttempt, type Refused } from "./refused";

/** The account that trades on a local chain: see ignition/parameters/localhost.json5. */
const INVESTOR = 8;

/** Percentages of the investor allocation that the first two buys aim at; the third takes the rest. */
const FIRST_BUYS = [25n, 50n];

/** Percentage of its tokens that the investor sells. */
const SOLD = 20n;

/** The results of trading. */
export interface Trading {
  readonly trades: readonly Trade[];
  readonly refused: Refused;
  /** The second at which sells open, if the launch ended earlier. */
  readonly sellsOpenAt?: bigint;
}

interface Market {
  readonly hre: HardhatRuntimeEnvironment;
  readonly protocol: Protocol;
  readonly model: LaunchedModel;
  readonly investor: HardhatEthersSigner;
  readonly report: Report;
}

/**
 * Step 5, on a local chain: buys that mint tokens as they are sold, up to the cap; one beyond the cap; and a sell. Trades that an earlier
 * run made are not repeated.
 */
export async function trade(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  model: LaunchedModel,
  report: Report,
): Promise<Trading> {
  const investor = (await hre.ethers.getSigners())[INVESTOR] as HardhatEthersSigner;
  const market = { hre, protocol, model, investor, report };
  const blocks = await blocksOf(hre);
  const { pool } = model;
  const bought = (await readEvents(blocks, pool, pool.filters.Bought(investor.address))).length;
  const sold = (await readEvents(blocks, pool, pool.filters.Sold(investor.address))).length;
  if (bought === 0) await fund(market);

  const trades: Trade[] = [];
  for (const [index, percent] of [...FIRST_BUYS, undefined].entries()) {
    const name = percent === undefined ? "buy up to the cap" : `buy ${index + 1}`;
    const done = index < bought || (await model.pool.remainingInvestorAllocation()) === 0n;
    if (done) report({ name, outcome: "done before" });
    else trades.push(await buy(market, name, percent));
  }
  const refused = await buyPastTheCap(market);
  if (sold > 0) report({ name: "sell", outcome: "done before" });
  const open = sold === 0 && (await waitForSells(market));
  if (open) trades.push(await sell(market));
  return { trades, refused, ...(sold === 0 && !open && { sellsOpenAt: await model.pool.sellsOpenAt() }) };
}

/** Ensures that the investor has twice what the whole allocation costs, and that the pool may take it. */
async function fund({ hre, protocol, model, investor, report }: Market): Promise<void> {
  const { pool, token } = model;
  const [, cost] = await pool.quoteBuyExactOut(await token.investorAllocation());
  const amount = 2n * cost;
  const reserve = await hre.ethers.getContractAt(
    "ReserveTokenMock",
    await protocol.reserveToken.getAddress(),
    investor,
  );
  if ((await reserve.balanceOf(investor)) < amount) {
    const sent = await confirm("mint reserve tokens", reserve.mint(investor, amount));
    report({ name: sent.name, sent, outcome: `${formatReserve(amount)} USDC to ${investor.address}` });
  }
  if ((await reserve.allowance(investor, pool)) < amount) {
    const sent = await confirm("approve the pool", reserve.approve(pool, amount));
    report({ name: sent.name, sent, outcome: `${formatReserve(amount)} USDC` });
  }
}

/** Buys a percentage of the allocation with an exact amount of reserve, or all that is left as an exact amount of tokens. */
async function buy({ hre, model, investor, report }: Market, name: string, percent?: bigint): Promise<Trade> {
  const pool = model.pool.connect(investor);
  const remaining = await pool.remainingInvestorAllocation();
  const wanted = percent === undefined ? remaining : ((await model.token.investorAllocation()) * percent) / 100n;
  const [, reserveIn] = await pool.quoteBuyExactOut(wanted);
  const deadline = await inAnHour(hre);
  const { trade, sent } = await settleTrade(pool, name, () =>
    percent === undefined
      ? pool.buyExactOut(wanted, wanted, reserveIn, investor, deadline)
      : pool.buy(reserveIn, wanted, investor, deadline),
  );
  report({ name, sent, outcome: `${formatReserve(trade.reserve)} USDC minted ${describe(trade, model)}` });
  return trade;
}

async function buyPastTheCap({ hre, model, investor, report }: Market): Promise<Refused> {
  const pool = model.pool.connect(investor);
  const remaining = await pool.remainingInvestorAllocation();
  const cost = remaining === 0n ? 0n : (await pool.quoteBuyExactOut(remaining)).reserveIn;
  const reserveIn = cost + parseUnits("1", RESERVE_DECIMALS);
  const attempt = `buy past the cap with ${formatReserve(reserveIn)} USDC`;
  const buying = pool.buy.staticCall(reserveIn, 0n, investor, await inAnHour(hre));
  return refusalOfAttempt(hre, report, "buy past the cap", attempt, buying);
}

/** Whether sells are open; on the in-process chain, the clock is moved past the buy-only window. */
async function waitForSells({ hre, protocol, model, report }: Market): Promise<boolean> {
  const opensAt = await model.pool.sellsOpenAt();
  if ((await chainTime(hre)) >= opensAt) return true;
  if (!protocol.network.isEphemeral) return false;
  await passTimeTo(hre, opensAt);
  report({ name: "pass time", isOffline: true, outcome: `it is ${formatTime(opensAt)} on this chain; sells are open` });
  return true;
}

async function sell({ hre, model, investor, report }: Market): Promise<Trade> {
  const name = "sell";
  const pool = model.pool.connect(investor);
  const tokens = ((await model.token.balanceOf(investor)) * SOLD) / 100n;
  const reserve = await pool.quoteSell(tokens);
  const deadline = await inAnHour(hre);
  const { trade, sent } = await settleTrade(pool, name, () => pool.sell(tokens, reserve, investor, deadline));
  report({ name, sent, outcome: `${formatReserve(trade.reserve)} USDC for ${describe(trade, model)}` });
  return trade;
}

function describe({ tokens, priceBefore, priceAfter }: Trade, { file }: LaunchedModel): string {
  return `${formatTokens(roundTokens(tokens))} ${file.symbol}; price ${formatPrice(priceBefore)} → ${formatPrice(priceAfter)}`;
}

async function inAnHour(hre: HardhatRuntimeEnvironment): Promise<bigint> {
  return (await chainTime(hre)) + 3600n;
}
