// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { dataSlice, keccak256, toBeHex } from "ethers";
import { isHealthy, toDocument, type Diagnosis } from "../../../deploy/doctor/report";
import { toText } from "../../../scripts/cli/views/diagnosis";
import { main } from "../../../scripts/doctor";
import { ONE_ATTEMPT } from "../../../sdk/proofs/counts";
import { toJson } from "../../../sdk/schemas/json";
import { runMain, withVariables } from "../../../scripts/dev/world/live";
import { freePort, rpc, runScript } from "../../../scripts/dev/world/process";
import { DAY } from "../../../scripts/dev/world/units";
import { DEVIATIONS } from "./deviations";
import { NOTABLE } from "./deviations/notable";
import { REWARDS } from "./rewards";
import {
  addressOf,
  buildWorld,
  codeOf,
  create,
  deployProof,
  holderOf,
  look,
  notableOf,
  now,
  send,
  setCode,
  STRANGER,
  time,
  timelockOf,
  withImmutable,
  wrongOf,
  type Redeclare,
  type World,
} from "./support";

describe("doctor @uninstrumented", () => {
  let world: World;
  let snapshot: unknown;

  before(async () => {
    world = await buildWorld();
    snapshot = await rpc(world.node.url, "evm_snapshot");
  });

  afterEach(async () => {
    await rpc(world.node.url, "evm_revert", [snapshot]);
    snapshot = await rpc(world.node.url, "evm_snapshot");
  });

  after(() => world.node.stop());

  describe("given a model that was launched, traded, improved and used", () => {
    it("reports nothing wrong and nothing notable", () => {
      expect({ wrong: wrongOf(world.clean), notable: notableOf(world.clean) }).to.deep.equal({
        wrong: [],
        notable: [],
      });
      expect(isHealthy(world.clean)).to.equal(true);
    });

    it("examines something in every check except those of proofs and operations, as there are none", () => {
      const empty = world.clean.checks.filter(({ looked }) => looked === 0).map(({ name }) => name);
      expect(empty).to.deep.equal(["code of methods with proofs", "operations that wait"]);
    });
  });

  for (const [group, deviations] of Object.entries(DEVIATIONS)) {
    describe(`given a deviation in ${group}`, () => {
      for (const { name, deviate } of deviations) {
        it(`reports ${name}, and nothing else`, async () => {
          const { wrong, redeclare } = await deviate(world);
          const diagnosis = await diagnose(redeclare);
          expect(wrongOf(diagnosis)).to.deep.equal(wrong);
          expect(isHealthy(diagnosis)).to.equal(false);
        });
      }
    });
  }

  describe("given a benchmark that a proof verifies", () => {
    const CAPACITY = 64;
    let proof: string;
    let withProof: Redeclare;

    beforeEach(async () => {
      proof = await deployProof(world, CAPACITY);
      withProof = (declared) => ({
        ...declared,
        methods: [{ contract: "ZkProof", address: proof, capacity: CAPACITY, quantileE9: ONE_ATTEMPT }],
      });
    });

    const allow = () => send(world, timelockOf(world), "ModelRegistry", "setMethodAccess", [proof, 1n]);

    it("reports nothing about a method that has the recorded key and is allowed", async () => {
      await allow();
      const diagnosis = await diagnose(withProof);
      expect({ wrong: wrongOf(diagnosis), notable: notableOf(diagnosis) }).to.deep.equal({ wrong: [], notable: [] });
    });

    it("shows a method that is not allowed yet, and does not fail", async () => {
      const diagnosis = await diagnose(withProof);
      expect(notableOf(diagnosis)).to.deep.equal([
        `M1 access to verification methods: the ZkProof ${proof}: deployed and not allowed; the admin can call setMethodAccess`,
      ]);
      expect(isHealthy(diagnosis)).to.equal(true);
    });

    it("M1: reports a method that registrars may use, as whoever has the labels could prove any score", async () => {
      await send(world, timelockOf(world), "ModelRegistry", "setMethodAccess", [proof, 2n]);
      expect(wrongOf(await diagnose(withProof))).to.deep.equal([
        `M1 access to verification methods: ModelRegistry.methodAccessOf(${proof}) is REGISTRAR, declared ADMIN: let the admin call setMethodAccess`,
      ]);
    });

    it("reports a method with another key", async () => {
      await allow();
      const expected = await codeOf(world, proof);
      const { places } = world.build("ZkProof").immutables.find(({ name }) => name === "Groth16._gammaX1")!;
      const key = dataSlice(expected, places[0]!.start, places[0]!.start + places[0]!.length);
      const other = expected.replace(key.slice(2), toBeHex(BigInt(key) ^ 1n, 32).slice(2));
      await setCode(world, proof, other);
      expect(wrongOf(await diagnose(withProof))).to.deep.equal([
        `code of methods with proofs: the code of ZkProof for 64 rows at ${proof} is ${keccak256(other)}, declared ${keccak256(expected)}: let the admin disallow it; deploy the circuit's recorded key again`,
      ]);
    });
  });

  describe("given a benchmark that attesters and a proof verify", () => {
    const CAPACITY = 64;

    /** A hybrid of the attesters and of a proof, and what the journal would say of both. */
    async function deployHybrid(part?: string): Promise<{ hybrid: string; withHybrid: Redeclare; parts: string[] }> {
      const proof = await deployProof(world, CAPACITY);
      const own = addressOf(world, "OracleAttestation");
      const hybrid = await create(world, "Hybrid", [ascending(part ?? proof, own)]);
      const methods = [
        { contract: "ZkProof", address: proof, capacity: CAPACITY, quantileE9: ONE_ATTEMPT },
        { contract: "Hybrid", address: hybrid, capacity: CAPACITY, quantileE9: ONE_ATTEMPT },
      ] as const;
      return { hybrid, withHybrid: (declared) => ({ ...declared, methods }), parts: [proof, own].sort() };
    }

    const ascending = (...addresses: string[]) => addresses.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const allow = (method: string) => send(world, timelockOf(world), "ModelRegistry", "setMethodAccess", [method, 2n]);

    it("reports nothing about an allowed hybrid whose proof is not allowed by itself", async () => {
      const { hybrid, withHybrid } = await deployHybrid();
      await allow(hybrid);
      const diagnosis = await diagnose(withHybrid);
      expect({ wrong: wrongOf(diagnosis), notable: notableOf(diagnosis) }).to.deep.equal({ wrong: [], notable: [] });
    });

    it("shows a hybrid that is not allowed yet, and does not fail", async () => {
      const { hybrid, withHybrid } = await deployHybrid();
      const diagnosis = await diagnose(withHybrid);
      expect({ wrong: wrongOf(diagnosis), notable: notableOf(diagnosis) }).to.deep.equal({
        wrong: [],
        notable: [
          `M1 access to verification methods: the Hybrid ${hybrid}: deployed and not allowed; the admin can call setMethodAccess`,
        ],
      });
    });

    it("reports a hybrid of other methods", async () => {
      const { hybrid, withHybrid, parts } = await deployHybrid(STRANGER);
      await allow(hybrid);
      const own = addressOf(world, "OracleAttestation");
      expect(wrongOf(await diagnose(withHybrid))).to.deep.equal([
        `code of methods with proofs: methods of Hybrid for 64 rows at ${hybrid} is ${[STRANGER, own].sort().join()}, declared ${parts.join()}: let the admin disallow it; deploy the circuit's recorded key again`,
      ]);
    });
  });

  for (const [title, cases] of Object.entries(REWARDS)) {
    describe(title, () => {
      for (const { name, prepare } of cases) {
        it(name, async () => {
          const { notable = [], wrong = [], redeclare } = await prepare(world);
          const diagnosis = await diagnose(redeclare);
          expect({ notable: notableOf(diagnosis), wrong: wrongOf(diagnosis) }).to.deep.equal({ notable, wrong });
          expect(isHealthy(diagnosis)).to.equal(wrong.length === 0);
        });
      }
    });
  }

  it("R1: reports a payout delay below two days on a mainnet, even if it is declared", async () => {
    const registry = addressOf(world, "ModelRegistry");
    const [compiled, present] = [world.build("ModelRegistry"), await codeOf(world, registry)];
    const short = withImmutable(compiled, present, "ModelImprovements.payoutDelay", toBeHex(600n, 32));
    await setCode(world, registry, short);
    const diagnosis = await diagnose((declared) => ({
      ...declared,
      network: { ...declared.network, name: "base", chainId: 8_453 },
      parameters: { ...declared.parameters, Models: { ...declared.parameters.Models, payoutDelay: 600 } },
    }));
    expect(wrongOf(diagnosis).filter((line) => line.startsWith("R1"))).to.deep.equal([
      "R1 delay of payouts: the time in which a guardian can stop a payout is 600, declared at least 172800, two days, on base: deploy the protocol again with a longer payoutDelay",
    ]);
  });

  it("reports an account with several powers on a mainnet, shows it on a test network, and ignores it on a local chain", async () => {
    const on = (name: string, chainId: number): Redeclare => {
      const guardians = (proposers: string[]) => [proposers[0] as string];
      return ({ network, parameters, ...others }) => ({
        ...others,
        network: { ...network, name, chainId, isLocal: false },
        parameters: {
          ...parameters,
          $global: { ...parameters.$global, guardians: guardians(parameters.Governance.proposers) },
        },
      });
    };
    const [proposer] = world.declared.parameters.Governance.proposers as [string];
    const powers = (lines: string[]) => lines.filter((line) => line.startsWith("powers that"));
    const what = `powers that are apart: ${proposer}`;
    const [mainnet, testnet] = [await diagnose(on("base", 8_453)), await diagnose(on("base-sepolia", 84_532))];
    expect(powers(wrongOf(mainnet))).to.deep.equal([
      `${what} is the multisig behind the timelock, guardian at once, declared an account for each: declare it otherwise and let roles:apply change it`,
      `powers that are apart: the proposer ${proposer} is a plain account, declared a multisig: declare it otherwise and let roles:apply change it`,
    ]);
    expect(powers(wrongOf(testnet))).to.deep.equal([]);
    expect(powers(notableOf(testnet))).to.have.length(2);
    expect(world.clean.checks.some(({ name }) => name.startsWith("powers that"))).to.equal(false);
  });

  describe("given something under way", () => {
    for (const { name, prepare } of NOTABLE) {
      it(`shows ${name}, and does not fail`, async () => {
        const notable = await prepare(world);
        const diagnosis = await diagnose();
        expect({ notable: notableOf(diagnosis), wrong: wrongOf(diagnosis) }).to.deep.equal({ notable, wrong: [] });
        expect(isHealthy(diagnosis)).to.equal(true);
      });
    }
  });

  describe("when it runs as a command", () => {
    const doctor = (env: Record<string, string>, ...args: string[]) =>
      runMain(main, ["--network", "localhost", ...args], env);

    it("prints tables with exit code 0 if every check passes", async () => {
      const { code, stdout, stderr } = await doctor(world.node.env);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(stdout).to.match(/^localhost, chain 31337, block \d+: 1 model\n\ncode\n {2}ok {7}code of /);
      expect(stdout).to.match(/\n {4}OPERATOR_ROLE on TokenManager, delay [^\n]*: grantRole, revokeRole\n/);
      expect(stdout).to.match(/\n\n\d+ checks pass\n$/);
      expect(stdout).not.to.contain("WRONG");
    });

    it("prints one JSON document with exit code 1 if something is wrong", async () => {
      await setCode(world, addressOf(world, "UsageFeeRouter"), "0x");
      const args = ["--network", "localhost", "--json"];
      const { code, stdout, stderr } = await runScript("scripts/doctor.ts", args, world.node.env);
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: "" });
      expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(toJson(toDocument(await diagnose()))));
      expect(JSON.parse(stdout)).to.deep.include({ isHealthy: false, models: 1 });
    });

    it("prints one line with exit code 2 if there is no deployment or no answer", async () => {
      const { env } = world.node;
      const nothing = await doctor({ ...env, DEPLOYMENTS: `${env.DEPLOYMENTS}/elsewhere` });
      const unreachable = await doctor({
        ...env,
        RPC_URL_LOCALHOST: `http://user:hidden@127.0.0.1:${await freePort()}/key-in-path`,
      });
      expect(nothing).to.deep.equal({
        code: 2,
        stdout: "",
        stderr:
          "doctor: the journal of localhost has no complete deployment: deploy the protocol, or name the folder of its journal in DEPLOYMENTS.\n",
      });
      expect(unreachable).to.deep.equal({
        code: 2,
        stdout: "",
        stderr: "doctor: the network localhost does not answer: start it (npx hardhat node) or correct its address.\n",
      });
    });
  });

  describe("when it prints text", () => {
    it("shows each deviation with the declared value and a remedy, and what is notable", async () => {
      const { fees, line } = { fees: addressOf(world, "UsageFeeRouter"), line: "code of UsageFeeRouter" };
      await setCode(world, fees, "0x");
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "TokenManager", "pauseLaunches", [DAY]);
      const begin = await now(world);
      const [until, whole] = [1n, 6n].map((days) => time(begin + days * DAY));
      const diagnosis = await diagnose();
      const text = await withVariables({ NO_COLOR: "1" }, async () => toText(diagnosis));
      expect(text).to.contain(
        [
          `\n  WRONG    ${line} (1)`,
          `             the ${line} at ${fees}`,
          "               is no code",
          `               declared ${keccak256(world.build("UsageFeeRouter").code)}`,
          "               → check the sources out that were deployed and build them; if these are, stop using the contract\n",
        ].join("\n"),
      );
      expect(text).to.contain(
        `\n  notable  G1 launches and improvements (4)\n             launches: paused until ${until}; the guardians have 6 d 0 h of 7 d 0 h left, whole at ${whole}; the admin can call resumeLaunches\n`,
      );
      expect(text).to.match(/\n1 of \d+ checks find something WRONG; 1 check with something notable$/);
    });
  });

  function diagnose(redeclare?: Redeclare): Promise<Diagnosis> {
    return look(world, redeclare);
  }
});
