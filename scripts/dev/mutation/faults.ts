import { child, list, rangeOf, typeOf, type SourceRange, type SyntaxNode } from "./syntax";

/** The kind of mistake that a mutant imitates. */
export type FaultKind =
  "arithmetic" | "comparison" | "condition" | "statement" | "modifier" | "constant" | "order" | "caller";

/** A change of the source: `replacement` takes the place of the range. */
export interface Fault extends SourceRange {
  readonly kind: FaultKind;
  readonly replacement: string;
}

/** What surrounds a node. */
export interface FaultContext {
  readonly source: Buffer;
  readonly parent: SyntaxNode | undefined;
  /** Names of the parameters of type `address` of the enclosing function. */
  readonly addresses: readonly string[];
}

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
};

const ARITHMETIC: Readonly<Record<string, string>> = {
  ...{ "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*" },
  ...{ "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|" },
};

const ASSIGNMENTS: Readonly<Record<string, string>> = { "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "|=": "&=" };

const ASSEMBLY_ARITHMETIC: Readonly<Record<string, string>> = {
  ...{ add: "sub", sub: "add", mul: "div", div: "mul", sdiv: "mul", mod: "mul" },
  ...{ shl: "shr", shr: "shl", sar: "shl", and: "or", or: "and", xor: "or" },
};

/**
 * The opposite of each comparison in assembly. `iszero(gt(a, b))` in place of `lt(a, b)` moves the bound, as it differs only if a = b.
 */
const ASSEMBLY_COMPARISONS: Readonly<Record<string, string>> = { lt: "gt", gt: "lt", slt: "sgt", sgt: "slt" };

/** Parents whose literals are part of a type: changing them changes no value. */
const VALUE_LESS = ["ArrayTypeName"];

/** The faults of one node, without those of the nodes below it. */
export function faultsOf(node: SyntaxNode, around: FaultContext): Fault[] {
  return (FAULTS[node.nodeType] ?? []).flatMap((faults) => faults(node, around));
}

type Maker = (node: SyntaxNode, around: FaultContext) => Fault[];

const FAULTS: Readonly<Record<string, readonly Maker[]>> = {
  Assignment: [ofAssignment],
  BinaryOperation: [ofOperation],
  Block: [ofOrder],
  Conditional: [ofCondition],
  EmitStatement: [ofStatement],
  ExpressionStatement: [ofStatement],
  ForStatement: [ofCondition],
  IfStatement: [ofCondition],
  Literal: [ofLiteral],
  MemberAccess: [ofCaller],
  ModifierInvocation: [ofModifier],
  Return: [ofStatement],
  RevertStatement: [ofStatement],
  UnaryOperation: [ofUnary],
  UncheckedBlock: [ofOrder],
  VariableDeclarationStatement: [ofInitialValue],
  WhileStatement: [ofCondition],
  YulAssignment: [ofAssemblyStatement],
  YulExpressionStatement: [ofAssemblyStatement],
  YulFunctionCall: [ofAssemblyCall],
  YulIf: [ofAssemblyCondition],
  YulLiteral: [ofAssemblyLiteral],
  YulVariableDeclaration: [ofAssemblyValue],
};

function textOf({ source }: FaultContext, { start, end }: SourceRange): string {
  return source.toString("utf8", start, end);
}

/** Replaces an operator that stands between two nodes. */
function between(around: FaultContext, left: SyntaxNode, right: SyntaxNode, from: string, kind: FaultKind, to: string) {
  const { end } = rangeOf(left);
  const at = textOf(around, { start: end, end: rangeOf(right).start }).indexOf(from);
  return { kind, start: end + at, end: end + at + from.length, replacement: to };
}

function ofOperation(node: SyntaxNode, around: FaultContext): Fault[] {
  const [left, right] = [child(node, "leftExpression"), child(node, "rightExpression")];
  const operator = String(node.operator);
  if (!left || !right) return [];
  const other = ARITHMETIC[operator];
  return [
    ...(COMPARISONS[operator] ?? []).map((to) => between(around, left, right, operator, "comparison", to)),
    ...(other === undefined ? [] : [between(around, left, right, operator, "arithmetic", other)]),
  ];
}

function ofAssignment(node: SyntaxNode, around: FaultContext): Fault[] {
  const [left, right] = [child(node, "leftHandSide"), child(node, "rightHandSide")];
  const operator = String(node.operator);
  const other = ASSIGNMENTS[operator];
  return left && right && other !== undefined ? [between(around, left, right, operator, "arithmetic", other)] : [];
}

function ofUnary(node: SyntaxNode): Fault[] {
  const { start, end } = rangeOf(node);
  const operator = String(node.operator);
  const place = node.prefix ? { start, end: start + operator.length } : { start: end - operator.length, end };
  if (operator === "++" || operator === "--")
    return [{ kind: "arithmetic", ...place, replacement: operator === "++" ? "--" : "++" }];
  if (operator === "!") return [{ kind: "condition", ...place, replacement: "" }];
  return operator === "-" || operator === "~" ? [{ kind: "arithmetic", ...place, replacement: "" }] : [];
}

/** Negates a condition unless its operator is replaced anyway. */
function ofCondition(node: SyntaxNode, around: FaultContext): Fault[] {
  const condition = child(node, "condition");
  if (!condition || String(condition.operator) === "!") return [];
  const isComparison = condition.nodeType === "BinaryOperation" && !/^[&|]/.test(String(condition.operator));
  const range = rangeOf(condition);
  return isComparison ? [] : [{ kind: "condition", ...range, replacement: `!(${textOf(around, range)})` }];
}

/** Replaces a statement by an empty block, and leaves out the step of a loop. */
function ofStatement(node: SyntaxNode, around: FaultContext): Fault[] {
  const { start, end } = rangeOf(node);
  const isStep = around.parent?.nodeType === "ForStatement" && around.parent.loopExpression === node;
  if (isStep) return [{ kind: "statement", start, end, replacement: "" }];
  return [{ kind: "statement", start, end: around.source.indexOf(";", end) + 1, replacement: "{}" }];
}

/** Leaves out the initial value of a variable that is declared alone. */
function ofInitialValue(node: SyntaxNode): Fault[] {
  const [declaration, ...others] = list(node, "declarations");
  const value = child(node, "initialValue");
  if (!declaration || !value || others.length > 0) return [];
  return [{ kind: "statement", start: rangeOf(declaration).end, end: rangeOf(value).end, replacement: "" }];
}

function ofModifier(node: SyntaxNode): Fault[] {
  return node.kind === "modifierInvocation" ? [{ kind: "modifier", ...rangeOf(node), replacement: "" }] : [];
}

function ofLiteral(node: SyntaxNode, around: FaultContext): Fault[] {
  const range = rangeOf(node);
  const text = textOf(around, range);
  const constant = (replacement: string): Fault => ({ kind: "constant", ...range, replacement });
  if (node.kind === "bool") return [constant(text === "true" ? "false" : "true")];
  if (node.kind !== "number" || VALUE_LESS.includes(around.parent?.nodeType ?? "")) return [];
  return [constant(`(${text} + 1)`), ...(Number(node.value) === 0 ? [] : [constant(`(${text} - 1)`)])];
}

/** Exchanges two neighbouring calls. Calls of view functions stay: their order only decides which error is raised first. */
function ofOrder(node: SyntaxNode, around: FaultContext): Fault[] {
  const statements = list(node, "statements");
  return statements.flatMap((first, at): Fault[] => {
    const second = statements[at + 1];
    if (!second || !isCall(first) || !isCall(second)) return [];
    const [one, two] = [rangeOf(first), rangeOf(second)];
    const middle = textOf(around, { start: one.end, end: two.start });
    const replacement = textOf(around, two) + middle + textOf(around, one);
    return [{ kind: "order", start: one.start, end: two.end, replacement }];
  });
}

function isCall(statement: SyntaxNode): boolean {
  const call = statement.nodeType === "ExpressionStatement" ? child(statement, "expression") : undefined;
  const callee = call?.nodeType === "FunctionCall" ? child(call, "expression") : undefined;
  return callee !== undefined && !/\) (view|pure)\b/.test(typeOf(callee));
}

/** Replaces the caller by the signer of the transaction, and by a parameter or, without one, by the contract itself. */
function ofCaller(node: SyntaxNode, { addresses }: FaultContext): Fault[] {
  const isCaller = node.memberName === "sender" && child(node, "expression")?.name === "msg";
  const others = ["tx.origin", addresses[0] ?? "address(this)"];
  return isCaller ? others.map((replacement) => ({ kind: "caller", ...rangeOf(node), replacement })) : [];
}

/** Returns the names of the parameters of type `address` of a function or modifier. */
export function addressesAmong(definition: SyntaxNode): string[] {
  const parameters = child(definition, "parameters");
  return (parameters ? list(parameters, "parameters") : [])
    .filter((parameter) => /^address( payable)?$/.test(typeOf(parameter)) && parameter.name !== "")
    .map(({ name }) => String(name));
}

function ofAssemblyStatement(node: SyntaxNode): Fault[] {
  return [{ kind: "statement", ...rangeOf(node), replacement: "{}" }];
}

function ofAssemblyValue(node: SyntaxNode): Fault[] {
  const value = child(node, "value");
  const last = list(node, "variables").at(-1);
  if (!value || !last) return [];
  return [{ kind: "statement", start: rangeOf(last).end, end: rangeOf(value).end, replacement: "" }];
}

function ofAssemblyCall(node: SyntaxNode, around: FaultContext): Fault[] {
  const name = child(node, "functionName");
  const operator = String(name?.name);
  if (!name) return [];
  const range = rangeOf(node);
  const args = textOf(around, { start: rangeOf(name).end, end: range.end });
  const opposite = ASSEMBLY_COMPARISONS[operator];
  if (opposite !== undefined)
    return [`iszero(${opposite}${args})`, `iszero(${operator}${args})`].map((replacement) => ({
      kind: "comparison",
      ...range,
      replacement,
    }));
  if (operator === "eq" || operator === "iszero")
    return [{ kind: "condition", ...range, replacement: `iszero(${operator}${args})` }];
  const other = ASSEMBLY_ARITHMETIC[operator];
  return other === undefined ? [] : [{ kind: "arithmetic", ...rangeOf(name), replacement: other }];
}

function ofAssemblyCondition(node: SyntaxNode, around: FaultContext): Fault[] {
  const condition = child(node, "condition");
  const isNegatedAnyway = /^(s?lt|s?gt|eq|iszero)$/.test(String(condition && child(condition, "functionName")?.name));
  if (!condition || isNegatedAnyway) return [];
  const range = rangeOf(condition);
  return [{ kind: "condition", ...range, replacement: `iszero(${textOf(around, range)})` }];
}

function ofAssemblyLiteral(node: SyntaxNode): Fault[] {
  if (node.kind !== "number") return [];
  const value = BigInt(String(node.value));
  const neighbours = [value + 1n, ...(value === 0n ? [] : [value - 1n])];
  const isHex = String(node.value).startsWith("0x");
  return neighbours.map((each) => ({
    kind: "constant",
    ...rangeOf(node),
    replacement: isHex ? `0x${each.toString(16)}` : String(each),
  }));
}
