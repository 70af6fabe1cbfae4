// SPDX-License-Identifier: MIT
// What a deviation is, and how several come about.

import { AbiCoder, keccak256, ZeroHash, zeroPadValue } from "ethers";
import { ADMIN_DELAY, HOUR } from "../../../../scripts/dev/world/units";
import type { ModelFile } from "../../../../sdk/schemas/model";
import {
  addressOf,
  entryOf,
  holderOf,
  load,
  MODEL,
  send,
  slotOf,
  store,
  timelockOf,
  type Redeclare,
  type World,
} from "../support";

/** One deviation. */
export interface Deviation {
  readonly name: string;
  /** Brings it about, and tells every line that the doctor must say, and what is declared otherwise. */
  readonly deviate: (world: World) => Promise<{ readonly wrong: string[]; readonly redeclare?: Redeclare }>;
}

/** Something to show that is not wrong. */
export interface Notable {
  readonly name: string;
  readonly prepare: (world: World) => Promise<string[]>;
}

export const COMPROMISED = "no event explains this: stop using the contract and see SECURITY.md";
export const OTHER_BUILD =
  "check the sources out that were deployed and build them; if these are, stop using the contract";
export const OTHER_IMMUTABLE = "stop using the contract: it was not deployed as declared";
export const PARAMETERS = "ignition/parameters/localhost.json5";
export const MODEL_FILE = `change deploy/models/${MODEL}.json, or the chain by whoever may`;

export const word = (address: string) => zeroPadValue(address, 32).toLowerCase();
export const many = (...accounts: string[]) => accounts.sort().join(", ");

/** The timelock's own transaction, after its delay. */
export const byAdmin = (world: World, contract: string, name: string, args: readonly unknown[]) =>
  send(world, timelockOf(world), contract, name, args);

/** Another model file than the one that was launched. */
export const withFile =
  (change: (file: ModelFile) => Partial<ModelFile>): Redeclare =>
  (declared) => ({
    ...declared,
    modelFile: async (key) => {
      const found = await declared.modelFile(key);
      return found && { ...found, file: { ...found.file, ...change(found.file) } };
    },
  });

export const withParameters =
  (change: (parameters: DeclaredParameters) => Partial<DeclaredParameters>): Redeclare =>
  (declared) => ({ ...declared, parameters: { ...declared.parameters, ...change(declared.parameters) } });

export type DeclaredParameters = World["declared"]["parameters"];

/** A change of one word of storage, past the code; tells the word before. */
export async function tamper(
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
export function administered({ declared, build }: World): string[] {
  return Object.keys(declared.addresses).filter(
    (name) => name !== "ReserveToken" && build(name).abi.hasFunction("defaultAdmin"),
  );
}

export const holderAs = ({ clean }: World, as: string) =>
  clean.authorities.find((authority) => authority.as === as)!.account;

export const guardianOf = (world: World) => world.declared.parameters.$global.guardians;

/** An operation of the multisig that shortens the delay; answers with its id. */
export async function scheduleDelay(world: World): Promise<string> {
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
export async function tamperEntry(world: World, place: bigint, change: (word: bigint) => bigint): Promise<void> {
  const registry = addressOf(world, "ModelRegistry");
  const slot = entrySlot(world, place);
  await store(world, registry, slot, change(await load(world, registry, slot)));
}
