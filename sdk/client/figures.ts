// Formats the numbers in errors for people: amounts in whole units with their symbol, times as dates. Programs get the raw values.

import { Contract, FunctionFragment, formatEther, formatUnits } from "ethers";
import { printed } from "../base/printed.ts";
import { formatReserve, formatTime, formatTokens } from "../base/units.ts";
import type { Access } from "./access.ts";

export interface ContractCall {
  readonly from: string;
  readonly to: string;
  readonly data?: string;
}

/**
 * The unit of a number. `paid` and `received` are what a trade takes and gives: reserve or tokens, depending on its direction. `asset` is
 * an
 * amount of the token that was called. `count` is a plain number, such as bps, scores and indices.
 */
type Unit = "tokens" | "USDC" | "ether" | "paid" | "received" | "asset" | "time" | "duration" | "count";

/** The units of all numbers in all errors. Those of `OutOfRange` and `ValueMismatch` depend on the field and are shown as plain numbers. */
export const UNITS: Readonly<Record<string, Readonly<Record<string, Unit>>>> = {
  AccessControlEnforcedDefaultAdminDelay: { schedule: "time" },
  AlreadyClaimed: { index: "count" },
  AmountExceedsSupply: { amount: "tokens", supply: "tokens" },
  ContributorsOrRoot: { contributors: "count" },
  DailyLimitExceeded: { deltaBps: "count", remainingBps: "count", limitBps: "count" },
  DeadlineExpired: { deadline: "time", timestamp: "time" },
  DistributionExhausted: { requested: "tokens", remaining: "tokens" },
  ECDSAInvalidSignatureLength: { length: "count" },
  ERC20InsufficientAllowance: { allowance: "asset", needed: "asset" },
  ERC20InsufficientBalance: { balance: "asset", needed: "asset" },
  ERC2612ExpiredSignature: { deadline: "time" },
  EvaluationTooWeak: { actual: "count", required: "count" },
  ExcessiveCost: { cost: "USDC", max: "USDC" },
  ExcessiveInput: { input: "USDC", max: "USDC" },
  GovernorNotAcceptable: { acceptableFrom: "time" },
  GrowthOutOfRange: { base: "count", doublings: "count", max: "count" },
  HeadroomExceeded: { tokensPerDeltaOne: "tokens", max: "tokens" },
  ImprovementAboveProven: { stated: "count", proven: "count" },
  InputOutOfField: { index: "count", value: "count" },
  InsufficientBalance: { requested: "USDC", available: "USDC", balance: "ether", needed: "ether" },
  InsufficientOutput: { output: "received", min: "received" },
  InsufficientReserve: { requested: "USDC", available: "USDC" },
  InsufficientSurplus: { requested: "USDC", available: "USDC" },
  InvalidAccountNonce: { currentNonce: "count" },
  InvalidInterval: { from: "count", to: "count" },
  InvalidProof: { index: "count" },
  InvestorAllocationExceeded: { requested: "tokens", remaining: "tokens" },
  KeyPointInvalid: { index: "count" },
  KeyPointZero: { index: "count" },
  LowerBoundAboveProven: { stated: "count", proven: "count" },
  MethodNotAllowed: { access: "count" },
  NoPendingChange: { parameter: "count" },
  NotEnoughSigners: { actual: "count", required: "count" },
  OutOfCurveDomain: { supply: "tokens", reserve: "USDC", amount: "paid", crrPpm: "count" },
  OutOfRange: { value: "count", min: "count", max: "count" },
  Paused: { until: "time" },
  PayeeNotApproved: { payableFrom: "time" },
  PayoutIsStopped: { since: "time", until: "time" },
  PayoutWaits: { releasableFrom: "time" },
  PoolTermsOutdated: { generation: "count", present: "count" },
  RewardAllocationExceeded: { requested: "tokens", remaining: "tokens" },
  SafeCastOverflowedUintDowncast: { bits: "count", value: "count" },
  ScoreAboveProven: { stated: "count", proven: "count" },
  ScoreNotHigher: { baselineScore: "count", candidateScore: "count" },
  SellsNotOpen: { opensAt: "time" },
  TimelockInsufficientDelay: { delay: "duration", minDelay: "duration" },
  TimelockInvalidOperationLength: { targets: "count", payloads: "count", values: "count" },
  UnexpectedEther: { value: "ether" },
  UnexpectedReserveReceived: { received: "USDC", expected: "USDC" },
  UnprintableCharacter: { index: "count" },
  ValueMismatch: { actual: "count", expected: "count" },
  WrongModelStatus: { actual: "count", required: "count" },
};

/** Formats the arguments of an error for people. Arguments that are not numbers, or have no known unit, stay unchanged. */
export async function inUnits(
  access: Access,
  call: ContractCall | undefined,
  name: string,
  args: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const units = UNITS[name] ?? {};
  const shown = Object.entries(args).map(async ([key, value]): Promise<[string, string]> => {
    const unit = units[key];
    return [key, unit !== undefined && /^\d+$/.test(value) ? await inUnit(access, call, unit, BigInt(value)) : value];
  });
  return Object.fromEntries(await Promise.all(shown));
}

async function inUnit(access: Access, call: ContractCall | undefined, unit: Unit, value: bigint): Promise<string> {
  switch (unit) {
    case "tokens":
      return `${formatTokens(value)} ${await symbolAt(access, call)}`;
    case "USDC":
      return `${formatReserve(value)} USDC`;
    case "ether":
      return `${formatEther(value)} ether`;
    case "paid":
    case "received": {
      const side = sideOf(call);
      if (side === undefined) return String(value);
      return inUnit(access, call, (side === "buy") === (unit === "paid") ? "USDC" : "tokens", value);
    }
    case "asset":
      return inAsset(access, call, value);
    case "time":
      return value > 0n && value < NO_END ? formatTime(value) : value === 0n ? "never" : "without end";
    case "duration":
      return `${formatUnits((value * 100n) / HOUR, 2).replace(/\.?0+$/, "")} hours`;
    case "count":
      return String(value);
  }
}

const HOUR = 3_600n;

/** The largest time that the contracts store. It stands for "without end". */
const NO_END = 2n ** 40n - 1n;

/** Returns the direction of the trade that was called, or undefined if the call is not a trade. */
function sideOf(call: ContractCall | undefined): "buy" | "sell" | undefined {
  const selector = call?.data?.slice(0, 10);
  return selector === undefined ? undefined : TRADES.get(selector);
}

const PERMIT = "(uint256, uint8, bytes32, bytes32)";

/** The trading functions of a pool, by selector. */
export const TRADES: ReadonlyMap<string, "buy" | "sell"> = new Map(
  (
    [
      ["buy", "function buy(uint256, uint256, address, uint256)"],
      ["buy", `function buyWithPermit(uint256, uint256, address, uint256, ${PERMIT})`],
      ["buy", "function buyExactOut(uint256, uint256, uint256, address, uint256)"],
      ["buy", `function buyExactOutWithPermit(uint256, uint256, uint256, address, uint256, ${PERMIT})`],
      ["sell", "function sell(uint256, uint256, address, uint256)"],
    ] as const
  ).map(([side, text]) => [FunctionFragment.from(text).selector, side]),
);

const TOKEN = [
  "function token() view returns (address)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
];

type Ask = (to: string, view: string) => Promise<unknown>;

function asker({ ethers }: Access): Ask {
  return (to, view) => new Contract(to, TOKEN, ethers.provider).getFunction(view)();
}

/** Returns the symbol of the called token, or of the called pool's token; "tokens" for any other call. */
async function symbolAt(access: Access, call: ContractCall | undefined): Promise<string> {
  if (call === undefined) return "tokens";
  const ask = asker(access);
  try {
    const token = (await ask(call.to, "token").catch(() => call.to)) as string;
    return printed((await ask(token, "symbol")) as string);
  } catch {
    return "tokens";
  }
}

/**
 * Formats an amount of the called token, or of the token that the called trade takes: USDC for a buy, the model's token for a sale. For any
 * other call, the number stays unchanged.
 */
async function inAsset(access: Access, call: ContractCall | undefined, value: bigint): Promise<string> {
  if (call === undefined) return String(value);
  const side = sideOf(call);
  if (side !== undefined) return inUnit(access, call, side === "buy" ? "USDC" : "tokens", value);
  const ask = asker(access);
  try {
    const [decimals, symbol] = await Promise.all([ask(call.to, "decimals"), ask(call.to, "symbol")]);
    return `${formatUnits(value, Number(decimals)).replace(/\.0$/, "")} ${printed(symbol as string)}`;
  } catch {
    return String(value);
  }
}
