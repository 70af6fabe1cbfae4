import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  ACCESS_FUNCTIONS,
  byRole,
  type GuardedFunction,
  roleId,
  shouldBeGuarded,
  shouldHaveOnly,
  signersIn,
} from "../helpers/guarded.behavior";
import { MODEL_ID, modelIdOf } from "../helpers/models";
import {
  argumentsOf,
  buildLaunch,
  deployProtocol,
  deployToken,
  deployUnwiredProtocol,
  registerModel,
  signerOf,
} from "../helpers/protocol";
import { ADMIN_DELAY } from "../helpers/units";

const { ZeroAddress } = ethers;
const ID = modelIdOf(MODEL_ID);
const OTHER_MODEL_ID = "other-model";
const PAUSE = 100n;

/** A protocol with a registered model, in which the factory can send transactions. */
async function registeredModel() {
  const protocol = await deployProtocol();
  const { token } = await deployToken(protocol);
  await registerModel(protocol, MODEL_ID);
  return { ...protocol, token, factorySigner: await signerOf(await protocol.factory.getAddress()) };
}

type Context = Awaited<ReturnType<typeof registeredModel>>;

const GUARDED: GuardedFunction<Context>[] = [
  {
    name: "deployTokenWithAllocations",
    holders: ["launcher"],
    ...byRole("DEPLOYER_ROLE"),
    call: (context, sender) =>
      context.tokenManager
        .connect(sender)
        .deployTokenWithAllocations(...argumentsOf(buildLaunch(context, { modelId: OTHER_MODEL_ID }))),
  },
  {
    name: "distributeModelSupplierAllocation",
    holders: ["distributor"],
    ...byRole("DISTRIBUTOR_ROLE"),
    call: ({ tokenManager }, sender) => tokenManager.connect(sender).distributeModelSupplierAllocation(MODEL_ID),
  },
  {
    name: "setPool",
    holders: ["factorySigner"],
    error: "UnauthorizedCaller",
    errorArguments: async (sender, { factory }) => [sender, await factory.getAddress()],
    call: ({ tokenManager, alice }, sender) => tokenManager.connect(sender).setPool(ID, alice),
  },
  {
    name: "mintRewards",
    holders: ["verifier"],
    error: "UnauthorizedCaller",
    errorArguments: (sender, { verifier }) => [sender, verifier.address],
    call: ({ tokenManager, token, alice }, sender) => tokenManager.connect(sender).mintRewards(token, [alice], [1n]),
  },
  {
    name: "pauseLaunches",
    holders: ["guardian"],
    ...byRole("GUARDIAN_ROLE"),
    call: ({ tokenManager }, sender) => tokenManager.connect(sender).pauseLaunches(PAUSE),
  },
  {
    name: "resumeLaunches",
    holders: ["guardian"],
    ...byRole("GUARDIAN_ROLE"),
    call: ({ tokenManager }, sender) => tokenManager.connect(sender).resumeLaunches(),
  },
];

describe("TokenManager callers", () => {
  describe("given a registered model", () => {
    shouldBeGuarded(registeredModel, ({ tokenManager }) => tokenManager, GUARDED);

    shouldHaveOnly(registeredModel, ({ tokenManager }) => tokenManager, [
      ...GUARDED.map(({ name }) => name),
      ...ACCESS_FUNCTIONS,
    ]);

    it("refuses ether sent without a call", async () => {
      const { tokenManager, launcher } = await loadFixture(registeredModel);
      await expect(launcher.sendTransaction({ to: tokenManager, value: 1n })).to.be.reverted;
    });
  });

  describe("given no wiring", () => {
    it("deploys no token: the registry knows no TokenManager", async () => {
      const protocol = await loadFixture(deployUnwiredProtocol);
      const { tokenManager, registry, launcher } = protocol;
      await expect(tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(buildLaunch(protocol))))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(tokenManager, ZeroAddress);
    });

    it("distributes nothing", async () => {
      const { tokenManager, distributor } = await loadFixture(deployUnwiredProtocol);
      await expect(tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID))
        .to.be.revertedWithCustomError(tokenManager, "ModelNotRegistered")
        .withArgs(ID);
    });

    it("takes no pool and no rewards from anybody", async () => {
      const context = await loadFixture(deployUnwiredProtocol);
      const { tokenManager, alice } = context;
      for (const [, sender] of signersIn(context)) {
        const asSender = tokenManager.connect(sender);
        for (const call of [() => asSender.setPool(ID, alice), () => asSender.mintRewards(alice, [alice], [1n])]) {
          await expect(call())
            .to.be.revertedWithCustomError(tokenManager, "UnauthorizedCaller")
            .withArgs(sender, ZeroAddress);
        }
      }
    });

    it("creates no pool", async () => {
      const { factory, poolCreator, alice } = await loadFixture(deployUnwiredProtocol);
      await expect(factory.connect(poolCreator).createPool(MODEL_ID, alice))
        .to.be.revertedWithCustomError(factory, "UnknownModel")
        .withArgs(ID);
    });
  });
});

describe("TokenManager constructor", () => {
  it("refuses zero as the registry", async () => {
    const { admin } = await loadFixture(deployProtocol);
    const factory = await ethers.getContractFactory("TokenManager");
    await expect(factory.deploy(ADMIN_DELAY, admin, [], [], [], [], ZeroAddress)).to.be.revertedWithCustomError(
      factory,
      "ZeroAddress",
    );
  });

  it("grants each list of roles, and knows the registry", async () => {
    const { admin, registry, ...accounts } = await loadFixture(deployProtocol);
    const { guardian, operator, launcher, distributor, alice, bob } = accounts;
    const tokenManager = await ethers.deployContract("TokenManager", [
      ADMIN_DELAY,
      admin,
      [guardian],
      [operator],
      [launcher, alice],
      [distributor, bob],
      registry,
    ]);
    expect(await tokenManager.registry()).to.equal(registry);
    for (const [role, holders] of [
      ["OPERATOR_ROLE", [operator]],
      ["DEPLOYER_ROLE", [launcher, alice]],
      ["DISTRIBUTOR_ROLE", [distributor, bob]],
    ] as const) {
      for (const holder of holders) expect(await tokenManager.hasRole(roleId(role), holder)).to.equal(true);
    }
  });
});

describe("TokenManager.setVerifier's effect", () => {
  it("takes rewards from the new verifier only, at once", async () => {
    const { registry, tokenManager, token, admin, verifier, alice, bob } = await loadFixture(registeredModel);
    await registry.connect(admin).setVerifier(bob);
    await expect(tokenManager.connect(verifier).mintRewards(token, [alice], [1n]))
      .to.be.revertedWithCustomError(tokenManager, "UnauthorizedCaller")
      .withArgs(verifier, bob);
    await tokenManager.connect(bob).mintRewards(token, [alice], [1n]);
    expect(await token.balanceOf(alice)).to.equal(1);
  });
});
