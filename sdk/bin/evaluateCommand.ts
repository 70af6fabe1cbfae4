// The command that evaluates predictions, on this machine or as a job of the platform.

import { keccak256 } from "ethers";
import { openAsBlob, readFileSync, statSync } from "node:fs";
import { pattern, publishedId } from "../base/fields.ts";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import type { EvaluationDocument } from "../evaluation/document.ts";
import { assess } from "../evaluation/evaluate.ts";
import { readExamples } from "../evaluation/readExamples.ts";
import { Refusal } from "../evaluation/refusal.ts";
import { reportPage } from "../evaluation/report.ts";
import { parseSpec, wantedOf } from "../evaluation/spec.ts";
import { digits, fileName } from "../node/commandLine.ts";
import { readText, writeWhole } from "../node/files.ts";
import { toJson } from "../schemas/json.ts";
import { onlyArgument, platformOf, type HokusaiCommand, type HokusaiStreams } from "./subcommand.ts";

const REPORT = pattern(/\.(html|json)$/, "a file whose name ends in .html or .json");
const ID = pattern(/^[A-Za-z0-9._-]{1,128}$/, "the id of a benchmark");

export const evaluateCommand: HokusaiCommand = {
  summary: "evaluate predictions, here or as a job of the platform",
  usage: `usage: hokusai evaluate --benchmark <file> [<examples.csv>]                            here; nothing leaves this machine
       hokusai evaluate --benchmark-spec-id <id> [<examples.csv>]                      here, by a benchmark of the platform
       hokusai evaluate --model <id> --benchmark-spec-id <id> [<examples.csv>]         as a job of the platform
  --benchmark <file>         the benchmark's specification
  --benchmark-spec-id <id>   the benchmark on the platform
  --model <id>               the model whose job it is: the predictions are sent to the platform, and its end is waited for
  --contribution <file>      the contributed data, to be hashed here: a statement needs its hash, and the file stays on this machine
  --attempt <n>              which of the benchmark's attempts this is; 1 without it, and the platform's count for a job
  --report <file>            write what was found there too, accepted or refused: a page (.html) or JSON (.json)
  --json                     tell a failure as a JSON document too
  --help                     print this text`,
  run: async (line, streams) => {
    const { options } = line;
    const benchmark = options.read("benchmark", fileName, "");
    const specId = options.read("benchmark-spec-id", ID, "");
    const model = options.read("model", publishedId, "");
    const attempt = options.has("attempt") ? options.read("attempt", digits(1, 1000)) : undefined;
    const contributionFile = options.read("contribution", fileName, "");
    const report = options.read("report", REPORT, "");
    options.refuse("options");
    const examples = onlyArgument(line, "the file of examples");
    if ((benchmark === "") === (specId === ""))
      throw new Problem("BAD_OPTION", "name one of --benchmark and --benchmark-spec-id.");
    if (model !== "" && (specId === "" || attempt !== undefined))
      throw new Problem("BAD_OPTION", "a job takes --benchmark-spec-id, and counts attempts itself.");
    const contribution = contributionFile === "" ? undefined : keccak256(readFileSync(contributionFile));
    const document =
      model === ""
        ? await evaluateHere({ benchmark, specId, examples, contribution, attempt: attempt ?? 1 }, streams)
        : await evaluateThere({ model, specId, examples, contribution }, streams);
    if (report !== "") writeWhole(report, report.endsWith(".html") ? reportPage(document) : `${toJson(document)}\n`);
    const [first, ...further] = document.reasons;
    if (first) throw new Refusal(first.code, first.message, ...further);
    return JSON.stringify(document, null, 2);
  },
};

interface Evaluated {
  readonly specId: string;
  readonly examples: string;
  /** The keccak256 of the contributed data. */
  readonly contribution: string | undefined;
}

async function evaluateHere(
  {
    benchmark,
    specId,
    examples: name,
    contribution,
    attempt,
  }: Evaluated & { readonly benchmark: string; readonly attempt: number },
  streams: HokusaiStreams,
): Promise<EvaluationDocument> {
  const text = specId === "" ? readText(benchmark) : (await platformOf(streams).benchmark(specId)).spec;
  const spec = parseSpec(text);
  const read = readExamples({ name, bytes: readFileSync(name) }, wantedOf(spec));
  return assess({ spec, attempt, examples: read, ...(contribution !== undefined && { contribution }) });
}

async function evaluateThere(
  { model, specId, examples, contribution }: Evaluated & { readonly model: string },
  streams: HokusaiStreams,
): Promise<EvaluationDocument> {
  const platform = platformOf(streams);
  statSync(examples); // throws if the file does not exist, before anything is sent
  const format = /\.jsonl$|\.ndjson$/i.test(examples) ? "jsonl" : "csv";
  const { job_id } = await platform.evaluate(model, {
    benchmark_spec_id: specId,
    examples: await openAsBlob(examples),
    format,
    ...(contribution !== undefined && { contribution_data_hash: contribution }),
  });
  streams.err(`job ${printed(job_id)}`);
  const { status, message } = await platform.followJob(model, job_id, (job) =>
    streams.progress(`${job.status}, ${Math.floor(100 * job.progress)} %`),
  );
  streams.progress("");
  if (status === "accepted" || status === "refused") return (await platform.jobDocument(model, job_id)).document;
  throw new Problem(
    "EVALUATION_REFUSED",
    `the job ${printed(job_id)} is ${status}: ${printed(message ?? "no reason is given")}.`,
  );
}
