/** A node of the compiler's syntax tree, of Solidity or of inline assembly. */
export interface SyntaxNode {
  readonly nodeType: string;
  /** `start:length:file`, in bytes. */
  readonly src: string;
  readonly [key: string]: unknown;
}

/** A range of a source, in bytes. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "nodeType" in value;
}

/** Returns the child nodes in the order of the source. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node)
    .flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
    .sort((a, b) => rangeOf(a).start - rangeOf(b).start);
}

/** Returns the node in a field, or undefined if there is none. */
export function child(node: SyntaxNode, field: string): SyntaxNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** Returns the nodes of a list, or none if the field is no list. */
export function list(node: SyntaxNode, field: string): SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function rangeOf({ src }: SyntaxNode): SourceRange {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return { start, end: start + length };
}

/** Returns the type of an expression or variable as the compiler prints it. */
export function typeOf(node: SyntaxNode): string {
  const { typeString = "" } = (node.typeDescriptions ?? {}) as { typeString?: string };
  return typeString;
}
