import {
  decodeBytes32String,
  ErrorFragment,
  FunctionFragment,
  getAddress,
  id,
  Interface,
  isAddress,
  isHexString,
  toBeHex,
  ZeroHash,
  type ErrorDescription,
} from "ethers";
import { printed } from "../base/printed.ts";
import { Problem, type ProblemCode, type ProblemRevert } from "../base/problem.ts";
import { isOutOfFunds, isUnanswered } from "../rpc/answers.ts";
import type { Access } from "./access.ts";
import { Unconfirmed } from "./confirm.ts";
import { readAbis, type AbiEntry, type ContractAbi } from "./contracts.ts";
import { ERROR_GUIDE, type ErrorEntry } from "./errorGuide.ts";
import { inUnits, type ContractCall } from "./figures.ts";

/** The number of characters of a node's message that are shown. */
const LONGEST_MESSAGE = 500;

/** A decoded revert. */
export interface Revert {
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  readonly message: string;
  /** How to fix it, from docs/errors.md. Errors that are not the protocol's have no hint. */
  readonly hint?: string;
}

/** Describes any error in one line for the user. */
export async function explain(access: Access, error: unknown): Promise<string> {
  return printed((await problemOf(access, error)).message, Infinity);
}

/**
 * Converts any error to a {@link Problem}. Reverts are decoded with the errors of all contracts of the protocol; docs/errors.md says why
 * each is raised and how to fix it.
 */
export async function problemOf(access: Access, error: unknown): Promise<Problem> {
  if (error instanceof Problem) return error;
  const revert = await decodeRevert(access, error);
  if (revert) return refused(revert);
  if (/HH108|ECONNREFUSED|could not detect network/i.test(messageOf(error))) {
    const remedy = "start it (npx hardhat node) or correct its address";
    return new Problem("NODE_FAILED", `the network ${access.network.name} does not answer: ${remedy}.`, { remedy });
  }
  return classify(error);
}

/** Converts an error to a {@link Problem} without access to a chain. Errors that come from neither a node nor the system are `INTERNAL`. */
export function classify(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const said = messageOf(error).split("\n")[0] as string;
  const code = codeOf(error);
  if (code !== undefined) return new Problem(code, printed(said, LONGEST_MESSAGE));
  const { name, stack = "" } = error instanceof Error ? error : new Error();
  const place = /\(?((?:sdk|operator|deploy|scripts|ignition)\/[\w/.-]+:\d+)/.exec(stack.replaceAll("\\", "/"))?.[1];
  const what = `${name}: ${printed(said, LONGEST_MESSAGE)}`;
  const remedy = "report it as SECURITY.md says, with what you did";
  return new Problem("INTERNAL", `internal error, ${what}${place ? ` at ${place}` : ""}: please ${remedy}.`, {
    remedy,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the code for an error from outside the library, or undefined for an unexpected one. */
function codeOf(error: unknown): ProblemCode | undefined {
  if (error instanceof Unconfirmed) return "UNKNOWN_OUTCOME";
  if (isOutOfFunds(error)) return "NO_FUNDS";
  const { name, code, path } = Object(error) as Record<string, unknown>;
  if (code === "CALL_EXCEPTION") return "REVERTED";
  if (code === "BAD_DATA" || isUnanswered(error)) return "NODE_FAILED";
  if (typeof path === "string" && /^E[A-Z]+$/.test(String(code))) return "NO_FILE";
  return /^Hardhat\w*Error$|^NomicLabsHardhatPluginError$|^IgnitionError$/.test(String(name))
    ? "BAD_OPTION"
    : undefined;
}

/** Converts a revert to a problem that says what went wrong and how to fix it. */
export function refused({ hint, ...revert }: Revert): Problem {
  const message = printed(
    hint === undefined ? revert.message : `${revert.message.replace(/\.$/, "")}. ${hint}`,
    Infinity,
  );
  return new Problem("REVERTED", message, { revert: inFigures(revert), ...(hint !== undefined && { remedy: hint }) });
}

/** Returns a revert with its arguments as they are on the chain, for programs. */
export function inFigures({ name, args }: Pick<Revert, "name" | "args">): ProblemRevert {
  return { name, args };
}

/** Returns the revert that an error carries, or undefined if it carries none. */
export async function decodeRevert(access: Access, error: unknown): Promise<Revert | undefined> {
  const data = revertDataOf(error);
  if (data === undefined) return undefined;
  const { contracts, errors, guide } = await (dictionary ??= readDictionary());
  const description = errors.parseError(data);
  if (description === null) return { name: data.slice(0, 10), args: {}, message: `reverted with ${data}` };
  const { name } = description;
  const args = Object.fromEntries(
    description.fragment.inputs.map((input, index) => [
      input.name || String(index),
      show(input, description.args[index]),
    ]),
  );
  const entry = guide.get(name === "Error" ? `Error("${description.args[0]}")` : description.selector);
  const message =
    name === "AccessControlUnauthorizedAccount"
      ? await missingRole(access, description, contracts, callOf(error))
      : wordsFor(description, await inUnits(access, callOf(error), name, args), entry?.why);
  return { name, args, message, ...(entry && { hint: entry.fix }) };
}

/** What the ABIs and docs/errors.md say about errors. */
interface Dictionary {
  readonly contracts: readonly ContractAbi[];
  readonly errors: Interface;
  /** The entries of docs/errors.md, by selector, or by `Error("…")` for a reason string. */
  readonly guide: ReadonlyMap<string, ErrorEntry>;
}

/** Built once, for the first revert. */
let dictionary: Promise<Dictionary> | undefined;

async function readDictionary(): Promise<Dictionary> {
  const contracts = [...(await readAbis()).values()];
  const errors = new Interface(contracts.flatMap(({ abi }) => abi.filter(isError)));
  const keyOf = (signature: string) =>
    signature.startsWith("Error(") ? signature : ErrorFragment.from(`error ${signature}`).selector;
  const guide = new Map(ERROR_GUIDE.map((entry) => [keyOf(entry.signature), entry]));
  return { contracts, errors, guide };
}

/** Formats an argument of an error. `field` is a name in ASCII; a number too large for any amount is a hash. */
function show({ name, type }: { name: string; type: string }, value: unknown): string {
  if (name === "field" && type === "bytes32") return decodeBytes32String(String(value));
  return typeof value === "bigint" && value >> 128n > 0n ? toBeHex(value, 32) : String(value);
}

const isError = (entry: AbiEntry) => entry.type === "error";

function wordsFor(
  { name, args: values }: ErrorDescription,
  args: Readonly<Record<string, string>>,
  why: string | undefined,
): string {
  if (name === "Error") return String(values[0]);
  const list = Object.entries(args).map(([key, value]) => `${key} ${value}`);
  const figures = list.length > 0 ? `${name}: ${list.join(", ")}` : name;
  return why ? `${why.replace(/\.$/, "")} (${figures})` : figures;
}

const ADMIN_ROLE = "DEFAULT_ADMIN_ROLE";

/** The contract that keeps the roles for contracts without roles of their own. */
const REGISTRY = "ModelRegistry";

const has = ({ abi }: ContractAbi, name: string) => abi.some((entry) => entry.name === name);

async function missingRole(
  access: Access,
  { args: [account, role] }: ErrorDescription,
  contracts: readonly ContractAbi[],
  call: ContractCall | undefined,
): Promise<string> {
  const deployable = contracts.filter(({ isDeployable }) => isDeployable);
  const roleOf = (constant: string) => (constant === ADMIN_ROLE ? ZeroHash : id(constant));
  const homes = deployable
    .filter((contract) => has(contract, "hasRole"))
    .flatMap(({ name, abi }) => abi.map((entry) => ({ book: name, constant: entry.name ?? "" })))
    .filter(({ constant }) => constant.endsWith("_ROLE") && roleOf(constant) === role);
  const [first, ...others] = homes;
  // If the refused account did not send the call, another contract refused it, and the call does not name that contract.
  const isDirect = others.length > 0 && call !== undefined && call.from === account;
  const called = isDirect ? await contractAt(access, call, deployable) : undefined;
  const asked = called && !has(called, "hasRole") && has(called, "registry") ? REGISTRY : called?.name;
  const home = others.length > 0 ? homes.find(({ book }) => book === asked) : first;
  return `AccessControl: account ${account} is missing role ${first?.constant ?? role}${home ? ` on ${home.book}` : ""}`;
}

/** Returns the called contract, recognised by its code: the largest contract whose selectors all occur there. */
async function contractAt(
  access: Access,
  { to }: ContractCall,
  contracts: readonly ContractAbi[],
): Promise<ContractAbi | undefined> {
  const code = await access.ethers.provider.getCode(to).catch(() => "0x");
  const selectors = ({ abi }: ContractAbi) => {
    const functions = abi.filter(({ type }) => type === "function").map((entry) => FunctionFragment.from(entry));
    return functions.map(({ selector }) => selector.replace(/^0x(00)*/, ""));
  };
  return contracts
    .filter((contract) => selectors(contract).every((selector) => code.includes(selector)))
    .sort((a, b) => selectors(b).length - selectors(a).length)[0];
}

/** Returns the data of a revert, wherever the provider has put them. */
function revertDataOf(error: unknown): string | undefined {
  return within(error, ({ data }) => (isHexString(data) && data.length >= 10 ? data : undefined));
}

/** Returns the call that failed, if the error names both the caller and the contract. */
function callOf(error: unknown): ContractCall | undefined {
  return within(error, ({ transaction }) => {
    const { from, to, data } = (transaction ?? {}) as Record<string, unknown>;
    if (!isAddress(from) || !isAddress(to)) return undefined;
    return { from: getAddress(from), to, ...(isHexString(data) && { data }) };
  });
}

/** Returns the first result found in an error or in the errors that it wraps. */
function within<T>(error: unknown, find: (fields: Record<string, unknown>) => T | undefined): T | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const fields = error as Record<string, unknown>;
  const { data, error: inner, info, cause } = fields;
  return (
    find(fields) ?? [data, inner, info, cause].map((entry) => within(entry, find)).find((found) => found !== undefined)
  );
}
