/**
 * Generates docs/errors.md and sdk/client/errorGuide.ts, the same content for programs: every error of the deployed contracts, explained by
 * the NatSpec of its declaration or, for OpenZeppelin's, by libraryErrors.ts. `npm run snapshots` compares both, `npm run snapshots --
 * --update` writes them.
 */
import { ErrorFragment } from "ethers";
import hre from "hardhat";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { format, resolveConfig } from "prettier";
import { buildInfoOf } from "./buildInfo";
import { DEPLOYED_OF_LIBRARY, LIBRARY_ERRORS } from "./libraryErrors";

export const ERRORS_PAGE = join(__dirname, "../../docs/errors.md");
export const ERROR_GUIDE_FILE = join(__dirname, "../../sdk/client/errorGuide.ts");

const INTRODUCTION = `# Errors

This page lists every error of the deployed contracts: where it is raised, why, and what to do about it. Types and names are those of
the ABI. An id of type \`bytes32\` is \`keccak256\` of the published string; a \`field\` is the ASCII name of a parameter. A reverted
transaction changed nothing.

The reserve token has errors of its own. A revert without data means that the arguments do not decode (such as a malformed proof or
an unknown number of an enumeration) or that there was too little gas. \`Panic(0x32)\` means that a list is too short, as in \`releasePayout\` with
fewer accounts than amounts. \`Panic(0x11)\` means that a figure is too large to compute with: \`calculateDeltaOnes\` of 2^255, or amounts of
\`releasePayout\` or a delay of the timelock whose sum does not fit, or counts for \`ZkProof.provenBy\` that no rows can
have. \`Panic(0x12)\` is \`provenBy\` of no rows. \`Panic(0x41)\` means that a list in the proof for \`OracleAttestation\` or \`Hybrid\` claims more
entries than memory can hold, such as 2^64.

This page is generated from the contracts' NatSpec: \`npm run snapshots -- --update\` writes it.
`;

/** Section of the errors that are declared outside any contract. */
const SHARED = "Shared by several contracts";

const LIBRARY = "OpenZeppelin's";

const REASON = "Token already deployed for this model";

/** An error as a page of the manual shows it. */
interface Entry {
  readonly section: string;
  /** As in the ABI, with the names of arguments. */
  readonly signature: string;
  readonly why: string;
  readonly args: readonly (readonly [name: string, meaning: string])[];
  readonly fix: string;
}

interface AstNode {
  readonly nodeType: string;
  readonly name?: string;
  readonly abstract?: boolean;
  readonly contractKind?: string;
  readonly errorSelector?: string;
  readonly documentation?: { readonly text: string };
  readonly nodes?: readonly AstNode[];
}

interface AbiEntry {
  readonly type: string;
}

/** The value of each tag of a NatSpec comment, in order; text before the first tag is its notice. */
export function natspecTags(text: string): (readonly [tag: string, value: string])[] {
  const parts = ` ${text.replace(/\s+/g, " ").trim()}`.split(/ @(?=[a-z])/).filter((part) => part.trim() !== "");
  return parts.map((part) => {
    const [, tag = "", value = ""] = /^(\S+) ?(.*)$/.exec(part.startsWith(" ") ? `notice${part}` : part) ?? [];
    return [tag, value.trim()] as const;
  });
}

/** The syntax trees of the project's own sources without test doubles, by file and sorted by name. */
async function ownSources(): Promise<(readonly [file: string, tree: AstNode])[]> {
  const names = await hre.artifacts.getAllFullyQualifiedNames();
  const trees = new Map<string, AstNode>();
  for (const name of names.filter((qualified) => qualified.startsWith("contracts/"))) {
    for (const [file, { ast }] of Object.entries(buildInfoOf(name).output.sources)) {
      if (file.startsWith("contracts/") && !file.startsWith("contracts/mocks/")) trees.set(file, ast as AstNode);
    }
  }
  return [...trees].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Names of the contracts that are deployed. */
async function deployedContracts(sources: readonly (readonly [string, AstNode])[]): Promise<string[]> {
  const own = sources.flatMap(([, { nodes = [] }]) =>
    nodes.filter(({ contractKind, abstract }) => contractKind === "contract" && abstract === false),
  );
  return [...own.map(({ name }) => name as string), ...DEPLOYED_OF_LIBRARY];
}

/** Errors in the ABIs by selector: each one's signature in the ABI, and the contracts that have it. */
async function declaredErrors(contracts: readonly string[]) {
  const errors = new Map<string, { signature: string; where: string[] }>();
  for (const contract of [...contracts].sort()) {
    const { abi } = await hre.artifacts.readArtifact(contract);
    for (const entry of (abi as AbiEntry[]).filter(({ type }) => type === "error")) {
      const fragment = ErrorFragment.from(entry);
      const { where, signature } = errors.get(fragment.selector) ?? {
        where: [],
        signature: fragment.format("full").replace("error ", ""),
      };
      errors.set(fragment.selector, { signature, where: [...where, contract] });
    }
  }
  return errors;
}

/** What the project's own declarations say, by selector, in the order of the sources. */
function ownEntries(sources: readonly (readonly [string, AstNode])[]): Map<string, Omit<Entry, "signature">> {
  const entries = new Map<string, Omit<Entry, "signature">>();
  const read = (section: string, nodes: readonly AstNode[]) => {
    for (const { documentation, errorSelector, name } of nodes.filter(
      ({ nodeType }) => nodeType === "ErrorDefinition",
    )) {
      const tags = natspecTags(documentation?.text ?? "");
      const valuesOf = (wanted: string) => tags.filter(([tag]) => tag === wanted).map(([, value]) => value);
      const [why, fix] = [valuesOf("notice")[0], valuesOf("custom:fix")[0]];
      if (!why || !fix) throw new Error(`error ${name}: give it a @notice and a @custom:fix.`);
      const args = valuesOf("param").map((value) => value.split(/ (.*)/s).slice(0, 2) as [string, string]);
      entries.set(`0x${errorSelector}`, { section, why, args, fix });
    }
  };
  for (const [, { nodes = [] }] of sources) read(SHARED, nodes);
  for (const [, { nodes = [] }] of sources) {
    for (const contract of nodes.filter(({ nodeType }) => nodeType === "ContractDefinition")) {
      const title = natspecTags(contract.documentation?.text ?? "").find(([tag]) => tag === "title")?.[1];
      read(title ?? (contract.name as string), contract.nodes ?? []);
    }
  }
  return entries;
}

/** What libraryErrors.ts says, by selector. */
function libraryEntries(): Map<string, Omit<Entry, "signature">> {
  return new Map(
    LIBRARY_ERRORS.map(({ signature, why, fix }) => [
      ErrorFragment.from(`error ${signature}`).selector,
      { section: LIBRARY, why, args: [], fix },
    ]),
  );
}

function textOf({ signature, why, args, fix }: Entry, where: readonly string[]): string[] {
  const meanings = args.map(([name, meaning]) => `\`${name}\`: ${meaning.replace(/\.$/, "")}`).join("; ");
  return [
    `### \`${signature}\``,
    "",
    `- **Where** ${where.join(", ")}`,
    `- **Why** ${why}`,
    ...(meanings === "" ? [] : [`- **Arguments** ${meanings}.`]),
    `- **Fix** ${fix}`,
    "",
  ];
}

/** Every error in the order of the page, with the contracts that raise it. */
async function allEntries(): Promise<(Entry & { readonly where: readonly string[] })[]> {
  const sources = await ownSources();
  const declared = await declaredErrors(await deployedContracts(sources));
  const known = new Map([...ownEntries(sources), ...libraryEntries()]);
  const missing = [...declared].filter(([selector]) => !known.has(selector)).map(([, { signature }]) => signature);
  if (missing.length > 0) throw new Error(`no words for ${missing.join(", ")}: write them into libraryErrors.ts.`);

  const entries = [...known].flatMap(([selector, entry]) => {
    const found = declared.get(selector);
    return found ? [{ ...entry, ...found }] : [];
  });
  const sections = [...new Set(entries.map(({ section }) => section))];
  return sections
    .flatMap((section) => entries.filter((entry) => entry.section === section))
    .concat({
      section: "Reason string",
      signature: `Error("${REASON}")`,
      where: ["TokenManager"],
      why: "The model id has a token. It is the one reason string of the protocol, so that a script that knows only the function can read it.",
      args: [],
      fix: "Take another id, or go on with the model that exists: `tokenOf(modelId)`.",
    });
}

/** The page, in the project's format. */
export async function errorsPage(): Promise<string> {
  const entries = await allEntries();
  const lines = entries.flatMap((entry, index) => [
    ...(entry.section === entries[index - 1]?.section ? [] : [`## ${entry.section}`, ""]),
    ...textOf(entry, entry.where),
  ]);
  const page = [INTRODUCTION, ...lines].join("\n");
  return format(page, { ...(await resolveConfig(ERRORS_PAGE)), parser: "markdown" });
}

/** The same content for programs: a module of the library. */
export async function errorGuide(): Promise<string> {
  const entries = await allEntries();
  const lines = entries.map(({ signature, where, why, fix }) => `  ${JSON.stringify({ signature, where, why, fix })},`);
  return [
    "// Generated from the contracts' NatSpec, as docs/errors.md is: `npm run snapshots -- --update` writes it.",
    "",
    "/** What docs/errors.md says about one error. */",
    "export interface ErrorEntry {",
    '  /** The signature in the ABI with argument names, or `Error("…")` for a reason string. */',
    "  readonly signature: string;",
    "  /** The names of the contracts that revert with it. */",
    "  readonly where: readonly string[];",
    "  readonly why: string;",
    "  readonly fix: string;",
    "}",
    "",
    "// prettier-ignore",
    "export const ERROR_GUIDE: readonly ErrorEntry[] = [",
    ...lines,
    "];",
    "",
  ].join("\n");
}

/** Writes the page and the module, or returns which of them differs. */
export async function settleErrorsPage(update: boolean): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, text] of [
    [ERRORS_PAGE, await errorsPage()],
    [ERROR_GUIDE_FILE, await errorGuide()],
  ] as const) {
    if (update) writeFileSync(path, text);
    if (readFileSync(path, "utf8") === text) continue;
    const name = relative(process.cwd(), path);
    problems.push(`${name} differs from the contracts; npm run snapshots -- --update writes it.`);
  }
  return problems;
}
