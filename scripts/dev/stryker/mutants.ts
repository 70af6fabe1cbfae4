import ts from "typescript";
import type { MutantAnswer } from "../mutation/answers";

/** A position in a source; lines and columns count from 0. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mutant as .ci/mutants/list.mjs prints it. */
export interface ListedMutant {
  /** Its name, the same in every run. */
  readonly key: string;
  readonly file: string;
  readonly kind: string;
  readonly replacement: string;
  readonly start: Place;
  readonly end: Place;
}

/** A mutant with the fields by which an answer names it. */
export interface DescribedMutant extends ListedMutant, Omit<MutantAnswer, "reason"> {}

/** Describes the mutants of one source by the enclosing functions and the changed lines, joined to one line. */
export function describeMutants(source: string, mutants: readonly ListedMutant[]): DescribedMutant[] {
  const tree = ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true);
  const offsetOf = ({ line, column }: Place) => tree.getPositionOfLineAndCharacter(line, column);
  return mutants.map((mutant) => {
    const [start, end] = [offsetOf(mutant.start), offsetOf(mutant.end)];
    const next = source.indexOf("\n", end);
    const [before, after] = [
      source.slice(source.lastIndexOf("\n", start - 1) + 1, start),
      source.slice(end, next === -1 ? source.length : next),
    ];
    return {
      ...mutant,
      within: namesAround(tree, start, end).join("."),
      original: onOneLine(before + source.slice(start, end) + after),
      mutated: onOneLine(before + mutant.replacement + after),
    };
  });
}

/** Returns the source with the mutant in it. */
export function withMutant(source: string, { start, end, replacement }: ListedMutant): string {
  const lines = source.split("\n");
  const offsetOf = ({ line, column }: Place) => lines.slice(0, line).join("\n").length + (line > 0 ? 1 : 0) + column;
  return source.slice(0, offsetOf(start)) + replacement + source.slice(offsetOf(end));
}

/** Returns the names of the functions, classes and variables around a range, outermost first. */
function namesAround(tree: ts.SourceFile, start: number, end: number): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.getStart(tree) > start || node.getEnd() < end) return;
    if (ts.isConstructorDeclaration(node)) names.push("constructor");
    const { name } = node as ts.Node & { readonly name?: ts.Node };
    const isNamed = ts.isFunctionLike(node) || ts.isClassDeclaration(node) || ts.isVariableDeclaration(node);
    if (isNamed && name && !(name.getStart(tree) <= start && name.getEnd() >= end))
      names.push(onOneLine(name.getText()));
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(tree, visit);
  return names;
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
