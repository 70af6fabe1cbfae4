import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { InitialParamsStruct } from "../../.build/typechain/contracts/models/ModelRegistry";
import { buildBenchmark, modelIdOf, Status } from "../../scripts/dev/world/models";
import { field, MAX_UINT256, TOKEN } from "../../scripts/dev/world/units";
import { deployedModel, deployRegistry, modelArguments, proposedModel, registeredModel } from "./registry.fixture";

const { ZeroAddress, ZeroHash } = ethers;

const [MIN_RATE, MAX_RATE] = [100n * TOKEN, 10_000_000n * TOKEN];
const [MIN_ACCRUAL, MAX_ACCRUAL, MAX_UINT16] = [1_000n, 10_000n, 65_535n];
const MAX_PRICE = 10n ** 12n;
const MAX_URI_LENGTH = 256;

interface Bound {
  parameter: "tokensPerDeltaOne" | "infrastructureAccrualBps" | "initialOraclePricePerThousandUsd";
  read: "tokensPerDeltaOne" | "infrastructureAccrualBps" | "pricePerThousandCalls";
  min: bigint;
  max: bigint;
  inside: bigint[];
  outside: bigint[];
}

const BOUNDS: Bound[] = [
  {
    parameter: "tokensPerDeltaOne",
    read: "tokensPerDeltaOne",
    min: MIN_RATE,
    max: MAX_RATE,
    inside: [MIN_RATE, MIN_RATE + 1n, MAX_RATE - 1n, MAX_RATE],
    outside: [0n, MIN_RATE - 1n, MAX_RATE + 1n, 2n ** 96n + MIN_RATE, MAX_UINT256],
  },
  {
    parameter: "infrastructureAccrualBps",
    read: "infrastructureAccrualBps",
    min: MIN_ACCRUAL,
    max: MAX_ACCRUAL,
    inside: [MIN_ACCRUAL, MIN_ACCRUAL + 1n, MAX_ACCRUAL - 1n, MAX_ACCRUAL],
    outside: [0n, MIN_ACCRUAL - 1n, MAX_ACCRUAL + 1n, MAX_UINT16],
  },
  {
    parameter: "initialOraclePricePerThousandUsd",
    read: "pricePerThousandCalls",
    min: 0n,
    max: MAX_PRICE,
    inside: [0n, 1n, MAX_PRICE - 1n, MAX_PRICE],
    outside: [MAX_PRICE + 1n, 2n ** 48n, MAX_UINT256],
  },
];

describe("ModelRegistry lifecycle", () => {
  /** Creates the model with these parameters. */
  async function create(params: Partial<InitialParamsStruct>) {
    const context = await loadFixture(deployRegistry);
    const { registry, tokenManager } = context;
    const created = modelArguments(context, params);
    return { registry, id: created[0], transaction: registry.connect(tokenManager).createModel(...created) };
  }

  describe("given an unknown model", () => {
    it("returns zeros and empty values from its views", async () => {
      const { registry } = await loadFixture(deployRegistry);
      const id = modelIdOf("unknown");
      expect(await registry.statusOf(id)).to.equal(Status.NONE);
      expect(await registry.model(id)).to.deep.equal([Status.NONE, ...Array<string>(4).fill(ZeroAddress)]);
      expect(await registry.tokenOf(id)).to.equal(ZeroAddress);
      expect(await registry.poolOf(id)).to.equal(ZeroAddress);
      expect(await registry.ownerOf(id)).to.equal(ZeroAddress);
      expect(await registry.governorOf(id)).to.equal(ZeroAddress);
      expect(await registry.parametersOf(id)).to.deep.equal([0n, 0n, 0n, ZeroHash, ""]);
      expect(await registry.benchmarkOf(id)).to.deep.equal([
        ...[ZeroHash, ZeroHash, ZeroHash, ZeroAddress],
        ...Array<bigint>(8).fill(0n),
      ]);
      expect(await registry.benchmarkVersionOf(id)).to.equal(0);
      expect(await registry.scoreOf(id)).to.equal(0);
    });

    it("refuses registration and a pool", async () => {
      const { registry, registrar, factory, method, alice } = await loadFixture(deployRegistry);
      const id = modelIdOf("unknown");
      await expect(registry.connect(registrar).registerModel(id, buildBenchmark(method.address)))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(id, Status.NONE, Status.PROPOSAL);
      await expect(registry.connect(factory).setPool(id, alice))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(id, Status.NONE, Status.REGISTERED);
    });
  });

  describe("when a model is created", () => {
    it("emits everything in two events", async () => {
      const context = await loadFixture(deployRegistry);
      const { registry, tokenManager } = context;
      const created = modelArguments(context);
      const [id, modelId, token, owner, params] = created;
      const transaction = registry.connect(tokenManager).createModel(...created);
      await expect(transaction)
        .to.emit(registry, "ModelCreated")
        .withArgs(
          ...[id, token, owner, modelId, params.governor],
          params.tokensPerDeltaOne,
          params.infrastructureAccrualBps,
          params.initialOraclePricePerThousandUsd,
        );
      await expect(transaction).to.emit(registry, "LicenseSet").withArgs(id, params.licenseHash, params.licenseURI);
    });

    it("stores a proposal with its identity and parameters, without benchmark, score or pool", async () => {
      const { registry, id, token, owner, params } = await loadFixture(proposedModel);
      expect(await registry.model(id)).to.deep.equal([Status.PROPOSAL, token, ZeroAddress, owner, params.governor]);
      expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
      expect(await registry.tokenOf(id)).to.equal(token);
      expect(await registry.poolOf(id)).to.equal(ZeroAddress);
      expect(await registry.ownerOf(id)).to.equal(owner);
      expect(await registry.governorOf(id)).to.equal(params.governor);
      expect(await registry.parametersOf(id)).to.deep.equal([
        params.tokensPerDeltaOne,
        params.infrastructureAccrualBps,
        params.initialOraclePricePerThousandUsd,
        params.licenseHash,
        params.licenseURI,
      ]);
      expect(await registry.benchmarkVersionOf(id)).to.equal(0);
      expect(await registry.scoreOf(id)).to.equal(0);
    });

    for (const { parameter, read, min, max, inside, outside } of BOUNDS) {
      for (const value of inside) {
        it(`accepts ${value} as ${parameter}`, async () => {
          const { registry, id, transaction } = await create({ [parameter]: value });
          await transaction;
          expect((await registry.parametersOf(id))[read]).to.equal(value);
        });
      }
      for (const value of outside) {
        it(`refuses ${value} as ${parameter}`, async () => {
          const { registry, transaction } = await create({ [parameter]: value });
          await expect(transaction)
            .to.be.revertedWithCustomError(registry, "OutOfRange")
            .withArgs(field(read), value, min, max);
        });
      }
    }

    it("refuses zero as the governor", async () => {
      const { registry, transaction } = await create({ governor: ZeroAddress });
      await expect(transaction).to.be.revertedWithCustomError(registry, "ZeroAddress");
    });

    it("refuses a zero licence hash", async () => {
      const { registry, transaction } = await create({ licenseHash: ZeroHash });
      await expect(transaction).to.be.revertedWithCustomError(registry, "HashMissing").withArgs(field("licenseHash"));
    });

    for (const length of [0, MAX_URI_LENGTH + 1]) {
      it(`refuses a licence URI of ${length} bytes`, async () => {
        const { registry, transaction } = await create({ licenseURI: "u".repeat(length) });
        await expect(transaction)
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("licenseURI"), length, 1, MAX_URI_LENGTH);
      });
    }

    for (const length of [1, MAX_URI_LENGTH]) {
      it(`accepts a licence URI of ${length} bytes`, async () => {
        const licenseURI = "u".repeat(length);
        const { registry, id, transaction } = await create({ licenseURI });
        await transaction;
        expect((await registry.parametersOf(id)).licenseURI).to.equal(licenseURI);
      });
    }

    it("counts a licence URI in bytes, not in characters", async () => {
      const licenseURI = "é".repeat(MAX_URI_LENGTH / 2);
      await (
        await create({ licenseURI })
      ).transaction;
      const { registry, transaction } = await create({ licenseURI: `${licenseURI}u` });
      await expect(transaction)
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("licenseURI"), MAX_URI_LENGTH + 1, 1, MAX_URI_LENGTH);
    });

    it("keeps models apart", async () => {
      const context = await loadFixture(proposedModel);
      const { registry, tokenManager, id, params } = context;
      const other = modelArguments(context, { tokensPerDeltaOne: MIN_RATE }, "other");
      await registry.connect(tokenManager).createModel(...other);
      expect((await registry.parametersOf(id)).tokensPerDeltaOne).to.equal(params.tokensPerDeltaOne);
      expect((await registry.parametersOf(other[0])).tokensPerDeltaOne).to.equal(MIN_RATE);
    });
  });

  describe("when a step is taken in the wrong status", () => {
    const states = [
      { status: Status.PROPOSAL, fixture: proposedModel },
      { status: Status.REGISTERED, fixture: registeredModel },
      { status: Status.DEPLOYED, fixture: deployedModel },
    ] as const;

    for (const { status, fixture } of states) {
      it(`refuses to create a model in status ${status} again`, async () => {
        const context = await loadFixture<Awaited<ReturnType<typeof proposedModel>>>(fixture);
        const { registry, tokenManager, id } = context;
        await expect(registry.connect(tokenManager).createModel(...modelArguments(context)))
          .to.be.revertedWithCustomError(registry, "WrongModelStatus")
          .withArgs(id, status, Status.NONE);
      });

      if (status !== Status.PROPOSAL) {
        it(`refuses to register a model in status ${status}`, async () => {
          const { registry, registrar, id, method } =
            await loadFixture<Awaited<ReturnType<typeof proposedModel>>>(fixture);
          await expect(registry.connect(registrar).registerModel(id, buildBenchmark(method.address)))
            .to.be.revertedWithCustomError(registry, "WrongModelStatus")
            .withArgs(id, status, Status.PROPOSAL);
        });
      }

      if (status !== Status.REGISTERED) {
        it(`refuses to set the pool of a model in status ${status}`, async () => {
          const { registry, factory, id, mallory } =
            await loadFixture<Awaited<ReturnType<typeof proposedModel>>>(fixture);
          await expect(registry.connect(factory).setPool(id, mallory))
            .to.be.revertedWithCustomError(registry, "WrongModelStatus")
            .withArgs(id, status, Status.REGISTERED);
        });
      }
    }
  });

  describe("when the pool is set", () => {
    it("marks the model as deployed", async () => {
      const { registry, factory, id, alice, token, owner, params } = await loadFixture(registeredModel);
      await expect(registry.connect(factory).setPool(id, alice)).to.emit(registry, "ModelPoolSet").withArgs(id, alice);
      expect(await registry.poolOf(id)).to.equal(alice);
      expect((await registry.feeTermsOf(id)).pool).to.equal(alice);
      expect(await registry.model(id)).to.deep.equal([Status.DEPLOYED, token, alice.address, owner, params.governor]);
    });
  });
});
