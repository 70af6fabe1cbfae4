// SPDX-License-Identifier: MIT
// Everything that the doctor must find, each by itself: how it comes to be, and all that is said of it.

import { expect } from "chai";
import { AbiCoder, id, keccak256, toBeHex, ZeroAddress, ZeroHash, zeroPadValue } from "ethers";
import type { ModelFile } from "../../../sdk/schemas/modelFile";
import { ADMIN_DELAY, DAY, HOUR, USDC } from "../../../scripts/dev/world/units";
import {
  addressOf,
  codeOf,
  entryOf,
  flipEnd,
  holderOf,
  load,
  maskedHashOf,
  MODEL,
  now,
  OTHER,
  pass,
  send,
  setCode,
  slotOf,
  store,
  STRANGER,
  time,
  timelockOf,
  withImmutable,
  type Redeclare,
  type World,
} from "./support";

/** One deviation. */
interface Deviation {
  readonly name: string;
  /** Brings it about, and tells every line that the doctor must say, and what is declared otherwise. */
  readonly deviate: (world: World) => Promise<{ readonly wrong: string[]; readonly redeclare?: Redeclare }>;
}

/** Something to show that is not wrong. */
interface Notable {
  readonly name: string;
  readonly prepare: (world: World) => Promise<string[]>;
}

const COMPROMISED = "no event explains this: stop using the contract and see SECURITY.md";
const OTHER_BUILD = "check the sources out that were deployed and build them; if these are, stop using the contract";
const OTHER_IMMUTABLE = "stop using the contract: it was not deployed as declared";
const PARAMETERS = "ignition/parameters/localhost.json5";
const MODEL_FILE = `change deploy/models/${MODEL}.json, or the chain by whoever may`;

const word = (address: string) => zeroPadValue(address, 32).toLowerCase();
const many = (...accounts: string[]) => accounts.sort().join(", ");

/** The timelock's own transaction, after its delay. */
const byAdmin = (world: World, contract: string, name: string, args: readonly unknown[]) =>
  send(world, timelockOf(world), contract, name, args);

/** Another model file than the one that was launched. */
const withFile =
  (change: (file: ModelFile) => Partial<ModelFile>): Redeclare =>
  (declared) => ({
    ...declared,
    modelFile: async (key) => {
      const found = await declared.modelFile(key);
      return found && { ...found, file: { ...found.file, ...change(found.file) } };
    },
  });

const withParameters =
  (change: (parameters: DeclaredParameters) => Partial<DeclaredParameters>): Redeclare =>
  (declared) => ({ ...declared, parameters: { ...declared.parameters, ...change(declared.parameters) } });

type DeclaredParameters = World["declared"]["parameters"];

/** A change of one word of storage, past the code; tells the word before. */
async function tamper(
  world: World,
  contract: Parameters<typeof slotOf>[0],
  variable: string,
  change: (value: bigint) => bigint,
): Promise<void> {
  const { slot, offset } = slotOf(contract, variable);
  const address = addressOf(world, contract);
  const before = await load(world, address, slot);
  const low = before & ((1n << (8n * offset)) - 1n);
  await store(world, address, slot, (change(before >> (8n * offset)) << (8n * offset)) | low);
}

/** Contracts with an admin of their own. */
function administered({ declared, build }: World): string[] {
  return Object.keys(declared.addresses).filter(
    (name) => name !== "ReserveToken" && build(name).abi.hasFunction("defaultAdmin"),
  );
}

const code: Deviation[] = [
  ...["ModelRegistry", "TimelockController", "DeltaOneVerifier"].map((contract) => ({
    name: `another code of ${contract}`,
    deviate: async (world: World) => {
      const address = addressOf(world, contract);
      const other = flipEnd(await codeOf(world, address));
      await setCode(world, address, other);
      const compiled = world.build(contract);
      const [actual, expected] = [maskedHashOf(compiled, other), keccak256(compiled.code)];
      return {
        wrong: [
          `code of ${contract}: the code of ${contract} at ${address} is ${actual}, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  })),
  {
    name: "a contract that is not there",
    deviate: async (world) => {
      const address = addressOf(world, "UsageFeeRouter");
      await setCode(world, address, "0x");
      const expected = keccak256(world.build("UsageFeeRouter").code);
      return {
        wrong: [
          `code of UsageFeeRouter: the code of UsageFeeRouter at ${address} is no code, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  },
  {
    name: "a code that is longer",
    deviate: async (world) => {
      const address = addressOf(world, "RewardDistributor");
      const longer = `${await codeOf(world, address)}00`;
      await setCode(world, address, longer);
      const expected = keccak256(world.build("RewardDistributor").code);
      return {
        wrong: [
          `code of RewardDistributor: the code of RewardDistributor at ${address} is ${keccak256(longer)} of another length, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  },
  {
    name: "an immutable of another value",
    deviate: async (world) => {
      const address = addressOf(world, "RewardDistributor");
      const compiled = world.build("RewardDistributor");
      const present = await codeOf(world, address);
      await setCode(world, address, withImmutable(compiled, present, "RewardDistributor.tokenManager", word(STRANGER)));
      const expected = word(addressOf(world, "TokenManager"));
      return {
        wrong: [
          `code of RewardDistributor: the immutable tokenManager of RewardDistributor is ${word(STRANGER)}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  {
    name: "an immutable that differs between its places",
    deviate: async (world) => {
      const address = addressOf(world, "UsageFeeRouter");
      const compiled = world.build("UsageFeeRouter");
      const present = await codeOf(world, address);
      const name = "UsageFeeRouter.reserveToken";
      await setCode(world, address, withImmutable(compiled, present, name, word(STRANGER), false));
      const expected = word(addressOf(world, "ReserveToken"));
      return {
        wrong: [
          `code of UsageFeeRouter: the immutable reserveToken of UsageFeeRouter is ${word(STRANGER)} and ${expected}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  ...(["ModelToken", "HokusaiAMM"] as const).map((contract) => ({
    name: `another code of the model's ${contract}`,
    deviate: async (world: World) => {
      const address = addressOf(world, contract);
      const other = flipEnd(await codeOf(world, address));
      await setCode(world, address, other);
      const compiled = world.build(contract);
      const [check, what] = contract === "ModelToken" ? ["code of model tokens", "token"] : ["code of pools", "pool"];
      const [actual, expected] = [maskedHashOf(compiled, other), keccak256(compiled.code)];
      return {
        wrong: [
          `${check}: the code of the ${what} of ${MODEL} at ${address} is ${actual}, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  })),
  {
    name: "a token with a larger bucket of rewards",
    deviate: async (world) => {
      const { token } = world.model;
      const compiled = world.build("ModelToken");
      const present = await codeOf(world, token);
      await setCode(world, token, withImmutable(compiled, present, "ModelToken.rewardAllocation", toBeHex(1n, 32)));
      const expected = toBeHex(100n * 1_000n * 10n ** 18n, 32);
      return {
        wrong: [
          `code of model tokens: the immutable rewardAllocation of the token of ${MODEL} is ${toBeHex(1n, 32)}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  {
    name: "a pool with another fee",
    deviate: async (world) => {
      const { pool } = world.model;
      const compiled = world.build("HokusaiAMM");
      const present = await codeOf(world, pool);
      const [expected, other] = [toBeHex(30n, 32), toBeHex(31n, 32)];
      await setCode(world, pool, withImmutable(compiled, present, "PoolState.tradeFee", other));
      return {
        wrong: [
          `code of pools: the immutable tradeFee of the pool of ${MODEL} is ${other}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  {
    name: "a vesting wallet of another code",
    deviate: async (world) => {
      const { file } = (await world.declared.modelFile(world.model.key))!;
      const wallet = holderAs(world, `owner of ${file.modelId}`);
      const other = flipEnd(await codeOf(world, wallet));
      await setCode(world, wallet, other);
      const compiled = world.build("VestingWallet");
      const [actual, expected] = [maskedHashOf(compiled, other), keccak256(compiled.code)];
      return {
        wrong: [
          `code of vesting wallets: the code of the vesting wallet of ${MODEL} at ${wallet} is ${actual}, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  },
  {
    name: "a token that answers nothing",
    deviate: async (world) => {
      const { token } = world.model;
      await setCode(world, token, "0xfe");
      const expected = keccak256(world.build("ModelToken").code);
      return {
        wrong: [
          `code of model tokens: the code of the token of ${MODEL} at ${token} is ${keccak256("0xfe")} of another length, declared ${expected}: ${OTHER_BUILD}`,
          `registry, token and pool know each other: the token of ${MODEL} is no answer to its views, declared what its code says: ${COMPROMISED}`,
        ],
      };
    },
  },
];

const holderAs = ({ clean }: World, as: string) => clean.authorities.find((authority) => authority.as === as)!.account;

const parameters: Deviation[] = [
  {
    name: "another declared delay",
    deviate: async (world) => {
      const [actual, declared] = [Number(ADMIN_DELAY), Number(ADMIN_DELAY) + 1];
      const update = `let the timelock call updateDelay, or change $global.adminDelay of ${PARAMETERS}`;
      return {
        redeclare: withParameters(({ $global }) => ({ $global: { ...$global, adminDelay: declared } })),
        wrong: [
          `A3 delay of the timelock: TimelockController.getMinDelay is ${actual}, declared ${declared}: ${update}`,
          ...administered(world).map(
            (contract) =>
              `A1 admin of ${contract}: defaultAdminDelay of ${contract} is ${actual}, declared ${declared}: let the admin call changeDefaultAdminDelay`,
          ),
        ],
      };
    },
  },
  {
    name: "a timelock that waits less",
    deviate: async (world) => {
      await byAdmin(world, "TimelockController", "updateDelay", [HOUR]);
      return {
        wrong: [
          `A3 delay of the timelock: TimelockController.getMinDelay is ${HOUR}, declared ${ADMIN_DELAY}: let the timelock call updateDelay, or change $global.adminDelay of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another declared delay of payouts",
    deviate: async (world) => {
      const { payoutDelay } = world.declared.parameters.Models;
      const declared = payoutDelay + 1;
      const registry = addressOf(world, "ModelRegistry");
      const [actualWord, otherWord] = [toBeHex(payoutDelay, 32), toBeHex(declared, 32)];
      expect(await codeOf(world, registry)).to.contain(actualWord.slice(2));
      return {
        redeclare: withParameters(({ Models }) => ({ Models: { ...Models, payoutDelay: declared } })),
        wrong: [
          `code of ModelRegistry: the immutable payoutDelay of ModelRegistry is ${actualWord}, declared ${otherWord}: ${OTHER_IMMUTABLE}`,
          `R1 delay of payouts: ModelRegistry.payoutDelay is ${payoutDelay}, declared ${declared}: change Models.payoutDelay of ${PARAMETERS}: the registry's cannot change`,
        ],
      };
    },
  },
  {
    name: "another treasury on chain",
    deviate: async (world) => {
      await byAdmin(world, "HokusaiAMMFactory", "setTreasury", [STRANGER]);
      const declared = world.declared.parameters.Market.treasury;
      return {
        wrong: [
          `treasury: HokusaiAMMFactory.treasury is ${STRANGER}, declared ${declared}: let the admin call setTreasury, or change Market.treasury of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another treasury in the parameter file",
    deviate: async (world) => {
      const actual = world.declared.parameters.Market.treasury;
      return {
        redeclare: withParameters(({ Market }) => ({ Market: { ...Market, treasury: STRANGER } })),
        wrong: [
          `treasury: HokusaiAMMFactory.treasury is ${actual}, declared ${STRANGER}: let the admin call setTreasury, or change Market.treasury of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an attester whom the guardian removed",
    deviate: async (world) => {
      const { attesters } = world.declared.parameters.Methods;
      const [removed, ...others] = attesters as [string, ...string[]];
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "OracleAttestation", "removeAttester", [removed]);
      return {
        wrong: [
          `V6 attesters and their threshold: OracleAttestation.attesters is ${many(...others)}, declared ${many(...attesters)}: let the admin add or remove attesters, or change Methods.attesters of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an attester whom nobody declared",
    deviate: async (world) => {
      const { attesters } = world.declared.parameters.Methods;
      await byAdmin(world, "OracleAttestation", "addAttester", [STRANGER]);
      return {
        wrong: [
          `V6 attesters and their threshold: OracleAttestation.attesters is ${many(STRANGER, ...attesters)}, declared ${many(...attesters)}: let the admin add or remove attesters, or change Methods.attesters of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an attester without an event",
    deviate: async (world) => {
      const { slot } = slotOf("OracleAttestation", "isAttester");
      const [attester] = world.declared.parameters.Methods.attesters as [string];
      await store(world, addressOf(world, "OracleAttestation"), entryOf(slot, attester), 0n);
      const others = world.declared.parameters.Methods.attesters.slice(1);
      const check = "V6 attesters and their threshold";
      return {
        wrong: [
          `${check}: OracleAttestation.isAttester(${attester}) is false, declared true: ${COMPROMISED}`,
          `${check}: OracleAttestation.attesters is ${many(...others)}, declared ${many(attester, ...others)}: let the admin add or remove attesters, or change Methods.attesters of ${PARAMETERS}`,
          `${check}: OracleAttestation.attesterCount is 3, declared 2: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a lower threshold",
    deviate: async (world) => {
      await byAdmin(world, "OracleAttestation", "setThreshold", [1n]);
      return {
        wrong: [
          `V6 attesters and their threshold: OracleAttestation.threshold is 1, declared 2: let the admin call setThreshold, or change Methods.threshold of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an epoch that was set back",
    deviate: async (world) => {
      await tamper(world, "OracleAttestation", "epoch", () => 0n);
      return {
        wrong: [`V6 attesters and their threshold: OracleAttestation.epoch is 0, declared 1: ${COMPROMISED}`],
      };
    },
  },
  {
    name: "a method that nobody declared",
    deviate: async (world) => {
      await byAdmin(world, "ModelRegistry", "setMethodAccess", [STRANGER, 1n]);
      return {
        wrong: [
          `M1 access to verification methods: ModelRegistry.methodAccessOf(${STRANGER}) is ADMIN, declared NONE: let the admin call setMethodAccess`,
        ],
      };
    },
  },
  {
    name: "attestations that are not allowed any more",
    deviate: async (world) => {
      const method = addressOf(world, "OracleAttestation");
      await byAdmin(world, "ModelRegistry", "setMethodAccess", [method, 0n]);
      return {
        wrong: [
          `M1 access to verification methods: ModelRegistry.methodAccessOf(${method}) is NONE, declared REGISTRAR: let the admin call setMethodAccess`,
        ],
      };
    },
  },
  {
    name: "another verifier",
    deviate: async (world) => {
      await byAdmin(world, "ModelRegistry", "setVerifier", [STRANGER]);
      const declared = addressOf(world, "DeltaOneVerifier");
      return {
        wrong: [
          `address book: ModelRegistry.verifier is ${STRANGER}, declared ${declared}: let the admin set the declared verifier, or deploy the protocol's journal anew with the present one`,
        ],
      };
    },
  },
  {
    name: "another factory in the address book",
    deviate: async (world) => {
      await tamper(world, "ModelRegistry", "factory", () => BigInt(STRANGER));
      const declared = addressOf(world, "HokusaiAMMFactory");
      return {
        wrong: [
          `address book: ModelRegistry.factory is ${STRANGER}, declared ${declared}: stop using the registry: it was wired to other contracts`,
          `address book: ModelRegistry.factory by its events is ${declared}, declared ${STRANGER}: ${COMPROMISED}`,
        ],
      };
    },
  },
];

const guardianOf = (world: World) => world.declared.parameters.$global.guardians;

const roles: Deviation[] = [
  {
    name: "a guardian whom nobody declared",
    deviate: async (world) => {
      const guardians = guardianOf(world);
      await byAdmin(world, "ModelRegistry", "grantRole", [id("GUARDIAN_ROLE"), STRANGER]);
      return {
        wrong: [
          `A2 roles of ModelRegistry: GUARDIAN_ROLE of ModelRegistry is ${many(STRANGER, ...guardians)}, declared ${many(...guardians)}: revoke it from ${STRANGER}, or change $global.guardians of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a deployer whom an operator added",
    deviate: async (world) => {
      const { deployers } = world.declared.parameters.Tokens;
      await send(world, holderOf(world, "OPERATOR_ROLE"), "TokenManager", "grantRole", [id("DEPLOYER_ROLE"), STRANGER]);
      return {
        wrong: [
          `A2 roles of TokenManager: DEPLOYER_ROLE of TokenManager is ${many(STRANGER, ...deployers)}, declared ${many(...deployers)}: revoke it from ${STRANGER}, or change Tokens.deployers of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a registrar whom the guardian suspended",
    deviate: async (world) => {
      const [registrar] = world.declared.parameters.Models.registrars as [string];
      const guardian = holderOf(world, "GUARDIAN_ROLE");
      await send(world, guardian, "ModelRegistry", "suspendRole", [id("REGISTRAR_ROLE"), registrar]);
      return {
        wrong: [
          `A2 roles of ModelRegistry: REGISTRAR_ROLE of ModelRegistry is nobody, declared ${registrar}: grant it to ${registrar}, or change Models.registrars of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another distributor in the parameter file",
    deviate: async (world) => {
      const [distributor] = world.declared.parameters.Tokens.distributors as [string];
      return {
        redeclare: withParameters(({ Tokens }) => ({ Tokens: { ...Tokens, distributors: [STRANGER] } })),
        wrong: [
          `A2 roles of TokenManager: DISTRIBUTOR_ROLE of TokenManager is ${distributor}, declared ${STRANGER}: revoke it from ${distributor} and grant it to ${STRANGER}, or change Tokens.distributors of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an operator who gave up",
    deviate: async (world) => {
      const operator = holderOf(world, "OPERATOR_ROLE");
      await send(world, operator, "TokenManager", "renounceRole", [id("OPERATOR_ROLE"), operator]);
      return {
        wrong: [
          `A2 roles of TokenManager: OPERATOR_ROLE of TokenManager is nobody, declared ${operator}: grant it to ${operator}, or change Tokens.operators of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a role that no event has taken away",
    deviate: async (world) => {
      const [registrar] = world.declared.parameters.Models.registrars as [string];
      const { slot } = slotOf("ModelRegistry", "_roles");
      const members = entryOf(slot, id("REGISTRAR_ROLE"));
      await store(world, addressOf(world, "ModelRegistry"), entryOf(members, registrar), 0n);
      const check = "A2 roles of ModelRegistry";
      return {
        wrong: [
          `${check}: hasRole(REGISTRAR_ROLE, ${registrar}) of ModelRegistry is false, declared true: ${COMPROMISED}`,
          `${check}: REGISTRAR_ROLE of ModelRegistry is nobody, declared ${registrar}: grant it to ${registrar}, or change Models.registrars of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another admin of a role",
    deviate: async (world) => {
      const { slot } = slotOf("TokenManager", "_roles");
      const admin = entryOf(slot, id("DISTRIBUTOR_ROLE")) + 1n;
      await store(world, addressOf(world, "TokenManager"), admin, BigInt(id("OPERATOR_ROLE")));
      return {
        wrong: [
          `A2 roles of TokenManager: the role that grants DISTRIBUTOR_ROLE of TokenManager is OPERATOR_ROLE, declared DEFAULT_ADMIN_ROLE: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a role that the contract does not know",
    deviate: async (world) => {
      const role = id("GARDENER_ROLE");
      await byAdmin(world, "TokenManager", "grantRole", [role, STRANGER]);
      return {
        wrong: [
          `A2 roles of TokenManager: ${role} of TokenManager is ${STRANGER}, declared nobody: revoke it from ${STRANGER}`,
        ],
      };
    },
  },
  {
    name: "an admin who is about to change",
    deviate: async (world) => {
      await byAdmin(world, "ModelRegistry", "beginDefaultAdminTransfer", [STRANGER]);
      const from = time((await now(world)) + ADMIN_DELAY);
      return {
        wrong: [
          `A1 admin of ModelRegistry: the next admin of ModelRegistry is ${STRANGER} from ${from}, declared nobody: let the admin call cancelDefaultAdminTransfer`,
        ],
      };
    },
  },
  {
    name: "an admin who has changed",
    deviate: async (world) => {
      await byAdmin(world, "TokenManager", "beginDefaultAdminTransfer", [STRANGER]);
      await pass(world, ADMIN_DELAY + 1n);
      await send(world, STRANGER, "TokenManager", "acceptDefaultAdminTransfer", []);
      const timelock = timelockOf(world);
      return {
        wrong: [
          `A2 roles of TokenManager: DEFAULT_ADMIN_ROLE of TokenManager is ${STRANGER}, declared ${timelock}: revoke it from ${STRANGER} and grant it to ${timelock}`,
          `A1 admin of TokenManager: defaultAdmin of TokenManager is ${STRANGER}, declared ${timelock}: let the present admin hand over to the timelock`,
        ],
      };
    },
  },
  {
    name: "a delay of the admin that is about to change",
    deviate: async (world) => {
      await byAdmin(world, "TokenManager", "changeDefaultAdminDelay", [Number(HOUR)]);
      const from = time((await now(world)) + ADMIN_DELAY - HOUR);
      return {
        wrong: [
          `A1 admin of TokenManager: the next defaultAdminDelay of TokenManager is ${HOUR} from ${from}, declared none: let the admin call rollbackDefaultAdminDelay`,
        ],
      };
    },
  },
  {
    name: "a second proposer of the timelock",
    deviate: async (world) => {
      const { proposers } = world.declared.parameters.Governance;
      await byAdmin(world, "TimelockController", "grantRole", [id("PROPOSER_ROLE"), STRANGER]);
      return {
        wrong: [
          `A2 roles of TimelockController: PROPOSER_ROLE of TimelockController is ${many(STRANGER, ...proposers)}, declared ${many(...proposers)}: revoke it from ${STRANGER}, or change Governance.proposers of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a timelock whose operations anybody executes",
    deviate: async (world) => {
      const { executors } = world.declared.parameters.Governance;
      await byAdmin(world, "TimelockController", "grantRole", [id("EXECUTOR_ROLE"), ZeroAddress]);
      return {
        wrong: [
          `A2 roles of TimelockController: EXECUTOR_ROLE of TimelockController is ${many(ZeroAddress, ...executors)}, declared ${many(...executors)}: revoke it from ${ZeroAddress}, or change Governance.executors of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a timelock that an account administers",
    deviate: async (world) => {
      const timelock = timelockOf(world);
      await byAdmin(world, "TimelockController", "grantRole", [ZeroHash, STRANGER]);
      return {
        wrong: [
          `A2 roles of TimelockController: DEFAULT_ADMIN_ROLE of TimelockController is ${many(STRANGER, timelock)}, declared ${timelock}: revoke it from ${STRANGER}`,
        ],
      };
    },
  },
  {
    name: "an operation that the timelock has forgotten",
    deviate: async (world) => {
      const operation = await scheduleDelay(world);
      const timestamps = 1n; // the second variable of OpenZeppelin's TimelockController
      await store(world, timelockOf(world), entryOf(timestamps, operation), 0n);
      return {
        wrong: [
          `operations that wait: operation ${operation} is not pending, declared pending by its events: ${COMPROMISED}`,
        ],
      };
    },
  },
];

/** An operation of the multisig that shortens the delay; answers with its id. */
async function scheduleDelay(world: World): Promise<string> {
  const timelock = timelockOf(world);
  const { abi } = world.build("TimelockController");
  const data = abi.encodeFunctionData("updateDelay", [HOUR]);
  const call = [timelock, 0n, data, ZeroHash, ZeroHash] as const;
  await send(world, holderOf(world, "PROPOSER_ROLE"), "TimelockController", "schedule", [...call, ADMIN_DELAY]);
  const types = ["address", "uint256", "bytes", "bytes32", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, call));
}

/** Slot of a member of the model's entry in the registry. */
const entrySlot = (world: World, place: bigint) =>
  entryOf(slotOf("ModelRegistry", "_entries").slot, world.model.key) + place;

/** Changes one word of the model's entry in the registry, past its code. */
async function tamperEntry(world: World, place: bigint, change: (word: bigint) => bigint): Promise<void> {
  const registry = addressOf(world, "ModelRegistry");
  const slot = entrySlot(world, place);
  await store(world, registry, slot, change(await load(world, registry, slot)));
}

const models: Deviation[] = [
  {
    name: "another token in the registry",
    deviate: async (world) => {
      const { token } = world.model;
      await tamperEntry(world, 0n, (entry) => ((entry >> 160n) << 160n) | BigInt(STRANGER));
      const check = "registry, token and pool know each other";
      return {
        wrong: [
          `${check}: the registry's token of ${MODEL} is ${STRANGER}, declared ${token}: ${COMPROMISED}`,
          `${check}: the TokenManager's token of ${MODEL} is ${STRANGER}, declared ${token}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a governor of another generation",
    deviate: async (world) => {
      const generation = 160n;
      await tamperEntry(world, 9n, (word) => word + (1n << generation));
      return {
        wrong: [
          `A4 views are what the events say: generation of the governor of ${MODEL} is 1, declared 0: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a target without an event",
    deviate: async (world) => {
      const target = 200n;
      await tamperEntry(world, 0n, (word) => word + (9_999n << target));
      return {
        wrong: [`A4 views are what the events say: targetScore of ${MODEL} is 9999, declared 0: ${COMPROMISED}`],
      };
    },
  },
  {
    name: "another pool in the registry",
    deviate: async (world) => {
      const { pool } = world.model;
      await tamperEntry(world, 3n, (usage) => ((usage >> 160n) << 160n) | BigInt(STRANGER));
      const check = "registry, token and pool know each other";
      return {
        wrong: [
          `${check}: the registry's pool of ${MODEL} is ${STRANGER}, declared ${pool}: ${COMPROMISED}`,
          `${check}: the factory's pool of ${MODEL} is ${STRANGER}, declared ${pool}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "another pool that mints the token",
    deviate: async (world) => {
      await tamper(world, "ModelToken", "_capWord", (value) => ((value >> 160n) << 160n) | BigInt(STRANGER));
      return {
        wrong: [
          `registry, token and pool know each other: the token's pool of ${MODEL} is ${STRANGER}, declared ${world.model.pool}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a pool that the factory counts and nobody has created",
    deviate: async (world) => {
      await tamper(world, "HokusaiAMMFactory", "poolCount", () => 2n);
      return {
        wrong: [
          `registry, token and pool know each other: HokusaiAMMFactory.poolCount is 2, declared 1: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a status without an event",
    deviate: async (world) => {
      await tamperEntry(world, 0n, (entry) => entry ^ (1n << 160n)); // DEPLOYED becomes REGISTERED
      return {
        wrong: [
          `A4 views are what the events say: status of ${MODEL} is REGISTERED, declared DEPLOYED: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a score without an event",
    deviate: async (world) => {
      const shift = 184n;
      await tamperEntry(world, 1n, (word) => word ^ (1n << shift));
      const score = 7_988n;
      return {
        wrong: [
          `A4 views are what the events say: score of ${MODEL} is ${score ^ 1n}, declared ${score}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a daily limit without an event",
    deviate: async (world) => {
      const shift = 200n;
      await tamperEntry(world, 1n, (word) => word ^ (1n << shift));
      return {
        wrong: [`A4 views are what the events say: dailyLimitBps of ${MODEL} is 1001, declared 1000: ${COMPROMISED}`],
      };
    },
  },
  {
    name: "an owner without an event",
    deviate: async (world) => {
      const owner = holderAs(world, `owner of ${MODEL}`);
      await tamperEntry(world, 8n, (word) => ((word >> 160n) << 160n) | BigInt(STRANGER));
      return {
        wrong: [
          `A4 views are what the events say: owner of ${MODEL} is ${STRANGER}, declared ${owner}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a governor who was handed over to",
    deviate: async (world) => {
      const { governor, model } = world;
      await send(world, governor, "ModelRegistry", "proposeGovernor", [model.key, STRANGER]);
      await send(world, STRANGER, "ModelRegistry", "acceptGovernor", [model.key]);
      return {
        wrong: [
          `models are as their files say: governor of ${MODEL} is ${STRANGER}, declared ${governor}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "a price that the governor raised",
    deviate: async (world) => {
      const { governor, model } = world;
      await send(world, governor, "ModelRegistry", "setPricePerThousandCalls", [model.key, 26n * USDC]);
      return {
        wrong: [
          `models are as their files say: pricePerThousandCalls of ${MODEL} is ${26n * USDC}, declared ${25n * USDC}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "a reward rate that took effect",
    deviate: async (world) => {
      const { governor, model } = world;
      const rate = 10n ** 18n;
      await send(world, governor, "ModelRegistry", "setTokensPerDeltaOne", [model.key, 900n * rate]);
      await pass(world, 2n * DAY + 1n);
      return {
        wrong: [
          `models are as their files say: tokensPerDeltaOne of ${MODEL} is ${900n * rate}, declared ${1_000n * rate}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "another licence",
    deviate: async (world) => {
      const { governor, model, declared } = world;
      const { file } = (await declared.modelFile(model.key))!;
      await send(world, governor, "ModelRegistry", "setLicense", [model.key, id("other"), "ipfs://other"]);
      const check = "models are as their files say";
      return {
        wrong: [
          `${check}: licenseHash of ${MODEL} is ${id("other")}, declared ${file.licenseHash}: ${MODEL_FILE}`,
          `${check}: licenseURI of ${MODEL} is ipfs://other, declared ${file.licenseURI}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "a replaced benchmark",
    deviate: async (world) => {
      const { model, declared } = world;
      const { benchmark } = (await declared.modelFile(model.key))!.file;
      const other = { ...benchmark, specHash: id("other"), method: addressOf(world, "OracleAttestation") };
      await byAdmin(world, "ModelRegistry", "replaceBenchmark", [model.key, other]);
      const check = "models are as their files say";
      return {
        wrong: [`${check}: specHash of ${MODEL} is ${id("other")}, declared ${benchmark.specHash}: ${MODEL_FILE}`],
      };
    },
  },
  ...(
    [
      ["name", "Credit Default Model"],
      ["symbol", "CRDEF"],
    ] as const
  ).map(([name, actual]) => ({
    name: `another ${name} in the model file`,
    deviate: async () => ({
      redeclare: withFile(() => ({ [name]: "Other" })),
      wrong: [`models are as their files say: ${name} of ${MODEL} is ${actual}, declared Other: ${MODEL_FILE}`],
    }),
  })),
  {
    name: "another allocation in the model file",
    deviate: async () => ({
      redeclare: withFile(() => ({ investorAllocation: 1n })),
      wrong: [
        `models are as their files say: investorAllocation of ${MODEL} is ${600_000n * 10n ** 18n}, declared 1: ${MODEL_FILE}`,
      ],
    }),
  },
  {
    name: "other terms of the pool in the model file",
    deviate: async () => ({
      redeclare: withFile(({ pool }) => ({ pool: { ...pool, tradeFee: 31n, initialPrice: 1n } })),
      wrong: [
        `models are as their files say: tradeFee of ${MODEL} is 30, declared 31: ${MODEL_FILE}`,
        `models are as their files say: initialPrice of ${MODEL} is 10000, declared 1: ${MODEL_FILE}`,
      ],
    }),
  },
  {
    name: "another beneficiary in the model file",
    deviate: async ({ declared, model }) => {
      const { recipient } = (await declared.modelFile(model.key))!.file;
      const actual = recipient.kind === "vesting" ? recipient.beneficiary : recipient.account;
      return {
        redeclare: withFile(() => ({ recipient: { kind: "vesting", beneficiary: STRANGER } })),
        wrong: [
          `models are as their files say: beneficiary of ${MODEL} is ${actual}, declared ${STRANGER}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "an account as recipient in the model file",
    deviate: async (world) => ({
      redeclare: withFile(() => ({ recipient: { kind: "account", account: OTHER } })),
      wrong: [
        `models are as their files say: recipient of ${MODEL} is ${holderAs(world, `owner of ${MODEL}`)}, declared ${OTHER}: ${MODEL_FILE}`,
      ],
    }),
  },
];

const invariants: Deviation[] = [
  {
    name: "S1: a supply above its caps",
    deviate: async (world) => {
      const cap = 1_100_000n * 10n ** 18n;
      const before = await load(world, world.model.token, slotOf("ModelToken", "_totalSupply").slot);
      await tamper(world, "ModelToken", "_totalSupply", () => cap + 1n);
      const issued = 599_000n * 10n ** 18n;
      return {
        wrong: [
          `S1 supply is within the caps: totalSupply of ${MODEL} is ${cap + 1n}, declared at most ${cap}: ${COMPROMISED}`,
          `S2 supply is the sum of its buckets: totalSupply of ${MODEL} is ${cap + 1n}, declared ${before}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: remainingInvestorAllocation of ${MODEL} is no answer, declared ${600_000n * 10n ** 18n - issued}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "S2: a token that nobody has",
    deviate: async (world) => {
      const before = await load(world, world.model.token, slotOf("ModelToken", "_totalSupply").slot);
      await tamper(world, "ModelToken", "_totalSupply", (supply) => supply + 1n);
      const remaining = 1_000n * 10n ** 18n;
      return {
        wrong: [
          `S2 supply is the sum of its buckets: totalSupply of ${MODEL} is ${before + 1n}, declared ${before}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: remainingInvestorAllocation of ${MODEL} is ${remaining - 1n}, declared ${remaining}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "S3: a supplier allocation that can be minted again",
    deviate: async (world) => {
      const { file } = (await world.declared.modelFile(world.model.key))!;
      const [minted, bucket] = [4_940n * 10n ** 18n, 100_000n * 10n ** 18n];
      const check = "S4 rewards are within their bucket, and none was minted but by a release";
      await tamper(world, "ModelToken", "_capWord", (value) => value & ~(1n << 160n));
      const { supplierAllocation: allocation } = file;
      return {
        wrong: [
          `S3 launches and supplier allocations: isSupplierMinted of ${MODEL} is false, declared true: ${COMPROMISED}`,
          `${check}: rewardsMinted of ${MODEL} is ${minted + allocation}, declared ${minted}: ${COMPROMISED}`,
          `${check}: rewardsMinted of ${MODEL} is ${minted + allocation}, declared at most ${bucket}: ${COMPROMISED}`,
          `R3 rewards taken are minted, or wait, or are void: rewards taken of ${MODEL} is ${minted}, declared ${minted + allocation}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "R3: rewards that the registry has twice",
    deviate: async (world) => {
      const shift = 88n;
      const remaining = 95_060n * 10n ** 18n;
      await tamperEntry(world, 1n, (word) => word + (1n << shift));
      return {
        wrong: [
          `A4 views are what the events say: rewardsRemaining of ${MODEL} is ${remaining + 1n}, declared ${remaining}: ${COMPROMISED}`,
          `R3 rewards taken are minted, or wait, or are void: rewards taken of ${MODEL} is ${100_000n * 10n ** 18n - remaining - 1n}, declared ${100_000n * 10n ** 18n - remaining}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "S5: a pool that has issued more than its bucket",
    deviate: async (world) => {
      const extra = 2_000n * 10n ** 18n;
      await tamper(world, "HokusaiAMM", "_curveSupply", (supply) => supply + extra);
      const issued = 599_000n * 10n ** 18n + extra;
      const cap = 600_000n * 10n ** 18n;
      const supply = await load(world, world.model.token, slotOf("ModelToken", "_totalSupply").slot);
      return {
        wrong: [
          `S2 supply is the sum of its buckets: totalSupply of ${MODEL} is ${supply}, declared ${supply + extra}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: netIssued of ${MODEL} is ${issued}, declared at most ${cap}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: remainingInvestorAllocation of ${MODEL} is ${cap - issued + extra}, declared ${cap - issued}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "P1: a pool that lacks a unit",
    deviate: async (world) => {
      const { pool } = world.model;
      const needed = await balanceOf(world, pool); // trade fees were collected: not a unit is to spare
      await send(world, pool, "ReserveToken", "transfer", [STRANGER, 1n]);
      return {
        wrong: [
          `P1 pools hold their reserve and stream: the reserve balance of the pool of ${MODEL} is ${needed - 1n}, declared at least ${needed}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "F3: an infrastructure reserve that lacks a unit",
    deviate: async (world) => {
      const reserve = addressOf(world, "InfrastructureReserve");
      const owed = await balanceOf(world, reserve);
      await send(world, reserve, "ReserveToken", "transfer", [STRANGER, 1n]);
      return {
        wrong: [
          `F3 the infrastructure reserve holds what it owes: the reserve balance of the InfrastructureReserve is ${owed - 1n}, declared at least ${owed}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "F3: a balance that no fee has brought",
    deviate: async (world) => {
      const owed = await balanceOf(world, addressOf(world, "InfrastructureReserve"));
      const { slot } = slotOf("InfrastructureReserve", "_accounts");
      await store(
        world,
        addressOf(world, "InfrastructureReserve"),
        entryOf(slot, world.model.key),
        (owed + 1n) | (1n << 248n), // listed among those that are owed something
      );
      return {
        wrong: [
          `A4 views are what the events say: balance in the InfrastructureReserve of ${MODEL} is ${owed + 1n}, declared ${owed}: ${COMPROMISED}`,
          `F3 the infrastructure reserve holds what it owes: InfrastructureReserve.totalOwed is ${owed + 1n}, declared ${owed}: ${COMPROMISED}`,
        ],
      };
    },
  },
];

/** Reserve tokens of an account. */
async function balanceOf(world: World, holder: string): Promise<bigint> {
  const balances = 0n; // the first variable of OpenZeppelin's ERC20
  return load(world, addressOf(world, "ReserveToken"), entryOf(balances, holder));
}

/** Groups of deviations, by what deviates. */
export const DEVIATIONS = { code, parameters, roles, models, invariants } as const;

/** What is said of a pause of one day that has just begun. */
async function pausedForADay(world: World): Promise<string> {
  const begin = await now(world);
  return `paused until ${time(begin + DAY)}; the guardians have 6 d 0 h of 7 d 0 h left, whole at ${time(begin + 6n * DAY)}`;
}

/** What is shown and does not fail. */
export const NOTABLE: readonly Notable[] = [
  {
    name: "an operation that waits",
    prepare: async (world) => {
      const operation = await scheduleDelay(world);
      const ready = time((await now(world)) + ADMIN_DELAY);
      return [
        `operations that wait: operation ${operation}: TimelockController.updateDelay(${HOUR}); ready at ${ready}; a canceller can call cancel`,
      ];
    },
  },
  {
    name: "an operation that can be executed",
    prepare: async (world) => {
      const operation = await scheduleDelay(world);
      const ready = time((await now(world)) + ADMIN_DELAY);
      await pass(world, ADMIN_DELAY);
      return [
        `operations that wait: operation ${operation}: TimelockController.updateDelay(${HOUR}); ready since ${ready}; a canceller can call cancel`,
      ];
    },
  },
  {
    name: "nothing of an operation that was cancelled",
    prepare: async (world) => {
      const operation = await scheduleDelay(world);
      await send(world, holderOf(world, "CANCELLER_ROLE"), "TimelockController", "cancel", [operation]);
      return [];
    },
  },
  {
    name: "a pause of improvements",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "ModelRegistry", "pauseSubmissions", [DAY]);
      return [
        `G1 launches and improvements: improvements: ${await pausedForADay(world)}; the admin can call resumeSubmissions`,
      ];
    },
  },
  {
    name: "a pause of launches",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "TokenManager", "pauseLaunches", [DAY]);
      return [
        `G1 launches and improvements: launches: ${await pausedForADay(world)}; the admin can call resumeLaunches`,
      ];
    },
  },
  {
    name: "a pause of buys",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "HokusaiAMMFactory", "pauseBuys", [world.model.key, DAY]);
      return [`G1 buys: buys of ${MODEL}: ${await pausedForADay(world)}; the admin can call resumeBuys`];
    },
  },
  {
    name: "what is left of the guardians' budget after a pause of buys has ended",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "HokusaiAMMFactory", "pauseBuys", [world.model.key, DAY]);
      const begin = await now(world);
      await pass(world, 3n * DAY);
      return [
        `G1 buys: buys of ${MODEL}: was paused until ${time(begin + DAY)}; the guardians have 6 d 12 h of 7 d 0 h left, whole at ${time(begin + 6n * DAY)}`,
      ];
    },
  },
  {
    name: "nothing of a pause whose budget has come back",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "HokusaiAMMFactory", "pauseBuys", [world.model.key, DAY]);
      await pass(world, 6n * DAY);
      return [];
    },
  },
  {
    name: "nothing of a pause that the admin has ended at once but for a second",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "TokenManager", "pauseLaunches", [7n * DAY]);
      await byAdmin(world, "TokenManager", "resumeLaunches", []);
      await pass(world, 6n * HOUR);
      return [];
    },
  },
  {
    name: "terms of a pool that a former governor has fixed, and that block it",
    prepare: async (world) => {
      await propose(world);
      const fixed = [id("proposed"), id("terms")];
      await send(world, OTHER, "HokusaiAMMFactory", "setPoolTerms", fixed);
      await send(world, OTHER, "ModelRegistry", "proposeGovernor", [id("proposed"), STRANGER]);
      await send(world, STRANGER, "ModelRegistry", "acceptGovernor", [id("proposed")]);
      return [
        "S3 launches and supplier allocations: launch of proposed: PROPOSAL; a registrar can call registerModel",
        "H1 terms of pools are the present governor's: terms of the pool of proposed: fixed by the governor of generation 0, the present one is of generation 1; no pool can be created until the present governor sets or clears them by setPoolTerms",
      ];
    },
  },
  {
    name: "a parameter that will change",
    prepare: async (world) => {
      const { governor, model } = world;
      await send(world, governor, "ModelRegistry", "setInfrastructureAccrual", [model.key, 6_000n]);
      const from = time((await now(world)) + 2n * DAY);
      return [
        `changes under way: infrastructureAccrualBps of ${MODEL}: 6000 from ${from}; its governor or a guardian can call cancelChange`,
      ];
    },
  },
  {
    name: "a governor who was proposed",
    prepare: async (world) => {
      await send(world, world.governor, "ModelRegistry", "proposeGovernor", [world.model.key, STRANGER]);
      const from = time(await now(world));
      return [
        `changes under way: governor of ${MODEL}: ${STRANGER} may accept; from ${from}; the present one can propose another`,
      ];
    },
  },
  {
    name: "an owner who was proposed",
    prepare: async (world) => {
      const owner = holderAs(world, `owner of ${MODEL}`);
      await send(world, owner, "ModelRegistry", "proposeOwner", [world.model.key, STRANGER]);
      return [`changes under way: owner of ${MODEL}: ${STRANGER} may accept; the present one can propose another`];
    },
  },
  {
    name: "a daily limit that the admin has set",
    prepare: async (world) => {
      await byAdmin(world, "ModelRegistry", "setDailyLimit", [world.model.key, 800n]);
      return [`V4 daily limits: daily limit of ${MODEL}: 800 bps; the admin set it; the default is 1000`];
    },
  },
  {
    name: "a model that is only proposed",
    prepare: async (world) => {
      await propose(world);
      return [`S3 launches and supplier allocations: launch of proposed: PROPOSAL; a registrar can call registerModel`];
    },
  },
  {
    name: "a model that is only registered",
    prepare: async (world) => {
      await propose(world);
      const { benchmark } = (await world.declared.modelFile(world.model.key))!.file;
      const own = { ...benchmark, method: addressOf(world, "OracleAttestation") };
      await send(world, holderOf(world, "REGISTRAR_ROLE"), "ModelRegistry", "registerModel", [id("proposed"), own]);
      const check = "S3 launches and supplier allocations";
      return [
        `${check}: supplier allocation of proposed: not distributed; a distributor can call distributeModelSupplierAllocation`,
        `${check}: launch of proposed: REGISTERED; a pool creator can call createPoolWithParams`,
      ];
    },
  },
];

/** A second model, of which there is no file. */
async function propose(world: World): Promise<void> {
  const terms = [100n * 10n ** 18n, 1_000n, 0n, id("licence"), "ipfs://licence", OTHER];
  const allocation = 10n ** 24n;
  const launch = ["proposed", "Proposed", "PROP", allocation, OTHER, allocation, terms];
  await send(world, holderOf(world, "DEPLOYER_ROLE"), "TokenManager", "deployTokenWithAllocations", launch);
}
