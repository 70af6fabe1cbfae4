// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { HDNodeWallet } from "ethers";
import hre, { ethers } from "hardhat";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { siteOf } from "../../../deploy/network";
import type { Streams } from "../../../scripts/cli/command";
import { developmentKey } from "../../../sdk/base/accounts";
import { Problem } from "../../../sdk/base/problem";
import { connect } from "../../../sdk/client/connect";
import { ERROR_GUIDE } from "../../../sdk/client/errorGuide";
import type { Bundle } from "../../../sdk/schemas/bundle";
import type { WeightedContributor } from "../../../sdk/schemas/distribution";
import { attest } from "../../../sdk/statements/attest";
import { propose, type Measured, type Proposal, type Proposed } from "../../../sdk/statements/propose";
import { requireAcceptable } from "../../../sdk/statements/review";
import { DELTA, deployImprovements, type Improvements } from "../../../scripts/dev/world/improvements";
import { DAY } from "../../../scripts/dev/world/units";

export const MODEL = "credit-default";
export const EVALUATION_NAME = "first";

/** Places of the attesters and of whoever pays for gas among the development accounts. */
const ATTESTERS = [9, 10, 11];
const RELAYER = 15;

/** The attesters' keys in ascending order of address, and the relayer's. */
export const attesterKeys = ATTESTERS.map(developmentKey).sort((a, b) =>
  BigInt(a.address) < BigInt(b.address) ? -1 : 1,
);
export const relayerKey = developmentKey(RELAYER);

/** What `evaluate` might find for the model of {@link deployTools}. */
export async function buildMeasured(
  { registry, model }: Pick<Improvements, "registry" | "model">,
  overrides: Partial<Measured> = {},
): Promise<Measured> {
  const benchmark = await registry.benchmarkOf(model.id);
  return {
    specHash: benchmark.specHash,
    evaluationDataHash: benchmark.evaluationDataHash,
    baselineScore: benchmark.baselineScore,
    candidateScore: benchmark.baselineScore + DELTA,
    sampleSize: benchmark.minSampleSize,
    runs: benchmark.minRuns,
    lowerBoundBps: benchmark.minLowerBoundBps,
    contributionDataHash: ethers.id("contributed data"),
    ...overrides,
  };
}

/** Accounts that nobody has, in no order, with weights 1, 2, 3 … */
export function buildContributors(count: number): WeightedContributor[] {
  return Array.from({ length: count }, (_, index) => ({
    account: ethers.getAddress(ethers.dataSlice(ethers.id(`contributor ${index}`), 12)),
    weight: BigInt(index + 1),
  }));
}

/** The protocol as it is shipped with a registered model, and the tools' view of it. */
export async function deployTools() {
  const context = await deployImprovements();
  const address = await context.verifier.getAddress();
  return { ...context, address, chain: await connect(siteOf(hre), address) };
}

export type Tools = Awaited<ReturnType<typeof deployTools>>;

/** A proposal that the benchmark pays for. */
export async function buildProposal(tools: Tools, overrides: Partial<Proposal> = {}): Promise<Proposal> {
  return {
    modelId: MODEL,
    evaluationName: EVALUATION_NAME,
    measured: await buildMeasured(tools),
    contributors: [
      { account: tools.alice.address, weight: 7n },
      { account: tools.bob.address, weight: 3n },
    ],
    candidateCommitment: ethers.id("candidate predictions"),
    life: DAY,
    ...overrides,
  };
}

/** An unsigned statement that the benchmark pays for. */
export async function proposed(tools: Tools, overrides: Partial<Proposal> = {}): Promise<Proposed> {
  return propose(tools.chain, await buildProposal(tools, overrides));
}

/** The bundle with the attestations of these keys, in this order. */
export async function signedBy({ chain }: Tools, bundle: Bundle, ...keys: HDNodeWallet[]): Promise<Bundle> {
  let signed = bundle;
  for (const key of keys) signed = await attest(await requireAcceptable(chain, signed), key);
  return signed;
}

/** What `evaluate` prints: numbers, and more fields than a statement needs. */
export function toEvaluation(measured: object): string {
  const numbers = Object.entries(measured).map(([key, value]) => [
    key,
    typeof value === "bigint" ? Number(value) : value,
  ]);
  return JSON.stringify({ ...Object.fromEntries(numbers), benchmark: MODEL, folds: [] });
}

/** The action is refused with this one line. */
export async function expectProblem(action: () => unknown, message: string): Promise<void> {
  let thrown: unknown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).to.be.instanceOf(Problem);
  expect((thrown as Problem).message).to.equal(message);
  expect(message).not.to.contain("\n");
}

/** How a command ended. */
export interface Outcome {
  code: number;
  out: string;
  err: string;
}

export type Main = (args: readonly string[], streams: Streams) => Promise<number>;

/** Runs a command in this process, on its chain. */
export async function run(
  main: Main,
  args: readonly string[],
  { input = "", env = {}, password = "" }: { input?: string; env?: NodeJS.ProcessEnv; password?: string } = {},
): Promise<Outcome> {
  const outcome = { out: "", err: "" };
  const code = await main(args, {
    env,
    readStandardInput: () => input,
    askPassword: () => Promise.resolve(password),
    out: (text) => (outcome.out += `${text}\n`),
    err: (text) => (outcome.err += `${text}\n`),
  });
  return { code, ...outcome };
}

/** The command says one line on the error stream, nothing else, and ends with 1. */
export function expectRefusal(outcome: Outcome, line: string): void {
  expect(outcome).to.deep.equal({ code: 1, out: "", err: `${line}\n` });
}

/** Why an error is raised and what to do about it, as docs/errors.md says; the figures as they are shown. */
export function refusalInWords(error: string, figures?: string): { readonly reason: string; readonly fix: string } {
  const { why, fix } = ERROR_GUIDE.find(({ signature }) => signature.startsWith(`${error}(`))!;
  const shown = figures === undefined ? error : `${error}: ${figures}`;
  return { reason: `${why.replace(/\.$/, "")} (${shown})`, fix };
}

/** A folder of its own for every test. */
export function useFolder() {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "attest-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    path: (name: string) => join(folder, name),
    write(name: string, text: string): string {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    read: (name: string) => readFileSync(join(folder, name), "utf8"),
    names: () => readdirSync(folder).sort(),
  };
}

/** Contributors as a CSV file. */
export function toCsv(contributors: readonly WeightedContributor[]): string {
  return ["account,weight", ...contributors.map(({ account, weight }) => `${account},${weight}`), ""].join("\n");
}
