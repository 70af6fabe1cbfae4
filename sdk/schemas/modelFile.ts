import { keccak256, parseUnits, ZeroHash } from "ethers";
import { developmentAddresses } from "../base/accounts.ts";
import { address, amount, Fields, hash, integer, oneOf, publishedId, text, type Rule } from "../base/fields.ts";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "../base/units.ts";
import { Examples } from "../evaluation/examples.ts";
import { hashEvaluationData } from "../evaluation/hashes.ts";
import { METRIC_CODES } from "../evaluation/metrics.ts";
import { readExamples, type Wanted } from "../evaluation/readExamples.ts";
import type { Direction } from "../evaluation/reading.ts";
import { hashSpec, parseSpec, wantedOf, type BenchmarkSpec } from "../evaluation/spec.ts";
import { Domain, type Opening } from "../proofs/circuit.ts";
import { quantileE9 } from "../proofs/counts.ts";
import { capacityRule, readOpening, type DomainName } from "../proofs/openings.ts";
import { readContributors } from "./contributorsFile.ts";
import {
  REWARD_DELTA_ONES,
  PPM,
  WEI,
  METHODS,
  type Recipient,
  type BenchmarkTerms,
  type PoolTerms,
  type EvaluatedImprovement,
  type ProvenImprovement,
  type ModelFile,
} from "./model.ts";

const DAY = 86_400;
const MAX_SCORE = 10_000; // bps

/** An invalid target is replaced by 0, for none, until the file is refused. */
const TARGET: Rule<number> = { ...integer(1, MAX_SCORE), none: 0 };

/** Named sets of allocations and reward rates, in whole tokens. */
export const PRESETS = {
  experimental: { supplier: "200000", investor: "300000", tokensPerDeltaOne: "200000" },
  growth: { supplier: "400000", investor: "600000", tokensPerDeltaOne: "100000" },
  mature: { supplier: "800000", investor: "1200000", tokensPerDeltaOne: "50000" },
} as const;

const ALLOCATION = amount(TOKEN_DECIMALS, "1", "10000000000");
const REWARD_RATE = amount(TOKEN_DECIMALS, "100", "10000000");

type Preset = keyof typeof PRESETS;

/** The codes of directions on chain. */
const DIRECTIONS: Readonly<Record<Direction, number>> = { maximise: 0, minimise: 1 };

/** The origin of a model file: its name in messages, and a reader for the files that it names. */
export interface ModelFileSource {
  readonly name: string;
  readonly read: (name: string) => Uint8Array;
}

/** Checks the content of a model file. Throws one {@link Problem} that names everything that is wrong. */
export function checkModelFile(content: unknown, source: ModelFileSource, isLocal: boolean): ModelFile {
  const fields = new Fields(content);
  const preset = fields.has("preset")
    ? PRESETS[fields.read("preset", oneOf<Preset>("experimental", "growth", "mature"))]
    : undefined;
  const allocations = fields.child("allocations");
  const license = fields.child("license");
  const benchmark = fields.child("benchmark");
  const spec = readNamedFile(benchmark, "spec", source, undefined, ({ bytes }) => parseSpec(textOf(bytes)));
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
    licenseHash: readNamedFile(license, "file", source, "", ({ bytes }) => keccak256(bytes)),
    licenseURI: license.read("uri", text(1, 256)),
    benchmark: readBenchmark(benchmark, spec, source),
  };
  const isProven = model.benchmark.capacity !== undefined;
  if (isProven && spec) reportUnprovable(fields, spec);
  const improvement = fields.has("improvement")
    ? (isProven ? readProvenImprovement : readEvaluatedImprovement)(fields.child("improvement"), source, spec)
    : undefined;
  const pool = readPool(fields.child("pool"), model.supplierAllocation + model.investorAllocation);
  const expected = fields.has("expectedDeltaOnes")
    ? { expectedDeltaOnes: fields.read("expectedDeltaOnes", integer(0, REWARD_DELTA_ONES)) }
    : {};
  if (!isLocal) reportDevelopmentAccounts(fields, model);
  fields.refuse(source.name);
  return {
    ...model,
    pool,
    ...(improvement && { improvement }),
    ...expected,
  };
}

const RECIPIENT: Rule<string> = {
  expected: '"vesting" or an address',
  none: "vesting",
  read: (value) => (value === "vesting" ? value : address.read(value)),
};

/** Reads the recipient, which is a vesting wallet unless the file names an account. */
function readRecipient(fields: Fields): Recipient {
  const recipient = fields.read("recipient", RECIPIENT, "vesting");
  if (recipient !== "vesting") return { kind: "account", account: recipient };
  return { kind: "vesting", beneficiary: fields.read("beneficiary", address) };
}

function readEvaluatedImprovement(
  fields: Fields,
  source: ModelFileSource,
  spec: BenchmarkSpec | undefined,
): EvaluatedImprovement {
  return {
    ...readContribution(fields, source),
    spec: spec as BenchmarkSpec, // undefined only in a file that is refused
    examples: readNamedFile(fields, "examples", source, Examples.of([]), (file) => readExamples(file, wantedBy(spec))),
  };
}

function readProvenImprovement(fields: Fields, source: ModelFileSource): ProvenImprovement {
  const opening = (key: string, domain: DomainName) =>
    readNamedFile(fields, key, source, NO_OPENING, ({ name, bytes }) => readOpening(name, textOf(bytes), domain));
  return {
    ...readContribution(fields, source),
    evaluationName: fields.read("evaluation", publishedId),
    labels: opening("labels", "labels"),
    baseline: opening("baseline", "predictions"),
    candidate: opening("candidate", "predictions"),
  };
}

/** Stands in for an opening that cannot be read, until the file is refused. */
const NO_OPENING: Opening = { domain: Domain.Labels, capacity: 0, bits: [], salt: 0n };

function readContribution(fields: Fields, source: ModelFileSource) {
  return {
    contribution: readNamedFile(fields, "contribution", source, new Uint8Array(), ({ bytes }) => bytes),
    contributors: readNamedFile(fields, "contributors", source, [], ({ name, bytes }) =>
      readContributors(name, textOf(bytes)),
    ),
  };
}

/** Reports a benchmark that no proof can satisfy: a proof covers unscaled accuracy in one run. */
function reportUnprovable(fields: Fields, { metric, direction, f, lo, hi, minRuns }: BenchmarkSpec): void {
  const wanted = { metric: "accuracy", direction: "maximise", f: "identity", lo: 0, hi: 1, minRuns: 1 };
  const actual: Record<string, unknown> = { metric, direction, f, lo, hi, minRuns };
  for (const [name, value] of Object.entries(wanted)) {
    if (String(actual[name]) !== String(value))
      fields.report(`benchmark.spec has ${name} ${String(actual[name])}, expected ${value} for a proof`);
  }
}

function readBenchmark(fields: Fields, spec: BenchmarkSpec | undefined, source: ModelFileSource): BenchmarkTerms {
  const evaluationDataHash = fields.has("evaluationDataHash")
    ? fields.read("evaluationDataHash", hash)
    : readNamedFile(fields, "evaluationData", source, "", (csv) =>
        hashEvaluationData(readExamples(csv, wantedBy(spec))),
      );
  const method = fields.read("method", oneOf(...METHODS));
  const terms = {
    method,
    ...(method !== "OracleAttestation" && {
      capacity: fields.read("capacity", capacityRule),
      quantileE9: quantileE9(spec ?? {}),
    }),
    evaluationDataHash,
    modelCommitment: fields.read("modelCommitment", hash, ZeroHash),
    baselineScore: fields.read("baselineScore", integer(0, MAX_SCORE)),
    targetScore: fields.read("targetScore", TARGET, 0),
    ...termsOf(spec),
  };
  reportTarget(fields, terms);
  return terms;
}

function reportTarget(fields: Fields, { baselineScore, targetScore, direction }: BenchmarkTerms): void {
  const isBetter = direction === DIRECTIONS.maximise ? targetScore > baselineScore : targetScore < baselineScore;
  if (targetScore === 0 || isBetter) return;
  const side = direction === DIRECTIONS.maximise ? "above" : "below";
  fields.report(`benchmark.targetScore is ${targetScore}, expected one ${side} the baselineScore, ${baselineScore}`);
}

/** Returns the terms that the specification determines. Zeros stand in for an invalid specification until the file is refused. */
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

/** Reads the pool's terms. Published defaults replace those that the file omits. */
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

/** Returns the columns of examples that the benchmark needs. */
function wantedBy(spec: BenchmarkSpec | undefined): Wanted {
  return spec ? wantedOf(spec) : {};
}

/** A file named by a field. */
interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads a file named by a field. If that fails, reports it and returns `none`. */
function readNamedFile<T>(
  fields: Fields,
  key: string,
  source: ModelFileSource,
  none: T,
  read: (file: NamedBytes) => T,
): T {
  const name = fields.read(key, text(1, 1024));
  if (name === "") return none;
  try {
    return read({ name, bytes: source.read(name) });
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

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
