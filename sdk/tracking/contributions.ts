// What each account has contributed and earned, and what holders have gained on their tokens.

import { getAddress } from "ethers";
import type { PayoutStatus } from "../state/payouts.ts";
import type { Evidence } from "./evidence.ts";
import type { TrackedImprovement, TrackedModel } from "./facts.ts";
import { deltaOnesOf } from "./reward.ts";
import type { PoolValuer, TokenValue } from "./value.ts";

const WHOLE_BPS = 10_000n;

/** An account's part in improvements. Amounts are in wei. */
export interface ContributionEntry {
  /** The contributor or owner. If the claims file of a root is not at hand, the reward distributor takes the place of its contributors. */
  readonly account: string;
  readonly part: "owner" | "contributor" | "contributors";
  readonly improvements: number;
  /**
   * The account's DeltaOnes, with 18 decimals: those of the improvements, in proportion to the contributors' rewards. Zero for an owner.
   */
  readonly deltaOnes: bigint;
  /** The share of all contributors' rewards, rounded down. For an owner, the share of all owners' rewards. */
  readonly shareBps: number;
  readonly rewards: bigint;
  /** The released part. Contributors behind a root have to claim it. */
  readonly released: bigint;
  readonly waiting: bigint;
  /** The value of all rewards that are released or still waiting. Null if there is no pool. */
  readonly value: TokenValue | null;
}

/** What an account has paid and received since the model was launched. The reserve is in its smallest units, tokens are in wei. */
export interface HolderReturn {
  readonly account: string;
  readonly bought: { readonly tokens: bigint; readonly reserve: bigint };
  readonly sold: { readonly tokens: bigint; readonly reserve: bigint };
  readonly rewards: bigint;
  readonly supplierAllocation: bigint;
  /** Tokens received minus tokens sold, according to the pool and the protocol. Transfers between accounts are not counted. */
  readonly held: bigint;
  readonly value: TokenValue;
  /** The proceeds of sales plus the mark, minus the cost of purchases. */
  readonly returnAtMark: bigint;
  /** The proceeds of sales plus what selling the rest would pay, minus the cost of purchases. */
  readonly returnAtSale: bigint;
  /** The returns in bps of the cost of purchases, rounded towards zero. Null if nothing was bought. */
  readonly returnAtMarkBps: number | null;
  readonly returnAtSaleBps: number | null;
}

interface Portion {
  readonly account: string;
  readonly part: ContributionEntry["part"];
  readonly amount: bigint;
}

/** Returns the payees of an improvement. Contributors behind a root are listed one by one if their claims file is at hand. */
function portionsOf({ payees }: TrackedImprovement, { contributors }: Evidence): Portion[] {
  return payees.flatMap(({ account, amount, part }): Portion[] =>
    part === "contributors" && contributors
      ? contributors.map((entry) => ({ ...entry, part: "contributor" }))
      : [{ account, amount, part }],
  );
}

/** Returns each account's contributions, largest rewards first. */
export function contributionsOf(
  improvements: readonly TrackedImprovement[],
  evidence: readonly Evidence[],
  valuer: PoolValuer | undefined,
): ContributionEntry[] {
  const found = new Map<string, Omit<ContributionEntry, "shareBps" | "value">>();
  improvements.forEach((improvement, index) => {
    const { status, candidateScore, baselineScore } = improvement;
    const portions = portionsOf(improvement, evidence[index] ?? {});
    const forContributors = sumOf(portions.filter(({ part }) => part !== "owner"));
    const deltaOnes = deltaOnesOf(Math.abs(candidateScore - baselineScore));
    for (const { account, part, amount } of portions) {
      const key = `${account} ${part === "owner"}`;
      const none = { account, part, improvements: 0, deltaOnes: 0n, rewards: 0n, released: 0n, waiting: 0n };
      const before = found.get(key) ?? none;
      const brought = part === "owner" || forContributors === 0n ? 0n : (deltaOnes * amount) / forContributors;
      found.set(key, {
        ...before,
        improvements: before.improvements + 1,
        deltaOnes: before.deltaOnes + brought,
        rewards: before.rewards + amount,
        released: before.released + (status === "released" ? amount : 0n),
        waiting: before.waiting + (isWaiting(status) ? amount : 0n),
      });
    }
  });
  const entries = [...found.values()];
  const totalOf = (isOwner: boolean) =>
    entries.reduce((sum, { part, rewards }) => ((part === "owner") === isOwner ? sum + rewards : sum), 0n);
  const totals = { owners: totalOf(true), contributors: totalOf(false) };
  return entries
    .map((entry): ContributionEntry => {
      const total = entry.part === "owner" ? totals.owners : totals.contributors;
      const shareBps = total === 0n ? 0 : Number((entry.rewards * WHOLE_BPS) / total);
      return { ...entry, shareBps, value: valuer?.valueOf(entry.released + entry.waiting) ?? null };
    })
    .sort((a, b) => (a.rewards === b.rewards ? 0 : a.rewards > b.rewards ? -1 : 1));
}

/** Whether a reward may still be released. */
export function isWaiting(status: PayoutStatus): boolean {
  return status === "waits" || status === "due" || status === "stopped";
}

/** Returns what accounts have gained on their tokens since the model was launched. */
export function returnsOf(
  { trades, supplier, improvements }: TrackedModel,
  evidence: readonly Evidence[],
  accounts: readonly string[],
  valuer: PoolValuer,
): HolderReturn[] {
  return accounts.map((given): HolderReturn => {
    const account = getAddress(given);
    const side = (wanted: "buy" | "sell") => {
      // A purchase belongs to the account that receives the tokens, a sale to the account that sells them.
      const own = trades.filter(
        (trade) => trade.side === wanted && (wanted === "buy" ? trade.to : trade.account) === account,
      );
      return { tokens: sum(own.map(({ tokens }) => tokens)), reserve: sum(own.map(({ reserve }) => reserve)) };
    };
    const [bought, sold] = [side("buy"), side("sell")];
    const rewards = sum(
      improvements.flatMap((improvement, index) =>
        improvement.status === "released"
          ? portionsOf(improvement, evidence[index] ?? {}).flatMap((portion) =>
              portion.account === account ? [portion.amount] : [],
            )
          : [],
      ),
    );
    const supplierAllocation = supplier.recipient === account ? supplier.issued : 0n;
    const received = bought.tokens + rewards + supplierAllocation;
    const held = received > sold.tokens ? received - sold.tokens : 0n;
    const value = valuer.valueOf(held);
    const [returnAtMark, returnAtSale] = [value.mark, value.sale].map((worth) => sold.reserve + worth - bought.reserve);
    const inBps = (result: bigint) => (bought.reserve === 0n ? null : Number((result * WHOLE_BPS) / bought.reserve));
    return {
      ...{ account, bought, sold, rewards, supplierAllocation, held, value },
      ...{ returnAtMark: returnAtMark as bigint, returnAtSale: returnAtSale as bigint },
      ...{ returnAtMarkBps: inBps(returnAtMark as bigint), returnAtSaleBps: inBps(returnAtSale as bigint) },
    };
  });
}

function sumOf(portions: readonly Portion[]): bigint {
  return sum(portions.map(({ amount }) => amount));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
