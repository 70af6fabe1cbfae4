import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BaseContract, type ContractTransactionResponse, ZeroHash } from "ethers";
import { AUTHORITY, type Power } from "../../sdk/state/authority";
import { roleId } from "../helpers/guarded.behavior";
import { ADMIN_DELAY, DAY, TOKEN, USDC } from "../../scripts/dev/world/units";
import { argumentsFor, INVOICE, SALT } from "./arguments";
import { contractsOf, measure, protocolInUse, type World } from "./authority.fixture";

/** A decision and what stands between it and its effect. */
interface Delayed {
  /** The function that takes the decision, and which case of it. */
  readonly name: string;
  /** From the decision to the first second at which it is in force, or can be put in force. */
  readonly delay: bigint;
  readonly decide: (world: World) => Promise<unknown>;
  /** What has to be called when the delay is over, and how it refuses before; nothing where a decision comes into force by itself. */
  readonly then?: {
    readonly call: (world: World) => Promise<ContractTransactionResponse>;
    readonly contract: (world: World) => BaseContract;
    readonly error: string;
  };
  /** What the decision is about. */
  readonly read: (world: World) => Promise<Readonly<Record<string, unknown>>>;
}

/** What has to be so for the decision of the admin to change something. */
const BEFORE: Readonly<Record<string, (world: World, contract: BaseContract) => Promise<unknown>>> = {
  cancelDefaultAdminTransfer: ({ keys }, contract) =>
    send(contract, keys.admin, "beginDefaultAdminTransfer", [keys.attacker.address]),
  rollbackDefaultAdminDelay: ({ keys }, contract) => send(contract, keys.admin, "changeDefaultAdminDelay", [30n * DAY]),
  resumeBuys: ({ factory, keys, model }) => factory.connect(keys.guardian).pauseBuys(model.id, 7n * DAY),
  resumeLaunches: ({ tokenManager, keys }) => tokenManager.connect(keys.guardian).pauseLaunches(7n * DAY),
  resumeSubmissions: ({ registry, keys }) => registry.connect(keys.guardian).pauseSubmissions(7n * DAY),
  voidPayouts: ({ registry, keys, oracleAttestation }) =>
    registry.connect(keys.guardian).stopPayouts(oracleAttestation, 1n),
  rescueSurplus: ({ usdc, infrastructureReserve }) => usdc.mint(infrastructureReserve, USDC),
};

/** Arguments of the admin's, where those of whoever else may call are not. */
const ADMIN_ARGUMENTS: Readonly<Record<string, (world: World) => readonly unknown[]>> = {
  "ModelRegistry.revokeRole": ({ keys }) => [roleId("REGISTRAR_ROLE"), keys.registrar.address],
  "TokenManager.grantRole": ({ keys }) => [roleId("OPERATOR_ROLE"), keys.attacker.address],
  "TokenManager.revokeRole": ({ keys }) => [roleId("OPERATOR_ROLE"), keys.operator.address],
  "InfrastructureReserve.rescueSurplus": ({ usdc, keys }) => [usdc.target, keys.attacker.address, USDC],
};

/** All that a decision of the admin's can change: what the table of roles speaks of, and what only the admin touches. */
async function stateOf(world: World) {
  const { timelock, usdc, infrastructureReserve } = world;
  const surplus = (await usdc.balanceOf(infrastructureReserve)) - (await infrastructureReserve.totalOwed());
  return { ...(await measure(world)), minDelay: await timelock.getMinDelay(), surplus };
}

/** The protocol in use, when nothing is pending. */
async function quietProtocol() {
  const world = await protocolInUse();
  await time.increase(2n * DAY + 1n);
  return world;
}

function send(contract: BaseContract, sender: World["holder"], name: string, args: readonly unknown[]) {
  return contract.connect(sender).getFunction(name)(...args) as Promise<ContractTransactionResponse>;
}

/** The call, as an operation of the timelock. */
function operationOf(world: World, contract: string, name: string) {
  const target = contractsOf(world)[contract as keyof ReturnType<typeof contractsOf>] as BaseContract;
  const args = (ADMIN_ARGUMENTS[`${contract}.${name}`] ?? argumentsFor(contract, name))(
    world,
    world.keys.admin.address,
  );
  return [target.target as string, 0n, target.interface.encodeFunctionData(name, args), ZeroHash, SALT] as const;
}

/** A decision of the admin's: the multisig announces it, and executes it when the delay is over. */
function byTimelock(contract: string, name: string): Delayed {
  return {
    name: `${contract}.${name}`,
    delay: ADMIN_DELAY,
    decide: (world) =>
      world.timelock.connect(world.keys.multisig).schedule(...operationOf(world, contract, name), ADMIN_DELAY),
    then: {
      call: (world) => world.timelock.connect(world.keys.multisig).execute(...operationOf(world, contract, name)),
      contract: ({ timelock }) => timelock,
      error: "TimelockUnexpectedOperationState",
    },
    read: stateOf,
  };
}

/** A parameter's change, which comes into force by itself, in the blocks after its time. */
function byGovernor(name: string, value: bigint, which: string): Delayed {
  return {
    name: `ModelRegistry.${name}${which}`,
    delay: 2n * DAY + 1n,
    decide: ({ registry, keys, model }) => send(registry, keys.governor, name, [model.id, value]),
    read: async ({ registry, model }) => {
      const [rate, accrual, price] = await registry.parametersOf(model.id);
      return { rate, accrual, price };
    },
  };
}

/** The accepting step of an admin's transfer. */
function byNewAdmin(contract: string): Delayed {
  const target = (world: World) => contractsOf(world)[contract as "ModelRegistry"];
  return {
    name: `${contract}.acceptDefaultAdminTransfer`,
    delay: 2n * DAY + 1n,
    decide: (world) => target(world).connect(world.keys.admin).beginDefaultAdminTransfer(world.keys.attacker),
    then: {
      call: (world) => target(world).connect(world.keys.attacker).acceptDefaultAdminTransfer(),
      contract: target,
      error: "AccessControlEnforcedDefaultAdminDelay",
    },
    read: async (world) => ({ admin: await target(world).defaultAdmin() }),
  };
}

/** Operations that the multisig announces, one by one or several at once. */
function byMultisig(): Delayed[] {
  const single = (world: World) => operationOf(world, "ModelRegistry", "setDailyLimit");
  const batch = (world: World) => {
    const [target, value, data, predecessor, salt] = single(world);
    return [[target], [value], [data], predecessor, salt] as [string[], bigint[], string[], string, string];
  };
  const asMultisig = ({ timelock, keys }: World) => timelock.connect(keys.multisig);
  const common = {
    delay: ADMIN_DELAY,
    read: async ({ registry, model }: World) => ({ limit: await registry.dailyLimitOf(model.id) }),
  };
  const refusal = { contract: ({ timelock }: World) => timelock, error: "TimelockUnexpectedOperationState" };
  return [
    {
      ...common,
      name: "TimelockController.schedule",
      decide: (world) => asMultisig(world).schedule(...single(world), ADMIN_DELAY),
      then: { ...refusal, call: (world) => asMultisig(world).execute(...single(world)) },
    },
    {
      ...common,
      name: "TimelockController.scheduleBatch",
      decide: (world) => asMultisig(world).scheduleBatch(...batch(world), ADMIN_DELAY),
      then: { ...refusal, call: (world) => asMultisig(world).executeBatch(...batch(world)) },
    },
  ];
}

/** Names of what is not as it was. */
function changedSince(before: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(before).filter((part) => before[part] !== now[part]);
}

const isDelayed = ({ delay }: Power) => delay !== "none";
const isByTimelock = ({ delay }: Power) => delay.includes("timelock");

/** Every function whose effect the table of roles delays. */
const PROMISED = Object.entries(AUTHORITY).flatMap(([contract, powers]) =>
  Object.entries(powers)
    .filter(([, power]) => isDelayed(power))
    .map(([name, power]) => ({ contract, name, power })),
);

const DELAYED: readonly Delayed[] = [
  ...PROMISED.filter(({ power }) => isByTimelock(power)).map(({ contract, name }) => byTimelock(contract, name)),
  ...byMultisig(),
  byNewAdmin("ModelRegistry"),
  byNewAdmin("TokenManager"),
  byGovernor("setTokensPerDeltaOne", 300n * TOKEN, ", higher"),
  byGovernor("setTokensPerDeltaOne", 100n * TOKEN, ", lower"),
  byGovernor("setInfrastructureAccrual", 10_000n, ", higher"),
  byGovernor("setPricePerThousandCalls", 1n, ", lower"),
  {
    name: "ModelRegistry.proposeGovernor, by the admin",
    delay: 7n * DAY,
    decide: ({ registry, keys, model }) => registry.connect(keys.admin).proposeGovernor(model.id, keys.attacker),
    then: {
      call: ({ registry, keys, model }) => registry.connect(keys.attacker).acceptGovernor(model.id),
      contract: ({ registry }) => registry,
      error: "GovernorNotAcceptable",
    },
    read: async ({ registry, model }) => ({ governor: await registry.governorOf(model.id) }),
  },
  {
    name: "InfrastructureReserve.approvePayee",
    delay: 2n * DAY,
    decide: ({ infrastructureReserve, keys, model }) =>
      infrastructureReserve.connect(keys.governor).approvePayee(model.id, keys.attacker),
    then: {
      call: ({ infrastructureReserve, keys, model }) =>
        infrastructureReserve.connect(keys.payer).pay(model.id, keys.attacker, USDC, INVOICE),
      contract: ({ infrastructureReserve }) => infrastructureReserve,
      error: "PayeeNotApproved",
    },
    read: async ({ infrastructureReserve, model }) => ({ balance: await infrastructureReserve.balanceOf(model.id) }),
  },
];

describe("A3: the delay of what adds power", () => {
  it("is tested below for every function whose effect the table of roles delays", () => {
    const tested = new Set(DELAYED.map(({ name }) => name.split(",")[0]));
    expect([...tested].sort()).to.deep.equal(PROMISED.map(({ contract, name }) => `${contract}.${name}`).sort());
  });

  it("applies to everything that the admin alone may do", () => {
    const powers = Object.values(AUTHORITY).flatMap((functions) => Object.values(functions));
    for (const power of powers.filter(({ callers }) => callers.join() === "admin")) {
      expect(isByTimelock(power), power.worst).to.equal(true);
    }
  });

  it("is at least two days: the timelock refuses a shorter one", async () => {
    const world = await loadFixture(quietProtocol);
    const { timelock, keys } = world;
    const [target, value, data, ...rest] = operationOf(world, "ModelRegistry", "setDailyLimit");
    const asMultisig = timelock.connect(keys.multisig);
    for (const announce of [
      () => asMultisig.schedule(target, value, data, ...rest, ADMIN_DELAY - 1n),
      () => asMultisig.scheduleBatch([target], [value], [data], ...rest, ADMIN_DELAY - 1n),
    ]) {
      await expect(announce())
        .to.be.revertedWithCustomError(timelock, "TimelockInsufficientDelay")
        .withArgs(ADMIN_DELAY - 1n, ADMIN_DELAY);
    }
  });

  for (const { name, delay, decide, then, read } of DELAYED) {
    it(`lets ${name} take effect when the delay is over, and not a second before`, async () => {
      const world = await loadFixture(quietProtocol);
      const [contract, called] = name.split(",")[0]!.split(".") as [string, string];
      const target = contractsOf(world)[contract as keyof ReturnType<typeof contractsOf>];
      await BEFORE[called]?.(world, target as BaseContract);
      const before = await read(world);
      await decide(world);
      const inForceAt = BigInt(await time.latest()) + delay;

      await time.setNextBlockTimestamp(inForceAt - 1n);
      if (then) await expect(then.call(world)).to.be.revertedWithCustomError(then.contract(world), then.error);
      else await mine();
      expect(changedSince(before, await read(world))).to.deep.equal([]);

      await time.setNextBlockTimestamp(inForceAt);
      if (then) await then.call(world);
      else await mine();
      expect(changedSince(before, await read(world))).to.not.deep.equal([]);
    });
  }
});
