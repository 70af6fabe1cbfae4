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

// These commands read their command lines with the same functions as the library's commands.
export { digits, fileName, fileNames, flag, readCommandLine, type CommandLine } from "../../sdk/node/commandLine";

/** The streams that a command reads and writes. */
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

/** Creates the environment of a network. */
type Open = (network: string) => Promise<HardhatRuntimeEnvironment>;

/**
 * Runs a command and returns its exit code. The result goes to standard output; a failure gives one line on the error stream and the
 * problem's code, 1 or 2. `open` replaces the environment of the process.
 */
export type Main = (args: readonly string[], streams: Streams, open?: Open) => Promise<number>;

/** The environment of the process, in which Hardhat is loaded now. */
const openProcess: Open = async (network) => {
  process.env["HARDHAT_NETWORK"] = network; // Hardhat reads it when it is loaded.
  return (await import("hardhat")).default;
};

/**
 * The main function of a command. If its usage has `--verbose`, that option shows an error with its stack; with `--json`, a failure is also
 * reported as a document.
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

/** Searched for in the raw arguments, so that a malformed command line, too, is refused in JSON. */
const JSON_OPTION = "--json";

function kept(said: string[], text: string): string {
  said.push(text);
  return text;
}

/** The main function of a command that needs no network; `run` returns its result. */
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

/** The content of a file, and what messages call it. */
export type NamedText = readonly [name: string, text: string];

/** The files that the arguments name; standard input if they name none. */
export function readInputs(paths: readonly string[], streams: Streams): [NamedText, ...NamedText[]] {
  const [first, ...others] = paths.map((path): NamedText => [path, readText(path)]);
  return first ? [first, ...others] : [["standard input", streams.readStandardInput()]];
}

/** The one file that the arguments may name; standard input if they name none. */
export function readInput(paths: readonly string[], streams: Streams): NamedText {
  if (paths[1] !== undefined) throw new Problem("BAD_OPTION", `unexpected argument "${paths[1]}", expected one file.`);
  return readInputs(paths, streams)[0];
}

/** Writes a result atomically to a file, and returns an empty text; returns the result if no file is named. */
export function deliver(result: string, path: string): string {
  if (path === "") return result;
  writeWhole(path, `${result}\n`);
  return "";
}

/** The name of a network in hardhat.config.ts. */
export const networkName = pattern(/^[a-z0-9-]{1,32}$/, "a network of hardhat.config.ts");

/** The streams of this process. */
export const processStreams: Streams = {
  env: process.env,
  readStandardInput: () => readFileSync(0, "utf8"),
  askPassword,
  out: (text) => process.stdout.write(`${lineFor(process.stdout, text)}\n`),
  err: (text) => process.stderr.write(`${lineFor(process.stderr, text)}\n`),
};
