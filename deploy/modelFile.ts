import { id, keccak256, parseUnits, ZeroHash } from "ethers";
import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { cwd } from "node:process";
import type { WeightedContributor } from "../scripts/attest/contributors";
import { readContributors } from "../scripts/attest/contributorsFile";
import { hashEvaluationData, readExamples, type Example, type Wanted } from "../sdk/evaluation/examples";
import { METRIC_CODES, type Direction } from "../sdk/evaluation/metrics";
import { hashSpec, parseSpec, wantedOf, type BenchmarkSpec } from "../sdk/evaluation/spec";
import { Domain, type Opening } from "../scripts/zk/commitment";
import { capacityRule, readOpening, type DomainName } from "../scripts/zk/openings";
import { developmentAddresses } from "./accounts";
import { address, amount, Fields, hash, integer, oneOf, publishedId, text, type Rule } from "./fields";
import { Problem } from "./problem";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "./units";

/** Lifetime rewards of a model in DeltaOnes. */
export const REWARD_DELTA_ONES = 100;
const PPM = 1_000_000n;
const WEI = 10n ** 18n; // of a whole token
const DAY = 86_400;

/** Economics by name, in whole tokens. */
export const PRESETS = {
  experimental: { supplier: "200000", investor: "300000", tokensPerDeltaOne: "200000" },
  growth: { supplier: "400000", investor: "600000", tokensPerDeltaOne: "100000" },
  mature: { supplier: "800000", investor: "1200000", tokensPerDeltaOne: "50000" },
} as const;

const ALLOCATION = amount(TOKEN_DECIMALS, "1", "10000000000");
const REWARD_RATE = amount(TOKEN_DECIMALS, "100", "10000000");

type Preset = keyof typeof PRESETS;

/** Codes on chain. */
const DIRECTIONS: Readonly<Record<Direction, number>> = { maximise: 0, minimise: 1 };

/** Verification methods that a benchmark may name, as contracts of the protocol. */
const METHODS = ["OracleAttestation", "ZkProof", "Hybrid"] as const;

/** Who receives the supplier allocation: an account, or a wallet that releases it to a beneficiary over a year. */
export type Recipient =
  { readonly kind: "account"; readonly account: string } | { readonly kind: "vesting"; readonly beneficiary: string };

/** A benchmark as it is committed, except that its method is still a contract's name. */
export interface BenchmarkTerms {
  readonly method: (typeof METHODS)[number];
  /** Rows that the circuit of a ZkProof holds, alone or beside attesters in a Hybrid; absent where there is none. */
  readonly capacity?: number;
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly modelCommitment: string;
  readonly metric: number;
  readonly direction: number;
  readonly baselineScore: number;
  readonly minImprovementBps: number;
  readonly minSampleSize: number;
  readonly minRuns: number;
  readonly minLowerBoundBps: number;
}

/** Terms of a pool, as `createPoolWithParams` takes them. */
export interface PoolTerms {
  readonly crr: bigint;
  readonly tradeFee: bigint;
  readonly ibrDuration: bigint;
  readonly virtualReserve: bigint;
  readonly initialPrice: bigint;
}

/** A first improvement of the model: who contributed to it and what. */
interface Contribution {
  /** Name of the evaluation; its hash is the evaluation's id. */
  readonly evaluationName: string;
  /** The contributed data. */
  readonly contribution: Uint8Array;
  readonly contributors: readonly WeightedContributor[];
}

/** An improvement that attesters measure on examples. */
export interface EvaluatedImprovement extends Contribution {
  readonly spec: BenchmarkSpec;
  readonly examples: readonly Example[];
}

/** An improvement that is proven: openings of what the benchmark committed to, and of the candidate. */
export interface ProvenImprovement extends Contribution {
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
}

/** A model to launch. Token amounts are wei, reserve amounts the reserve token's units. */
export interface ModelFile {
  readonly modelId: string;
  readonly name: string;
  readonly symbol: string;
  readonly supplierAllocation: bigint;
  readonly investorAllocation: bigint;
  readonly tokensPerDeltaOne: bigint;
  readonly infrastructureAccrualBps: number;
  readonly pricePerThousandCalls: bigint;
  readonly recipient: Recipient;
  readonly governor: string;
  readonly licenseHash: string;
  readonly licenseURI: string;
  readonly benchmark: BenchmarkTerms;
  readonly pool: PoolTerms;
  /** Shown on a local chain after trading; absent when the file names none. */
  readonly improvement?: EvaluatedImprovement | ProvenImprovement;
  /** DeltaOnes that its developer expects within two years; absent when the file does not say. */
  readonly expectedDeltaOnes?: number;
}

/** What the expected improvements of two years add to a model's launch cap. */
export interface Dilution {
  readonly rewards: bigint;
  readonly supply: bigint;
  /** Share of rewards in that supply, in bps, rounded up. */
  readonly bps: bigint;
}

/** Reads and checks a model file; throws one {@link Problem} that names everything wrong at once. */
export async function readModelFile(path: string, isLocal: boolean): Promise<ModelFile> {
  const file = relative(cwd(), path);
  return parseModelFile(parseJson(readContent(path), file), path, isLocal);
}

/** Checks the content of a model file. Files that it names are found from the folder of `path`. */
export function parseModelFile(content: unknown, path: string, isLocal: boolean): ModelFile {
  const fields = new Fields(content);
  const folder = dirname(path);
  const preset = fields.has("preset")
    ? PRESETS[fields.read("preset", oneOf<Preset>("experimental", "growth", "mature"))]
    : undefined;
  const allocations = fields.child("allocations");
  const license = fields.child("license");
  const benchmark = fields.child("benchmark");
  const spec = readNamedFile(benchmark, "spec", folder, undefined, ({ bytes }) =>
    parseSpec(Buffer.from(bytes).toString()),
  );
  const model = {
    modelId: fields.read("id", publishedId),
    name: fields.read("name", text(1, 31)),
    symbol: fields.read("symbol", text(1, 16)),
    supplierAllocation: allocations.read("supplier", ALLOCATION, tokens(preset?.supplier)),
    investorAllocation: allocations.read("investor", ALLOCATION, tokens(preset?.investor)),
    tokensPerDeltaOne: fields.read("tokensPerDeltaOne", REWARD_RATE, tokens(preset?.tokensPerDeltaOne)),
    infrastructureAccrualBps: fields.read("infrastructureAccrualBps", integer(1000, 10_000)),
    pricePerThousandCalls: fields.read("pricePerThousandCalls", amount(RESERVE_DECIMALS, "0", "1000000"), 0n),
    recipient: readRecipient(fields),
    governor: fields.read("governor", address),
    licenseHash: readNamedFile(license, "file", folder, "", ({ bytes }) => keccak256(bytes)),
    licenseURI: license.read("uri", text(1, 256)),
    benchmark: readBenchmark(benchmark, spec, folder),
  };
  const isProven = model.benchmark.capacity !== undefined;
  if (isProven && spec) reportUnprovable(fields, spec);
  const improvement = fields.has("improvement")
    ? (isProven ? readProvenImprovement : readEvaluatedImprovement)(fields.child("improvement"), folder, spec)
    : undefined;
  const pool = readPool(fields.child("pool"), model.supplierAllocation + model.investorAllocation);
  const expected = fields.has("expectedDeltaOnes")
    ? { expectedDeltaOnes: fields.read("expectedDeltaOnes", integer(0, REWARD_DELTA_ONES)) }
    : {};
  if (!isLocal) reportDevelopmentAccounts(fields, model);
  fields.refuse(relative(cwd(), path));
  return {
    ...model,
    pool,
    ...(improvement && { improvement }),
    ...expected,
  };
}

/** Key of the model on chain. */
export function keyOf({ modelId }: ModelFile): string {
  return id(modelId);
}

/** The virtual supply that follows from terms, in wei. */
export function virtualSupplyOf({ virtualReserve, crr, initialPrice }: PoolTerms): bigint {
  return (virtualReserve * PPM * WEI) / (crr * initialPrice);
}

/** What the improvements that the file expects would mint within two years; undefined when it expects none. */
export function projectedDilution(model: ModelFile): Dilution | undefined {
  if (model.expectedDeltaOnes === undefined) return undefined;
  const rewards = BigInt(model.expectedDeltaOnes) * model.tokensPerDeltaOne;
  const supply = model.supplierAllocation + model.investorAllocation + rewards;
  return { rewards, supply, bps: (rewards * 10_000n + supply - 1n) / supply };
}

const RECIPIENT: Rule<string> = {
  expected: '"vesting" or an address',
  none: "vesting",
  read: (value) => (value === "vesting" ? value : address.read(value)),
};

/** The recipient is a vesting wallet unless the file names an account. */
function readRecipient(fields: Fields): Recipient {
  const recipient = fields.read("recipient", RECIPIENT, "vesting");
  if (recipient !== "vesting") return { kind: "account", account: recipient };
  return { kind: "vesting", beneficiary: fields.read("beneficiary", address) };
}

function readEvaluatedImprovement(
  fields: Fields,
  folder: string,
  spec: BenchmarkSpec | undefined,
): EvaluatedImprovement {
  return {
    ...readContribution(fields, folder),
    spec: spec as BenchmarkSpec, // undefined only in a file that is refused
    examples: readNamedFile(fields, "examples", folder, [], (file) => readExamples(file, wantedBy(spec))),
  };
}

function readProvenImprovement(fields: Fields, folder: string): ProvenImprovement {
  const opening = (key: string, domain: DomainName) =>
    readNamedFile(fields, key, folder, NO_OPENING, ({ name, bytes }) =>
      readOpening(name, Buffer.from(bytes).toString(), domain),
    );
  return {
    ...readContribution(fields, folder),
    labels: opening("labels", "labels"),
    baseline: opening("baseline", "predictions"),
    candidate: opening("candidate", "predictions"),
  };
}

/** Stands for an opening that cannot be read until the file is refused. */
const NO_OPENING: Opening = { domain: Domain.Labels, capacity: 0, bits: [], salt: 0n };

function readContribution(fields: Fields, folder: string) {
  return {
    evaluationName: fields.read("evaluation", publishedId),
    contribution: readNamedFile(fields, "contribution", folder, new Uint8Array(), ({ bytes }) => bytes),
    contributors: readNamedFile(fields, "contributors", folder, [], ({ name, bytes }) =>
      readContributors(name, Buffer.from(bytes).toString()),
    ),
  };
}

/** A proof is about accuracy as it is, in one run. */
function reportUnprovable(fields: Fields, { metric, direction, f, lo, hi, minRuns }: BenchmarkSpec): void {
  const wanted = { metric: "accuracy", direction: "maximise", f: "identity", lo: 0, hi: 1, minRuns: 1 };
  const actual: Record<string, unknown> = { metric, direction, f, lo, hi, minRuns };
  for (const [name, value] of Object.entries(wanted)) {
    if (String(actual[name]) !== String(value))
      fields.report(`benchmark.spec has ${name} ${String(actual[name])}, expected ${value} for a proof`);
  }
}

function readBenchmark(fields: Fields, spec: BenchmarkSpec | undefined, folder: string): BenchmarkTerms {
  const evaluationDataHash = fields.has("evaluationDataHash")
    ? fields.read("evaluationDataHash", hash)
    : readNamedFile(fields, "evaluationData", folder, "", (csv) =>
        hashEvaluationData(readExamples(csv, wantedBy(spec))),
      );
  const method = fields.read("method", oneOf(...METHODS));
  return {
    method,
    ...(method !== "OracleAttestation" && { capacity: fields.read("capacity", capacityRule) }),
    evaluationDataHash,
    modelCommitment: fields.read("modelCommitment", hash, ZeroHash),
    baselineScore: fields.read("baselineScore", integer(0, 10_000)),
    ...termsOf(spec),
  };
}

/** What the specification says of a benchmark; a refused one stands as zeros until the file is refused. */
function termsOf(spec: BenchmarkSpec | undefined) {
  return {
    specHash: spec ? hashSpec(spec) : ZeroHash,
    metric: spec ? METRIC_CODES[spec.metric] : 0,
    direction: spec ? DIRECTIONS[spec.direction] : 0,
    minImprovementBps: spec?.minImprovementBps ?? 0,
    minSampleSize: spec?.minSampleSize ?? 0,
    minRuns: spec?.minRuns ?? 0,
    minLowerBoundBps: spec?.minLowerBoundBps ?? 0,
  };
}

/** The terms that the file states; for each that it does not, the published default. */
function readPool(fields: Fields, maxSupply: bigint): PoolTerms {
  const crr = BigInt(fields.read("crr", integer(50_000, 1_000_000), 200_000));
  const initialPrice = fields.read("initialPrice", amount(RESERVE_DECIMALS, "0.000001", "1000000"), 10_000n);
  const wholeSupply = (crr * initialPrice * maxSupply) / (PPM * WEI); // at which the virtual supply is the launch cap
  return {
    crr,
    tradeFee: BigInt(fields.read("tradeFee", integer(0, 1000), 30)),
    ibrDuration: BigInt(fields.read("buyOnlyWindow", integer(0, 30 * DAY), 7 * DAY)),
    virtualReserve: fields.read("virtualReserve", amount(RESERVE_DECIMALS, "100", "1000000000000"), wholeSupply),
    initialPrice,
  };
}

/** Columns that the benchmark reads of its examples. */
function wantedBy(spec: BenchmarkSpec | undefined): Wanted {
  return spec ? wantedOf(spec) : {};
}

/** A file that a field names. */
interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is read from a file that a field names; `none` stands in for it when that fails. */
function readNamedFile<T>(fields: Fields, key: string, folder: string, none: T, read: (file: NamedBytes) => T): T {
  const name = fields.read(key, text(1, 1024));
  if (name === "") return none;
  try {
    return read({ name, bytes: readContent(resolve(folder, name)) });
  } catch (error) {
    fields.report(`${fields.path}${key}: ${(error as Error).message.replace(/\.$/, "")}`);
    return none;
  }
}

function reportDevelopmentAccounts(fields: Fields, { governor, recipient }: Pick<ModelFile, "governor" | "recipient">) {
  const named = { governor, ...(recipient.kind === "account" ? { recipient: recipient.account } : recipient) };
  for (const [key, account] of Object.entries(named)) {
    if (!developmentAddresses().has(account)) continue;
    fields.report(`${key} is ${account}, a development account whose key everybody knows`);
  }
}

function tokens(amountOfTokens: string | undefined): bigint | undefined {
  return amountOfTokens === undefined ? undefined : parseUnits(amountOfTokens, TOKEN_DECIMALS);
}

function readContent(path: string): Uint8Array {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new Problem(`there is no file ${relative(cwd(), path)}`);
  }
  return readFileSync(path);
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw new Problem(`${file} is not JSON: ${(error as Error).message}`);
  }
}
