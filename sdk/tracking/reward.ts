// Computes the reward of an improvement step by step, in the same integer arithmetic as the contracts. Every division rounds down, and a
// defined payee receives the remainder, so that the parts sum exactly to the reward.

import { formatTokens } from "../base/units.ts";
import type { TrackedImprovement, TrackedPayee } from "./facts.ts";

const BPS = 10_000n;
const BPS_OF_A_DELTA_ONE = 100n;
const OWNER_SHARE_BPS = 3_000n;

/** A contributor's part of a reward. Amounts are in wei. */
export interface ContributorPart {
  readonly account: string;
  /** The share of what all contributors receive, in bps. */
  readonly shareBps: bigint;
  readonly rounded: bigint;
  /** The remainder of all divisions. It goes to the largest share, or to the first of several. */
  readonly remainder: bigint;
  readonly amount: bigint;
}

/** The steps that lead to a reward. Amounts are in wei. */
export interface RewardSteps {
  readonly deltaBps: number;
  /** With 18 decimals, as `calculateDeltaOnes` returns it. */
  readonly deltaOnes: bigint;
  readonly tokensPerDeltaOne: bigint;
  /** floor(deltaBps · tokensPerDeltaOne / 100) */
  readonly reward: bigint;
  /** floor(reward · 3000 / 10000) */
  readonly owner: bigint;
  /** reward − owner */
  readonly contributors: bigint;
  /** Empty if the contributors are behind a root. */
  readonly parts: readonly ContributorPart[];
}

/** Returns the DeltaOnes of an improvement, with 18 decimals. */
export function deltaOnesOf(deltaBps: number): bigint {
  return (BigInt(deltaBps) * 10n ** 18n) / BPS_OF_A_DELTA_ONE;
}

/**
 * Returns the reward of an improvement and its parts.
 * @param deltaBps The improvement, from 0 to 10,000 bps.
 * @param tokensPerDeltaOne The reward rate: wei for 100 bps.
 * @param contributors In ascending order of account, with shares that sum to 10,000 bps. Empty if they are behind a root.
 */
export function calculateReward(
  deltaBps: number,
  tokensPerDeltaOne: bigint,
  contributors: readonly Pick<ContributorPart, "account" | "shareBps">[] = [],
): RewardSteps {
  const reward = (BigInt(deltaBps) * tokensPerDeltaOne) / BPS_OF_A_DELTA_ONE;
  const owner = (reward * OWNER_SHARE_BPS) / BPS;
  const rest = reward - owner;
  const rounded = contributors.map(({ shareBps }) => (rest * shareBps) / BPS);
  const left = rest - rounded.reduce((sum, amount) => sum + amount, 0n);
  const largest = indexOfLargest(contributors.map(({ shareBps }) => shareBps));
  const parts = contributors.map(({ account, shareBps }, index): ContributorPart => {
    const [amount, remainder] = [rounded[index] as bigint, index === largest ? left : 0n];
    return { account, shareBps, rounded: amount, remainder, amount: amount + remainder };
  });
  return {
    ...{ deltaBps, deltaOnes: deltaOnesOf(deltaBps), tokensPerDeltaOne },
    ...{ reward, owner, contributors: rest, parts },
  };
}

/** Returns the steps of a recorded reward. `isExact` says whether they reproduce the recorded amounts to the last wei. */
export function explainReward(
  improvement: Pick<TrackedImprovement, "tokensPerDeltaOne" | "reward" | "payees">,
  deltaBps: number,
): RewardSteps & { readonly isExact: boolean } {
  const { tokensPerDeltaOne, reward, payees } = improvement;
  const [owner, ...others] = payees;
  const listed = others.filter(({ part }) => part === "contributor");
  const steps = calculateReward(deltaBps, tokensPerDeltaOne, sharesOf(listed));
  const paid = [steps.owner, ...(listed.length > 0 ? steps.parts.map(({ amount }) => amount) : [steps.contributors])];
  const recorded = [owner?.amount, ...others.map(({ amount }) => amount)];
  const isExact = steps.reward === reward && String(paid) === String(recorded);
  return { ...steps, isExact };
}

/** Reconstructs the shares of listed contributors from their amounts, because events contain only the amounts. */
function sharesOf(payees: readonly TrackedPayee[]): Pick<ContributorPart, "account" | "shareBps">[] {
  const total = payees.reduce((sum, { amount }) => sum + amount, 0n);
  const largest = indexOfLargest(payees.map(({ amount }) => amount));
  // Each amount was rounded down from its share. This is the smallest share that yields the amount.
  const shares = payees.map(({ amount }) => (total === 0n ? 0n : (amount * BPS + total - 1n) / total));
  const others = shares.reduce((sum, share, index) => (index === largest ? sum : sum + share), 0n);
  return payees.map(({ account }, index) => ({
    account,
    shareBps: index === largest ? BPS - others : (shares[index] as bigint),
  }));
}

/** Returns the index of the first largest value, or −1 if there is none. */
function indexOfLargest(values: readonly bigint[]): number {
  return values.reduce((best, value, index) => (best < 0 || value > (values[best] as bigint) ? index : best), -1);
}

/** Formats the steps as lines for people. */
export function rewardLines(steps: RewardSteps, symbol: string): string[] {
  const { deltaBps, tokensPerDeltaOne, reward, owner, contributors, parts } = steps;
  const shown = (amount: bigint) => `${formatTokens(amount)} ${symbol}`;
  return [
    `reward = floor(${deltaBps} bps · ${shown(tokensPerDeltaOne)} / 100 bps) = ${shown(reward)}`,
    `owner = floor(reward · 30 / 100) = ${shown(owner)}`,
    `contributors = reward − owner = ${shown(contributors)}`,
    ...parts.map(({ account, shareBps, remainder, amount }) => {
      const rest = remainder > 0n ? ` + ${remainder} wei that rounding left` : "";
      return `${account} = floor(contributors · ${shareBps} / 10000)${rest} = ${shown(amount)}`;
    }),
  ];
}
