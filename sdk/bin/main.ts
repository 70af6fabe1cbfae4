// Finds the subcommand of `hokusai` that is meant, prints help, and reports failures.

import { Problem } from "../base/problem.ts";
import { classify } from "../client/errors.ts";
import { flag, readCommandLine } from "../node/commandLine.ts";
import { tellProblem } from "../node/failure.ts";
import {
  benchmarkCreate,
  benchmarkDeactivate,
  benchmarkList,
  benchmarkShow,
  benchmarkUpdate,
} from "./benchmarkCommands.ts";
import { claimCommand } from "./claimCommand.ts";
import { evaluateCommand } from "./evaluateCommand.ts";
import { modelRegister } from "./modelRegister.ts";
import { modelStatus } from "./modelStatus.ts";
import { reportCommand } from "./reportCommand.ts";
import type { HokusaiCommand, HokusaiStreams } from "./subcommand.ts";

const COMMANDS: ReadonlyMap<string, HokusaiCommand> = new Map([
  ["model register", modelRegister],
  ["model status", modelStatus],
  ["benchmark create", benchmarkCreate],
  ["benchmark show", benchmarkShow],
  ["benchmark list", benchmarkList],
  ["benchmark update", benchmarkUpdate],
  ["benchmark deactivate", benchmarkDeactivate],
  ["evaluate", evaluateCommand],
  ["report", reportCommand],
  ["claim", claimCommand],
]);

const USAGE = `usage: hokusai <command> [options]
${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(22)}${summary}`).join("\n")}
  --help                after a command prints its options; --json tells a failure as a document too
environment: HOKUSAI_API_URL and HOKUSAI_API_KEY for the platform, HOKUSAI_RPC_URL for a node, MLFLOW_TRACKING_URI for MLflow`;

/** Runs a command line and returns its exit code: 0 if it is done, 1 if it was refused, 2 if the outcome is unknown. */
export async function runHokusai(args: readonly string[], streams: HokusaiStreams): Promise<number> {
  const [first = "--help", second = ""] = args;
  const words = COMMANDS.has(`${first} ${second}`) ? 2 : 1;
  const name = args.slice(0, words).join(" ");
  try {
    if (first === "--help") {
      streams.out(USAGE);
      return 0;
    }
    const command = COMMANDS.get(name);
    if (command === undefined) {
      const expected = [...COMMANDS.keys()].join(", ");
      throw new Problem(
        "BAD_OPTION",
        `there is no command "${args.slice(0, 2).join(" ")}", expected one of ${expected}.`,
      );
    }
    const line = readCommandLine(command.usage, args.slice(words));
    line?.options.read("json", flag, false);
    const result = line === undefined ? command.usage : await command.run(line, streams);
    if (result !== "") streams.out(result);
    return 0;
  } catch (error) {
    streams.progress("");
    const { env, out, err } = streams;
    return tellProblem({ name: `hokusai ${name}`, env, out, err, isJson: args.includes("--json") }, classify(error));
  }
}
