import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { modelIdOf, Parameter, Status } from "../helpers/models";
import { DAY, TOKEN } from "../helpers/units";
import { proposedModel } from "./registry.fixture";

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
    it("has no governor to propose or to become", async () => {
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
    it("shows none and lets nobody accept", async () => {
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

    it("changes hands when the successor accepts, in the next second too", async () => {
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

    it("leaves pending changes to the successor", async () => {
      const { registry, id, governor, alice } = context;
      await registry.connect(governor).setTokensPerDeltaOne(id, NEW_RATE);
      await accept("alice");
      await expect(registry.connect(governor).cancelChange(id, Parameter.TOKENS_PER_DELTA_ONE))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(governor, alice);
      await expect(registry.connect(alice).cancelChange(id, Parameter.TOKENS_PER_DELTA_ONE))
        .to.emit(registry, "ParameterChangeCancelled")
        .withArgs(id, Parameter.TOKENS_PER_DELTA_ONE, NEW_RATE);
    });

    it("is nobody else's to accept", async () => {
      await expectRefused("bob", context.alice.address);
      await expectRefused("governor", context.alice.address);
    });

    it("gives way to another", async () => {
      const { bob } = context;
      await propose("governor", bob.address);
      await expectRefused("alice", bob.address);
      await expect(accept("bob")).to.emit(context.registry, "GovernorChanged");
    });

    it("ends by a proposal of zero", async () => {
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

    it("cannot be accepted a second before the seven days are over", async () => {
      const { registry, id, governor } = context;
      await time.setNextBlockTimestamp(acceptableFrom - 1n);
      await expect(accept("bob"))
        .to.be.revertedWithCustomError(registry, "GovernorNotAcceptable")
        .withArgs(acceptableFrom);
      expect(await registry.governorOf(id)).to.equal(governor);
    });

    it("can be accepted when they are over", async () => {
      const { registry, id, governor, bob } = context;
      await time.setNextBlockTimestamp(acceptableFrom);
      await expect(accept("bob")).to.emit(registry, "GovernorChanged").withArgs(id, governor, bob);
      expect(await registry.governorOf(id)).to.equal(bob);
    });

    it("is rejected by the governor until the last second", async () => {
      await time.setNextBlockTimestamp(acceptableFrom);
      await propose("governor", ZeroAddress);
      await expectRefused("bob", ZeroAddress);
    });

    it("gives way to the governor's own successor", async () => {
      const { registry, id, governor, alice } = context;
      await propose("governor", alice.address);
      await expectRefused("bob", alice.address);
      await expect(accept("alice")).to.emit(registry, "GovernorChanged").withArgs(id, governor, alice);
      await time.increaseTo(acceptableFrom);
      await expectRefused("bob", ZeroAddress);
    });
  });

  describe("given a governor that is the admin too", () => {
    it("hands over without the seven days", async () => {
      const { registry, id, admin, alice } = context;
      await propose("governor", admin.address);
      await registry.connect(admin).acceptGovernor(id);
      const at = await nextSecond();
      await expect(propose("admin", alice.address)).to.emit(registry, "GovernorProposed").withArgs(id, alice, at);
    });
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

  it("cannot be proposed or become one for an unknown model", async () => {
    const { registry, supplier } = context;
    await expect(registry.connect(supplier).proposeOwner(UNKNOWN, supplier))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(supplier, ZeroAddress);
    await expect(registry.connect(supplier).acceptOwner(UNKNOWN))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(supplier, ZeroAddress);
  });

  it("changes hands when the successor accepts", async () => {
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

  it("is nobody else's to accept", async () => {
    await propose(context.alice.address);
    await expectRefused("bob", context.alice.address);
    await expectRefused("supplier", context.alice.address);
  });

  it("gives way to another, and ends by zero", async () => {
    const { registry, id, alice, bob } = context;
    await propose(alice.address);
    await propose(bob.address);
    await expectRefused("alice", bob.address);
    await expect(propose(ZeroAddress)).to.emit(registry, "OwnerProposed").withArgs(id, ZeroAddress);
    await expectRefused("bob", ZeroAddress);
    expect(await registry.ownerOf(id)).to.equal(context.supplier);
  });
});
