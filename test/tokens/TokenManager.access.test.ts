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
import { MODEL_ID, modelIdOf, Status } from "../../scripts/dev/world/models";
import {
  argumentsOf,
  buildLaunch,
  deployProtocol,
  deployToken,
  deployUnwiredProtocol,
  registerModel,
  signerOf,
} from "../../scripts/dev/world/protocol";
import { ADMIN_DELAY } from "../../scripts/dev/world/units";

const { ZeroAddress, ZeroHash } = ethers;
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
    name: "pauseLaunches",
    holders: ["guardian"],
    ...byRole("GUARDIAN_ROLE"),
    call: ({ tokenManager }, sender) => tokenManager.connect(sender).pauseLaunches(PAUSE),
  },
  {
    name: "resumeLaunches",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ tokenManager }, sender) => tokenManager.connect(sender).resumeLaunches(),
  },
];

describe("TokenManager callers", () => {
  describe("given a registered model", () => {
    shouldBeGuarded(registeredModel, ({ tokenManager }) => tokenManager, GUARDED);

    shouldHaveOnly(registeredModel, ({ tokenManager }) => tokenManager, [
      ...GUARDED.map(({ name }) => name),
      ...ACCESS_FUNCTIONS,
      "releasePayout", // anybody's; ModelRegistry.payouts.test.ts is about it
    ]);

    it("refuses ether sent without a call", async () => {
      const { tokenManager, launcher } = await loadFixture(registeredModel);
      await expect(launcher.sendTransaction({ to: tokenManager, value: 1n })).to.be.revertedWithoutReason();
    });
  });

  describe("given a protocol that is not wired", () => {
    it("deploys no token, as the registry knows no TokenManager", async () => {
      const protocol = await loadFixture(deployUnwiredProtocol);
      const { tokenManager, registry, launcher } = protocol;
      await expect(tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(buildLaunch(protocol))))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(tokenManager, ZeroAddress);
    });

    it("distributes no supplier allocation", async () => {
      const { tokenManager, distributor } = await loadFixture(deployUnwiredProtocol);
      await expect(tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID))
        .to.be.revertedWithCustomError(tokenManager, "WrongModelStatus")
        .withArgs(ID, Status.NONE, Status.REGISTERED);
    });

    it("accepts a pool from nobody", async () => {
      const context = await loadFixture(deployUnwiredProtocol);
      const { tokenManager, alice } = context;
      for (const [, sender] of signersIn(context)) {
        await expect(tokenManager.connect(sender).setPool(ID, alice))
          .to.be.revertedWithCustomError(tokenManager, "UnauthorizedCaller")
          .withArgs(sender, ZeroAddress);
      }
    });

    it("releases no payout, as the registry knows no TokenManager", async () => {
      const { tokenManager, registry, method, alice } = await loadFixture(deployUnwiredProtocol);
      await expect(tokenManager.releasePayout(ID, ZeroHash, method, 1n, ZeroHash, [alice], [1n]))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(tokenManager, ZeroAddress);
    });

    it("lets the factory create no pool", async () => {
      const { factory, poolCreator, alice } = await loadFixture(deployUnwiredProtocol);
      await expect(factory.connect(poolCreator).createPool(MODEL_ID, alice))
        .to.be.revertedWithCustomError(factory, "WrongModelStatus")
        .withArgs(ID, Status.NONE, Status.REGISTERED);
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

  it("grants the listed roles, stores the registry, and deploys the distributor", async () => {
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
    const rewardDistributor = await ethers.getContractAt("RewardDistributor", await tokenManager.distributor());
    expect(await rewardDistributor.tokenManager()).to.equal(tokenManager);
    for (const [role, holders] of [
      ["GUARDIAN_ROLE", [guardian]],
      ["OPERATOR_ROLE", [operator]],
      ["DEPLOYER_ROLE", [launcher, alice]],
      ["DISTRIBUTOR_ROLE", [distributor, bob]],
    ] as const) {
      for (const holder of holders) expect(await tokenManager.hasRole(roleId(role), holder)).to.equal(true);
    }
  });

  it("lets operators grant DEPLOYER_ROLE, and only the admin any other role", async () => {
    const { tokenManager } = await loadFixture(deployProtocol);
    expect(await tokenManager.getRoleAdmin(roleId("DEPLOYER_ROLE"))).to.equal(roleId("OPERATOR_ROLE"));
    for (const role of ["OPERATOR_ROLE", "DISTRIBUTOR_ROLE", "GUARDIAN_ROLE"]) {
      expect(await tokenManager.getRoleAdmin(roleId(role))).to.equal(ethers.ZeroHash);
    }
  });
});
