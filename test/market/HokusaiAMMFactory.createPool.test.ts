import { loadFixture, setStorageAt, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { buildPoolTerms, modelIdOf, type ModelOverrides, type PoolTerms, Status } from "../../scripts/dev/world/models";
import { deployProtocol, deployToken, type Protocol, registerModel } from "../../scripts/dev/world/protocol";
import { DAY, field, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import { modelBuyExactOut, modelSpotPrice } from "./pool.support";

const UNKNOWN = "unknown-model";

// Bounds, as published.
const CRR = { min: 50_000n, max: 1_000_000n };
const FEE = { min: 0n, max: 1_000n };
const WINDOW = { min: 0n, max: 30n * DAY };
const PRICE = { min: 1n, max: 10n ** 12n };
const VIRTUAL_RESERVE = { min: 100n * USDC, max: 10n ** 18n };
const VIRTUAL_SUPPLY = { min: TOKEN, max: 10n ** 30n };
const COST = { min: USDC, max: 10n ** 15n };
const MAX_RATIO = 1_000n;

/** A registered model without a pool. */
async function registeredModel(model: ModelOverrides = {}) {
  const protocol = await deployProtocol();
  const launched = await deployToken(protocol, model);
  await registerModel(protocol, launched.modelId);
  return { ...protocol, ...launched };
}

/** Half a token more than round numbers, at which the cost of the whole allocation would be an integer that rounding up passes. */
async function registered() {
  return registeredModel({ investorAllocation: 600_000n * TOKEN + TOKEN / 2n });
}

function virtualSupplyOf({ virtualReserve, crr, initialPrice }: PoolTerms): bigint {
  return (virtualReserve * 10n ** 24n) / (crr * initialPrice);
}

/** The pool as it starts. */
function startOf(terms: PoolTerms) {
  return { ...terms, reserve: 0n, supply: virtualSupplyOf(terms) };
}

describe("HokusaiAMMFactory.createPool", () => {
  let context: Awaited<ReturnType<typeof registeredModel>>;

  /** Sends the creation; the token can be another than the model's. */
  const create = (
    terms: PoolTerms,
    { modelId = context.modelId, token = context.token.target as string } = {},
    factory = context.factory,
  ) =>
    factory
      .connect(context.poolCreator)
      .createPoolWithParams(
        modelId,
        token,
        terms.crr,
        terms.tradeFee,
        terms.ibrDuration,
        terms.virtualReserve,
        terms.initialPrice,
      );

  /** Another model with these allocations and these terms. */
  async function createFor(model: ModelOverrides, terms: PoolTerms) {
    const other = await deployToken(context, { modelId: "other", ...model });
    await registerModel(context, other.modelId);
    return create(terms, { modelId: other.modelId, token: other.token.target as string });
  }

  beforeEach(async () => {
    context = await loadFixture(registered);
  });

  describe("createPoolWithParams", () => {
    it("creates the pool, binds the token to it, marks the model as deployed, and emits all events", async () => {
      const { factory, registry, token, id, poolCreator, modelId, investorAllocation } = context;
      const terms = buildPoolTerms();
      const start = startOf(terms);
      const { net: costAtCap, after } = modelBuyExactOut(start, investorAllocation);
      const expected = await factory
        .connect(poolCreator)
        .createPoolWithParams.staticCall(
          modelId,
          token,
          terms.crr,
          terms.tradeFee,
          terms.ibrDuration,
          terms.virtualReserve,
          terms.initialPrice,
        );

      const transaction = create(terms);

      await expect(transaction)
        .to.emit(factory, "PoolCreated")
        .withArgs(id, expected, token, Object.values(terms), start.supply, costAtCap, modelSpotPrice(after));
      await expect(transaction).to.emit(token, "PoolSet").withArgs(expected);
      await expect(transaction).to.emit(registry, "ModelPoolSet").withArgs(id, expected);
      expect(await factory.poolOf(id)).to.equal(expected);
      expect(await factory.poolCount()).to.equal(1);
      expect(await factory.poolAt(0)).to.equal(expected);
      expect(await token.pool()).to.equal(expected);
      expect(await registry.statusOf(id)).to.equal(Status.DEPLOYED);
      const pool = await ethers.getContractAt("HokusaiAMM", expected);
      expect(await pool.virtualSupply()).to.equal(start.supply);
      expect(await pool.sellsOpenAt()).to.equal(BigInt(await time.latest()) + terms.ibrDuration);
    });

    describe("poolAt", () => {
      it("numbers the pools in order of creation, and refuses every other index", async () => {
        const { factory } = context;
        await create(buildPoolTerms());
        const other = await deployToken(context, { modelId: "other" });
        await registerModel(context, other.modelId);
        await create(buildPoolTerms(), { modelId: other.modelId, token: other.token.target as string });
        expect(await factory.poolCount()).to.equal(2);
        expect(await factory.poolAt(1)).to.equal(await factory.poolOf(other.id));
        for (const index of [2n, MAX_UINT256]) {
          await expect(factory.poolAt(index))
            .to.be.revertedWithCustomError(factory, "OutOfRange")
            .withArgs(field("index"), index, 0, 1);
        }
      });

      it("refuses every index while there is no pool", async () => {
        const { factory } = context;
        await expect(factory.poolAt(0))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field("index"), 0, 1, 0);
      });

      it("computes the address of every pool, however many bytes its number has", async () => {
        const from = String(context.factory.target);
        const count = 2n ** 64n - 1n;
        const word = ethers.concat([ethers.toBeHex(count, 12), await context.factory.treasury()]);
        await setStorageAt(from, 0, word);

        expect(await context.factory.poolCount()).to.equal(count);
        for (const nonce of [1n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, count]) {
          expect(await context.factory.poolAt(nonce - 1n)).to.equal(ethers.getCreateAddress({ from, nonce }));
        }
      });
    });

    it("refuses a second pool for the same model", async () => {
      const { factory, id } = context;
      await create(buildPoolTerms());
      await expect(create(buildPoolTerms({ tradeFee: 1n })))
        .to.be.revertedWithCustomError(factory, "PoolAlreadyExists")
        .withArgs(id, await factory.poolOf(id));
    });

    it("refuses an unknown model", async () => {
      const { factory } = context;
      for (const modelId of [UNKNOWN, ""]) {
        await expect(create(buildPoolTerms(), { modelId }))
          .to.be.revertedWithCustomError(factory, "WrongModelStatus")
          .withArgs(modelIdOf(modelId), Status.NONE, Status.REGISTERED);
      }
    });

    it("refuses a token other than the model's", async () => {
      const { factory, token, reserveToken } = context;
      for (const wrong of [reserveToken.target as string, ethers.ZeroAddress]) {
        await expect(create(buildPoolTerms(), { token: wrong }))
          .to.be.revertedWithCustomError(factory, "TokenMismatch")
          .withArgs(wrong, token);
      }
    });

    it("refuses a model that is not registered", async () => {
      const { registry } = context;
      const other = await deployToken(context, { modelId: "other" });
      await expect(create(buildPoolTerms(), { modelId: other.modelId, token: other.token.target as string }))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(other.id, Status.PROPOSAL, Status.REGISTERED);
      expect(await context.factory.poolCount()).to.equal(0);
    });

    it("refuses while launches are paused", async () => {
      const { tokenManager, guardian } = context;
      await tokenManager.connect(guardian).pauseLaunches(DAY);
      await expect(create(buildPoolTerms()))
        .to.be.revertedWithCustomError(tokenManager, "Paused")
        .withArgs(await tokenManager.launchesPausedUntil());
    });
  });

  describe("createPool", () => {
    const create = (protocol: Protocol, modelId: string, token: string) =>
      protocol.factory.connect(protocol.poolCreator).createPool(modelId, token);

    it("uses the published defaults, on which the virtual supply equals the launch cap", async () => {
      const { factory, token, modelId, id, supplierAllocation, investorAllocation } = context;
      const terms = buildPoolTerms({ virtualReserve: 2_000_001_000n });
      expect(await factory.defaultTerms(supplierAllocation + investorAllocation)).to.deep.equal(Object.values(terms));
      const start = startOf(terms);
      expect(start.supply).to.equal(supplierAllocation + investorAllocation);
      const { net: costAtCap, after } = modelBuyExactOut(start, investorAllocation);

      await expect(create(context, modelId, token.target as string))
        .to.emit(factory, "PoolCreated")
        .withArgs(
          id,
          (address: string) => ethers.isAddress(address),
          token,
          Object.values(terms),
          start.supply,
          costAtCap,
          modelSpotPrice(after),
        );
    });

    it("rounds the default virtual reserve down", async () => {
      const { factory } = context;
      const maxSupply = 1_234_567n * TOKEN + 5n * 10n ** 14n - 1n;
      expect((await factory.defaultTerms(maxSupply)).virtualReserve).to.equal(
        (2_000_000_000n * maxSupply) / 10n ** 24n,
      );
    });

    it("refuses an unknown model, and a token other than the model's", async () => {
      const { factory, modelId, token, reserveToken } = context;
      await expect(create(context, UNKNOWN, token.target as string))
        .to.be.revertedWithCustomError(factory, "WrongModelStatus")
        .withArgs(modelIdOf(UNKNOWN), Status.NONE, Status.REGISTERED);
      await expect(create(context, modelId, reserveToken.target as string))
        .to.be.revertedWithCustomError(factory, "TokenMismatch")
        .withArgs(reserveToken, token);
    });

    it("refuses a launch cap that is too small for the defaults", async () => {
      const { factory, poolCreator } = context;
      const small = await deployToken(context, {
        modelId: "small",
        supplierAllocation: 20_000n * TOKEN,
        investorAllocation: 29_999n * TOKEN,
      });
      await registerModel(context, small.modelId);
      await expect(factory.connect(poolCreator).createPool(small.modelId, small.token))
        .to.be.revertedWithCustomError(factory, "OutOfRange")
        .withArgs(field("virtualReserve"), 99_998_000n, VIRTUAL_RESERVE.min, VIRTUAL_RESERVE.max);
    });
  });

  describe("bounds", () => {
    /** Each bound with a market that is meaningful there, and the value just outside. */
    const cases: {
      name: string;
      parameter: string;
      at: bigint;
      beyond: bigint;
      bounds: { min: bigint; max: bigint };
      model?: ModelOverrides;
      terms: (value: bigint) => PoolTerms;
    }[] = [
      ...[CRR.min, CRR.max].map((at) => ({
        name: `crr ${at}`,
        parameter: "crr",
        at,
        beyond: at === CRR.min ? at - 1n : at + 1n,
        bounds: CRR,
        terms: (crr: bigint) => buildPoolTerms({ crr }),
      })),
      {
        name: `trade fee ${FEE.max}`,
        parameter: "tradeFee",
        at: FEE.max,
        beyond: FEE.max + 1n,
        bounds: FEE,
        terms: (tradeFee) => buildPoolTerms({ tradeFee }),
      },
      {
        name: `window ${WINDOW.max}`,
        parameter: "ibrDuration",
        at: WINDOW.max,
        beyond: WINDOW.max + 1n,
        bounds: WINDOW,
        terms: (ibrDuration) => buildPoolTerms({ ibrDuration }),
      },
      {
        name: `initial price ${PRICE.min}`,
        parameter: "initialPrice",
        at: PRICE.min,
        beyond: PRICE.min - 1n,
        bounds: PRICE,
        model: { investorAllocation: 2_000_000n * TOKEN },
        terms: (initialPrice) => buildPoolTerms({ initialPrice, virtualReserve: VIRTUAL_RESERVE.min }),
      },
      {
        name: `initial price ${PRICE.max}`,
        parameter: "initialPrice",
        at: PRICE.max,
        beyond: PRICE.max + 1n,
        bounds: PRICE,
        model: { investorAllocation: 500n * TOKEN },
        terms: (initialPrice) => buildPoolTerms({ initialPrice, virtualReserve: 10n ** 15n }),
      },
      {
        name: `virtual reserve ${VIRTUAL_RESERVE.min}`,
        parameter: "virtualReserve",
        at: VIRTUAL_RESERVE.min,
        beyond: VIRTUAL_RESERVE.min - 1n,
        bounds: VIRTUAL_RESERVE,
        terms: (virtualReserve) => buildPoolTerms({ virtualReserve }),
      },
      {
        name: `virtual reserve ${VIRTUAL_RESERVE.max}`,
        parameter: "virtualReserve",
        at: VIRTUAL_RESERVE.max,
        beyond: VIRTUAL_RESERVE.max + 1n,
        bounds: VIRTUAL_RESERVE,
        model: { investorAllocation: 500n * TOKEN },
        terms: (virtualReserve) => buildPoolTerms({ virtualReserve, initialPrice: PRICE.max }),
      },
    ];

    for (const { name, parameter, at, beyond, bounds, model = {}, terms } of cases) {
      it(`accepts ${name} and refuses the value beyond`, async () => {
        const { factory } = context;
        await expect(create(terms(beyond)))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field(parameter), beyond, bounds.min, bounds.max);
        await expect(createFor(model, terms(at))).to.emit(factory, "PoolCreated");
      });
    }

    for (const [parameter, { min, max }] of [
      ["crr", CRR],
      ["initialPrice", PRICE],
      ["virtualReserve", VIRTUAL_RESERVE],
    ] as const) {
      it(`refuses a ${parameter} of zero`, async () => {
        await expect(create(buildPoolTerms({ [parameter]: 0n })))
          .to.be.revertedWithCustomError(context.factory, "OutOfRange")
          .withArgs(field(parameter), 0, min, max);
      });
    }

    it("accepts a trade fee of zero and a window of zero", async () => {
      const terms = buildPoolTerms({ tradeFee: FEE.min, ibrDuration: WINDOW.min });
      await expect(create(terms)).to.emit(context.factory, "PoolCreated");
    });

    it("refuses values of 2^255, which would wrap around", async () => {
      const { factory } = context;
      const huge = 2n ** 255n;
      for (const [parameter, { min, max }] of [
        ["crr", CRR],
        ["tradeFee", FEE],
        ["ibrDuration", WINDOW],
        ["initialPrice", PRICE],
        ["virtualReserve", VIRTUAL_RESERVE],
      ] as const) {
        await expect(create(buildPoolTerms({ [parameter]: huge })))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field(parameter), huge, min, max);
      }
    });

    describe("of the virtual supply", () => {
      it("accepts one token, and refuses less", async () => {
        const { factory, supplierAllocation } = context;
        const model = { investorAllocation: MAX_RATIO * TOKEN };
        const terms = (initialPrice: bigint) =>
          buildPoolTerms({ crr: CRR.max, virtualReserve: VIRTUAL_RESERVE.min, initialPrice });
        const [at, beyond] = [terms(100n * USDC), terms(100n * USDC + 1n)];
        expect(virtualSupplyOf(at)).to.equal(VIRTUAL_SUPPLY.min);
        await expect(createFor(model, beyond))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(
            field("virtualSupply"),
            virtualSupplyOf(beyond),
            VIRTUAL_SUPPLY.min,
            MAX_RATIO * (supplierAllocation + model.investorAllocation),
          );
        await expect(createFor({ ...model, modelId: "accepted" }, at)).to.emit(factory, "PoolCreated");
      });

      it("accepts 1000 times the launch cap and refuses more", async () => {
        const { factory } = context;
        const maxSupply = 1_000_000n * TOKEN;
        const model = { supplierAllocation: 1n, investorAllocation: maxSupply - 1n };
        const terms = (virtualReserve: bigint) => buildPoolTerms({ initialPrice: PRICE.min, virtualReserve });
        const [at, beyond] = [terms(200n * USDC), terms(200n * USDC + 1n)];
        expect(virtualSupplyOf(at)).to.equal(MAX_RATIO * maxSupply);
        await expect(createFor(model, beyond))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field("virtualSupply"), virtualSupplyOf(beyond), VIRTUAL_SUPPLY.min, MAX_RATIO * maxSupply);
        await expect(createFor({ ...model, modelId: "accepted" }, at)).to.emit(factory, "PoolCreated");
      });

      it("accepts 1e30 and refuses more, however large the launch cap", async () => {
        const { factory } = context;
        const model = { supplierAllocation: 10n ** 28n, investorAllocation: 2_000_000n * TOKEN };
        const terms = (virtualReserve: bigint) => buildPoolTerms({ initialPrice: PRICE.min, virtualReserve });
        const [at, beyond] = [terms(200_000n * USDC), terms(200_000n * USDC + 1n)];
        expect(virtualSupplyOf(at)).to.equal(VIRTUAL_SUPPLY.max);
        await expect(createFor(model, beyond))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field("virtualSupply"), virtualSupplyOf(beyond), VIRTUAL_SUPPLY.min, VIRTUAL_SUPPLY.max);
        await expect(createFor({ ...model, modelId: "accepted" }, at)).to.emit(factory, "PoolCreated");
      });
    });

    it("of the investor allocation: accepts 1000 times the virtual supply and refuses more", async () => {
      const { factory } = context;
      const terms = buildPoolTerms({
        crr: CRR.max,
        virtualReserve: VIRTUAL_RESERVE.min,
        initialPrice: 100n * USDC,
      });
      const at = MAX_RATIO * virtualSupplyOf(terms);
      await expect(createFor({ investorAllocation: at + 1n }, terms))
        .to.be.revertedWithCustomError(factory, "OutOfRange")
        .withArgs(field("investorAllocation"), at + 1n, 1, at);
      await expect(createFor({ investorAllocation: at, modelId: "accepted" }, terms)).to.emit(factory, "PoolCreated");
    });

    for (const { bound, virtualReserve, at, step, sign } of [
      { bound: COST.min, virtualReserve: 100n * USDC, at: TOKEN, step: 10n ** 12n, sign: -1n },
      { bound: COST.max, virtualReserve: 10n ** 13n, at: 10n ** 27n, step: 10n ** 12n, sign: 1n },
    ]) {
      it(`of the cost at the cap: accepts ${bound} and refuses a unit beyond`, async () => {
        const { factory } = context;
        // At 100 % and a price of 1 a unit costs 1e12 wei.
        const terms = buildPoolTerms({ crr: CRR.max, virtualReserve, initialPrice: USDC });
        expect(modelBuyExactOut(startOf(terms), at).net).to.equal(bound);
        await expect(createFor({ investorAllocation: at + sign * step }, terms))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field("costAtCap"), bound + sign, COST.min, COST.max);
        await expect(createFor({ investorAllocation: at, modelId: "accepted" }, terms)).to.emit(factory, "PoolCreated");
      });
    }
  });
});
