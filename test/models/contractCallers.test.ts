import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Interface } from "ethers";
import { ethers } from "hardhat";
import { roleId } from "../helpers/guarded.behavior";
import { buildBenchmark, Parameter } from "../../scripts/dev/world/models";
import { ADMIN_DELAY, HOUR } from "../../scripts/dev/world/units";
import { proposedModel } from "./registry.fixture";

/** A contract that is admin and guardian, and that the governor and the owner have named to follow. Mallory signs for it. */
async function withWallet() {
  const context = await proposedModel();
  const { registry, admin, governor, supplier, id } = context;
  const wallet = await ethers.deployContract("ERC1271WalletMock");
  const send = (name: string, args: readonly unknown[] = []) =>
    wallet
      .connect(context.mallory)
      .execute(registry, (registry.interface as Interface).encodeFunctionData(name, [...args]));
  await registry.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), wallet);
  await registry.connect(admin).beginDefaultAdminTransfer(wallet);
  await time.increase(ADMIN_DELAY + 1n);
  await send("acceptDefaultAdminTransfer");
  await registry.connect(governor).proposeGovernor(id, wallet);
  await registry.connect(supplier).proposeOwner(id, wallet);
  return { ...context, wallet, send };
}

describe("ModelRegistry, called by a contract for which a stranger signs", () => {
  let context: Awaited<ReturnType<typeof withWallet>>;

  beforeEach(async () => {
    context = await loadFixture(withWallet);
  });

  it("names the contract as the guardian that paused submissions", async () => {
    const { registry, wallet, send } = context;
    const transaction = await send("pauseSubmissions", [HOUR]);
    const until = BigInt(await time.latest()) + HOUR;
    await expect(transaction)
      .to.emit(registry, "SubmissionsPaused")
      .withArgs(until, until + 5n * HOUR, wallet);
  });

  it("names the contract as the guardian that stopped payouts", async () => {
    const { registry, method, wallet, send } = context;
    await expect(send("stopPayouts", [method.address, 1n]))
      .to.emit(registry, "PayoutsStopped")
      .withArgs(method, 1, 2n ** 40n - 1n, wallet);
  });

  it("lets the contract register a model as the admin", async () => {
    const { registry, method, id, send } = context;
    await send("registerModel", [id, buildBenchmark(method.address)]);
    expect(await registry.statusOf(id)).to.equal(2);
  });

  it("hands the model over to the contract when it accepts", async () => {
    const { registry, wallet, governor, supplier, id, send } = context;
    await expect(send("acceptGovernor", [id]))
      .to.emit(registry, "GovernorChanged")
      .withArgs(id, governor, wallet);
    await expect(send("acceptOwner", [id]))
      .to.emit(registry, "OwnerChanged")
      .withArgs(id, supplier, wallet);
    expect(await registry.governorOf(id)).to.equal(wallet);
    expect(await registry.ownerOf(id)).to.equal(wallet);
  });

  it("lets the contract, once it is the governor, propose a successor at once", async () => {
    const { registry, alice, id, send } = context;
    await send("acceptGovernor", [id]);
    const transaction = await send("proposeGovernor", [id, alice.address]);
    await expect(transaction)
      .to.emit(registry, "GovernorProposed")
      .withArgs(id, alice, await time.latest());
  });

  it("lets the contract cancel a governor's change as a guardian", async () => {
    const { registry, governor, id, params, send } = context;
    const accrual = BigInt(params.infrastructureAccrualBps) + 1n;
    await registry.connect(governor).setInfrastructureAccrual(id, accrual);
    await expect(send("cancelChange", [id, Parameter.INFRASTRUCTURE_ACCRUAL]))
      .to.emit(registry, "ParameterChangeCancelled")
      .withArgs(id, Parameter.INFRASTRUCTURE_ACCRUAL, accrual);
  });
});
