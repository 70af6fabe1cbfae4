import { expect } from "chai";
import { join, resolve } from "node:path";
import { main } from "../../scripts/launch";
import { runMain } from "../../scripts/dev/world/live";

export const MODELS = resolve(__dirname, "../../deploy/models");
export const CREDIT_DEFAULT = join(MODELS, "credit-default.json");

/** What a launch on a local chain does, by the names that it shows. */
export const STEPS = ["deploy token", "register model", "distribute supplier allocation", "create pool"];
export const BUYS = ["buy 1", "buy 2", "buy up to the cap"];
const FEE_BPS = 30n;

/** The parts of the JSON document that the tests read. */
export interface LaunchedDocument {
  network: { name: string; chainId: number };
  protocol: Record<string, string>;
  model: { id: string; key: string; status: string; token: string; pool: string };
  deployment: { name: string; hash: string; gasUsed: string }[];
  steps: { name: string; hash: string; gasUsed: string }[];
  found: string[];
  trades: Record<"name" | "reserve" | "tokens" | "priceBefore" | "priceAfter" | "impactBps", string>[];
  refused: { name: string; args: Record<string, string>; message: string };
  improvement?: Record<"metric" | "baselineValue" | "candidateValue" | "baselineScore" | "candidateScore", string> & {
    deltaBps: string;
    reward: string;
    owner: { account: string; amount: string };
    contributors: { account: string; amount: string }[];
    attesters: string[];
    refused: { name: string };
  };
  release?: Record<"queuedAt" | "releasableFrom", string> & {
    refused: { name: string; args: Record<string, string> };
    balances: Record<"account" | "before" | "after", string>[];
  };
  belowTarget?: Record<"candidateScore" | "targetScore" | "message", string>;
  history: { improvements: { status: string }[] };
  usage?: Record<"fee" | "infrastructure" | "pool" | "priceBefore" | "priceAfter", string> & {
    invoice: { payee: string; amount: string };
  };
  dilution: { rewards: string; supply: string; bps: string };
  supply: {
    supplier: { minted: string; cap: string };
    investor: { issued: string; remaining: string; cap: string };
    reward: { minted: string; cap: string };
    total: string;
    maxSupply: string;
  };
  pool: Record<
    "spotPrice" | "reserve" | "virtualReserve" | "curveSupply" | "virtualSupply" | "unbackedSupply",
    string
  > &
    Record<"maxSell" | "uncollectedFees" | "sellsOpenAt", string>;
}

export const launch = (args: string[], env?: Record<string, string>) => runMain(main, args, env);

export async function launchJson(
  args: string[],
  env?: Record<string, string>,
  run = launch,
): Promise<LaunchedDocument> {
  const { code, stdout, stderr } = await run(["--json", ...args], env);
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
  return JSON.parse(stdout) as LaunchedDocument;
}

/** Everything that is a number in the document must be a string, but for the chain's id. */
export function numbersIn(value: unknown): unknown[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

const sum = (values: bigint[]) => values.reduce((a, b) => a + b, 0n);
const ceilDiv = (a: bigint, b: bigint) => (a + b - 1n) / b;

/** What the trades of the document must have left on chain. */
export function expectConsistent({ trades, usage, supply, pool }: LaunchedDocument) {
  const amounts = trades.map((trade) => ({ ...trade, reserve: BigInt(trade.reserve), tokens: BigInt(trade.tokens) }));
  const buys = amounts.filter(({ name }) => name !== "sell");
  const sells = amounts.filter(({ name }) => name === "sell");
  const issued = sum(buys.map(({ tokens }) => tokens)) - sum(sells.map(({ tokens }) => tokens));
  const paid = sum(buys.map(({ reserve }) => reserve)) - sum(sells.map(({ reserve }) => reserve));
  const buyFees = sum(buys.map(({ reserve }) => ceilDiv(reserve * FEE_BPS, 10_000n)));
  const curveSupply = BigInt(pool.virtualSupply) + issued;

  expect(BigInt(supply.investor.issued)).to.equal(issued);
  expect(BigInt(supply.investor.remaining)).to.equal(BigInt(supply.investor.cap) - issued);
  expect(BigInt(supply.total)).to.equal(BigInt(supply.supplier.minted) + issued + BigInt(supply.reward.minted));
  expect(BigInt(supply.maxSupply)).to.equal(BigInt(supply.supplier.cap) + BigInt(supply.investor.cap));
  expect(BigInt(pool.curveSupply)).to.equal(curveSupply);
  const streamed = BigInt(usage?.pool ?? 0);
  expect(BigInt(pool.reserve) + BigInt(pool.uncollectedFees)).to.equal(paid + streamed);
  expect(BigInt(pool.uncollectedFees) >= buyFees).to.equal(true);
  expect(BigInt(pool.spotPrice)).to.equal(
    ((BigInt(pool.reserve) + BigInt(pool.virtualReserve)) * 10n ** 42n) / (200_000n * curveSupply),
  );
  expect(pool.spotPrice).to.equal(usage?.priceAfter ?? trades.at(-1)?.priceAfter);
  trades.slice(1).forEach((trade, index) => expect(trade.priceBefore).to.equal(trades[index]?.priceAfter));
}
