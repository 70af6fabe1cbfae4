// Command lines, as their usage declares them.

import { parseArgs } from "node:util";
import { Fields, integer, text, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";

/** What stands on a command line: its options, and the other arguments. */
export interface CommandLine {
  readonly options: Fields;
  readonly paths: readonly string[];
}

/**
 * Reads a command line as its usage declares it: each line that begins with `  --name` is an option, with a value when `<…>`
 * follows, with several when `...` follows that; other arguments are allowed when it has any in brackets.
 * Undefined when the usage is asked for.
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

/** Node goes on with advice about the shell, which misleads whoever has only misspelt an option. */
function refusing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [what] = (error as Error).message.split(/\.\s/);
    throw new Problem("BAD_OPTION", `${what}: see --help.`, { remedy: "see --help" });
  }
}

/** An integer within bounds, as digits on a command line. */
export function digits(min: number, max: number): Rule<number> {
  const rule = integer(min, max);
  return { ...rule, read: (value) => (/^\d{1,15}$/.test(String(value)) ? rule.read(Number(value)) : undefined) };
}

/** Name of a file. */
export const fileName = text(1, 1024);

/** Names of files. */
export const fileNames: Rule<string[]> = {
  expected: "names of files",
  none: [],
  read: (value) => (Array.isArray(value) ? (value as string[]) : undefined),
};

/** An option that is there or not. */
export const flag: Rule<boolean> = {
  expected: "no value",
  none: false,
  read: (value) => (value === true ? value : undefined),
};
