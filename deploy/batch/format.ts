// The file format that Safe's Transaction Builder imports, version 1.0: what an account is to send, with its calls decoded.

import { id, Interface, isHexString, type FunctionFragment, type ParamType } from "ethers";
import { address, Fields, integer, oneOf, pattern, text, type Rule } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import { readJson } from "../../sdk/schemas/json";

/** A call as the file has it. */
export interface BatchCall {
  readonly to: string;
  /** In wei. */
  readonly value: bigint;
  readonly data: string;
  /** The call's method and arguments, if the file has them: for programs that show them. They are compared with the data. */
  readonly spelt?: { readonly method: unknown; readonly values: unknown };
}

/** The content of a file. */
export interface BatchFile {
  readonly chainId: number;
  readonly name: string;
  readonly description: string;
  readonly sender: string;
  readonly calls: readonly BatchCall[];
}

/** A function as the Transaction Builder shows it. */
interface Method {
  readonly inputs: readonly Input[];
  readonly name: string;
  readonly payable: boolean;
}

interface Input {
  readonly internalType: string;
  readonly name: string;
  readonly type: string;
  readonly components?: readonly Input[];
}

/** The deepest nesting that is allowed: more than any call needs, and safe for the stack. */
const DEEPEST = 24;

/** The largest file, in bytes: more than anybody needs to sign. */
const LONGEST = 1 << 20;

const BUILDER_VERSION = "1.18.0";

const calldata: Rule<string> = {
  expected: "calldata as 0x and hexadecimal digits",
  none: "0x",
  read: (value) =>
    isHexString(value) && value.length % 2 === 0 && value.length >= 10 ? value.toLowerCase() : undefined,
};
const wei = pattern(/^\d{1,30}$/, "wei as a decimal string");
const digitsOnly = pattern(/^[1-9]\d{0,14}$/, "a chain id as a decimal string");
const anything: Rule<unknown> = { expected: "anything", none: undefined, read: (value) => value };

/**
 * The checksum of everything in the file except its name and the checksum itself. It detects damage but no forgery, because anybody who
 * changes a file can compute it again.
 */
export function checksumOf(file: Readonly<Record<string, unknown>>): string {
  return id(serialised({ ...file, meta: { ...(file["meta"] as object), name: null } }));
}

/** JSON with sorted keys, each object's keys before its values. */
function serialised(value: unknown, depth = 0): string {
  if (depth > DEEPEST) throw new Problem("BAD_FILE", `the batch is nested more than ${DEEPEST} levels deep.`);
  if (Array.isArray(value)) return `[${value.map((entry) => serialised(entry, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const keys = Object.keys(value).sort();
  const fields = value as Record<string, unknown>;
  return `{${JSON.stringify(keys)}${keys.map((key) => `${serialised(fields[key], depth + 1)},`).join("")}}`;
}

/** Writes a batch file; `createdAt` is in milliseconds. Calls to contracts that `interfaceOf` knows are decoded. */
export function batchText(
  { chainId, name, description, sender, calls }: BatchFile,
  createdAt: number,
  interfaceOf: (address: string) => Interface | undefined,
): string {
  const meta = {
    ...{ name, description, txBuilderVersion: BUILDER_VERSION },
    ...{ createdFromSafeAddress: sender, createdFromOwnerAddress: "" },
  };
  const transactions = calls.map(({ to, value, data }) => {
    const found = spelling(interfaceOf(to), data);
    const [contractMethod, contractInputsValues] = [found?.method ?? null, found?.values ?? null];
    return { to, value: value.toString(), data, contractMethod, contractInputsValues };
  });
  const file = { version: "1.0", chainId: String(chainId), createdAt, meta, transactions };
  return `${JSON.stringify({ ...file, meta: { ...meta, checksum: checksumOf(file) } }, null, 2)}\n`;
}

/** Reads a batch file; throws a {@link Problem} if it is damaged or has another format. Messages call it `name`. */
export function readBatch(name: string, content: string): BatchFile {
  if (content.length > LONGEST) throw new Problem("BAD_FILE", `${name} is longer than ${LONGEST} bytes.`);
  const json = readJson(name, content);
  const fields = new Fields(json);
  fields.read("version", oneOf("1.0"));
  const chainId = Number(fields.read("chainId", digitsOnly));
  fields.read("createdAt", integer(0, Number.MAX_SAFE_INTEGER));
  const meta = fields.child("meta");
  const title = meta.read("name", text(0, 1_000), "");
  const description = meta.read("description", text(0, 100_000), "");
  meta.read("txBuilderVersion", text(0, 32), "");
  const sender = meta.read("createdFromSafeAddress", address);
  meta.read("createdFromOwnerAddress", text(0, 42), "");
  const checksum = meta.read("checksum", pattern(/^0x[0-9a-f]{64}$/, "a hash"));
  const calls = fields.list("transactions").map((entry): BatchCall => {
    const [to, value] = [entry.read("to", address), BigInt(entry.read("value", wei) || 0)];
    const data = entry.read("data", calldata);
    const [method, values] = [entry.read("contractMethod", anything), entry.read("contractInputsValues", anything)];
    return { to, value, data, ...(method !== null && method !== undefined && { spelt: { method, values } }) };
  });
  fields.refuse(name);
  if (calls.length === 0) throw new Problem("BAD_FILE", `${name} has no transactions.`);
  const whole = json as { readonly meta: Readonly<Record<string, unknown>> };
  const unsigned = Object.fromEntries(Object.entries(whole.meta).filter(([key]) => key !== "checksum"));
  const actual = checksumOf({ ...whole, meta: unsigned });
  if (actual !== checksum) {
    const message = `${name} was changed after it was written: its content has the checksum ${actual}, it says ${checksum}: have it written again.`;
    throw new Problem("CONFLICT", message, { given: checksum, expected: actual });
  }
  return { chainId, name: title, description, sender, calls };
}

/** A call as the Transaction Builder shows it; undefined if the function is unknown. */
function spelling(
  contract: Interface | undefined,
  data: string,
): { method: Method; values: Record<string, string> } | undefined {
  const call = contract?.parseTransaction({ data });
  if (!call) return undefined;
  const { fragment } = call;
  const method = { inputs: fragment.inputs.map(inputOf), name: call.name, payable: fragment.payable };
  const values = fragment.inputs.map((input, index): [string, string] => [
    nameIn(fragment, index),
    valueText(input, call.args[index]),
  ]);
  return { method, values: Object.fromEntries(values) };
}

/** Whether the decoded call in the file is the one that its data make. */
export function isSpeltAs({ spelt, data }: BatchCall, contract: Interface): boolean {
  if (spelt === undefined) return true;
  const found = spelling(contract, data);
  return found !== undefined && serialised(spelt) === serialised(found);
}

function inputOf(type: ParamType): Input {
  const element = type.isArray() ? type.arrayChildren : type;
  const components = element.isTuple() ? element.components.map(inputOf) : undefined;
  const shown = type.format("sighash");
  // A tuple's type is named `tuple`, with its components beside it.
  const name = components === undefined ? shown : `tuple${type.isArray() ? "[]" : ""}`;
  return { internalType: name, name: type.name, type: name, ...(components && { components }) };
}

const nameIn = ({ inputs }: FunctionFragment, index: number) => inputs[index]?.name || String(index);

/** A value as the Transaction Builder takes it: text, with lists and tuples in brackets. */
function valueText(type: ParamType, value: unknown): string {
  const plain = plainOf(type, value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

type Plain = string | readonly Plain[];

function plainOf(type: ParamType, value: unknown): Plain {
  if (type.isArray()) return (value as unknown[]).map((entry) => plainOf(type.arrayChildren, entry));
  if (type.isTuple()) return type.components.map((part, index) => plainOf(part, (value as unknown[])[index]));
  return String(value);
}
