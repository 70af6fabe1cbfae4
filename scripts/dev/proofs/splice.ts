import { asSolidity } from "./assembly";

/** Reads a source by its path from the root of the repository. */
export type ReadSource = (path: string) => string;

/**
 * Replaces the directives of a specification by production code, word for word, so that the proof is about what is deployed:
 *
 *     //@ from FILE: name, name          the declarations of these names
 *     //@ from FILE: name {statement}    the function with the statement in the place of its loop
 *     //@ loop FILE: name                what the loop of the function repeats
 *     //@ lines FILE: first … last       the lines from the one that begins with `first` to the one that begins with `last`
 *     //@ assembly FILE: first … last    lines of assembly as Solidity
 *
 * Four things differ: immutables become variables, so that they may have any value; `block.timestamp` becomes the variable `_now`;
 * functions become internal, so that only lemmas call them; and a local name for an item of a mapping is written out. Throws unless a
 * file has exactly one such declaration, loop or line.
 */
export function spliced(specification: string, read: ReadSource): string {
  return specification
    .replace(/^ *\/\/@ from (\S+): (.*)$/gm, (_, file: string, names: string) =>
      names
        .split(",")
        .map((item) => {
          const [, name = "", statement] = /^(\w+)(?: \{(.*)\})?$/.exec(item.trim()) ?? [];
          const text = declaration(read(file), name, file);
          return statement === undefined ? text : text.replace(loop(text, name).whole, () => statement);
        })
        .map(withoutReferences)
        .map((text) => text.replace(/ immutable /, " ").replace(/ (?:external|public) /, " internal "))
        .join("\n"),
    )
    .replace(
      /^ *\/\/@ loop (\S+): (\w+)$/gm,
      (_, file: string, name: string) => loop(declaration(read(file), name, file), name).body,
    )
    .replace(/^ *\/\/@ lines (\S+): (.*) … (.*)$/gm, (_, file: string, first: string, last: string) =>
      lines(read(file), first, last, file),
    )
    .replace(/^ *\/\/@ assembly (\S+): (.*) … (.*)$/gm, (_, file: string, first: string, last: string) =>
      asSolidity(lines(read(file), first, last, file)),
    )
    .replace(/\bblock\.timestamp\b/g, "_now");
}

/** Returns a function, struct, modifier or variable of a contract, without its comments. */
function declaration(source: string, name: string, file: string): string {
  const pattern = `^    (?:function ${name}\\(|struct ${name} \\{|modifier ${name}\\(|[A-Za-z][^\\n/({]*\\b${name}(?: =|;))`;
  const { index } = only([...source.matchAll(new RegExp(pattern, "gm"))], `${file}: declaration of ${name}`);
  return statementAt(source, index);
}

/** Writes out local names for items of mappings, as the model checker takes such a name for a copy. */
function withoutReferences(text: string): string {
  return [...text.matchAll(/^ *\w+ storage (\w+) = (\w+\[\w+\]);/gm)].reduce(
    (rest, [reference, name = "", item = ""]) =>
      rest.replace(reference, "").replace(new RegExp(`\\b${name}\\b`, "g"), () => item),
    text,
  );
}

/** Returns the statement that begins at `from`, to the end of its block or to a semicolon before that. */
export function statementAt(source: string, from: number): string {
  let [depth, brackets] = [0, 0];
  for (let end = from; end < source.length; end++) {
    const character = source[end];
    if (character === "(") brackets++;
    if (character === ")") brackets--;
    if (character === "{") depth++;
    if ((character === "}" && --depth === 0) || (character === ";" && depth === 0 && brackets === 0))
      return source.slice(from, end + 1);
  }
  throw new Error(`No end of what begins with: ${source.slice(from, from + 80)}`);
}

/** Returns the only loop of a function. */
function loop(text: string, name: string) {
  const { index } = only([...text.matchAll(/\bfor \(/g)], `${name}: loop`);
  const whole = statementAt(text, index);
  return { whole, body: whole.slice(whole.indexOf("{") + 1, -1) };
}

/** Returns the lines of a source from the only one that begins with `first` to the only one after it that begins with `last`. */
export function lines(source: string, first: string, last: string, file: string): string {
  const all = source.split("\n");
  const place = (text: string, from: number) => {
    const places = all.flatMap((line, at) => (at >= from && line.trim().startsWith(text) ? [at] : []));
    return only(places, `${file}: line that begins with ${text}`);
  };
  const start = place(first, 0);
  return all.slice(start, place(last, start) + 1).join("\n");
}

function only<T>(found: readonly T[], what: string): T {
  const [first, ...others] = found;
  if (first === undefined || others.length > 0) throw new Error(`${what}: expected one, found ${found.length}.`);
  return first;
}

/**
 * Replaces `revert Name(…)` by `revert()`, as the model checker continues after a revert with an error. Lines stay where they are.
 */
export function withPlainReverts(source: string): string {
  let result = "";
  let rest = source;
  for (let match = /\brevert\s+[A-Z][\w.]*\s*\(/.exec(rest); match; match = /\brevert\s+[A-Z][\w.]*\s*\(/.exec(rest)) {
    let end = match.index + match[0].length;
    for (let depth = 1; depth > 0; end++) depth += rest[end] === "(" ? 1 : rest[end] === ")" ? -1 : 0;
    result += `${rest.slice(0, match.index)}revert()${rest.slice(match.index, end).replace(/[^\n]/g, "")}`;
    rest = rest.slice(end);
  }
  return result + rest;
}

/** Replaces `-CONSTANT` by `0 - CONSTANT`, as the model checker takes the former for an unknown number. */
export const withPlainMinus = (source: string) => source.replace(/([(,=] ?)-(?=[A-Z])/g, "$10 - ");
