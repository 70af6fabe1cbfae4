import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { buildPoolTerms, modelIdOf, Parameter } from "../../scripts/dev/world/models";
import { DAY, USDC } from "../../scripts/dev/world/units";
import { protocolInUse, REGISTERED, type World } from "./authority.fixture";
import { INVOICE } from "./arguments";

const RECOVERY_DELAY = 7n * DAY;
const FULL_SHARE = 10_000n;

/** Ways in which a model comes to its next governor, bob. */
const WAYS = {
  "by the governor itself": async ({ registry, keys, bob }: World, id: string) => {
    await registry.connect(keys.governor).proposeGovernor(id, bob);
    await registry.connect(bob).acceptGovernor(id);
  },
  "by the admin, from a governor who was robbed": async ({ registry, keys, bob }: World, id: string) => {
    await registry.connect(keys.admin).proposeGovernor(id, bob);
    await time.increase(RECOVERY_DELAY);
    await registry.connect(bob).acceptGovernor(id);
  },
} as const;

describe("H1: what a governor has set in motion ends with a handover", () => {
  let world: World;

  beforeEach(async () => {
    world = await loadFixture(protocolInUse);
  });

  const createPool = () => {
    const { factory, keys, tokens } = world;
    const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = buildPoolTerms();
    return factory
      .connect(keys.poolCreator)
      .createPoolWithParams(REGISTERED, tokens.registered, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
  };

  const pay = () =>
    world.infrastructureReserve.connect(world.keys.payer).pay(world.model.id, world.keys.attacker, USDC, INVOICE);

  for (const [way, handOver] of Object.entries(WAYS)) {
    describe(`given a handover ${way}`, () => {
      it("pays no payee that the former governor approved", async () => {
        const { infrastructureReserve, keys, model, payee, usdc } = world;
        await infrastructureReserve.connect(keys.governor).approvePayee(model.id, keys.attacker);
        await time.increase(2n * DAY);
        await handOver(world, model.id);
        await time.increase(2n * DAY);
        const before = await usdc.balanceOf(keys.attacker);
        await expect(pay())
          .to.be.revertedWithCustomError(infrastructureReserve, "PayeeNotApproved")
          .withArgs(model.id, keys.attacker, 0);
        expect(await usdc.balanceOf(keys.attacker)).to.equal(before);
        for (const account of [keys.attacker, payee]) {
          expect(await infrastructureReserve.payableFrom(model.id, account)).to.equal(0);
        }
      });

      it("drops the parameter change that the former governor scheduled last", async () => {
        const { registry, keys, model } = world;
        const before = await registry.parametersOf(model.id);
        const schedule = () => registry.connect(keys.governor).setInfrastructureAccrual(model.id, FULL_SHARE);
        if (way === "by the governor itself") {
          await schedule();
          await handOver(world, model.id);
        } else {
          await registry.connect(keys.admin).proposeGovernor(model.id, world.bob);
          await time.increase(RECOVERY_DELAY - DAY);
          await schedule();
          await time.increase(DAY);
          await registry.connect(world.bob).acceptGovernor(model.id);
        }
        expect(await registry.pendingChangeOf(model.id, Parameter.INFRASTRUCTURE_ACCRUAL)).to.deep.equal([0n, 0n]);
        await time.increase(2n * DAY + 1n);
        expect((await registry.parametersOf(model.id)).infrastructureAccrualBps).to.equal(
          before.infrastructureAccrualBps,
        );
      });

      it("creates no pool on the terms that the former governor fixed, until the present one frees them", async () => {
        const { factory, keys, bob } = world;
        const id = modelIdOf(REGISTERED);
        const fixed = await factory.hashTerms(buildPoolTerms());
        await factory.connect(keys.governor).setPoolTerms(id, fixed);
        await handOver(world, id);
        await expect(createPool()).to.be.revertedWithCustomError(factory, "PoolTermsOutdated").withArgs(id, 0, 1);

        await factory.connect(bob).setPoolTerms(id, ethers.ZeroHash);
        await expect(createPool()).to.emit(factory, "PoolCreated");
      });

      it("revives neither pool terms nor payees when the former governor governs again", async () => {
        const { registry, infrastructureReserve, factory, keys, bob, model } = world;
        const id = modelIdOf(REGISTERED);
        await factory.connect(keys.governor).setPoolTerms(id, await factory.hashTerms(buildPoolTerms()));
        await infrastructureReserve.connect(keys.governor).approvePayee(model.id, keys.attacker);
        await time.increase(2n * DAY);
        for (const each of [id, model.id]) {
          await handOver(world, each);
          await registry.connect(bob).proposeGovernor(each, keys.governor);
          await registry.connect(keys.governor).acceptGovernor(each);
          expect(await registry.governanceOf(each)).to.deep.equal([keys.governor.address, 2n]);
        }
        await expect(createPool()).to.be.revertedWithCustomError(factory, "PoolTermsOutdated").withArgs(id, 0, 2);
        await expect(pay())
          .to.be.revertedWithCustomError(infrastructureReserve, "PayeeNotApproved")
          .withArgs(model.id, keys.attacker, 0);
      });
    });
  }
});
