import solc from "solc";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf, list, type SyntaxNode } from "./syntax";

/** Positions of library addresses in the code, by file and library. */
type LinkReferences = Record<string, Record<string, { start: number; length: number }[]>>;

/** The code that is sent to deploy a contract, and the code that is on the chain afterwards. */
export interface CompiledCode {
  readonly bytecode: string;
  readonly linkReferences: LinkReferences;
  readonly deployedBytecode: string;
  readonly deployedLinkReferences: LinkReferences;
}

interface Code {
  readonly object: string;
  readonly linkReferences: LinkReferences;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast: SyntaxNode }>>;
  readonly contracts?: Readonly<
    Record<string, Record<string, { readonly evm: { readonly bytecode: Code; readonly deployedBytecode: Code } }>>
  >;
}

/** Compiles the contracts of the repository with the pinned compiler. Contracts are named `file:name`, as in Hardhat. */
export class ContractCompiler {
  readonly #root: string;
  readonly #settings: object;
  readonly #sources = new Map<string, string>();
  /** Every file of contracts/, by its path from the root of the repository. */
  readonly files: readonly string[];

  /** @param settings The compiler settings of the Hardhat configuration. */
  constructor(root: string, settings: object) {
    this.#root = root;
    this.#settings = settings;
    this.files = readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol"))
      .map((file) => join("contracts", file))
      .sort();
  }

  /** Returns the syntax tree of each file, including dependencies. */
  trees(): ReadonlyMap<string, SyntaxNode> {
    const { sources } = this.#run(this.files, { "*": { "": ["ast"] } });
    return new Map(Object.entries(sources).map(([file, { ast }]) => [file, ast]));
  }

  /** Returns the code of the contracts if `file` has this text, or undefined if that does not compile. */
  compile(file: string, text: string, contracts: readonly string[]): ReadonlyMap<string, CompiledCode> | undefined {
    const selection: Record<string, Record<string, string[]>> = {};
    for (const contract of contracts) {
      const [home = "", name = ""] = contract.split(":");
      selection[home] = { ...selection[home], [name]: ["evm.bytecode.object", "evm.bytecode.linkReferences"] };
      selection[home][name]?.push("evm.deployedBytecode.object", "evm.deployedBytecode.linkReferences");
    }
    const { errors = [], contracts: compiled = {} } = this.#run(Object.keys(selection), selection, { file, text });
    if (errors.some(({ severity }) => severity === "error")) return undefined;
    return new Map(
      contracts.map((contract): [string, CompiledCode] => {
        const [home = "", name = ""] = contract.split(":");
        const evm = compiled[home]?.[name]?.evm;
        if (!evm) throw new Error(`${contract}: the compiler gave no code`);
        const { bytecode, deployedBytecode } = evm;
        return [
          contract,
          {
            bytecode: `0x${bytecode.object}`,
            linkReferences: bytecode.linkReferences,
            deployedBytecode: `0x${deployedBytecode.object}`,
            deployedLinkReferences: deployedBytecode.linkReferences,
          },
        ];
      }),
    );
  }

  #run(files: readonly string[], outputSelection: object, changed?: { file: string; text: string }): Output {
    const read = (file: string) => (file === changed?.file ? changed.text : this.#read(file));
    const input = {
      language: "Solidity",
      sources: Object.fromEntries(files.map((file) => [file, { content: read(file) }])),
      settings: { ...this.#settings, outputSelection },
    };
    const readImport = (file: string) => ({ contents: read(file) });
    return JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as Output;
  }

  #read(file: string): string {
    const known = this.#sources.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(join(this.#root, file.startsWith("@") ? join("node_modules", file) : file), "utf8");
    this.#sources.set(file, text);
    return text;
  }
}

/**
 * Returns, by the id of each declaration, the contracts whose code depends on it: declarations that a contract inherits, calls or
 * deploys, and those that these use in turn.
 */
export function dependantsAmong(
  trees: Iterable<readonly [string, SyntaxNode]>,
): ReadonlyMap<number, readonly string[]> {
  const nodes = new Map<number, SyntaxNode>();
  const contracts: [string, SyntaxNode][] = [];
  const collect = (node: SyntaxNode): void => {
    if (typeof node.id === "number") nodes.set(node.id, node);
    childrenOf(node).forEach(collect);
  };
  for (const [file, tree] of trees) {
    collect(tree);
    for (const node of list(tree, "nodes").filter(isDeployable)) contracts.push([`${file}:${String(node.name)}`, node]);
  }

  const found = new Map<number, string[]>();
  for (const [name, contract] of contracts) {
    for (const id of reachableFrom(contract, nodes)) found.set(id, [...(found.get(id) ?? []), name]);
  }
  return found;
}

function isDeployable({ nodeType, contractKind, abstract }: SyntaxNode): boolean {
  return nodeType === "ContractDefinition" && contractKind === "contract" && abstract !== true;
}

function reachableFrom(contract: SyntaxNode, nodes: ReadonlyMap<number, SyntaxNode>): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = basesOf(contract);
  const add = (id: unknown, isDeployed: boolean) => {
    const node = typeof id === "number" ? nodes.get(id) : undefined;
    if (!node) return;
    if (node.nodeType !== "ContractDefinition") open.push(Number(id));
    else if (isDeployed) open.push(...basesOf(node));
  };
  const walk = (node: SyntaxNode, isDeployed: boolean): void => {
    if (typeof node.id === "number") reached.add(node.id);
    add(node.referencedDeclaration, isDeployed);
    add(node.function, isDeployed); // a user-defined operator
    if (Array.isArray(node.externalReferences)) {
      for (const { declaration } of node.externalReferences as { declaration: number }[]) add(declaration, false);
    }
    for (const each of childrenOf(node)) walk(each, isDeployed || node.nodeType === "NewExpression");
  };
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = reached.has(id) ? undefined : nodes.get(id);
    if (node) walk(node, false);
  }
  return reached;
}

function basesOf({ linearizedBaseContracts }: SyntaxNode): number[] {
  return Array.isArray(linearizedBaseContracts) ? linearizedBaseContracts.map(Number) : [];
}
