// What interfaces say in their NatSpec, and what the contracts behind them emit and revert with, from the compiler's syntax trees.

import { buildInfoOf } from "../../scripts/dev/buildInfo";
import { natspecTags } from "../../scripts/dev/errors";

/** A node of a syntax tree, as far as it is read here. */
export interface Node {
  readonly id: number;
  readonly nodeType: string;
  readonly name?: string;
  readonly kind?: string;
  readonly contractKind?: string;
  readonly abstract?: boolean;
  readonly visibility?: string;
  readonly stateMutability?: string;
  readonly functionSelector?: string;
  readonly documentation?: { readonly text: string } | null;
  readonly nodes?: readonly Node[];
  readonly members?: readonly Node[];
  readonly parameters?: { readonly parameters: readonly Node[] };
  readonly returnParameters?: { readonly parameters: readonly Node[] };
  readonly linearizedBaseContracts?: readonly number[];
  readonly body?: Node | null;
  readonly modifiers?: readonly Node[];
  readonly virtual?: boolean;
  readonly referencedDeclaration?: number;
}

/** The tags of a node's comment. */
export function tagsOf({ documentation }: Node): (readonly [tag: string, value: string])[] {
  return natspecTags(documentation?.text ?? "");
}

/** All nodes of a compilation by id, and its sources' roots by file. */
interface Compilation {
  readonly nodes: ReadonlyMap<number, Node>;
  readonly roots: ReadonlyMap<string, Node>;
}

const compilations = new Map<string, Compilation>();

/** The compilation that made a contract's artifact: ids of nodes mean nothing elsewhere. */
export function compilationOf(qualifiedName: string): Compilation {
  const info = buildInfoOf(qualifiedName);
  const known = compilations.get(info.id);
  if (known) return known;
  const nodes = new Map<number, Node>();
  const roots = new Map<string, Node>();
  for (const [file, { ast }] of Object.entries(info.output.sources)) {
    roots.set(file, ast as Node);
    for (const node of within(ast as Node)) nodes.set(node.id, node);
  }
  const compilation = { nodes, roots };
  compilations.set(info.id, compilation);
  return compilation;
}

/** A node and all that is in it. */
function* within(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* within(item);
  else if (typeof value === "object" && value !== null) {
    if ("nodeType" in value) yield value as Node;
    yield* within(Object.values(value));
  }
}

/** Names of the events and errors that a function of a contract can reach without leaving the contract. */
export function reachedBy(
  { nodes }: Compilation,
  contract: Node,
  start: Node,
): { readonly events: ReadonlySet<string>; readonly errors: ReadonlySet<string> } {
  const [events, errors] = [new Set<string>(), new Set<string>()];
  const bases = (contract.linearizedBaseContracts ?? []).map((id) => nodes.get(id)!);
  const seen = new Set<number>();
  const visit = (found: Node) => {
    const node = overriding(bases, found);
    if (seen.has(node.id)) return;
    seen.add(node.id);
    for (const part of within([node.body, node.modifiers])) {
      const target = part.referencedDeclaration === undefined ? undefined : nodes.get(part.referencedDeclaration);
      if (target?.nodeType === "EventDefinition") events.add(target.name!);
      if (target?.nodeType === "ErrorDefinition") errors.add(target.name!);
      const isOwn = target?.nodeType === "FunctionDefinition" || target?.nodeType === "ModifierDefinition";
      if (target && isOwn && target.visibility !== "external") visit(target);
    }
  };
  visit(start);
  return { events, errors };
}

/** What stands for a virtual function in the most derived contract. */
function overriding(bases: readonly Node[], node: Node): Node {
  if (node.virtual !== true) return node;
  const count = node.parameters?.parameters.length;
  const candidates = bases.flatMap(({ nodes = [] }) => nodes);
  const found = candidates.find(
    ({ nodeType, name, parameters, body }) =>
      nodeType === node.nodeType && name === node.name && parameters?.parameters.length === count && body,
  );
  return found ?? node;
}
