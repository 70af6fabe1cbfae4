// Compares what the chain has of a model with what its file says.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { ModelToken, VestingWallet } from "../.build/typechain";
import { Problem } from "../sdk/base/problem";
import { keyOf, REWARD_DELTA_ONES, type ModelFile } from "../sdk/schemas/model";
import type { Protocol } from "./protocol";

/** How long a vesting wallet releases tokens, in seconds. */
export const VESTING_SECONDS = 365n * 86_400n;

/** A model file, and where to look for the model. */
export interface DeclaredLaunch {
  readonly hre: HardhatRuntimeEnvironment;
  readonly protocol: Pick<Protocol, "registry">;
  readonly file: ModelFile;
}

/**
 * A benchmark as an event committed it, each value as text. Its baseline is the initial one, from which the registry's score has moved on.
 */
export type CommittedBenchmark = Readonly<Record<(typeof COMMITTED)[number], string>>;

/** The fields of a committed benchmark that a model file states; the file names the method only by its kind. */
const COMMITTED = [
  "specHash",
  "evaluationDataHash",
  "method",
  "metric",
  "direction",
  "baselineScore",
  "targetScore",
  "modelCommitment",
  "minImprovementBps",
  "minSampleSize",
  "minRuns",
  "minLowerBoundBps",
] as const;

/** The benchmark in the event that committed it or replaced another. */
export function committedBy({ args }: { readonly args: object }): CommittedBenchmark {
  const { benchmark } = args as { readonly benchmark: Readonly<Record<string, unknown>> };
  return Object.fromEntries(COMMITTED.map((name) => [name, String(benchmark[name])])) as CommittedBenchmark;
}

/** Throws a {@link Problem} that names every value of a benchmark that differs from the file. */
export function checkBenchmark({ modelId, benchmark }: ModelFile, committed: CommittedBenchmark, method: string): void {
  const declared = { ...benchmark, method };
  requireSame(
    `the benchmark of ${modelId}`,
    COMMITTED.map((name) => [name, committed[name], declared[name]]),
  );
}

/** Throws a {@link Problem} that names every value of the token and its terms that differs from the file. */
export async function checkToken({ hre, protocol, file }: DeclaredLaunch, token: ModelToken): Promise<void> {
  const { registry } = protocol;
  const key = keyOf(file);
  const parameters = await registry.parametersOf(key);
  const recipient = await token.supplierRecipient();
  requireSame(file.modelId, [
    ["name", await token.name(), file.name],
    ["symbol", await token.symbol(), file.symbol],
    ["supplier allocation", await token.supplierAllocation(), file.supplierAllocation],
    ["investor allocation", await token.investorAllocation(), file.investorAllocation],
    ["reward allocation", await token.rewardAllocation(), BigInt(REWARD_DELTA_ONES) * file.tokensPerDeltaOne],
    ["infrastructureAccrualBps", parameters.infrastructureAccrualBps, file.infrastructureAccrualBps],
    ["pricePerThousandCalls", parameters.pricePerThousandCalls, file.pricePerThousandCalls],
    ["licence hash", parameters.licenseHash, file.licenseHash],
    ["licence URI", parameters.licenseURI, file.licenseURI],
    ["governor", await registry.governorOf(key), file.governor],
    ...(file.recipient.kind === "account" ? [["recipient", recipient, file.recipient.account] as const] : []),
  ]);
  if (file.recipient.kind === "vesting") await checkWallet(hre, recipient, file.recipient.beneficiary);
}

/** Throws a {@link Problem} unless the supplier's wallet vests for its beneficiary, over a year. */
export async function checkWallet(hre: HardhatRuntimeEnvironment, address: string, beneficiary: string): Promise<void> {
  const isContract = (await hre.ethers.provider.getCode(address)) !== "0x";
  if (!isContract)
    throw new Problem("CONFLICT", `the supplier recipient is the account ${address}, the file says a vesting wallet.`);
  const wallet: VestingWallet = await hre.ethers.getContractAt("VestingWallet", address);
  requireSame(`the vesting wallet ${address}`, [
    ["beneficiary", await wallet.owner(), beneficiary],
    ["duration", await wallet.duration(), VESTING_SECONDS],
  ]);
}

/** Throws one {@link Problem} that names every value on chain that differs from the file. */
export function requireSame(
  what: string,
  values: readonly (readonly [string, string | bigint | number, string | bigint | number])[],
) {
  const different = values.filter(([, actual, declared]) => String(actual) !== String(declared));
  if (different.length === 0) return;
  const list = different.map(([name, actual, declared]) => `${name} is ${actual}, the file says ${declared}`);
  throw new Problem(
    "CONFLICT",
    `${what} is on chain with other values: ${list.join("; ")}. Correct the file or take another id.`,
  );
}
