import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  ACCESS_FUNCTIONS,
  byRole,
  type GuardedFunction,
  roleId,
  shouldBeGuarded,
  shouldHaveOnly,
} from "../helpers/guarded.behavior";
import {
  buildBenchmark,
  buildEvaluation,
  MethodAccess,
  MODEL_ID,
  modelIdOf,
  Parameter,
  Status,
} from "../../scripts/dev/world/models";
import { ADMIN_DELAY, MAX_UINT256, PAYOUT_DELAY, TOKEN, USDC } from "../../scripts/dev/world/units";
import {
  deployRegistry,
  deployUnwiredRegistry,
  modelArguments,
  proposedModel,
  proposedSuccessors,
  registeredModel,
  type RegistryContext,
} from "./registry.fixture";

const { ZeroAddress } = ethers;
const ID = modelIdOf(MODEL_ID);
const OTHER_ID = "other-model";
const DAILY_LIMIT = 500n;
const EVALUATION = ethers.id("evaluation");
const PAYEES_HASH = ethers.id("payees");
const RATE = 90_000n * TOKEN;
const ACCRUAL = 6_000n;
const PRICE = USDC;

type AddressedKey = "wirer" | "tokenManager" | "factory" | "verifier" | "governor" | "supplier" | "alice" | "bob";

/** A guard that knows its caller by address. */
const byAddress = (expected: AddressedKey) => ({
  holders: [expected] as const,
  error: "UnauthorizedCaller",
  errorArguments: (sender: string, context: RegistryContext) => [sender, context[expected].address],
});

const PROPOSED_GUARDED: GuardedFunction<RegistryContext>[] = [
  {
    name: "createModel",
    ...byAddress("tokenManager"),
    call: (context, sender) => context.registry.connect(sender).createModel(...modelArguments(context, {}, OTHER_ID)),
  },
  {
    name: "registerModel",
    holders: ["registrar", "admin"],
    ...byRole("REGISTRAR_ROLE"),
    call: ({ registry, method }, sender) => registry.connect(sender).registerModel(ID, buildBenchmark(method.address)),
  },
  {
    name: "setVerifier",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry, alice }, sender) => registry.connect(sender).setVerifier(alice),
  },
  {
    name: "setMethodAccess",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry, alice }, sender) => registry.connect(sender).setMethodAccess(alice, MethodAccess.ADMIN),
  },
];

const SET_POOL: GuardedFunction<RegistryContext> = {
  name: "setPool",
  ...byAddress("factory"),
  call: ({ registry, alice }, sender) => registry.connect(sender).setPool(ID, alice),
};

const WIRE: GuardedFunction<RegistryContext> = {
  name: "wire",
  ...byAddress("wirer"),
  call: ({ registry, alice, bob, mallory }, sender) => registry.connect(sender).wire(alice, bob, mallory, [alice]),
};

const REGISTERED_GUARDED: GuardedFunction<RegistryContext>[] = [
  {
    name: "replaceBenchmark",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry, method }, sender) =>
      registry.connect(sender).replaceBenchmark(ID, buildBenchmark(method.address)),
  },
  {
    name: "setDailyLimit",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry }, sender) => registry.connect(sender).setDailyLimit(ID, DAILY_LIMIT),
  },
  {
    name: "pauseSubmissions",
    holders: ["guardian"],
    ...byRole("GUARDIAN_ROLE"),
    call: ({ registry }, sender) => registry.connect(sender).pauseSubmissions(1),
  },
  {
    name: "resumeSubmissions",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry }, sender) => registry.connect(sender).resumeSubmissions(),
  },
  {
    name: "recordImprovement",
    ...byAddress("verifier"),
    call: ({ registry, method }, sender) =>
      registry
        .connect(sender)
        .recordImprovement(buildEvaluation(ID, buildBenchmark(method.address)), EVALUATION, PAYEES_HASH),
  },
  {
    name: "stopPayouts",
    holders: ["guardian"],
    ...byRole("GUARDIAN_ROLE"),
    call: ({ registry, method }, sender) => registry.connect(sender).stopPayouts(method, 1),
  },
];

const STOPPED_GUARDED: GuardedFunction<RegistryContext>[] = [
  {
    name: "liftPayoutStop",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry, method }, sender) => registry.connect(sender).liftPayoutStop(method),
  },
  {
    name: "voidPayouts",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry, method }, sender) => registry.connect(sender).voidPayouts(method, 1, MAX_UINT256),
  },
];

const RELEASE: GuardedFunction<QueuedContext> = {
  name: "releasePayout",
  ...byAddress("tokenManager"),
  call: ({ registry, payout }, sender) => registry.connect(sender).releasePayout(ID, EVALUATION, payout),
};

type QueuedContext = Awaited<ReturnType<typeof queuedPayout>>;

/** A registered model with a payout that has waited. */
async function queuedPayout() {
  const context = await registeredModel();
  const { registry, verifier, method, benchmark } = context;
  const evaluation = buildEvaluation(ID, benchmark);
  await registry.connect(verifier).recordImprovement(evaluation, EVALUATION, PAYEES_HASH);
  const queuedAt = await time.latest();
  const reward = await registry
    .rewardsRemainingOf(ID)
    .then((left) => 100n * BigInt(context.params.tokensPerDeltaOne) - left);
  await time.increase(PAYOUT_DELAY);
  return { ...context, payout: { method: method.address, queuedAt, reward, payeesHash: PAYEES_HASH } };
}

/** A registered model whose method's payouts are stopped. */
async function stoppedPayouts() {
  const context = await registeredModel();
  await context.registry.connect(context.guardian).stopPayouts(context.method, 1);
  return context;
}

const GOVERNED: GuardedFunction<RegistryContext>[] = [
  {
    name: "setTokensPerDeltaOne",
    ...byAddress("governor"),
    call: ({ registry }, sender) => registry.connect(sender).setTokensPerDeltaOne(ID, RATE),
  },
  {
    name: "setInfrastructureAccrual",
    ...byAddress("governor"),
    call: ({ registry }, sender) => registry.connect(sender).setInfrastructureAccrual(ID, ACCRUAL),
  },
  {
    name: "setPricePerThousandCalls",
    ...byAddress("governor"),
    call: ({ registry }, sender) => registry.connect(sender).setPricePerThousandCalls(ID, PRICE),
  },
  {
    name: "setLicense",
    ...byAddress("governor"),
    call: ({ registry }, sender) => registry.connect(sender).setLicense(ID, ethers.id("licence 2"), "ipfs://2"),
  },
  {
    name: "cancelChange",
    ...byAddress("governor"),
    holders: ["governor", "guardian"],
    call: async ({ registry, governor }, sender) => {
      await registry.connect(governor).setTokensPerDeltaOne(ID, RATE);
      return registry.connect(sender).cancelChange(ID, Parameter.TOKENS_PER_DELTA_ONE);
    },
  },
  {
    name: "proposeGovernor",
    holders: ["governor", "admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ registry, alice }, sender) => registry.connect(sender).proposeGovernor(ID, alice),
  },
  {
    name: "proposeOwner",
    ...byAddress("supplier"),
    call: ({ registry, bob }, sender) => registry.connect(sender).proposeOwner(ID, bob),
  },
];

const ACCEPTANCES: GuardedFunction<RegistryContext>[] = [
  {
    name: "acceptGovernor",
    ...byAddress("alice"),
    call: ({ registry }, sender) => registry.connect(sender).acceptGovernor(ID),
  },
  {
    name: "acceptOwner",
    ...byAddress("bob"),
    call: ({ registry }, sender) => registry.connect(sender).acceptOwner(ID),
  },
];

/** Guards that know callers by an address book which is still empty. */
const asUnwired = (guarded: GuardedFunction<RegistryContext>): GuardedFunction<RegistryContext> => ({
  ...guarded,
  holders: [],
  errorArguments: (sender) => [sender, ZeroAddress],
});

const registryOf = ({ registry }: RegistryContext) => registry;

describe("ModelRegistry callers", () => {
  shouldHaveOnly(deployRegistry, registryOf, [
    ...[...PROPOSED_GUARDED, ...REGISTERED_GUARDED, ...STOPPED_GUARDED, ...GOVERNED, ...ACCEPTANCES].map(
      ({ name }) => name,
    ),
    ...[SET_POOL, WIRE, RELEASE].map(({ name }) => name),
    "returnVoided", // anybody's
    ...ACCESS_FUNCTIONS,
  ]);

  describe("given a proposed model", () => {
    shouldBeGuarded(proposedModel, registryOf, [...PROPOSED_GUARDED, ...GOVERNED]);
  });

  describe("given a registered model", () => {
    shouldBeGuarded(registeredModel, registryOf, [...REGISTERED_GUARDED, ...GOVERNED, SET_POOL]);
  });

  describe("given stopped payouts", () => {
    shouldBeGuarded(stoppedPayouts, registryOf, STOPPED_GUARDED);
  });

  describe("given a payout that has waited", () => {
    shouldBeGuarded(queuedPayout, registryOf, [RELEASE]);
  });

  describe("given a proposed governor and a proposed owner", () => {
    shouldBeGuarded(proposedSuccessors, registryOf, ACCEPTANCES);
  });

  describe("given no wiring", () => {
    const byBook = [...PROPOSED_GUARDED, ...REGISTERED_GUARDED, SET_POOL].filter(
      ({ error }) => error === "UnauthorizedCaller",
    );
    shouldBeGuarded(deployUnwiredRegistry, registryOf, [...byBook.map(asUnwired), WIRE]);

    it("refuses a release, as no payout can wait", async () => {
      const { registry, alice, method } = await loadFixture(deployUnwiredRegistry);
      const payout = { method: method.address, queuedAt: 1, reward: 1, payeesHash: PAYEES_HASH };
      await expect(registry.connect(alice).releasePayout(ID, EVALUATION, payout))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(alice, ZeroAddress);
    });

    it("refuses a registration by the registrar, as no model can exist", async () => {
      const { registry, registrar, method } = await loadFixture(deployUnwiredRegistry);
      await expect(registry.connect(registrar).registerModel(ID, buildBenchmark(method.address)))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(ID, Status.NONE, Status.PROPOSAL);
    });
  });
});

describe("ModelRegistry constructor", () => {
  it("refuses zero as the wirer", async () => {
    const { admin } = await loadFixture(deployUnwiredRegistry);
    const factory = await ethers.getContractFactory("ModelRegistry");
    await expect(
      factory.deploy(ADMIN_DELAY, admin, [], [], [], [], ZeroAddress, PAYOUT_DELAY),
    ).to.be.revertedWithCustomError(factory, "ZeroAddress");
  });

  for (const [place, role] of ["REGISTRAR_ROLE", "POOL_CREATOR_ROLE", "PAYER_ROLE"].entries()) {
    it(`grants ${role} to each holder that is named for it, and to nobody else`, async () => {
      const { admin, wirer, alice, bob, mallory } = await loadFixture(deployUnwiredRegistry);
      const holders: [string[], string[], string[]] = [[mallory.address], [mallory.address], [mallory.address]];
      holders[place] = [alice.address, bob.address];
      const registry = await ethers.deployContract("ModelRegistry", [
        ADMIN_DELAY,
        admin,
        [],
        ...holders,
        wirer,
        PAYOUT_DELAY,
      ]);

      const granted = await registry.queryFilter(registry.filters.RoleGranted(roleId(role)));
      expect(granted.map(({ args }) => args.account)).to.deep.equal(holders[place]);
      for (const holder of holders[place]) expect(await registry.hasRole(roleId(role), holder)).to.equal(true);
    });
  }
});

describe("ModelRegistry.wire", () => {
  it("leaves the address book empty until it is called", async () => {
    const { registry } = await loadFixture(deployUnwiredRegistry);
    expect(await registry.tokenManager()).to.equal(ZeroAddress);
    expect(await registry.factory()).to.equal(ZeroAddress);
    expect(await registry.verifier()).to.equal(ZeroAddress);
  });

  it("fills the address book", async () => {
    const { registry, wirer, tokenManager, factory, verifier } = await loadFixture(deployUnwiredRegistry);
    await expect(registry.connect(wirer).wire(tokenManager, factory, verifier, []))
      .to.emit(registry, "Wired")
      .withArgs(tokenManager, factory, verifier);
    expect(await registry.tokenManager()).to.equal(tokenManager);
    expect(await registry.factory()).to.equal(factory);
    expect(await registry.verifier()).to.equal(verifier);
  });

  it("puts each first method on the allow-list", async () => {
    const { registry, wirer, tokenManager, factory, verifier, alice, bob } = await loadFixture(deployUnwiredRegistry);
    const wired = registry.connect(wirer).wire(tokenManager, factory, verifier, [alice, bob]);
    for (const { address } of [alice, bob]) {
      await expect(wired).to.emit(registry, "MethodAllowed").withArgs(address, MethodAccess.REGISTRAR);
      expect(await registry.methodAccessOf(address)).to.equal(MethodAccess.REGISTRAR);
    }
  });

  it("refuses zero as a method, and can then be called again", async () => {
    const { registry, wirer, tokenManager, factory, verifier, method } = await loadFixture(deployUnwiredRegistry);
    const wire = (methods: string[]) => registry.connect(wirer).wire(tokenManager, factory, verifier, methods);
    await expect(wire([method.address, ZeroAddress])).to.be.revertedWithCustomError(registry, "ZeroAddress");
    expect(await registry.methodAccessOf(method)).to.equal(MethodAccess.NONE);
    await expect(wire([method.address])).to.emit(registry, "Wired");
  });

  for (const missing of ["tokenManager", "factory", "verifier"] as const) {
    it(`refuses zero as ${missing}, and can then be called again`, async () => {
      const { registry, wirer, tokenManager, factory, verifier } = await loadFixture(deployUnwiredRegistry);
      const book = { tokenManager: tokenManager.address, factory: factory.address, verifier: verifier.address };
      const wire = (names: typeof book) =>
        registry.connect(wirer).wire(names.tokenManager, names.factory, names.verifier, []);
      await expect(wire({ ...book, [missing]: ZeroAddress })).to.be.revertedWithCustomError(registry, "ZeroAddress");
      await expect(wire(book)).to.emit(registry, "Wired");
    });
  }

  describe("given a registry that has been wired", () => {
    it("refuses a second call, even by the wirer with the same addresses", async () => {
      const { registry, wirer, tokenManager, factory, verifier } = await loadFixture(deployRegistry);
      await expect(registry.connect(wirer).wire(tokenManager, factory, verifier, [])).to.be.revertedWithCustomError(
        registry,
        "AlreadyWired",
      );
    });

    it("refuses everybody else too", async () => {
      const { registry, wirer, mallory, alice, bob } = await loadFixture(deployRegistry);
      await expect(registry.connect(mallory).wire(alice, bob, mallory, [alice]))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(mallory, wirer);
    });

    it("A1: leaves the wirer without any role", async () => {
      const { registry, wirer } = await loadFixture(deployRegistry);
      for (const role of ["DEFAULT_ADMIN", "GUARDIAN", "REGISTRAR", "POOL_CREATOR", "PAYER"].map((n) => `${n}_ROLE`)) {
        expect(await registry.hasRole(roleId(role), wirer)).to.equal(false);
      }
    });
  });
});

describe("ModelRegistry.setVerifier", () => {
  it("replaces the verifier", async () => {
    const { registry, admin, verifier, alice } = await loadFixture(deployRegistry);
    await expect(registry.connect(admin).setVerifier(alice))
      .to.emit(registry, "VerifierChanged")
      .withArgs(verifier, alice);
    expect(await registry.verifier()).to.equal(alice);
  });

  it("refuses zero", async () => {
    const { registry, admin, verifier } = await loadFixture(deployRegistry);
    await expect(registry.connect(admin).setVerifier(ZeroAddress)).to.be.revertedWithCustomError(
      registry,
      "ZeroAddress",
    );
    expect(await registry.verifier()).to.equal(verifier);
  });
});

describe("ModelRegistry.setMethodAccess", () => {
  it("opens a method to the admin, to registrars or to nobody, in any order", async () => {
    const { registry, admin, alice } = await loadFixture(deployRegistry);
    expect(await registry.methodAccessOf(alice)).to.equal(MethodAccess.NONE);
    const { ADMIN, REGISTRAR, NONE } = MethodAccess;
    for (const access of [ADMIN, REGISTRAR, NONE, REGISTRAR, ADMIN, NONE]) {
      await expect(registry.connect(admin).setMethodAccess(alice, access))
        .to.emit(registry, "MethodAllowed")
        .withArgs(alice, access);
      expect(await registry.methodAccessOf(alice)).to.equal(access);
    }
  });

  it("refuses an access level that does not exist", async () => {
    const { registry, admin, alice } = await loadFixture(deployRegistry);
    await expect(registry.connect(admin).setMethodAccess(alice, 3n)).to.be.revertedWithoutReason();
  });

  it("refuses zero", async () => {
    const { registry, admin } = await loadFixture(deployRegistry);
    await expect(
      registry.connect(admin).setMethodAccess(ZeroAddress, MethodAccess.REGISTRAR),
    ).to.be.revertedWithCustomError(registry, "ZeroAddress");
  });

  it("keeps the method of a registered model, whose improvements continue", async () => {
    const { registry, admin, verifier, method, id, benchmark } = await loadFixture(registeredModel);
    await registry.connect(admin).setMethodAccess(method, MethodAccess.NONE);
    expect((await registry.benchmarkOf(id)).method).to.equal(method);
    await expect(
      registry.connect(verifier).recordImprovement(buildEvaluation(id, benchmark), EVALUATION, PAYEES_HASH),
    ).to.emit(registry, "ScoreMoved");
  });
});
