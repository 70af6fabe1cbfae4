import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { modelIdOf, Parameter, Status } from "../../scripts/dev/world/models";
import { DAY, TOKEN, USDC } from "../../scripts/dev/world/units";
import { modelArguments, proposedModel } from "./registry.fixture";

const { ZeroAddress } = ethers;
const RECOVERY_DELAY = 7n * DAY;
const NEW_RATE = 90_000n * TOKEN;
const UNKNOWN = modelIdOf("unknown");

describe("ModelRegistry governor", () => {
  let context: Awaited<ReturnType<typeof proposedModel>>;

  beforeEach(async () => {
    context = await loadFixture(proposedModel);
  });

  /** Lets the next transaction happen a second after now, and tells when. */
  async function nextSecond() {
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    return at;
  }

  const propose = (by: "governor" | "admin", successor: string) =>
    context.registry.connect(context[by]).proposeGovernor(context.id, successor);

  const accept = (by: "alice" | "bob" | "governor") => context.registry.connect(context[by]).acceptGovernor(context.id);

  async function expectRefused(by: "alice" | "bob" | "governor", expected: string) {
    await expect(accept(by))
      .to.be.revertedWithCustomError(context.registry, "UnauthorizedCaller")
      .withArgs(context[by], expected);
  }

  describe("given an unknown model", () => {
    it("lets nobody propose or become its governor", async () => {
      const { registry, admin, governor } = context;
      for (const sender of [admin, governor]) {
        await expect(registry.connect(sender).proposeGovernor(UNKNOWN, sender))
          .to.be.revertedWithCustomError(registry, "WrongModelStatus")
          .withArgs(UNKNOWN, Status.NONE, Status.PROPOSAL);
        await expect(registry.connect(sender).acceptGovernor(UNKNOWN))
          .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
          .withArgs(sender, ZeroAddress);
      }
      expect(await registry.pendingGovernorOf(UNKNOWN)).to.deep.equal([ZeroAddress, 0n]);
    });
  });

  describe("given no proposal", () => {
    it("reports none, and lets nobody accept", async () => {
      expect(await context.registry.pendingGovernorOf(context.id)).to.deep.equal([ZeroAddress, 0n]);
      await expectRefused("alice", ZeroAddress);
    });
  });

  describe("given a successor that the governor proposes", () => {
    let proposedAt: bigint;

    beforeEach(async () => {
      proposedAt = await nextSecond();
      const { registry, id, alice } = context;
      await expect(propose("governor", alice.address))
        .to.emit(registry, "GovernorProposed")
        .withArgs(id, alice, proposedAt);
    });

    it("changes nothing yet", async () => {
      const { registry, id, governor, alice } = context;
      expect(await registry.governorOf(id)).to.equal(governor);
      expect(await registry.pendingGovernorOf(id)).to.deep.equal([alice.address, proposedAt]);
      await expect(registry.connect(alice).setTokensPerDeltaOne(id, NEW_RATE))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(alice, governor);
    });

    it("makes the successor the governor when it accepts, even in the next second", async () => {
      const { registry, id, governor, alice } = context;
      await time.setNextBlockTimestamp(proposedAt + 1n);
      await expect(accept("alice")).to.emit(registry, "GovernorChanged").withArgs(id, governor, alice);
      expect(await registry.governorOf(id)).to.equal(alice);
      expect(await registry.pendingGovernorOf(id)).to.deep.equal([ZeroAddress, 0n]);
      await expect(registry.connect(governor).setTokensPerDeltaOne(id, NEW_RATE))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(governor, alice);
      await registry.connect(alice).setTokensPerDeltaOne(id, NEW_RATE);
      await expectRefused("alice", ZeroAddress);
    });

    it("lets nobody else accept", async () => {
      await expectRefused("bob", context.alice.address);
      await expectRefused("governor", context.alice.address);
    });

    it("drops the successor when another one is proposed", async () => {
      const { bob } = context;
      await propose("governor", bob.address);
      await expectRefused("alice", bob.address);
      await expect(accept("bob")).to.emit(context.registry, "GovernorChanged");
    });

    it("drops the successor when zero is proposed", async () => {
      const { registry, id } = context;
      const at = await nextSecond();
      await expect(propose("governor", ZeroAddress))
        .to.emit(registry, "GovernorProposed")
        .withArgs(id, ZeroAddress, at);
      expect(await registry.pendingGovernorOf(id)).to.deep.equal([ZeroAddress, 0n]);
      await expectRefused("alice", ZeroAddress);
    });
  });

  describe("given a successor that the admin proposes for a lost governor", () => {
    let acceptableFrom: bigint;

    beforeEach(async () => {
      acceptableFrom = (await nextSecond()) + RECOVERY_DELAY;
      const { registry, id, bob } = context;
      await expect(propose("admin", bob.address))
        .to.emit(registry, "GovernorProposed")
        .withArgs(id, bob, acceptableFrom);
      expect(await registry.pendingGovernorOf(id)).to.deep.equal([bob.address, acceptableFrom]);
    });

    it("refuses the successor one second before the seven days are over", async () => {
      const { registry, id, governor } = context;
      await time.setNextBlockTimestamp(acceptableFrom - 1n);
      await expect(accept("bob"))
        .to.be.revertedWithCustomError(registry, "GovernorNotAcceptable")
        .withArgs(acceptableFrom);
      expect(await registry.governorOf(id)).to.equal(governor);
    });

    it("lets the successor accept when they are over", async () => {
      const { registry, id, governor, bob } = context;
      await time.setNextBlockTimestamp(acceptableFrom);
      await expect(accept("bob")).to.emit(registry, "GovernorChanged").withArgs(id, governor, bob);
      expect(await registry.governorOf(id)).to.equal(bob);
    });

    it("lets the governor reject the successor until the last second", async () => {
      await time.setNextBlockTimestamp(acceptableFrom);
      await propose("governor", ZeroAddress);
      await expectRefused("bob", ZeroAddress);
    });

    it("drops the successor when the governor proposes its own", async () => {
      const { registry, id, governor, alice } = context;
      await propose("governor", alice.address);
      await expectRefused("bob", alice.address);
      await expect(accept("alice")).to.emit(registry, "GovernorChanged").withArgs(id, governor, alice);
      await time.increaseTo(acceptableFrom);
      await expectRefused("bob", ZeroAddress);
    });
  });

  describe("given a governor that is also the admin", () => {
    it("lets it hand over without the seven days", async () => {
      const { registry, id, admin, alice } = context;
      await propose("governor", admin.address);
      await registry.connect(admin).acceptGovernor(id);
      const at = await nextSecond();
      await expect(propose("admin", alice.address)).to.emit(registry, "GovernorProposed").withArgs(id, alice, at);
    });
  });
});

/** A change that the former governor schedules: what it was, and what it would be. */
const CHANGES = [
  { name: "tokensPerDeltaOne", set: "setTokensPerDeltaOne", parameter: Parameter.TOKENS_PER_DELTA_ONE, to: NEW_RATE },
  {
    name: "infrastructureAccrualBps",
    set: "setInfrastructureAccrual",
    parameter: Parameter.INFRASTRUCTURE_ACCRUAL,
    to: 10_000n,
  },
  {
    name: "pricePerThousandCalls",
    set: "setPricePerThousandCalls",
    parameter: Parameter.PRICE_PER_THOUSAND_CALLS,
    to: USDC,
  },
] as const;

/** Ways from the governor to alice. */
const HANDOVERS = ["by the governor", "by the admin, for a lost or stolen governor"] as const;

describe("ModelRegistry handover", () => {
  let context: Awaited<ReturnType<typeof proposedModel>>;

  beforeEach(async () => {
    context = await loadFixture(proposedModel);
    const { registry, governor, id } = context;
    await registry.connect(governor).setPricePerThousandCalls(id, 2n * USDC); // so that a lower one has to wait
  });

  type Key = "governor" | "alice" | "bob";

  const schedule = ({ set, to }: (typeof CHANGES)[number], by: Key = "governor") =>
    context.registry.connect(context[by])[set](context.id, to);

  const valueOf = async ({ name }: (typeof CHANGES)[number]) => (await context.registry.parametersOf(context.id))[name];

  /** Makes alice the governor; `between` happens when she is proposed and may already accept. */
  async function handOver(how: (typeof HANDOVERS)[number], between: () => Promise<unknown> = () => Promise.resolve()) {
    const { registry, admin, governor, id, alice } = context;
    const isRecovery = how !== HANDOVERS[0];
    await registry.connect(isRecovery ? admin : governor).proposeGovernor(id, alice);
    if (isRecovery) await time.increase(RECOVERY_DELAY);
    await between();
    return registry.connect(alice).acceptGovernor(id);
  }

  const pass = (from: Key, to: Key) =>
    context.registry
      .connect(context[from])
      .proposeGovernor(context.id, context[to])
      .then(() => context.registry.connect(context[to]).acceptGovernor(context.id));

  it("H: counts generations from 0, also for an unknown model", async () => {
    const { registry, governor, id } = context;
    expect(await registry.governanceOf(id)).to.deep.equal([governor.address, 0n]);
    expect(await registry.governanceOf(UNKNOWN)).to.deep.equal([ZeroAddress, 0n]);
  });

  for (const how of HANDOVERS) {
    describe(`given a handover ${how}`, () => {
      it("H: begins the next generation", async () => {
        const { registry, id, governor, alice } = context;
        await expect(handOver(how)).to.emit(registry, "GovernorChanged").withArgs(id, governor, alice);
        expect(await registry.governanceOf(id)).to.deep.equal([alice.address, 1n]);
      });

      for (const change of CHANGES) {
        const { name, parameter, to } = change;

        it(`H1: cancels a pending change of ${name}`, async () => {
          const { registry, id } = context;
          const before = await valueOf(change);
          const transaction = handOver(how, () => schedule(change));
          await expect(transaction).to.emit(registry, "ParameterChangeCancelled").withArgs(id, parameter, to);
          expect(await registry.pendingChangeOf(id, parameter)).to.deep.equal([0n, 0n]);
          await time.increase(2n * DAY + 1n);
          expect(await valueOf(change)).to.equal(before);
        });

        it(`H: keeps a change of ${name} that is already due`, async () => {
          const { registry, id } = context;
          const transaction = await handOver(how, async () => {
            await schedule(change);
            await time.increase(2n * DAY);
          });
          await expect(transaction).to.not.emit(registry, "ParameterChangeCancelled");
          expect(await valueOf(change)).to.equal(to);
          expect(await registry.pendingChangeOf(id, parameter)).to.deep.equal([0n, 0n]);
        });

        it(`H1: cancels a pending change of ${name} even in its last second`, async () => {
          const { registry, id } = context;
          const before = await valueOf(change);
          const transaction = await handOver(how, async () => {
            await schedule(change);
            await time.setNextBlockTimestamp(BigInt(await time.latest()) + 2n * DAY);
          });
          await expect(transaction).to.emit(registry, "ParameterChangeCancelled").withArgs(id, parameter, to);
          expect(await valueOf(change)).to.equal(before);
        });
      }

      it("H1: cancels pending changes of all three parameters at once", async () => {
        const { registry, id } = context;
        const before = await registry.parametersOf(id);
        const transaction = await handOver(how, async () => {
          for (const change of CHANGES) await schedule(change);
        });
        for (const { parameter, to } of CHANGES) {
          await expect(transaction).to.emit(registry, "ParameterChangeCancelled").withArgs(id, parameter, to);
        }
        await time.increase(30n * DAY);
        expect(await registry.parametersOf(id)).to.deep.equal(before);
      });

      it("keeps all parameters, including the licence, and the owner", async () => {
        const { registry, id, owner } = context;
        const before = await registry.parametersOf(id);
        await handOver(how);
        expect(await registry.parametersOf(id)).to.deep.equal(before);
        expect(await registry.ownerOf(id)).to.equal(owner);
      });

      it("H: lets the successor schedule the same change again, which waits anew", async () => {
        const { registry, id } = context;
        const [change] = CHANGES;
        await handOver(how, () => schedule(change));
        await schedule(change, "alice");
        const effectiveAt = BigInt(await time.latest()) + 2n * DAY;
        expect(await registry.pendingChangeOf(id, change.parameter)).to.deep.equal([change.to, effectiveAt]);
        await time.increaseTo(effectiveAt + 1n);
        expect(await valueOf(change)).to.equal(change.to);
      });
    });
  }

  it("H: counts a generation and cancels changes even if the governor hands over to itself", async () => {
    const { registry, id, governor } = context;
    const [change] = CHANGES;
    await schedule(change);
    await expect(pass("governor", "governor"))
      .to.emit(registry, "ParameterChangeCancelled")
      .withArgs(id, change.parameter, change.to);
    expect(await registry.governanceOf(id)).to.deep.equal([governor.address, 1n]);
  });

  it("H1: revives no change when a former governor returns", async () => {
    const { registry, id, governor } = context;
    const [change] = CHANGES;
    const before = await valueOf(change);
    await schedule(change);
    await pass("governor", "bob");
    await pass("bob", "governor");
    expect(await registry.governanceOf(id)).to.deep.equal([governor.address, 2n]);
    expect(await registry.pendingChangeOf(id, change.parameter)).to.deep.equal([0n, 0n]);
    await time.increase(2n * DAY + 1n);
    expect(await valueOf(change)).to.equal(before);
  });

  it("H1: drops the admin's proposal when the governor's own successor accepts", async () => {
    const { registry, id, admin, bob, alice } = context;
    await registry.connect(admin).proposeGovernor(id, bob);
    await handOver(HANDOVERS[0]);
    expect(await registry.pendingGovernorOf(id)).to.deep.equal([ZeroAddress, 0n]);
    await time.increase(RECOVERY_DELAY);
    await expect(registry.connect(bob).acceptGovernor(id))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(bob, ZeroAddress);
    expect(await registry.governorOf(id)).to.equal(alice);
  });

  it("H: ends no generation when the owner changes", async () => {
    const { registry, id, supplier, governor, bob } = context;
    const [change] = CHANGES;
    await schedule(change);
    await registry.connect(supplier).proposeOwner(id, bob);
    await registry.connect(bob).acceptOwner(id);
    expect(await registry.governanceOf(id)).to.deep.equal([governor.address, 0n]);
    expect((await registry.pendingChangeOf(id, change.parameter))[0]).to.equal(change.to);
  });

  it("H: affects no other model of the same governor", async () => {
    const { registry, tokenManager, governor } = context;
    const other = modelArguments(context, { initialOraclePricePerThousandUsd: 2n * USDC }, "other");
    await registry.connect(tokenManager).createModel(...other);
    await registry.connect(governor).setTokensPerDeltaOne(other[0], NEW_RATE);
    await pass("governor", "alice");
    expect(await registry.governanceOf(other[0])).to.deep.equal([governor.address, 0n]);
    expect((await registry.pendingChangeOf(other[0], Parameter.TOKENS_PER_DELTA_ONE))[0]).to.equal(NEW_RATE);
  });
});

describe("ModelRegistry owner", () => {
  let context: Awaited<ReturnType<typeof proposedModel>>;

  beforeEach(async () => {
    context = await loadFixture(proposedModel);
  });

  const propose = (successor: string) => context.registry.connect(context.supplier).proposeOwner(context.id, successor);

  const accept = (by: "alice" | "bob" | "supplier") => context.registry.connect(context[by]).acceptOwner(context.id);

  async function expectRefused(by: "alice" | "bob" | "supplier", expected: string) {
    await expect(accept(by))
      .to.be.revertedWithCustomError(context.registry, "UnauthorizedCaller")
      .withArgs(context[by], expected);
  }

  it("refuses a proposal and an acceptance for an unknown model", async () => {
    const { registry, supplier } = context;
    await expect(registry.connect(supplier).proposeOwner(UNKNOWN, supplier))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(supplier, ZeroAddress);
    await expect(registry.connect(supplier).acceptOwner(UNKNOWN))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(supplier, ZeroAddress);
  });

  it("changes when the proposed successor accepts", async () => {
    const { registry, id, supplier, alice, governor } = context;
    expect(await registry.pendingOwnerOf(id)).to.equal(ZeroAddress);
    await expect(propose(alice.address)).to.emit(registry, "OwnerProposed").withArgs(id, alice);
    expect(await registry.pendingOwnerOf(id)).to.equal(alice);
    expect(await registry.ownerOf(id)).to.equal(supplier);

    await expect(accept("alice")).to.emit(registry, "OwnerChanged").withArgs(id, supplier, alice);
    expect(await registry.ownerOf(id)).to.equal(alice);
    expect(await registry.pendingOwnerOf(id)).to.equal(ZeroAddress);
    expect(await registry.governorOf(id)).to.equal(governor);
    await expect(propose(alice.address))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(supplier, alice);
    await expectRefused("alice", ZeroAddress);
  });

  it("lets nobody but the proposed successor accept", async () => {
    await propose(context.alice.address);
    await expectRefused("bob", context.alice.address);
    await expectRefused("supplier", context.alice.address);
  });

  it("lets a later proposal replace an earlier one, and zero withdraw it", async () => {
    const { registry, id, alice, bob } = context;
    await propose(alice.address);
    await propose(bob.address);
    await expectRefused("alice", bob.address);
    await expect(propose(ZeroAddress)).to.emit(registry, "OwnerProposed").withArgs(id, ZeroAddress);
    await expectRefused("bob", ZeroAddress);
    expect(await registry.ownerOf(id)).to.equal(context.supplier);
  });
});
