import { decodeBytes32String, ErrorFragment, id, Interface, isHexString, toBeHex, type ErrorDescription } from "ethers";
import { readFileSync } from "node:fs";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../../deploy/problem";
import { readErrorGuide, type ErrorEntry } from "./errorGuide";

/** A revert in words. */
export interface Revert {
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  readonly message: string;
  /** What to do about it, from docs/errors.md; absent for an error that is not the protocol's. */
  readonly hint?: string;
}

/**
 * Everything a tool may meet, as one line for its user. Reverts are decoded with the errors of all compiled contracts, and
 * followed by what to do about them.
 */
export async function explain(hre: HardhatRuntimeEnvironment, error: unknown): Promise<string> {
  if (error instanceof Problem) return error.message;
  const revert = await decodeRevert(hre, error);
  if (revert) return withHint(revert);
  const message = error instanceof Error ? error.message : String(error);
  if (/HH108|ECONNREFUSED|could not detect network/i.test(message)) {
    return `the network ${hre.network.name} does not answer: start it (npx hardhat node) or correct its address.`;
  }
  return message.split("\n")[0] ?? message;
}

/** What a revert says, and what to do about it. */
export function withHint({ message, hint }: Revert): string {
  return hint === undefined ? message : `${message.replace(/\.$/, "")}. ${hint}`;
}

/** The revert that an error carries, or undefined when it carries none. */
export async function decodeRevert(hre: HardhatRuntimeEnvironment, error: unknown): Promise<Revert | undefined> {
  const data = revertDataOf(error);
  if (data === undefined) return undefined;
  const dictionary = await dictionaryOf(hre);
  const description = dictionary.errors.parseError(data);
  if (description === null) return { name: data.slice(0, 10), args: {}, message: `reverted with ${data}` };
  const { name } = description;
  const args = Object.fromEntries(
    description.fragment.inputs.map((input, index) => [
      input.name || String(index),
      show(input, description.args[index]),
    ]),
  );
  const entry = dictionary.guide.get(name === "Error" ? `Error("${description.args[0]}")` : description.selector);
  const notice = dictionary.notices.get(description.selector) ?? entry?.why;
  const message = wordsFor(description, args, dictionary.contracts, notice);
  return { name, args, message, ...(entry && { hint: entry.fix }) };
}

/** What the compiled contracts and docs/errors.md know of errors. */
interface Dictionary {
  readonly contracts: readonly ContractAbi[];
  readonly errors: Interface;
  readonly notices: ReadonlyMap<string, string>;
  /** docs/errors.md by selector, and by what stands there for a reason string. */
  readonly guide: ReadonlyMap<string, ErrorEntry>;
}

/** Read once for each environment: what is compiled does not change while a command runs. */
const dictionaries = new WeakMap<HardhatRuntimeEnvironment, Promise<Dictionary>>();

function dictionaryOf(hre: HardhatRuntimeEnvironment): Promise<Dictionary> {
  const dictionary = dictionaries.get(hre) ?? readDictionary(hre);
  dictionaries.set(hre, dictionary);
  return dictionary;
}

async function readDictionary(hre: HardhatRuntimeEnvironment): Promise<Dictionary> {
  const contracts = await productionContracts(hre);
  const errors = new Interface(contracts.flatMap(({ abi }) => abi.filter(isError)));
  const keyOf = (signature: string) =>
    signature.startsWith("Error(") ? signature : ErrorFragment.from(`error ${signature}`).selector;
  const guide = new Map(readErrorGuide().map((entry) => [keyOf(entry.signature), entry]));
  return { contracts, errors, notices: await noticesOf(hre), guide };
}

/** A value of an error. `field` is a name in ASCII; what is longer than any amount is a hash. */
function show({ name, type }: { name: string; type: string }, value: unknown): string {
  if (name === "field" && type === "bytes32") return decodeBytes32String(String(value));
  return typeof value === "bigint" && value >> 128n > 0n ? toBeHex(value, 32) : String(value);
}

interface AbiEntry {
  readonly type: string;
  readonly name?: string;
}

interface ContractAbi {
  readonly name: string;
  readonly abi: AbiEntry[];
}

const isError = (entry: AbiEntry) => entry.type === "error";

function wordsFor(
  { name, args: values }: ErrorDescription,
  args: Readonly<Record<string, string>>,
  contracts: readonly ContractAbi[],
  notice: string | undefined,
): string {
  if (name === "Error") return String(values[0]);
  if (name === "AccessControlUnauthorizedAccount") return missingRole(String(values[0]), String(values[1]), contracts);
  const list = Object.entries(args).map(([key, value]) => `${key} ${value}`);
  const figures = list.length > 0 ? `${name}: ${list.join(", ")}` : name;
  return notice ? `${notice.replace(/\.$/, "")} (${figures})` : figures;
}

function missingRole(account: string, role: string, contracts: readonly ContractAbi[]): string {
  const books = contracts.filter(({ abi }) => abi.some((entry) => entry.name === "hasRole"));
  const constants = books.flatMap((contract) =>
    contract.abi.filter((entry) => entry.name?.endsWith("_ROLE")).map((entry) => [contract.name, entry.name as string]),
  );
  const holders = constants.filter(([, name]) => id(name as string) === role || BigInt(role) === 0n);
  const name = BigInt(role) === 0n ? "DEFAULT_ADMIN_ROLE" : (holders[0]?.[1] ?? role);
  const homes = [...new Set(holders.filter(([, constant]) => constant === name).map(([contract]) => contract))];
  return `AccessControl: account ${account} is missing role ${name}${homes.length === 1 ? ` on ${homes[0]}` : ""}`;
}

async function productionContracts(hre: HardhatRuntimeEnvironment): Promise<ContractAbi[]> {
  const names = await hre.artifacts.getAllFullyQualifiedNames();
  const production = names.filter((name) => !name.startsWith("contracts/mocks/"));
  return Promise.all(
    production.map(async (qualified) => {
      const { contractName, abi } = await hre.artifacts.readArtifact(qualified);
      return { name: contractName, abi };
    }),
  );
}

interface AstNode {
  readonly nodeType: string;
  readonly nodes?: AstNode[];
  readonly errorSelector?: string;
  readonly documentation?: { readonly text: string };
}

/** The notice that each error carries in its interface, by selector: the words live where the error is declared. */
async function noticesOf(hre: HardhatRuntimeEnvironment): Promise<Map<string, string>> {
  const notices = new Map<string, string>();
  const visit = ({ errorSelector, documentation, nodes }: AstNode) => {
    const notice = /@notice ([^@]*)/.exec(documentation?.text ?? "")?.[1];
    if (errorSelector && notice) notices.set(`0x${errorSelector}`, notice.replace(/\s+/g, " ").trim());
    nodes?.forEach(visit);
  };
  for (const path of await hre.artifacts.getBuildInfoPaths()) {
    const { output } = JSON.parse(readFileSync(path, "utf8")) as {
      output: { sources: Record<string, { ast: AstNode }> };
    };
    Object.values(output.sources).forEach(({ ast }) => visit(ast));
  }
  return notices;
}

/** The bytes of a revert, wherever the provider left them. */
function revertDataOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { data, error: inner, info, cause } = error as Record<string, unknown>;
  if (isHexString(data) && data.length >= 10) return data;
  return [data, inner, info, cause].map(revertDataOf).find((found) => found !== undefined);
}
