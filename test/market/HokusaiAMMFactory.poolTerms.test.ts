import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { buildPoolTerms, modelIdOf, type PoolTerms } from "../../scripts/dev/world/models";
import { createPool, deployProtocol, deployToken, registerModel } from "../../scripts/dev/world/protocol";
import { DAY, field } from "../../scripts/dev/world/units";

const ZERO_HASH = ethers.ZeroHash;
const UNKNOWN = "unknown-model";
const RECOVERY_DELAY = 7n * DAY;

/** A registered model without a pool. */
async function registered() {
  const protocol = await deployProtocol();
  const launched = await deployToken(protocol);
  await registerModel(protocol, launched.modelId);
  return { ...protocol, ...launched };
}

describe("HokusaiAMMFactory.setPoolTerms", () => {
  let context: Awaited<ReturnType<typeof registered>>;

  const create = ({ crr, tradeFee, ibrDuration, virtualReserve, initialPrice }: PoolTerms) => {
    const { factory, poolCreator, modelId, token } = context;
    return factory
      .connect(poolCreator)
      .createPoolWithParams(modelId, token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
  };

  beforeEach(async () => {
    context = await loadFixture(registered);
  });

  describe("given terms that the governor fixed", () => {
    const terms = buildPoolTerms({ tradeFee: 77n });
    let hash: string;

    beforeEach(async () => {
      const { factory, governor, id } = context;
      hash = await factory.hashTerms({ ...terms });
      await expect(factory.connect(governor).setPoolTerms(id, hash))
        .to.emit(factory, "PoolTermsFixed")
        .withArgs(id, ZERO_HASH, hash, 0);
      expect(await factory.poolTermsOf(id)).to.deep.equal([hash, 0n]);
    });

    it("hashes terms as keccak256 of their ABI encoding", () => {
      const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
        ["uint256", "uint256", "uint256", "uint256", "uint256"],
        Object.values(terms),
      );
      expect(hash).to.equal(ethers.keccak256(encoded));
    });

    it("accepts a pool on exactly these terms", async () => {
      await expect(create(terms)).to.emit(context.factory, "PoolCreated");
    });

    for (const name of Object.keys(terms) as (keyof PoolTerms)[]) {
      it(`refuses another ${name}`, async () => {
        const { factory } = context;
        const other = { ...terms, [name]: terms[name] + 1n };
        await expect(create(other))
          .to.be.revertedWithCustomError(factory, "HashMismatch")
          .withArgs(field("termsHash"), await factory.hashTerms(other), hash);
      });
    }

    it("refuses the default terms", async () => {
      const { factory, poolCreator, modelId, token, supplierAllocation, investorAllocation } = context;
      const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = await factory.defaultTerms(
        supplierAllocation + investorAllocation,
      );
      await expect(factory.connect(poolCreator).createPool(modelId, token))
        .to.be.revertedWithCustomError(factory, "HashMismatch")
        .withArgs(
          field("termsHash"),
          await factory.hashTerms({ crr, tradeFee, ibrDuration, virtualReserve, initialPrice }),
          hash,
        );
    });

    it("accepts any terms once the governor has freed them", async () => {
      const { factory, governor, id } = context;
      await expect(factory.connect(governor).setPoolTerms(id, ZERO_HASH))
        .to.emit(factory, "PoolTermsFixed")
        .withArgs(id, hash, ZERO_HASH, 0);
      expect(await factory.poolTermsOf(id)).to.deep.equal([ZERO_HASH, 0n]);
      await expect(create(buildPoolTerms())).to.emit(factory, "PoolCreated");
    });

    it("binds no other model", async () => {
      const other = await deployToken(context, { modelId: "other" });
      await registerModel(context, other.modelId);
      expect((await createPool(context, other.modelId)).terms).to.not.deep.equal(terms);
    });

    describe("H1: when the governor changes", () => {
      /** The model's governor hands over. */
      async function handOver(from = context.governor, to = context.alice) {
        const { registry, id } = context;
        await registry.connect(from).proposeGovernor(id, to);
        await registry.connect(to).acceptGovernor(id);
      }

      /** The admin replaces a governor that is lost. */
      async function recover() {
        const { registry, admin, alice, id } = context;
        await registry.connect(admin).proposeGovernor(id, alice);
        await time.increase(RECOVERY_DELAY);
        await registry.connect(alice).acceptGovernor(id);
      }

      const expectOutdated = async (present: bigint) => {
        const { factory, poolCreator, modelId, token, id } = context;
        for (const refused of [
          () => create(terms),
          () => create(buildPoolTerms()),
          () => factory.connect(poolCreator).createPool(modelId, token),
        ]) {
          await expect(refused()).to.be.revertedWithCustomError(factory, "PoolTermsOutdated").withArgs(id, 0, present);
        }
        expect(await factory.poolTermsOf(id)).to.deep.equal([hash, 0n]);
        expect(await factory.poolOf(id)).to.equal(ethers.ZeroAddress);
      };

      for (const [name, change] of Object.entries({ "to another account": handOver, "by the admin": recover })) {
        it(`refuses every pool after a handover ${name}, until the present governor decides`, async () => {
          const { registry, governor, factory, id } = context;
          await change();
          await expectOutdated(1n);
          await expect(factory.connect(governor).setPoolTerms(id, ZERO_HASH))
            .to.be.revertedWithCustomError(factory, "UnauthorizedCaller")
            .withArgs(governor, await registry.governorOf(id));
        });
      }

      it("refuses every pool after a handover there and back", async () => {
        const { governor, alice } = context;
        await handOver(governor, alice);
        await handOver(alice, governor);
        await expectOutdated(2n);
      });

      it("keeps the terms while a handover is only proposed", async () => {
        const { registry, factory, governor, alice, id } = context;
        await registry.connect(governor).proposeGovernor(id, alice);
        await expect(create(buildPoolTerms()))
          .to.be.revertedWithCustomError(factory, "HashMismatch")
          .withArgs(field("termsHash"), await factory.hashTerms(buildPoolTerms()), hash);
        await expect(create(terms)).to.emit(factory, "PoolCreated");
      });

      it("accepts the same terms once the present governor has fixed them again", async () => {
        const { factory, alice, id } = context;
        await handOver();
        await expect(factory.connect(alice).setPoolTerms(id, hash))
          .to.emit(factory, "PoolTermsFixed")
          .withArgs(id, hash, hash, 1);
        expect(await factory.poolTermsOf(id)).to.deep.equal([hash, 1n]);
        await expect(create(buildPoolTerms()))
          .to.be.revertedWithCustomError(factory, "HashMismatch")
          .withArgs(field("termsHash"), await factory.hashTerms(buildPoolTerms()), hash);
        await expect(create(terms)).to.emit(factory, "PoolCreated");
      });

      it("lets the pool creator choose once the present governor has freed the terms", async () => {
        const { factory, alice, id } = context;
        await handOver();
        await expect(factory.connect(alice).setPoolTerms(id, ZERO_HASH))
          .to.emit(factory, "PoolTermsFixed")
          .withArgs(id, hash, ZERO_HASH, 1);
        await expect(create(buildPoolTerms())).to.emit(factory, "PoolCreated");
      });

      it("accepts any terms if the former governor had freed them", async () => {
        const { factory, governor, id } = context;
        await factory.connect(governor).setPoolTerms(id, ZERO_HASH);
        await handOver();
        await expect(create(buildPoolTerms())).to.emit(factory, "PoolCreated");
      });
    });
  });

  it("refuses terms for an unknown model", async () => {
    const { factory, governor } = context;
    await expect(factory.connect(governor).setPoolTerms(modelIdOf(UNKNOWN), ZERO_HASH))
      .to.be.revertedWithCustomError(factory, "UnauthorizedCaller")
      .withArgs(governor, ethers.ZeroAddress);
  });
});
