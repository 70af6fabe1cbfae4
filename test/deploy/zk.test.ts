import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre, { ethers } from "hardhat";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deployModule } from "../../deploy/ignition";
import { findModule } from "../../deploy/journal";
import type { Step } from "../../deploy/step";
import { parseModelFile, readModelFile } from "../../sdk/node/modelFile";
import { type ProvenImprovement } from "../../sdk/schemas/modelFile";
import { Problem } from "../../sdk/base/problem";
import { ensureHybrid, ensureZkProof, requireSafeKey } from "../../deploy/zk";
import { CAPACITIES, commit } from "../../sdk/proofs/commitment";
import { zkMethodOf, zkModuleId } from "../../ignition/modules/ZkMethod";
import { encodeKey, hashKey, readKey, recordedKeyHash, type VerifyingKey } from "../../sdk/node/prover";
import { deployImprovements } from "../helpers/improvements";
import { environmentOn, fund, KEYS } from "../helpers/live";
import { startAnvil, type Node } from "../helpers/process";
import { BPS } from "../helpers/units";

const CAPACITY = 1_024;
const MODEL = resolve(__dirname, "../../deploy/models/credit-default-zk.json");

describe("Deployment of ZkProof", () => {
  it("refuses a development key on a live chain, whichever it is", () => {
    for (const capacity of CAPACITIES) {
      const key = readKey(capacity);
      for (const name of ["sepolia", "base-sepolia", "mainnet"]) {
        const network = { name, chainId: 1, isLocal: false, isEphemeral: false };
        expect(() => requireSafeKey(key, network)).to.throw(Problem, /is a development key/);
        expect(() => requireSafeKey({ ...key, isDevelopment: false }, network)).not.to.throw();
      }
      expect(() =>
        requireSafeKey(key, { name: "hardhat", chainId: 31_337, isLocal: true, isEphemeral: true }),
      ).not.to.throw();
    }
  });

  it("deploys nothing with a development key on a live chain", async () => {
    const protocol = await loadFixture(deployImprovements);
    const before = await ethers.provider.getBlockNumber();
    const live = { ...protocol, network: { ...protocol.network, name: "mainnet", isLocal: false } };
    for (const ensure of [ensureZkProof, ensureHybrid])
      await expect(ensure(hre, live, CAPACITY, () => undefined)).to.be.rejectedWith(Problem, "development key");
    expect(await ethers.provider.getBlockNumber()).to.equal(before);
  });

  it("deploys a hybrid of the attesters and the recorded key; only the hybrid is allowed", async () => {
    const protocol = await loadFixture(deployImprovements);
    const address = await ensureHybrid(hre, protocol, CAPACITY, () => undefined);
    const methods = await (await ethers.getContractAt("Hybrid", address)).methods();
    const attesters = await protocol.oracleAttestation.getAddress();
    expect(methods).to.have.length(2).and.to.include(attesters);
    const zkProof = methods.find((method) => method !== attesters)!;
    const { keyHash } = await ethers.getContractAt("ZkProof", zkProof);
    expect(await keyHash()).to.equal(recordedKeyHash(CAPACITY));
    expect(await protocol.registry.isMethodAllowed(address)).to.equal(true);
    expect(await protocol.registry.isMethodAllowed(zkProof)).to.equal(false);
  });

  it("deploys the recorded key, and lets the timelock allow it after its delay", async () => {
    const protocol = await loadFixture(deployImprovements);
    const steps: Step[] = [];
    const address = await ensureZkProof(hre, protocol, CAPACITY, (step) => steps.push(step));
    const method = await ethers.getContractAt("ZkProof", address);
    expect(await method.keyHash()).to.equal(recordedKeyHash(CAPACITY));
    expect(await protocol.registry.isMethodAllowed(address)).to.equal(true);
    expect(steps.map(({ name }) => name)).to.deep.equal(["deploy ZkProof", "schedule ZkProof", "allow ZkProof"]);
  });
});

describe("Methods of two keys for one circuit @uninstrumented", () => {
  let node: Node;
  const environment = process.env.DEPLOYMENTS;

  before(async () => {
    node = await startAnvil();
    process.env.DEPLOYMENTS = node.env.DEPLOYMENTS;
    await fund(node);
  });

  after(async () => {
    if (environment === undefined) delete process.env.DEPLOYMENTS;
    else process.env.DEPLOYMENTS = environment;
    await node.stop();
  });

  it("stand beside each other in the journal, each with its own", async () => {
    const env = environmentOn(node, "localhost");
    const deploy = async (key: VerifyingKey) => {
      const circuit = { capacity: CAPACITY, keyHash: hashKey(key) };
      const module = zkMethodOf(circuit);
      const options = { sender: KEYS.deployer.address, onSent: () => undefined };
      await deployModule(env, module, { ...options, parameters: { [zkModuleId(circuit)]: { key: { ...key } } } });
      return { circuit, module };
    };
    const before = await deploy(encodeKey(readKey(CAPACITY).verificationKey));
    const after = await deploy(encodeKey(readKey(CAPACITIES[0]).verificationKey));

    const addresses = new Set<string>();
    for (const { circuit, module } of [before, after]) {
      const address = (await findModule(env, module))!["ZkProof"]!;
      const method = await env.ethers.getContractAt("ZkProof", address);
      expect(await method.keyHash()).to.equal(circuit.keyHash);
      addresses.add(address);
    }
    expect(addresses.size).to.equal(2);
  });
});

describe("Model file with a ZkProof", () => {
  const content = () => JSON.parse(readFileSync(MODEL, "utf8")) as { benchmark: Record<string, unknown> };
  const parse = (benchmark: Record<string, unknown>) => {
    const file = content();
    return parseModelFile({ ...file, benchmark: { ...file.benchmark, ...benchmark } }, MODEL, true);
  };

  it("commits to the labels and the baseline whose openings it names", async () => {
    const { benchmark, improvement } = await readModelFile(MODEL, true);
    const { labels, baseline } = improvement as ProvenImprovement;
    expect(benchmark.capacity).to.equal(CAPACITY);
    expect(benchmark.evaluationDataHash).to.equal(commit(labels));
    expect(benchmark.modelCommitment).to.equal(commit(baseline));
    const right = BigInt(labels.bits.filter((label, i) => label === baseline.bits[i]).length);
    expect(BigInt(benchmark.baselineScore)).to.equal((right * BPS) / BigInt(labels.bits.length));
  });

  it("refuses another metric, scale or number of runs, and a circuit that does not exist", () => {
    expect(() => parse({ spec: "../benchmarks/credit-default/benchmark.json" })).to.throw(
      Problem,
      "benchmark.spec has metric roc_auc, expected accuracy for a proof; benchmark.spec has minRuns 7, expected 1 for a proof",
    );
    expect(() => parse({ capacity: 1_000 })).to.throw(
      Problem,
      `benchmark.capacity is 1000, expected one of ${CAPACITIES.join(", ")}`,
    );
  });

  it("refuses an opening of something else", () => {
    const file = content() as unknown as { improvement: Record<string, unknown> };
    const swapped = { ...file, improvement: { ...file.improvement, labels: file.improvement["baseline"] } };
    expect(() => parseModelFile(swapped, MODEL, true)).to.throw(Problem, "domain is predictions, expected labels");
    const missing = { ...file, improvement: { ...file.improvement, candidate: "nothing.json" } };
    expect(() => parseModelFile(missing, MODEL, true)).to.throw(
      Problem,
      `improvement.candidate: there is no file ${join("deploy/models", "nothing.json")}`,
    );
  });
});
