import { addressesAmong, faultsOf, type Fault, type FaultContext } from "./faults";
import { childrenOf, type SourceRange, type SyntaxNode } from "./syntax";

/** A fault in one place of the production code. */
export interface Mutant extends Fault {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The contract and the function, modifier or constant in it, as `Contract.function`. */
  readonly within: string;
  /** The changed source lines before and after, joined to one line, without comments. */
  readonly original: string;
  readonly mutated: string;
  /** The compiler's id of the function, modifier or constant. */
  readonly declaration: number;
}

/** Nodes that contain no code. */
const NO_CODE = [
  ...["PragmaDirective", "ImportDirective", "UsingForDirective", "InheritanceSpecifier", "OverrideSpecifier"],
  ...["StructDefinition", "EnumDefinition", "ErrorDefinition", "EventDefinition", "UserDefinedValueTypeDefinition"],
];

const FUNCTIONS = ["FunctionDefinition", "ModifierDefinition"];

/**
 * Returns every mutant of a source, in the order of the source.
 * @param tree The compiler's syntax tree of the source.
 */
export function mutantsOf(file: string, source: Buffer, tree: SyntaxNode): Mutant[] {
  const found = new Map<string, Mutant>();
  const visit = (node: SyntaxNode, around: FaultContext, path: readonly string[], declaration: number): void => {
    if (NO_CODE.includes(node.nodeType)) return;
    const isDeclared = FUNCTIONS.includes(node.nodeType) || isConstant(node);
    const isNamed = isDeclared || node.nodeType === "ContractDefinition";
    const name = String(node.kind === "constructor" ? "constructor" : node.name);
    const inner = {
      path: isNamed ? [...path, name] : path,
      declaration: isDeclared ? Number(node.id) : declaration,
      addresses: FUNCTIONS.includes(node.nodeType) ? addressesAmong(node) : around.addresses,
    };
    for (const fault of faultsOf(node, around)) {
      const { start, end, replacement } = fault;
      const mutant = { ...fault, ...describe(source, fault), file, within: inner.path.join("."), declaration };
      found.set(`${start} ${end} ${replacement}`, mutant);
    }
    const below = { source, parent: node, addresses: inner.addresses };
    for (const each of childrenOf(node)) visit(each, below, inner.path, inner.declaration);
  };
  visit(tree, { source, parent: undefined, addresses: [] }, [], 0);
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

function isConstant({ nodeType, stateVariable, constant }: SyntaxNode): boolean {
  return nodeType === "VariableDeclaration" && (stateVariable === true || constant === true);
}

/** Returns the source with the fault in it. */
export function withFault(source: Buffer, { start, end, replacement }: Fault): string {
  return source.toString("utf8", 0, start) + replacement + source.toString("utf8", end);
}

function describe(source: Buffer, fault: Fault) {
  const { start, end } = linesAround(source, fault);
  const inLines = { ...fault, start: fault.start - start, end: fault.end - start };
  const lines = source.subarray(start, end);
  return {
    line: source.toString("utf8", 0, fault.start).split("\n").length,
    original: onOneLine(lines.toString("utf8")),
    mutated: onOneLine(withFault(lines, inLines)),
  };
}

function linesAround(source: Buffer, { start, end }: SourceRange): SourceRange {
  const next = source.indexOf("\n", end);
  return { start: start === 0 ? 0 : source.lastIndexOf("\n", start - 1) + 1, end: next === -1 ? source.length : next };
}

function onOneLine(text: string): string {
  return text
    .replace(/\/\/.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}
