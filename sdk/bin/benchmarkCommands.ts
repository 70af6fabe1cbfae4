// The commands for benchmarks on the platform.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { publishedId } from "../base/fields.ts";
import { digits, flag, type CommandLine } from "../node/commandLine.ts";
import { readText } from "../node/files.ts";
import type { BenchmarkInput, BenchmarkView } from "../platform/wire.ts";
import { readJson, toJson } from "../schemas/json.ts";
import { onlyArgument, platformOf, type HokusaiCommand, type HokusaiStreams } from "./subcommand.ts";

const JSON_LINE = "  --json                print what the platform answers, and a failure, as JSON";

function lineFor({
  id,
  version,
  is_active,
  model_id,
  metric_name,
  metric_direction,
  baseline_value,
  spec_hash,
}: BenchmarkView) {
  const state = is_active ? "active" : "deactivated";
  return `${printed(id)}  version ${version}, ${state}, ${printed(model_id)}: ${printed(metric_name)}, ${metric_direction}, from ${baseline_value}; ${printed(spec_hash)}`;
}

/** Reads a benchmark from the named file, or from standard input if no file is named. */
function inputOf(path: string | undefined, streams: HokusaiStreams): BenchmarkInput {
  const name = path ?? "standard input";
  const content = readJson(name, path === undefined ? streams.readStandardInput() : readText(path));
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new Problem("BAD_FILE", `${name} is no object, expected a benchmark as docs/hokusai.md shows it.`);
  return content as BenchmarkInput;
}

function answer(view: BenchmarkView, isJson: boolean): string {
  return isJson ? toJson(view) : lineFor(view);
}

const isJson = ({ options }: CommandLine) => {
  const wanted = options.read("json", flag, false);
  options.refuse("options");
  return wanted;
};

export const benchmarkCreate: HokusaiCommand = {
  summary: "create a benchmark from a JSON file",
  usage: `usage: hokusai benchmark create [<benchmark.json>]          standard input without a file
${JSON_LINE}
  --help                print this text`,
  run: async (line, streams) => {
    const wanted = isJson(line);
    const [path, more] = line.paths;
    if (more !== undefined) throw new Problem("BAD_OPTION", `unexpected argument "${more}", expected one file.`);
    return answer(await platformOf(streams).createBenchmark(inputOf(path, streams)), wanted);
  },
};

export const benchmarkShow: HokusaiCommand = {
  summary: "show a benchmark, or the bytes that are hashed",
  usage: `usage: hokusai benchmark show [<id>]
  --spec                print the specification alone, whose bytes are hashed on chain: evaluate reads it
${JSON_LINE}
  --help                print this text`,
  run: async (line, streams) => {
    const isSpec = line.options.read("spec", flag, false);
    const wanted = isJson(line);
    const view = await platformOf(streams).benchmark(onlyArgument(line, "the benchmark's id"));
    return isSpec ? view.spec : answer(view, wanted);
  },
};

export const benchmarkList: HokusaiCommand = {
  summary: "list benchmarks",
  usage: `usage: hokusai benchmark list
  --model <id>          of this model only
  --page <n>            of 100 benchmarks each; the first without it
${JSON_LINE}
  --help                print this text`,
  run: async (line, streams) => {
    const model = line.options.read("model", publishedId, "");
    const page = line.options.read("page", digits(1, 100_000), 1);
    const wanted = isJson(line);
    const query = { page, page_size: 100, ...(model !== "" && { model_id: model }) };
    const found = await platformOf(streams).benchmarks(query);
    const shown = `${found.items.length} of ${found.total}`;
    return wanted ? toJson(found) : [...found.items.map(lineFor), shown].join("\n");
  },
};

export const benchmarkUpdate: HokusaiCommand = {
  summary: "make a new version of a benchmark",
  usage: `usage: hokusai benchmark update [<id>] [<benchmark.json>]          standard input without a file
${JSON_LINE}
  --help                print this text`,
  run: async (line, streams) => {
    const wanted = isJson(line);
    const [id, path, more] = line.paths;
    if (id === undefined || more !== undefined)
      throw new Problem("BAD_OPTION", `${line.paths.length} arguments are given, expected an id and a file.`);
    return answer(await platformOf(streams).updateBenchmark(id, inputOf(path, streams)), wanted);
  },
};

export const benchmarkDeactivate: HokusaiCommand = {
  summary: "deactivate a benchmark: nothing new is evaluated by it",
  usage: `usage: hokusai benchmark deactivate [<id>]
${JSON_LINE}
  --help                print this text`,
  run: async (line, streams) => {
    const wanted = isJson(line);
    const id = onlyArgument(line, "the benchmark's id");
    await platformOf(streams).deactivateBenchmark(id);
    return wanted ? toJson({ id, is_active: false }) : `${printed(id)} is deactivated`;
  },
};
