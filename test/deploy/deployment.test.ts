import { expect } from "chai";
import { id, keccak256, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { holderOf } from "../../deploy/lock";
import { CREATE_X, CREATE_X_INTERFACE, create2Address, saltOf } from "../../deploy/create2";
import { deployTo } from "../../deploy/deployment";
import { blocksOf, journaledContracts, nameOf } from "../../deploy/journal";
import { recordFile } from "../../deploy/paths";
import type { Sent } from "../../sdk/client/confirm";
import { readModelFile } from "../../sdk/node/modelFile";
import type { ModelFile } from "../../sdk/schemas/model";
import type { Parameters } from "../../deploy/parameters";
import { openSteps, planDeployment, type Plan } from "../../deploy/plan";
import { deployProtocol } from "../../deploy/protocol";
import { firstRecordedBlock, readRecord, recordedContracts, type DeploymentRecord } from "../../deploy/record";
import { vestingModuleId } from "../../ignition/modules/Vesting";
import { environmentOn, fund, KEYS, parametersOf } from "../../scripts/dev/world/live";
import { rpc, startAnvil, type Node } from "../../scripts/dev/world/process";

const MODEL = resolve(__dirname, "../../deploy/models/sentiment-v2.json");
const MODEL_ID = "sentiment-v2";
const LOCAL_CHAIN = 31_337;
const OTHER_CHAIN = 84_532;
/** Of a contract whose code is one byte. */
const INIT_CODE = "0x600160005360016000f3";

const MOST_TRANSACTIONS = 14;
const MOST_GAS = 20_000_000n;
const CONTRACTS = [
  "TimelockController",
  "ModelRegistry",
  "InfrastructureReserve",
  "OracleAttestation",
  "TokenManager",
  "HokusaiAMMFactory",
  "DeltaOneVerifier",
];
const STEPS = [
  "deploy vesting wallet",
  "deploy token",
  "register model",
  "distribute supplier allocation",
  "create pool",
];

describe("deployment of protocol and model to a network @uninstrumented", () => {
  const environment = process.env.DEPLOYMENTS;
  let folder: string;
  let local: Node;
  let other: Node;
  let here: HardhatRuntimeEnvironment;
  let there: HardhatRuntimeEnvironment;
  let reserveToken: string;
  let file: ModelFile;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "deployment-"));
    process.env.DEPLOYMENTS = folder;
    [local, other] = await Promise.all([startAnvil(), startAnvil(["--chain-id", String(OTHER_CHAIN)])]);
    [here, there] = [environmentOn(local, "localhost"), environmentOn(other, "base-sepolia")];
    reserveToken = Wallet.createRandom().address;
    const { deployedBytecode } = await hre.artifacts.readArtifact("ReserveTokenMock");
    await rpc(local.url, "anvil_setCode", [reserveToken, deployedBytecode]);
    await fund(local);
    const governor = KEYS.backend.address;
    file = { ...(await readModelFile(MODEL, true)), governor, recipient: { kind: "vesting", beneficiary: governor } };
  });

  after(async () => {
    await Promise.all([local.stop(), other.stop()]);
    rmSync(folder, { recursive: true });
    if (environment === undefined) delete process.env.DEPLOYMENTS;
    else process.env.DEPLOYMENTS = environment;
  });

  const declare = (parameters: Parameters = parametersOf(KEYS, reserveToken), files = [file]) => ({
    parameters,
    parametersFile: "parameters.json5",
    files,
  });

  /** Deploys and keeps what is told. */
  async function deploy(env: HardhatRuntimeEnvironment, declared = declare()) {
    const sent: Sent[] = [];
    let plan: Plan | undefined;
    const deployment = await deployTo(env, declared, {
      onPlan: (told) => (plan = told),
      onSent: (transaction) => sent.push(transaction),
      onProtocol: () => undefined,
      onStep: ({ name, sent: transaction }) => transaction && sent.push({ ...transaction, name }),
      onWait: () => undefined,
    });
    return { plan: plan as Plan, sent, record: deployment.record as DeploymentRecord };
  }

  const refusal = (env: HardhatRuntimeEnvironment, declared = declare(), confirmedChain?: number) =>
    planDeployment(env, { ...declared, ...(confirmedChain !== undefined && { confirmedChain }) }).then(
      () => "none",
      (error: Error) => error.message,
    );

  const noncesOn = (env: HardhatRuntimeEnvironment) =>
    Promise.all([KEYS.deployer, KEYS.backend].map(({ address }) => env.ethers.provider.getTransactionCount(address)));

  const journalOf = (chain: number) => join(folder, `chain-${chain}`, "journal.jsonl");

  describe("given a chain on which nothing is deployed", () => {
    it("plans every transaction with its sender and cost, and sends nothing", async () => {
      const plan = await planDeployment(here, declare());
      const { deployer, backend } = KEYS;

      const names = [...CONTRACTS, "ModelRegistry.wire", ...STEPS];
      expect(plan.steps.map(({ name }) => name)).to.have.members(names);
      for (const { name, from, gas, isDone } of plan.steps) {
        expect(from, name).to.equal(STEPS.includes(name) ? backend.address : deployer.address);
        expect(gas > 21_000n && !isDone, name).to.equal(true);
      }
      expect(plan.gasPrice > 0n).to.equal(true);
      expect(await here.ethers.provider.getBlockNumber()).to.equal(0);
      expect(readRecord({ chainId: LOCAL_CHAIN })).to.equal(undefined);
    });

    it("sends exactly the planned transactions, for the planned gas and within the bounds", async () => {
      const { plan, sent } = await deploy(here);

      const ofProtocol = sent.filter(({ name }) => !STEPS.includes(name));
      expect(sent).to.have.length(plan.steps.length);
      // By name: what is sent side by side is confirmed in any order.
      const planned = plan.steps.filter(({ model }) => model === undefined);
      expect(Object.fromEntries(ofProtocol.map(({ name, gasUsed }) => [nameOf(name), gasUsed]))).to.deep.equal(
        Object.fromEntries(planned.map(({ name, gas }) => [name, gas])),
      );
      expect(ofProtocol).to.have.length(planned.length);
      expect(sent.slice(ofProtocol.length).map(({ name }) => name)).to.deep.equal(STEPS);
      expect(ofProtocol).to.have.length.at.most(MOST_TRANSACTIONS);
      expect(ofProtocol.reduce((sum, { gasUsed }) => sum + gasUsed, 0n) <= MOST_GAS).to.equal(true);
    });
  });

  describe("given a second chain", () => {
    it("names in one message what the chain lacks", async () => {
      await fund(other);
      expect(await refusal(there)).to.equal(
        `base-sepolia has no CreateX at ${CREATE_X}, through which contracts get the same address everywhere; ` +
          `$global.reserveToken ${reserveToken} has no code on base-sepolia. Nothing was sent.`,
      );
    });

    it("puts every contract at the same address as on the first chain", async () => {
      for (const address of [CREATE_X, reserveToken]) {
        await rpc(other.url, "anvil_setCode", [address, await here.ethers.provider.getCode(address)]);
      }
      const { record } = await deploy(there);

      const first = readRecord({ chainId: LOCAL_CHAIN }) as DeploymentRecord;
      const addressesOf = ({ contracts }: DeploymentRecord) =>
        Object.fromEntries(Object.entries(contracts).map(([name, { address }]) => [name, address]));
      expect(record.chainId).to.equal(OTHER_CHAIN);
      expect(addressesOf(record)).to.deep.equal(addressesOf(first));
      expect(addressesOf(record)).to.include.keys(...CONTRACTS, "UsageFeeRouter", "RewardDistributor");

      const { address, arguments: args } = first.contracts["DeltaOneVerifier"]!;
      const creation = await (
        await hre.ethers.getContractFactory("DeltaOneVerifier")
      ).getDeployTransaction(...(args as [string, string, string]));
      const { deployer } = KEYS;
      expect(create2Address(deployer.address, saltOf(deployer.address), creation.data)).to.equal(address);
    });

    it("gives any other sender than the deployer different addresses", async () => {
      const salt = saltOf(KEYS.deployer.address);
      const addressFor = async ({ address: from }: Wallet) => {
        const data = CREATE_X_INTERFACE.encodeFunctionData("deployCreate2", [salt, INIT_CODE]);
        const result = await here.ethers.provider.call({ from, to: CREATE_X, data });
        return CREATE_X_INTERFACE.decodeFunctionResult("deployCreate2", result)[0] as string;
      };

      const own = create2Address(KEYS.deployer.address, salt, INIT_CODE);
      expect(await addressFor(KEYS.deployer)).to.equal(own);
      expect(await addressFor(KEYS.backend)).not.to.equal(own);
    });
  });

  describe("given a chain on which everything is deployed", () => {
    it("records every contract with its origin, as the chain has it", async () => {
      const record = readRecord({ chainId: LOCAL_CHAIN }) as DeploymentRecord;

      const { token, pool, wallet } = record.models[MODEL_ID]!;
      expect([token, pool, wallet!].map(({ contract }) => contract)).to.deep.equal([
        "ModelToken",
        "HokusaiAMM",
        "VestingWallet",
      ]);
      expect((await blocksOf(here)).from).to.equal(firstRecordedBlock(record));
      for (const entry of recordedContracts(record)) {
        const { contract, address, block, transaction, codeHash, commit, arguments: args } = entry;
        const receipt = await here.ethers.provider.getTransactionReceipt(transaction);
        expect(receipt?.blockNumber, contract).to.equal(block);
        expect(receipt?.status, contract).to.equal(1);
        expect(keccak256(await here.ethers.provider.getCode(address)), contract).to.equal(codeHash);
        const { abi } = await hre.artifacts.readArtifact(contract);
        expect(new hre.ethers.Interface(abi).deploy.inputs, contract).to.have.length(args.length);
        expect(commit, contract).to.match(/^[0-9a-f]{40}( with changes)?$/);
      }
    });

    it("finds everything the second time, sends nothing and leaves the record unchanged", async () => {
      const text = readFileSync(recordFile({ chainId: LOCAL_CHAIN }), "utf8");
      const { plan, sent } = await deploy(here);

      expect(openSteps(plan)).to.deep.equal([]);
      expect(sent).to.deep.equal([]);
      expect(readFileSync(recordFile({ chainId: LOCAL_CHAIN }), "utf8")).to.equal(text);
      expect(readdirSync(folder)).to.have.members([
        `${LOCAL_CHAIN}.json`,
        `${OTHER_CHAIN}.json`,
        `chain-${LOCAL_CHAIN}`,
        `chain-${OTHER_CHAIN}`,
      ]);
    });

    it("finds everything without journal and record, and writes the same record again", async () => {
      const record = readRecord({ chainId: OTHER_CHAIN }) as DeploymentRecord;
      const nonces = await noncesOn(there);
      rmSync(join(folder, `chain-${OTHER_CHAIN}`), { recursive: true });
      rmSync(recordFile({ chainId: OTHER_CHAIN }));
      const { sent, record: anew } = await deploy(there);

      expect(sent).to.deep.equal([]);
      expect(await noncesOn(there)).to.deep.equal(nonces);
      expect(anew).to.deep.equal(record);
    });

    it("continues after a journal that lacks a sent transaction or ends in a torn line, and sends nothing twice", async () => {
      const text = readFileSync(journalOf(OTHER_CHAIN), "utf8");
      const nonces = await noncesOn(there);
      const parameters = parametersOf(KEYS, reserveToken);
      const { addresses } = await deployProtocol(there, { parameters });
      const sendings = [...text.matchAll(/"TRANSACTION_PREPARE_SEND"\}\n/g)].map(({ index }) =>
        text.indexOf("\n", index),
      );
      const [creation, call] = [sendings.at(-2) as number, sendings.at(-1) as number];

      expect(sendings).to.have.length(CONTRACTS.length + 1); // And the call that wires them.
      for (const end of [creation, call, text.length - 1]) {
        writeFileSync(journalOf(OTHER_CHAIN), text.slice(0, end));
        const protocol = await deployProtocol(there, { parameters });
        expect(protocol.addresses).to.deep.equal(addresses);
      }
      expect(readFileSync(`${journalOf(OTHER_CHAIN)}.torn`, "utf8")).to.equal(text.slice(0, -1));
      expect(await noncesOn(there)).to.deep.equal(nonces);
    });

    it("finds the vesting wallet of a launch that failed after it, even without its journal", async () => {
      const key = id("model-of-tomorrow");
      const model = { ...file, modelId: "model-of-tomorrow", symbol: "MORROW" };
      const declared = declare(undefined, [model]);
      const { tokenManager } = await deployProtocol(there, { parameters: declared.parameters });
      const guardian = declared.parameters.$global.guardians[0] as string;
      await rpc(other.url, "anvil_impersonateAccount", [guardian]);
      await rpc(other.url, "anvil_setBalance", [guardian, toQuantity(10n ** 18n)]);
      const manager = tokenManager.interface;
      const asGuardian = async (data: string) =>
        rpc(other.url, "eth_sendTransaction", [{ from: guardian, to: tokenManager.target, data }]);

      await asGuardian(manager.encodeFunctionData("pauseLaunches", [3_600n]));
      await expect(deploy(there, declared)).to.be.rejectedWith(manager.getError("Paused")!.selector);
      await asGuardian(manager.encodeFunctionData("resumeLaunches"));
      const wallet = (await journaledContracts(there)).find(({ future }) => future.startsWith(vestingModuleId(key)))!;
      rmSync(join(folder, `chain-${OTHER_CHAIN}`), { recursive: true });
      await rpc(other.url, "evm_increaseTime", [3_600]);
      const { plan, sent, record } = await deploy(there, declared);

      expect(openSteps(plan).map(({ name }) => name)).to.deep.equal(STEPS.slice(1));
      expect(sent.map(({ name }) => name)).to.deep.equal(STEPS.slice(1));
      expect(record.models[model.modelId]!.wallet).to.deep.include({
        address: wallet.address,
        transaction: wallet.transaction,
        arguments: wallet.arguments!.map(String),
      });
    });
  });

  describe("given a contradiction that is found before the first transaction", () => {
    it("refuses other sources than those of the journal", async () => {
      const path = journalOf(LOCAL_CHAIN);
      const text = readFileSync(path, "utf8");
      const { address } = readRecord({ chainId: LOCAL_CHAIN })!.contracts["TokenManager"]!;
      const elsewhere = Wallet.createRandom().address;
      writeFileSync(path, text.replaceAll(address, elsewhere));
      const message = await refusal(here);
      writeFileSync(path, text);
      expect(message).to.equal(
        `the journal of localhost was written with other sources or parameters, for TokenManager at ${elsewhere}: ` +
          "use those, or, on a local chain, a new one. Nothing was sent.",
      );
    });

    it("refuses a record that the chain contradicts", async () => {
      const path = recordFile({ chainId: LOCAL_CHAIN });
      const text = readFileSync(path, "utf8");
      const { address, codeHash } = readRecord({ chainId: LOCAL_CHAIN })!.contracts["TokenManager"]!;
      writeFileSync(path, text.replace(codeHash, keccak256("0x")));
      const message = await refusal(here);
      writeFileSync(path, text);
      expect(message).to.match(
        new RegExp(
          `^TokenManager at ${address} does not have the code that .*${LOCAL_CHAIN}\\.json records\\. Nothing was sent\\.$`,
        ),
      );
    });

    it("refuses to run while another run holds the lock", async () => {
      const lock = join(folder, `chain-${LOCAL_CHAIN}.lock`);
      writeFileSync(lock, JSON.stringify(holderOf(process.ppid)));
      await expect(deploy(here)).to.be.rejectedWith(
        new RegExp(
          `^another run, process ${process.ppid}, has been working on this network since .*: wait for its end, or delete ${lock} if there is none\\.$`,
        ),
      );
      rmSync(lock);
    });
  });
});
