import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { byRole, shouldBeGuarded, shouldHaveOnly } from "../helpers/guarded.behavior";
import { buildPoolTerms, modelIdOf } from "../../scripts/dev/world/models";
import { deployProtocol, deployToken, launchModel, registerModel } from "../../scripts/dev/world/protocol";
import { DAY, field } from "../../scripts/dev/world/units";

const { ZeroAddress } = ethers;
const RESERVE_DECIMALS = 6;
const WRONG_DECIMALS = [0, 5, 7, 18];
const PAUSE = DAY;

/** A model with a pool, and another that waits for its own. */
async function protocolWithModels() {
  const protocol = await deployProtocol();
  const launched = await launchModel(protocol);
  const waiting = await deployToken(protocol, { modelId: "waiting" });
  await registerModel(protocol, waiting.modelId);
  return { ...protocol, launched, waiting };
}

type Context = Awaited<ReturnType<typeof protocolWithModels>>;

describe("HokusaiAMMFactory", () => {
  const GUARDED = [
    {
      name: "createPoolWithParams",
      holders: ["poolCreator"],
      ...byRole("POOL_CREATOR_ROLE"),
      call: ({ factory, waiting: { modelId, token } }, sender) => {
        const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = buildPoolTerms();
        return factory
          .connect(sender)
          .createPoolWithParams(modelId, token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
      },
    },
    {
      name: "createPool",
      holders: ["poolCreator"],
      ...byRole("POOL_CREATOR_ROLE"),
      call: ({ factory, waiting: { modelId, token } }, sender) => factory.connect(sender).createPool(modelId, token),
    },
    {
      name: "setPoolTerms",
      holders: ["governor"],
      error: "UnauthorizedCaller",
      errorArguments: (sender, { governor }) => [sender, governor.address],
      call: ({ factory, waiting: { id } }, sender) => factory.connect(sender).setPoolTerms(id, ethers.id("terms")),
    },
    {
      name: "setTreasury",
      holders: ["admin"],
      ...byRole("DEFAULT_ADMIN_ROLE"),
      call: ({ factory, mallory }, sender) => factory.connect(sender).setTreasury(mallory),
    },
    {
      name: "pauseBuys",
      holders: ["guardian"],
      ...byRole("GUARDIAN_ROLE"),
      call: ({ factory, launched: { id } }, sender) => factory.connect(sender).pauseBuys(id, PAUSE),
    },
    {
      name: "resumeBuys",
      holders: ["admin"],
      ...byRole("DEFAULT_ADMIN_ROLE"),
      call: ({ factory, launched: { id } }, sender) => factory.connect(sender).resumeBuys(id),
    },
  ] satisfies Parameters<typeof shouldBeGuarded<Context>>[2];

  shouldHaveOnly(
    protocolWithModels,
    ({ factory }) => factory,
    GUARDED.map(({ name }) => name),
  );

  shouldBeGuarded<Context>(protocolWithModels, ({ factory }) => factory, GUARDED);

  describe("setTreasury", () => {
    it("A4: emits the first treasury at construction", async () => {
      const { factory, treasury } = await loadFixture(protocolWithModels);
      const events = await factory.queryFilter(factory.filters.TreasuryChanged());
      expect(events.map(({ args }) => [...args])).to.deep.equal([[ZeroAddress, treasury.address]]);
    });

    it("changes the treasury and emits the old and the new one", async () => {
      const { factory, admin, treasury, mallory } = await loadFixture(protocolWithModels);
      await expect(factory.connect(admin).setTreasury(mallory))
        .to.emit(factory, "TreasuryChanged")
        .withArgs(treasury.address, mallory.address);
      expect(await factory.treasury()).to.equal(mallory);
    });

    it("refuses zero", async () => {
      const { factory, admin, treasury } = await loadFixture(protocolWithModels);
      await expect(factory.connect(admin).setTreasury(ZeroAddress))
        .to.be.revertedWithCustomError(factory, "ZeroAddress")
        .withArgs();
      expect(await factory.treasury()).to.equal(treasury);
    });
  });

  describe("pause of buys", () => {
    it("affects only the model that is paused", async () => {
      const context = await loadFixture(protocolWithModels);
      const { factory, guardian, launched } = context;
      const { pool: other, id } = await launchModel(context, { model: { modelId: "other" } });
      await factory.connect(guardian).pauseBuys(launched.id, PAUSE);
      const until = BigInt(await time.latest()) + PAUSE;
      expect(await launched.pool.buysPausedUntil()).to.equal(until);
      expect(await factory.buysPauseOf(launched.id)).to.deep.equal([until, until + 5n * PAUSE]);
      expect(await other.buysPausedUntil()).to.equal(0);
      expect(await factory.buysPauseOf(id)).to.deep.equal([0n, 0n]);
    });

    it("refuses a model without a pool", async () => {
      const { factory, guardian, admin, waiting } = await loadFixture(protocolWithModels);
      for (const id of [waiting.id, modelIdOf("unknown")]) {
        for (const refused of [
          () => factory.connect(guardian).pauseBuys(id, PAUSE),
          () => factory.connect(admin).resumeBuys(id),
          () => factory.buysPauseOf(id),
        ]) {
          await expect(refused()).to.be.revertedWithCustomError(factory, "PoolNotFound").withArgs(id);
        }
      }
    });
  });

  describe("deployment", () => {
    const deploy = (
      overrides: Partial<Record<"registry" | "reserveToken" | "feeRouter" | "treasury", string>> = {},
    ) => {
      const { registry, feeRouter, treasury } = context;
      return ethers.deployContract("HokusaiAMMFactory", [
        overrides.registry ?? registry,
        overrides.reserveToken ?? context.reserveToken,
        overrides.feeRouter ?? feeRouter,
        overrides.treasury ?? treasury,
      ]);
    };
    let context: Context;

    beforeEach(async () => {
      context = await loadFixture(protocolWithModels);
    });

    it("stores the addresses that it is given", async () => {
      const { registry, reserveToken, feeRouter, treasury } = context;
      const factory = await deploy();
      expect(await factory.registry()).to.equal(registry);
      expect(await factory.reserveToken()).to.equal(reserveToken);
      expect(await factory.feeRouter()).to.equal(feeRouter);
      expect(await factory.treasury()).to.equal(treasury);
      expect(await factory.poolCount()).to.equal(0);
    });

    for (const missing of ["registry", "feeRouter", "treasury"] as const) {
      it(`refuses zero as the ${missing}`, async () => {
        await expect(deploy({ [missing]: ZeroAddress })).to.be.revertedWithCustomError(context.factory, "ZeroAddress");
      });
    }

    for (const decimals of WRONG_DECIMALS) {
      it(`refuses a reserve token of ${decimals} decimals`, async () => {
        const reserveToken = await ethers.deployContract("HostileReserveTokenMock", [decimals]);
        await expect(deploy({ reserveToken: await reserveToken.getAddress() }))
          .to.be.revertedWithCustomError(context.factory, "ValueMismatch")
          .withArgs(field("decimals"), decimals, RESERVE_DECIMALS);
      });
    }
  });
});
