// Describes calls in words: the contract, the function and its arguments, in units that people know. Everything is decoded from the
// calldata itself.

import { AbiCoder, id, Interface, keccak256, type ParamType, type Result } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { printed } from "../../sdk/base/printed";
import { Problem } from "../../sdk/base/problem";
import { formatReserve, formatTime, formatTokens } from "../../sdk/base/units";
import { readEvents } from "../../sdk/rpc/logs";
import { CREATE_X, CREATE_X_INTERFACE } from "../create2";
import { blocksOf } from "../journal";
import type { Protocol } from "../protocol";
import type { DraftedCall } from "./drafting";

/** A contract that a batch may call. */
interface KnownContract {
  readonly name: string;
  readonly abi: Interface;
}

/** Contracts by address, and other names. */
export interface Glossary {
  readonly contracts: ReadonlyMap<string, KnownContract>;
  /** Names for 32-byte values: roles, and models by their key. */
  readonly words: ReadonlyMap<string, string>;
}

/** A call whose calldata was decoded. */
export interface CallInWords {
  readonly contract: string;
  readonly to: string;
  readonly data: string;
  readonly name: string;
  /** The name of each argument, and its value in words. */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** The timelock operation that the call schedules, executes or cancels. */
  readonly operation?: OperationInWords;
}

/** An operation of the timelock; without calls if only its id is given. */
interface OperationInWords {
  readonly id: string;
  readonly predecessor?: string;
  readonly salt?: string;
  readonly calls: readonly CallInWords[];
}

const ROLES = [
  ...["DEPLOYER_ROLE", "OPERATOR_ROLE", "GUARDIAN_ROLE", "REGISTRAR_ROLE", "DISTRIBUTOR_ROLE", "POOL_CREATOR_ROLE"],
  ...["PAYER_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"],
];

/** How to show arguments whose numbers are not in the smallest unit of a token. */
const UNITS: readonly (readonly [name: RegExp, show: (value: bigint) => string])[] = [
  [
    /^(since|until|start|effectiveAt)$/,
    (value) => (value > 0n && value < 2n ** 36n ? formatTime(value) : "without end"),
  ],
  [/^(delay|newDelay|duration|ibrDuration|.*Seconds)$/, (value) => `${value} seconds`],
  [/^(tokensPerDeltaOne|.*Allocation)$/, (value) => `${formatTokens(value)} tokens`],
  [
    /^(virtualReserve|initialPrice|.*PerThousandCalls|initialOraclePrice.*)$/,
    (value) => `${formatReserve(value)} USDC`,
  ],
  [/Bps$|^tradeFee$|Score$/, (value) => `${value} bps`],
];

/** The names that batches of a deployment may need. */
export async function glossaryOf(
  hre: HardhatRuntimeEnvironment,
  { addresses, registry }: Protocol,
  calls: readonly DraftedCall[],
): Promise<Glossary> {
  const contracts = new Map<string, KnownContract>([[CREATE_X, { name: "CreateX", abi: CREATE_X_INTERFACE }]]);
  for (const [name, address] of Object.entries(addresses)) {
    const { abi } = await hre.artifacts.readArtifact(name === "ReserveToken" ? "IERC20Metadata" : name);
    contracts.set(address, { name, abi: new Interface(abi) });
  }
  const words = new Map(ROLES.map((role) => [id(role), role]));
  const glossary = { contracts, words };
  const keys = [...new Set(calls.flatMap((call) => keysIn(decodeCall(glossary, call))))];
  if (keys.length === 0) return glossary;
  // A model's key is the hash of its id, which only the event of its creation has in full.
  const created = await readEvents(await blocksOf(hre), registry, registry.filters.ModelCreated());
  for (const { modelId } of created.map(({ args }) => args)) {
    if (keys.includes(id(modelId))) words.set(id(modelId), `model ${printed(modelId)}`);
  }
  return glossary;
}

/** Every word that is, or might be, a model's key. */
function keysIn({ args, operation }: CallInWords): string[] {
  const own = args.flatMap(([name, value]) => (name === "id" && /^0x[0-9a-f]{64}$/.test(value) ? [value] : []));
  return [...own, ...(operation?.calls ?? []).flatMap(keysIn)];
}

/** Describes a call in words; throws a {@link Problem} if it does not belong to this deployment, or sends ether. */
export function decodeCall(glossary: Glossary, { to, data }: DraftedCall): CallInWords {
  const known = glossary.contracts.get(to);
  if (known === undefined)
    throw new Problem("CONFLICT", `${to} is no contract of this deployment: do not sign what calls it.`);
  const call = parse(known.abi, data);
  if (call === undefined)
    throw new Problem("CONFLICT", `${known.name} at ${to} has no function for ${printed(data, 80)}: do not sign it.`);
  const args = call.fragment.inputs.map((type, index): [string, string] => [
    type.name || String(index),
    valueInWords(glossary, type, call.args[index]),
  ]);
  const operation = known.name === "TimelockController" ? operationIn(glossary, call.name, call.args) : undefined;
  return { contract: known.name, to, data, name: call.name, args, ...(operation && { operation }) };
}

/** Decodes a call; undefined if encoding it again does not give the same calldata. */
function parse(abi: Interface, data: string) {
  try {
    const call = abi.parseTransaction({ data });
    return call && abi.encodeFunctionData(call.fragment, call.args) === data ? call : undefined;
  } catch {
    return undefined;
  }
}

function operationIn(glossary: Glossary, name: string, args: Result): OperationInWords | undefined {
  if (name === "cancel") return { id: String(args[0]), calls: [] };
  const isBatch = /^(schedule|execute)Batch$/.test(name);
  if (!isBatch && !/^(schedule|execute)$/.test(name)) return undefined;
  const lists = ([0, 1, 2] as const).map((index) =>
    isBatch ? [...(args[index] as Result)] : [args[index] as unknown],
  );
  const [targets, values, datas] = lists as [string[], bigint[], string[]];
  const [predecessor, salt] = [String(args[3]), String(args[4])];
  const types = isBatch ? ["address[]", "uint256[]", "bytes[]"] : ["address", "uint256", "bytes"];
  const content = isBatch ? [targets, values, datas] : [targets[0], values[0], datas[0]];
  const encoded = AbiCoder.defaultAbiCoder().encode([...types, "bytes32", "bytes32"], [...content, predecessor, salt]);
  if (values.some((value) => value !== 0n))
    throw new Problem("CONFLICT", "an operation sends ether, expected none: do not sign it.");
  const calls = targets.map((to, index) => decodeCall(glossary, { to, data: datas[index] ?? "0x" }));
  return { id: keccak256(encoded), predecessor, salt, calls };
}

/** A call, and the calls of its operation. */
export function allCalls(call: CallInWords): CallInWords[] {
  return [call, ...(call.operation?.calls ?? []).flatMap(allCalls)];
}

/** A call as lines, followed by the calls of its operation. */
export function callLines({ contract, to, name, args, operation }: CallInWords, indent = ""): string[] {
  // An operation's calls follow one by one, so their bytes are not shown as well.
  const isTold = /^(targets?|values?|payloads?|data|predecessor|salt)$/;
  const shown = operation !== undefined ? args.filter(([argument]) => !isTold.test(argument)) : args;
  return [
    `${indent}${contract}.${name} at ${to}`,
    ...shown.map(([argument, value]) => `${indent}  ${argument}: ${value}`),
    ...(operation?.salt === undefined
      ? []
      : [
          `${indent}  operation ${operation.id}, predecessor ${operation.predecessor}, salt ${operation.salt}:`,
          ...operation.calls.flatMap((call) => callLines(call, `${indent}    `)),
        ]),
  ];
}

function valueInWords(glossary: Glossary, type: ParamType, value: unknown): string {
  if (type.isArray()) {
    return `[${(value as unknown[]).map((entry) => valueInWords(glossary, type.arrayChildren, entry)).join(", ")}]`;
  }
  if (type.isTuple()) {
    const parts = type.components.map(
      (part, index) => `${part.name} ${valueInWords(glossary, part, (value as unknown[])[index])}`,
    );
    return `{ ${parts.join(", ")} }`;
  }
  if (type.type === "string") return `"${printed(value as string, 500)}"`;
  const plain = String(value);
  if (type.type === "address") {
    const name = glossary.contracts.get(plain)?.name;
    return name === undefined ? plain : `${plain}, the ${name}`;
  }
  if (type.type === "bytes32") {
    const word = glossary.words.get(plain);
    return word === undefined ? plain : `${word} (${plain})`;
  }
  const [, show] = /^u?int/.test(type.type) ? (UNITS.find(([name]) => name.test(type.name)) ?? []) : [];
  return show === undefined ? plain : `${show(value as bigint)} (${plain})`;
}
