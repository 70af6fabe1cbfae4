import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre, { ethers } from "hardhat";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { actAsAdmin } from "../../deploy/admin";
import { drafting } from "../../deploy/batch/drafting";
import { deployModule } from "../../deploy/ignition";
import { findModule } from "../../deploy/journal";
import { ensureRegistered, ensureToken } from "../../deploy/launch";
import type { Step } from "../../deploy/step";
import { parseModelFile, readModelFile } from "../../sdk/node/modelFile";
import { keyOf, type ProvenImprovement } from "../../sdk/schemas/model";
import { Problem } from "../../sdk/base/problem";
import { ensureMethod, MethodAccess, requireSafeKey } from "../../deploy/zk";
import { CAPACITIES } from "../../sdk/proofs/circuit";
import { commit } from "../../sdk/proofs/commitment";
import { ONE_ATTEMPT, quantileE9 } from "../../sdk/proofs/counts";
import { zkMethodOf, zkModuleId } from "../../ignition/modules/ZkMethod";
import { encodeKey, hashKey, readKey, recordedKeyHash, type VerifyingKey } from "../../sdk/node/circuitKeys";
import { deployImprovements, type Improvements } from "../../scripts/dev/world/improvements";
import { environmentOn, fund, KEYS } from "../../scripts/dev/world/live";
import { startAnvil, type Node } from "../../scripts/dev/world/process";
import { BPS } from "../../scripts/dev/world/units";

const CAPACITY = 1_024;
const PROVEN = resolve(__dirname, "../../deploy/models/credit-default-zk.json");
const HYBRID = resolve(__dirname, "../../deploy/models/credit-default-hybrid.json");

describe("deployment of ZkProof", () => {
  it("refuses the development key of every circuit on a public chain", () => {
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

  it("deploys no method with a development key on a public chain", async () => {
    const protocol = await loadFixture(deployImprovements);
    const before = await ethers.provider.getBlockNumber();
    const live = { ...protocol, network: { ...protocol.network, name: "mainnet", isLocal: false } };
    for (const path of [PROVEN, HYBRID]) {
      const { benchmark } = await readModelFile(path, true);
      const deploying = ensureMethod(hre, live, benchmark, () => undefined);
      await expect(deploying).to.be.rejectedWith(Problem, "development key");
    }
    expect(await ethers.provider.getBlockNumber()).to.equal(before);
  });

  it("deploys the recorded key with the quantile for one attempt", async () => {
    const protocol = await loadFixture(deployImprovements);
    const { benchmark } = await readModelFile(PROVEN, true);
    const method = await ethers.getContractAt("ZkProof", await ensureMethod(hre, protocol, benchmark, () => undefined));
    expect(await method.keyHash()).to.equal(recordedKeyHash(CAPACITY));
    expect(await method.quantileE9()).to.equal(1_959_963_985n);
  });

  it("computes the quantile from all attempts and the benchmark's error", () => {
    expect(quantileE9({})).to.equal(1_959_963_985n);
    expect(quantileE9({ attempts: 10 })).to.equal(2_807_033_769n);
    expect(quantileE9({ alpha: 0.05, attempts: 2 })).to.equal(1_959_963_985n);
  });

  describe("when a model is registered", () => {
    interface Registered {
      readonly steps: Step[];
      readonly benchmarkMethod: string;
    }

    async function register(path: string): Promise<Registered & { protocol: Improvements }> {
      const protocol = await loadFixture(deployImprovements);
      const file = await readModelFile(path, true);
      const steps: Step[] = [];
      const launch = { hre, protocol, file, report: (step: Step) => steps.push(step) };
      await ensureToken(launch);
      await ensureRegistered(launch);
      const { method } = await protocol.registry.benchmarkOf(keyOf(file));
      return { protocol, steps, benchmarkMethod: method };
    }

    const namesOf = (steps: readonly Step[]) => steps.map(({ name }) => name);

    it("registers it by the admin, together with the method's permission, if a proof alone verifies it", async () => {
      const { protocol, steps, benchmarkMethod } = await register(PROVEN);
      expect(namesOf(steps).slice(-3)).to.deep.equal(["deploy ZkProof", "schedule registration", "register model"]);
      const { hash } = steps.at(-1)!.sent!;
      const receipt = (await ethers.provider.getTransactionReceipt(hash))!;
      expect(receipt.to).to.equal(await protocol.timelock.getAddress());
      expect(await protocol.registry.methodAccessOf(benchmarkMethod)).to.equal(MethodAccess.ADMIN);
    });

    it("registers it by the registrar and allows only the hybrid if attesters verify it as well", async () => {
      const { protocol, steps, benchmarkMethod } = await register(HYBRID);
      expect(namesOf(steps).slice(-5)).to.deep.equal([
        "deploy ZkProof",
        "deploy Hybrid",
        "schedule Hybrid",
        "allow Hybrid",
        "register model",
      ]);
      const { registry, registrar, oracleAttestation } = protocol;
      const receipt = (await ethers.provider.getTransactionReceipt(steps.at(-1)!.sent!.hash))!;
      expect(receipt.from).to.equal(registrar.address);
      const methods = await (await ethers.getContractAt("Hybrid", benchmarkMethod)).methods();
      const attesters = await oracleAttestation.getAddress();
      const zkProof = methods.find((method) => method !== attesters)!;
      expect(methods).to.have.length(2).and.to.include(attesters);
      expect(await registry.methodAccessOf(benchmarkMethod)).to.equal(MethodAccess.REGISTRAR);
      expect(await registry.methodAccessOf(zkProof)).to.equal(MethodAccess.NONE);
    });

    it("names the timelock on a public network, and drafts permission and registration as one operation", async () => {
      const protocol = await loadFixture(deployImprovements);
      const file = await readModelFile(PROVEN, true);
      const report = () => undefined;
      await ensureToken({ hre, protocol, file, report });
      const method = await ensureMethod(hre, protocol, file.benchmark, report);
      const { registry, timelock } = protocol;
      const target = await registry.getAddress();
      const calls = [
        registry.interface.encodeFunctionData("setMethodAccess", [method, MethodAccess.ADMIN]),
        registry.interface.encodeFunctionData("registerModel", [keyOf(file), { ...file.benchmark, method }]),
      ].map((data) => ({ target, data }));
      const live = { ...protocol, network: { ...protocol.network, isLocal: false } };
      const steps = { command: "model:register", schedule: "", execute: "", outcome: async () => "" };
      const act = () => actAsAdmin(hre, live, calls, "it is the admin's", steps, report);

      await expect(act()).to.be.rejectedWith(
        Problem,
        `it is the admin's: only the admin may, the timelock ${await timelock.getAddress()}, after its delay of 172800 seconds: model:register --batch <file> writes what its proposers and executors are to send. Nothing was sent; run the command again when it is done.`,
      );
      const drafts = await drafting(act);
      expect(drafts.map(({ part }) => part)).to.deep.equal(["schedule", "execute", "cancel"]);
      const [schedule, execute] = drafts.map((draft) => draft.calls[0]!);
      const multisig = await ethers.getSigner(protocol.parameters.Governance.proposers[0]!);
      await multisig.sendTransaction(schedule!);
      await time.increase(172_800);
      await multisig.sendTransaction(execute!);
      expect((await registry.benchmarkOf(keyOf(file))).method).to.equal(method);
    });
  });
});

describe("ZkProof methods with two keys for one circuit @uninstrumented", () => {
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

  it("have separate entries in the journal, each with its own key", async () => {
    const env = environmentOn(node, "localhost");
    const deploy = async (key: VerifyingKey) => {
      const circuit = { capacity: CAPACITY, keyHash: hashKey(key), quantileE9: ONE_ATTEMPT };
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

describe("model file with a ZkProof", () => {
  const content = () => JSON.parse(readFileSync(PROVEN, "utf8")) as { benchmark: Record<string, unknown> };
  const parse = (benchmark: Record<string, unknown>) => {
    const file = content();
    return parseModelFile({ ...file, benchmark: { ...file.benchmark, ...benchmark } }, PROVEN, true);
  };

  it("commits to the labels and the baseline whose openings it names", async () => {
    const { benchmark, improvement } = await readModelFile(PROVEN, true);
    const { labels, baseline } = improvement as ProvenImprovement;
    expect(benchmark.capacity).to.equal(CAPACITY);
    expect(benchmark.evaluationDataHash).to.equal(commit(labels));
    expect(benchmark.modelCommitment).to.equal(commit(baseline));
    const right = BigInt(labels.bits.filter((label, i) => label === baseline.bits[i]).length);
    expect(BigInt(benchmark.baselineScore)).to.equal((right * BPS) / BigInt(labels.bits.length));
  });

  it("is refused with another metric or number of runs, or for a circuit that does not exist", () => {
    expect(() => parse({ spec: "../benchmarks/credit-default/benchmark.json" })).to.throw(
      Problem,
      "benchmark.spec has metric roc_auc, expected accuracy for a proof; benchmark.spec has minRuns 7, expected 1 for a proof",
    );
    expect(() => parse({ capacity: 1_000 })).to.throw(
      Problem,
      `benchmark.capacity is 1000, expected one of ${CAPACITIES.join(", ")}`,
    );
  });

  it("is refused with an opening of something else or a missing one", () => {
    const file = content() as unknown as { improvement: Record<string, unknown> };
    const swapped = { ...file, improvement: { ...file.improvement, labels: file.improvement["baseline"] } };
    expect(() => parseModelFile(swapped, PROVEN, true)).to.throw(Problem, "domain is predictions, expected labels");
    const missing = { ...file, improvement: { ...file.improvement, candidate: "nothing.json" } };
    expect(() => parseModelFile(missing, PROVEN, true)).to.throw(
      Problem,
      `improvement.candidate: there is no file ${join("deploy/models", "nothing.json")}`,
    );
  });
});
