/**
 * Measures `prove` for three sizes of a benchmark on a local node: the shortest of three runs, and the peak memory of its largest process.
 * Needs the circuits' setups. Fails if a figure is exceeded.
 */
import hre, { ethers } from "hardhat";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unsafeUniformIntDistribution as uniformInt, xoroshiro128plus } from "pure-rand";
import { MethodAccess } from "../../../deploy/zk";
import { capacityFor, encodeKey, readKey } from "../../../sdk/node/circuitKeys";
import { Domain, type Opening } from "../../../sdk/proofs/circuit";
import { commit } from "../../../sdk/proofs/commitment";
import { countRows } from "../../../sdk/proofs/counts";
import { formatOpening } from "../../../sdk/proofs/openings";
import { deployImprovements, registerModel } from "../world/improvements";
import { runScript, startAnvil, type Node } from "../world/process";
import { measureScript } from "./measure";

interface Size {
  readonly rows: number;
  readonly seconds: number;
  readonly megabytes: number;
}

const SIZES: readonly Size[] = [
  { rows: 1_000, seconds: 4, megabytes: 250 },
  { rows: 4_000, seconds: 8, megabytes: 800 },
  { rows: 16_000, seconds: 20, megabytes: 800 },
];

const RUNS = 3;
const SEED = 1;

/**
 * How many of 1,000 rows the baseline gets right, how many of these the candidate gets right too, and how many only the candidate does: as
 * in the example data.
 */
const THOUSAND = 1_000;
const [BASELINE_RIGHT, STILL_RIGHT, NEWLY_RIGHT] = [744, 681, 90];
/** Shuffles a thousand rows, as it has no common divisor with their number. */
const STRIDE = 617;
const BPS = 10_000;

const MODELS = "--models";

const modelOf = ({ rows }: Size) => `rows-${rows}`;

/** Random labels, and predictions that are right as often as those of the example data. */
function openingsOf({ rows }: Size): Record<"labels" | "baseline" | "candidate", Opening> {
  const generator = xoroshiro128plus(SEED);
  const capacity = capacityFor(rows);
  const labels = Array.from({ length: rows }, () => uniformInt(0, 1, generator));
  const predict = (isRight: (rank: number) => boolean) =>
    labels.map((label, row) => (isRight((row * STRIDE) % THOUSAND) ? label : 1 - label));
  const of = (domain: Domain, bits: number[], salt: bigint) => ({ domain, capacity, bits, salt });
  const isNew = (rank: number) => rank >= BASELINE_RIGHT && rank < BASELINE_RIGHT + NEWLY_RIGHT;
  return {
    labels: of(Domain.Labels, labels, 1n),
    baseline: of(
      Domain.Predictions,
      predict((rank) => rank < BASELINE_RIGHT),
      2n,
    ),
    candidate: of(
      Domain.Predictions,
      predict((rank) => rank < STILL_RIGHT || isNew(rank)),
      3n,
    ),
  };
}

/** Runs in its own process: deploys the protocol and a model of each size, and prints the verifier's address. */
async function deployModels(): Promise<void> {
  const context = await deployImprovements();
  const { registry, admin, verifier } = context;
  for (const size of SIZES) {
    const { labels, baseline, candidate } = openingsOf(size);
    const method = await ethers.deployContract("ZkProof", [encodeKey(readKey(labels.capacity).verificationKey)]);
    await registry.connect(admin).setMethodAccess(method, MethodAccess.REGISTRAR);
    const { baselineCorrect } = countRows(labels.bits, baseline.bits, candidate.bits);
    await registerModel(context, {
      modelId: modelOf(size),
      benchmark: {
        method: await method.getAddress(),
        evaluationDataHash: commit(labels),
        modelCommitment: commit(baseline),
        baselineScore: Math.ceil((baselineCorrect * BPS) / size.rows),
        minSampleSize: size.rows,
        minRuns: 1,
      },
    });
  }
  console.log(await verifier.getAddress());
}

/** Runs the command once. */
async function measure(node: Node, verifier: string, folder: string, size: Size) {
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const { labels, baseline, candidate } = openingsOf(size);
  const [contributor] = await ethers.getSigners();
  const options = {
    network: "localhost",
    verifier,
    model: modelOf(size),
    "evaluation-id": "first",
    labels: file("labels.json", formatOpening(labels)),
    baseline: file("baseline.json", formatOpening(baseline)),
    candidate: file("candidate.json", formatOpening(candidate)),
    contribution: file("contribution.md", "data"),
    contributors: file("contributors.csv", `account,weight\n${contributor?.address},1\n`),
    out: join(folder, "proven.json"),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const measured = await measureScript("scripts/prove.ts", args, node);
  if (measured.code !== 0) throw new Error(measured.stderr);
  return measured;
}

async function main(): Promise<void> {
  await hre.run("compile", { quiet: true });
  const folder = mkdtempSync(join(tmpdir(), "prove-"));
  const node = await startAnvil();
  try {
    const env = { ...node.env, HARDHAT_NETWORK: "localhost" };
    const { code, stdout, stderr } = await runScript("scripts/dev/bench/prove.ts", [MODELS], env);
    if (code !== 0) throw new Error(stderr);

    let isReached = true;
    for (const size of SIZES) {
      const runs = [];
      for (let run = 0; run < RUNS; run++) runs.push(await measure(node, stdout.trim(), folder, size));
      const seconds = Math.min(...runs.map((run) => run.seconds));
      const megabytes = Math.max(...runs.map((run) => run.megabytes));
      const all = runs.map((run) => run.seconds).join(", ");
      console.log(`${size.rows} rows: ${all} s (at most ${size.seconds}), ${megabytes} MB (at most ${size.megabytes})`);
      isReached &&= seconds <= size.seconds && megabytes <= size.megabytes;
    }
    process.exitCode = isReached ? 0 : 1;
  } finally {
    await node.stop();
    rmSync(folder, { recursive: true });
  }
}

void (process.argv.includes(MODELS) ? deployModels() : main());
