import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readFileSync } from "node:fs";
import { noting, type Dispatch } from "../../deploy/sends";
import { pattern } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import { classify, problemOf } from "../../sdk/client/errors";
import { flag, readCommandLine, type CommandLine } from "../../sdk/node/commandLine";
import { tellProblem } from "../../sdk/node/failure";
import { readText, writeWhole } from "../../sdk/node/files";
import { compile } from "./compile";
import { tellFailure } from "./failure";
import { askPassword } from "./password";
import { lineFor, outliveReaders } from "./terminal";

// What the library reads command lines with serves these commands too.
export { digits, fileName, fileNames, flag, readCommandLine, type CommandLine } from "../../sdk/node/commandLine";

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
  /** What `--help` prints, and the declaration of the options: see {@link readCommandLine}. */
  readonly usage: string;
  /** Reads options and files, and refuses malformed ones before anything else happens. */
  readonly read: (line: CommandLine, streams: Streams) => Input;
  readonly run: (hre: HardhatRuntimeEnvironment, input: Input, streams: Streams) => Promise<string>;
}

/** Makes the environment of a network. */
type Open = (network: string) => Promise<HardhatRuntimeEnvironment>;

/**
 * Runs a command and answers its exit code: its result on standard output, or one line on the error stream and the
 * problem's code, 1 or 2. `open` replaces the
 * environment of the process.
 */
export type Main = (args: readonly string[], streams: Streams, open?: Open) => Promise<number>;

/** The environment that a process has, once Hardhat is loaded. */
const openProcess: Open = async (network) => {
  process.env["HARDHAT_NETWORK"] = network; // Hardhat reads it when it is loaded.
  return (await import("hardhat")).default;
};

/**
 * The main function of a command. Where its usage has `--verbose`, that shows an error with its stack; with `--json` a failure is told
 * as one document too.
 */
export function mainOf<Input extends { readonly network: string }>({ name, usage, read, run }: Command<Input>): Main {
  return async (args, streams, open = openProcess) => {
    let isVerbose = false;
    let hre: HardhatRuntimeEnvironment | undefined;
    const sends: Dispatch[] = [];
    const said: string[] = [];
    const heard: Streams = {
      ...streams,
      out: (text) => streams.out(kept(said, text)),
      err: (text) => streams.err(kept(said, text)),
    };
    try {
      const line = readCommandLine(usage, args);
      if (line === undefined) {
        streams.out(usage);
        return 0;
      }
      isVerbose = line.options.read("verbose", flag, false);
      line.options.read("json", flag, false);
      const input = read(line, streams);
      const environment = (hre = await open(input.network));
      await compile(environment);
      const result = await noting(sends, () => run(environment, input, heard));
      if (result !== "") streams.out(result);
      return 0;
    } catch (error) {
      const teller = { ...streams, name, isJson: args.includes(JSON_OPTION) };
      const stack = isVerbose ? error : undefined;
      if (hre === undefined) return tellProblem(teller, classify(error), stack);
      const { provider } = hre.network;
      return tellFailure(teller, await problemOf(hre, error), { provider, sends, said }, stack);
    }
  };
}

/** Looked for among the arguments as they are: a command line that cannot be read is refused in JSON too. */
const JSON_OPTION = "--json";

function kept(said: string[], text: string): string {
  said.push(text);
  return text;
}

/** The main function of a command that needs no network; `run` answers with its result. */
export function offlineMainOf<Output extends Pick<Streams, "out" | "err">>(
  name: string,
  usage: string,
  run: (line: CommandLine, streams: Output) => string,
): (args: readonly string[], streams: Output) => number {
  return (args, streams) => {
    try {
      const line = readCommandLine(usage, args);
      line?.options.read("json", flag, false);
      streams.out(line === undefined ? usage : run(line, streams));
      return 0;
    } catch (error) {
      const { out, err } = streams;
      return tellProblem({ name, out, err, env: process.env, isJson: args.includes(JSON_OPTION) }, classify(error));
    }
  };
}

/** Runs a module's main function with the arguments of this process, if the process was started with that module. */
export function runAsScript(
  script: NodeJS.Module,
  main: (args: readonly string[], streams: Streams) => number | Promise<number>,
): void {
  if (require.main !== script) return;
  outliveReaders();
  void Promise.resolve(main(process.argv.slice(2), processStreams)).then((code) => (process.exitCode = code));
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
  if (paths[1] !== undefined) throw new Problem("BAD_OPTION", `unexpected argument "${paths[1]}", expected one file.`);
  return readInputs(paths, streams)[0];
}

/** Puts a result into a file, whole or not at all, and answers with nothing; or with the result when no file is named. */
export function deliver(result: string, path: string): string {
  if (path === "") return result;
  writeWhole(path, `${result}\n`);
  return "";
}

/** Name of a network of hardhat.config.ts. */
export const networkName = pattern(/^[a-z0-9-]{1,32}$/, "a network of hardhat.config.ts");

/** The streams of this process. */
export const processStreams: Streams = {
  env: process.env,
  readStandardInput: () => readFileSync(0, "utf8"),
  askPassword,
  out: (text) => process.stdout.write(`${lineFor(process.stdout, text)}\n`),
  err: (text) => process.stderr.write(`${lineFor(process.stderr, text)}\n`),
};
