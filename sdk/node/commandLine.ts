// Parses command lines according to their usage text.

import { parseArgs } from "node:util";
import { Fields, integer, text, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";

/** The options and the other arguments of a command line. */
export interface CommandLine {
  readonly options: Fields;
  readonly paths: readonly string[];
}

/**
 * Parses a command line according to its usage text. Each line of the usage that begins with ` --name` declares an option: with a value if
 * `<…>` follows, and with several if `...` follows that. Other arguments are allowed if the usage has one in brackets.
 * Returns undefined if the line asks for help.
 */
export function readCommandLine(usage: string, args: readonly string[]): CommandLine | undefined {
  const declared = [...usage.matchAll(/^  --([a-z0-9-]+)( <[^>]+>)?( \.\.\.)?/gm)];
  const options = declared.map(([, name = "", value, more]) => {
    const type = value ? ("string" as const) : ("boolean" as const);
    return [name, { type, multiple: more !== undefined }] as const;
  });
  const parse = () =>
    parseArgs({
      args: [...args],
      allowPositionals: usage.includes("[<"),
      options: { ...Object.fromEntries(options), help: { type: "boolean" } },
    });
  const { values, positionals } = refusing(parse);
  const { help, ...given } = values;
  return help ? undefined : { options: new Fields({ ...given }, "--"), paths: positionals };
}

/** Drops the advice about the shell that Node appends to its messages, which misleads users who have only misspelt an option. */
function refusing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [what] = (error as Error).message.split(/\.\s/);
    throw new Problem("BAD_OPTION", `${what}: see --help.`, { remedy: "see --help" });
  }
}

/** An integer from `min` to `max`, written in digits on a command line. */
export function digits(min: number, max: number): Rule<number> {
  const rule = integer(min, max);
  return { ...rule, read: (value) => (/^\d{1,15}$/.test(String(value)) ? rule.read(Number(value)) : undefined) };
}

/** The name of a file. */
export const fileName = text(1, 1024);

/** The names of files. */
export const fileNames: Rule<string[]> = {
  expected: "names of files",
  none: [],
  read: (value) => (Array.isArray(value) ? (value as string[]) : undefined),
};

/** An option without a value. */
export const flag: Rule<boolean> = {
  expected: "no value",
  none: false,
  read: (value) => (value === true ? value : undefined),
};
