import { loadFixture, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";
import { join, resolve } from "node:path";
import { launchModel } from "../../deploy/launch";
import { signerWithRole } from "../../deploy/roles";
import type { Step } from "../../deploy/step";
import { readModelFile } from "../../sdk/node/modelFile";
import type { ModelFile } from "../../sdk/schemas/model";
import { Problem } from "../../sdk/base/problem";
import { deployProtocol } from "../../deploy/protocol";
import { Status } from "../../scripts/dev/world/models";
import { DAY } from "../../scripts/dev/world/units";

const CREDIT_DEFAULT = join(resolve(__dirname, "../../deploy/models"), "credit-default.json");
const STEPS = ["deploy token", "register model", "distribute supplier allocation", "create pool"];

async function deployed() {
  return { protocol: await deployProtocol(hre), file: await readModelFile(CREDIT_DEFAULT, true) };
}

async function launched() {
  const context = await deployed();
  const { model, steps } = await launch(context);
  return { ...context, model, steps };
}

/** Launches and collects the steps. */
async function launch({ protocol, file }: Awaited<ReturnType<typeof deployed>>, change: Partial<ModelFile> = {}) {
  const steps: Step[] = [];
  const model = await launchModel(hre, protocol, { ...file, ...change }, (step) => steps.push(step));
  return { model, steps };
}

const sentIn = (steps: Step[]) => steps.filter(({ sent }) => sent).map(({ name }) => name);

describe("launch of a model", () => {
  it("takes the four steps in four transactions, after one for the vesting wallet", async () => {
    const { protocol, file, model, steps } = await loadFixture(launched);
    const { registry } = protocol;

    expect(sentIn(steps)).to.deep.equal(["deploy vesting wallet", ...STEPS]);
    expect(await registry.statusOf(model.key)).to.equal(Status.DEPLOYED);
    expect(await registry.scoreOf(model.key)).to.equal(file.benchmark.baselineScore);
    expect(await registry.poolOf(model.key)).to.equal(await model.pool.getAddress());
    expect(await model.token.totalSupply()).to.equal(file.supplierAllocation);
    expect((await registry.benchmarkOf(model.key)).specHash).to.equal(file.benchmark.specHash);
  });

  it("gives the supplier allocation to a wallet that vests for a year from the opening of sells", async () => {
    const { file, model } = await loadFixture(launched);
    const wallet = await ethers.getContractAt("VestingWallet", await model.token.supplierRecipient());
    const opens = await model.pool.sellsOpenAt();

    expect(file.recipient).to.deep.equal({ kind: "vesting", beneficiary: await wallet.owner() });
    expect(await model.token.balanceOf(wallet)).to.equal(file.supplierAllocation);
    expect(await wallet.duration()).to.equal(365n * DAY);
    expect(opens - (await wallet.start())).to.be.within(0n, 60n);
  });

  it("finds and checks everything the second time, and sends nothing", async () => {
    const context = await loadFixture(launched);
    const block = await ethers.provider.getBlockNumber();
    const { steps } = await launch(context);

    expect(steps.map(({ name }) => name)).to.deep.equal(STEPS);
    expect(sentIn(steps)).to.deep.equal([]);
    expect(await ethers.provider.getBlockNumber()).to.equal(block);
  });

  it("refuses a recipient or beneficiary that is a contract of the protocol other than the timelock", async () => {
    const context = await loadFixture(deployed);
    const { TimelockController: timelock, ...others } = context.protocol.addresses;
    const block = await ethers.provider.getBlockNumber();
    for (const [name, account] of Object.entries(others)) {
      const refusal = `is ${account}, the protocol's ${name}, which does not pass tokens on: name another.`;
      await expect(launch(context, { recipient: { kind: "account", account } })).to.be.rejectedWith(
        Problem,
        `recipient ${refusal}`,
      );
      await expect(launch(context, { recipient: { kind: "vesting", beneficiary: account } })).to.be.rejectedWith(
        Problem,
        `beneficiary ${refusal}`,
      );
    }
    expect(await ethers.provider.getBlockNumber()).to.equal(block);

    const { model } = await launch(context, { recipient: { kind: "account", account: timelock! } });
    expect(await model.token.balanceOf(timelock!)).to.equal(context.file.supplierAllocation);
  });

  for (const [done, role, contract] of [
    [1, "REGISTRAR_ROLE", "registry"],
    [2, "DISTRIBUTOR_ROLE", "tokenManager"],
    [3, "POOL_CREATOR_ROLE", "registry"],
  ] as const) {
    it(`continues after step ${done} if an earlier launch failed for want of ${role}`, async () => {
      const context = await loadFixture(deployed);
      const { protocol } = context;
      const holder = await signerWithRole(hre, protocol, contract, role);
      const guardian = await ethers.getSigner(protocol.parameters.$global.guardians[0]!);
      await protocol[contract].connect(guardian).suspendRole(id(role), holder);
      const first = (await ethers.getSigners())[0]!.address;
      const name = { registry: "ModelRegistry", tokenManager: "TokenManager" }[contract];
      await expect(launch(context)).to.be.rejectedWith(
        Problem,
        `AccessControl: account ${first} is missing role ${role} on ${name}`,
      );

      const admin = await ethers.getImpersonatedSigner(await protocol.timelock.getAddress());
      await setBalance(admin.address, 10n ** 18n);
      await protocol[contract].connect(admin).grantRole(id(role), holder);
      const { steps } = await launch(context);
      expect(sentIn(steps)).to.deep.equal(STEPS.slice(done));
    });
  }

  it("mints the supplier allocation to the account that the file names", async () => {
    const context = await loadFixture(deployed);
    const account = ethers.Wallet.createRandom().address;
    const { model, steps } = await launch(context, { recipient: { kind: "account", account } });

    expect(sentIn(steps)).to.deep.equal(STEPS);
    expect(await model.token.balanceOf(account)).to.equal(context.file.supplierAllocation);
  });

  describe("given a model on chain that differs from the file", () => {
    it("names every value of an existing token that differs from the file", async () => {
      const context = await loadFixture(launched);
      const { file } = context;
      await expect(
        launch(context, {
          symbol: "OTHER",
          tokensPerDeltaOne: 2n * file.tokensPerDeltaOne,
          licenseURI: "ipfs://other",
        }),
      ).to.be.rejectedWith(
        Problem,
        "credit-default is on chain with other values: symbol is CRDEF, the file says OTHER; " +
          `reward allocation is ${100n * file.tokensPerDeltaOne}, the file says ${200n * file.tokensPerDeltaOne}; ` +
          `licence URI is ${file.licenseURI}, the file says ipfs://other. Correct the file or take another id.`,
      );
    });

    it("refuses a benchmark, pool or beneficiary that differs from the file", async () => {
      const context = await loadFixture(launched);
      const { file } = context;
      const other = ethers.Wallet.createRandom().address;
      await expect(launch(context, { benchmark: { ...file.benchmark, minRuns: 1 } })).to.be.rejectedWith(
        `the benchmark of credit-default is on chain with other values: minRuns is ${file.benchmark.minRuns}, the file says 1.`,
      );
      const begun = { ...file.benchmark, baselineScore: 1, modelCommitment: id("another model") };
      await expect(launch(context, { benchmark: begun })).to.be.rejectedWith(
        "the benchmark of credit-default is on chain with other values: " +
          `baselineScore is ${file.benchmark.baselineScore}, the file says 1; ` +
          `modelCommitment is ${ZeroHash}, the file says ${id("another model")}.`,
      );
      await expect(launch(context, { pool: { ...file.pool, tradeFee: 31n } })).to.be.rejectedWith(
        "the pool of credit-default is on chain with other values: tradeFee is 30, the file says 31.",
      );
      await expect(launch(context, { recipient: { kind: "vesting", beneficiary: other } })).to.be.rejectedWith(
        new RegExp(
          `the vesting wallet 0x\\w+ is on chain with other values: beneficiary is 0x\\w+, the file says ${other}\\.`,
        ),
      );
    });

    it("refuses a token whose recipient is an account if the file wants a vesting wallet", async () => {
      const context = await loadFixture(deployed);
      const account = ethers.Wallet.createRandom().address;
      await launch(context, { recipient: { kind: "account", account } });

      await expect(launch(context)).to.be.rejectedWith(
        `the supplier recipient is the account ${account}, the file says a vesting wallet.`,
      );
    });
  });
});
