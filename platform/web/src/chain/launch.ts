// A model as its developer types it, checked as the chain checks it, and deployed with one signature.

import { id, keccak256, parseUnits, toUtf8Bytes, VoidSigner, type JsonRpcSigner } from "ethers";
import { Problem } from "../../../../sdk/base/problem.ts";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "../../../../sdk/base/units.ts";
import { contractAt } from "../../../../sdk/client/access.ts";
import { receiptOf } from "../../../../sdk/client/confirm.ts";
import type { HokusaiAMMFactory, ModelRegistry, TokenManager } from "../../../../sdk/client/contracts.ts";
import type { MetricDirection } from "../../../../sdk/platform/wire.ts";
import { ROLE_OF } from "../../../../sdk/state/authority.ts";
import type { Teller } from "../wallet/transaction.tsx";
import type { PageSite } from "./site.ts";

/** What the developer types; amounts are decimal strings in whole units. */
export interface LaunchDraft {
  readonly modelId: string;
  readonly name: string;
  readonly symbol: string;
  /** Kept by the platform, as are category, tags, metric, direction, values and benchmark; the chain stores none of them. */
  readonly description: string;
  readonly category: string;
  /** Separated by commas. */
  readonly tags: string;
  readonly metric: string;
  readonly direction: MetricDirection;
  readonly currentValue: string;
  readonly targetValue: string;
  readonly benchmarkId: string;
  readonly supplier: string;
  readonly investor: string;
  readonly tokensPerDeltaOne: string;
  readonly expectedDeltaOnes: string;
  readonly infrastructurePercent: string;
  readonly pricePerThousandCalls: string;
  readonly licenceHash: string;
  /** Empty if the licence is not text. */
  readonly licenceText: string;
  readonly licenceUri: string;
  readonly recipient: string;
  readonly governor: string;
}

export const EMPTY_DRAFT: LaunchDraft = {
  modelId: "",
  name: "",
  symbol: "",
  description: "",
  category: "Finance",
  tags: "",
  metric: "accuracy",
  direction: "higher_is_better",
  currentValue: "",
  targetValue: "",
  benchmarkId: "",
  supplier: "400000",
  investor: "600000",
  tokensPerDeltaOne: "100000",
  expectedDeltaOnes: "5",
  infrastructurePercent: "50",
  pricePerThousandCalls: "0",
  licenceHash: "",
  licenceText: "",
  licenceUri: "",
  recipient: "",
  governor: "",
};

type Rule = (value: string) => boolean;

const within =
  (least: number, most: number, decimals: number): Rule =>
  (value) =>
    new RegExp(`^\\d+(\\.\\d{1,${decimals}})?$`).test(value) && Number(value) >= least && Number(value) <= most;
const isNumber: Rule = (value) => /^-?\d{1,12}(\.\d{1,12})?$/.test(value);
const isAccount: Rule = (value) => /^0x[0-9a-fA-F]{40}$/.test(value) && BigInt(value) > 0n;

/** What each field must be for the contracts, and how that is explained to the reader. */
export const DRAFT_RULES: Readonly<Record<keyof LaunchDraft, readonly [Rule, string]>> = {
  modelId: [(value) => /^[A-Za-z0-9._-]{1,64}$/.test(value), "1 to 64 letters, digits, dots, hyphens or underscores"],
  name: [(value) => /^[ -~]{1,31}$/.test(value.trim()) && value.trim() !== "", "1 to 31 printable characters of ASCII"],
  symbol: [(value) => /^[A-Z]{3,6}$/.test(value), "3 to 6 upper-case letters"],
  description: [(value) => value.length <= 2000, "at most 2,000 characters"],
  category: [(value) => value !== "" && value.length <= 40, "1 to 40 characters"],
  tags: [(value) => tagsIn(value).length <= 20 && tagsIn(value).every((tag) => tag.length <= 40), "at most 20 tags"],
  metric: [(value) => /^[ -~]{1,64}$/.test(value) && value.trim() !== "", "the metric's name, at most 64 characters"],
  direction: [(value) => value === "higher_is_better" || value === "lower_is_better", "one of both"],
  currentValue: [isNumber, "a number such as 0.85"],
  targetValue: [(value) => value === "" || isNumber(value), "a number such as 0.91, or nothing"],
  benchmarkId: [() => true, "a benchmark of the platform"],
  supplier: [within(1, 1e10, 18), "1 to 10,000,000,000 tokens"],
  investor: [within(1, 1e10, 18), "1 to 10,000,000,000 tokens"],
  tokensPerDeltaOne: [within(100, 1e7, 18), "100 to 10,000,000 tokens"],
  expectedDeltaOnes: [(value) => /^\d{1,3}$/.test(value) && Number(value) <= 100, "a whole number up to 100"],
  infrastructurePercent: [within(10, 100, 2), "10 to 100 %"],
  pricePerThousandCalls: [within(0, 1e6, 6), "0 to 1,000,000 USDC; 0 leaves it unset"],
  licenceHash: [(value) => /^0x[0-9a-f]{64}$/.test(value), "the licence's file"],
  licenceText: [() => true, "the licence's file"],
  licenceUri: [(value) => /^\S{1,256}$/.test(value), "an address of at most 256 characters, without spaces"],
  recipient: [isAccount, "an address: 0x and 40 hexadecimal digits"],
  governor: [isAccount, "an address: 0x and 40 hexadecimal digits"],
};

/** Returns what is wrong with a field; undefined if nothing is. */
export function draftError(draft: LaunchDraft, field: keyof LaunchDraft): string | undefined {
  const [holds, expected] = DRAFT_RULES[field];
  return holds(draft[field]) ? undefined : `Expected ${expected}.`;
}

/** Splits typed tags, and drops empty and repeated ones. */
export function tagsIn(text: string): string[] {
  return [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");
}

/** The most characters of a licence that the platform keeps. */
const LONGEST_LICENCE = 100_000;

/** Returns keccak256 of the licence's exact bytes, and its text if the text encodes to the same bytes. */
export async function readLicence(file: File): Promise<Pick<LaunchDraft, "licenceHash" | "licenceText">> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const licenceHash = keccak256(bytes);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const isText = text.length <= LONGEST_LICENCE && keccak256(toUtf8Bytes(text)) === licenceHash;
  return { licenceHash, licenceText: isText ? text : "" };
}

/** Terms on which a pool opens if its governor fixes none, in whole units. */
export interface OpeningTerms {
  readonly ratio: number;
  readonly fee: number;
  readonly window: number;
  readonly virtualReserve: number;
  readonly initialPrice: number;
}

export async function readOpeningTerms(site: PageSite, cap: bigint): Promise<OpeningTerms> {
  const { HokusaiAMMFactory: address } = site.deployment.contracts;
  const factory = await contractAt<HokusaiAMMFactory>(site.chain.access, "HokusaiAMMFactory", address);
  const terms = await factory.defaultTerms(cap);
  return {
    ratio: Number(terms.crr) / 1e6,
    fee: Number(terms.tradeFee) / 1e4,
    window: Number(terms.ibrDuration),
    virtualReserve: Number(terms.virtualReserve) / 1e6,
    initialPrice: Number(terms.initialPrice) / 1e6,
  };
}

/** Reads whether an account may deploy models, and whether an id is free. */
export async function readLaunchRights(site: PageSite, account: string, modelId: string) {
  const { access } = site.chain;
  const { contracts } = site.deployment;
  const [manager, registry] = await Promise.all([
    contractAt<TokenManager>(access, "TokenManager", contracts.TokenManager),
    contractAt<ModelRegistry>(access, "ModelRegistry", contracts.ModelRegistry),
  ]);
  const [mayDeploy, status] = await Promise.all([
    manager.hasRole(id(ROLE_OF.launcher), account),
    registry.statusOf(id(modelId)),
  ]);
  return { mayDeploy, isFree: status === 0n };
}

/** Deploys the token, which takes one signature. */
export async function sendLaunch(
  site: PageSite,
  signer: JsonRpcSigner,
  draft: LaunchDraft,
  { asking, sent }: Teller,
): Promise<number> {
  const { access } = site.chain;
  const { modelId, name, symbol, supplier, investor, recipient, governor } = draft;
  const { mayDeploy, isFree } = await readLaunchRights(site, signer.address, modelId);
  if (!isFree) throw new Problem("ALREADY_DONE", `there is already a model ${modelId}: choose another id.`);
  if (!mayDeploy)
    throw new Problem("NOT_ALLOWED", "your account is not admitted to create models: ask the operator to admit it.");
  const tokens = (text: string) => parseUnits(text, TOKEN_DECIMALS);
  const parameters = {
    tokensPerDeltaOne: tokens(draft.tokensPerDeltaOne),
    infrastructureAccrualBps: Math.round(Number(draft.infrastructurePercent) * 100),
    initialOraclePricePerThousandUsd: parseUnits(draft.pricePerThousandCalls, RESERVE_DECIMALS),
    licenseHash: draft.licenceHash,
    licenseURI: draft.licenceUri,
    governor,
  };
  const manager = await contractAt<TokenManager>(access, "TokenManager", site.deployment.contracts.TokenManager);
  const call = [modelId, name.trim(), symbol, tokens(supplier), recipient, tokens(investor), parameters] as const;
  await manager
    .connect(new VoidSigner(signer.address, access.ethers.provider))
    .deployTokenWithAllocations.staticCall(...call);
  asking("Confirm the creation in your wallet: one transaction.");
  const transaction = await manager.connect(signer).deployTokenWithAllocations(...call);
  sent(transaction.hash, "Sent. Waiting for a block that includes it …");
  const { blockNumber } = await receiptOf("deploy", Promise.resolve(transaction));
  return blockNumber;
}
