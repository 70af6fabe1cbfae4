import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readFileSync } from "node:fs";
import { integer, pattern, text, type Rule } from "../../deploy/fields";
import { Problem } from "../../deploy/problem";
import { compile } from "./compile";
import { explain } from "./errors";
import { readText, writeWhole } from "./files";
import { askPassword } from "./password";

/** Where a command reads and writes. */
export interface Streams {
  readonly env: NodeJS.ProcessEnv;
  readStandardInput(): string;
  askPassword(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
}

/** A command that works on a network: it reads its whole input first, then prints one result, if any. */
export interface Command<Input extends { readonly network: string }> {
  readonly name: string;
  readonly usage: string;
  /** Reads arguments and files, and refuses malformed ones before anything else happens; undefined asks for the usage. */
  readonly read: (args: string[], streams: Streams) => Input | undefined;
  readonly run: (hre: HardhatRuntimeEnvironment, input: Input, streams: Streams) => Promise<string>;
}

/** Runs a command and returns its exit code: its result on standard output, or one line on the error stream and 1. */
export async function runCommand<Input extends { readonly network: string }>(
  { name, usage, read, run }: Command<Input>,
  args: readonly string[],
  streams: Streams,
): Promise<number> {
  let hre: HardhatRuntimeEnvironment | undefined;
  try {
    const input = read([...args], streams);
    if (input === undefined) {
      streams.out(usage);
      return 0;
    }
    process.env["HARDHAT_NETWORK"] = input.network; // Hardhat reads it when it is loaded.
    ({ default: hre } = await import("hardhat"));
    await compile(hre);
    const result = await run(hre, input, streams);
    if (result !== "") streams.out(result);
    return 0;
  } catch (error) {
    const message = hre ? await explain(hre, error) : (error as Error).message.split("\n")[0];
    streams.err(`${name}: ${message}`);
    return 1;
  }
}

/** Content of a file, and what messages call it. */
export type NamedText = readonly [name: string, text: string];

/** The files that the arguments name; standard input when they name none. */
export function readInputs(paths: readonly string[], streams: Streams): [NamedText, ...NamedText[]] {
  const [first, ...others] = paths.map((path): NamedText => [path, readText(path)]);
  return first ? [first, ...others] : [["standard input", streams.readStandardInput()]];
}

/** The one file that the arguments may name; standard input when they name none. */
export function readInput(paths: readonly string[], streams: Streams): NamedText {
  if (paths[1] !== undefined) throw new Problem(`unexpected argument "${paths[1]}", expected one file.`);
  return readInputs(paths, streams)[0];
}

/** Puts a result into a file, whole or not at all, and answers with nothing; or with the result when no file is named. */
export function deliver(result: string, path: string): string {
  if (path === "") return result;
  writeWhole(path, `${result}\n`);
  return "";
}

/** An integer within bounds, as digits on a command line. */
export function digits(min: number, max: number): Rule<number> {
  const rule = integer(min, max);
  return { ...rule, read: (value) => (/^\d{1,15}$/.test(String(value)) ? rule.read(Number(value)) : undefined) };
}

/** Name of a file. */
export const fileName = text(1, 1024);

/** Name of a network of hardhat.config.ts. */
export const networkName = pattern(/^[a-z0-9-]{1,32}$/, "a network of hardhat.config.ts");

/** The streams of this process. */
export const processStreams: Streams = {
  env: process.env,
  readStandardInput: () => readFileSync(0, "utf8"),
  askPassword,
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
};
