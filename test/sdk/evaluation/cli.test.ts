// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { main, USAGE } from "../../../scripts/evaluate";
import { Examples } from "../../../sdk/evaluation/examples";
import { evaluate } from "../../../sdk/evaluation/evaluate";
import { parseSpec } from "../../../sdk/evaluation/spec";
import { creditDefault, CREDIT_DEFAULT } from "./support";

const BENCHMARK = resolve(CREDIT_DEFAULT, "benchmark.json");
const DATA = resolve(CREDIT_DEFAULT, "evaluation.csv");
const COMMAND = resolve(__dirname, "../../../scripts/evaluate.ts");

const shown: string[] = [];

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function run(args: string[], input = ""): Outcome {
  const outcome = { out: "", err: "" };
  const code = main(args, {
    readStandardInput: () => [Buffer.from(input)],
    out: (text) => (outcome.out += text),
    err: (text) => (outcome.err += text),
    progress: (text) => shown.push(text),
  });
  return { code, ...outcome };
}

/** Runs the command as a process of its own, as a shell does. */
function spawn(args: string[], input: string): Outcome {
  const options = ["-r", "ts-node/register/transpile-only", COMMAND, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { input, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

describe("evaluate: command line", () => {
  let folder: string;
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "evaluate-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("prints the evaluation of the library as JSON", () => {
    const { code, out, err } = run(["--benchmark", BENCHMARK, DATA]);
    const expected = evaluate({
      spec: parseSpec(readFileSync(BENCHMARK, "utf8")),
      examples: Examples.of(creditDefault()),
    });
    expect([code, err]).to.deep.equal([0, ""]);
    expect(JSON.parse(out)).to.deep.equal(expected);
  });

  it("reads standard input if no file is named", () => {
    const fromFile = run(["--benchmark", BENCHMARK, DATA]);
    expect(run(["--benchmark", BENCHMARK], readFileSync(DATA, "utf8"))).to.deep.equal(fromFile);
  });

  it("reads one file per model", () => {
    const fileOf = (model: "baseline" | "candidate"): string => {
      const rows = creditDefault().map((example) => `${example.id},${example.label},${example[model]}`);
      return write(`${model}.csv`, ["id,label,prediction", ...rows].join("\n"));
    };
    const joined = run([
      "--benchmark",
      BENCHMARK,
      "--baseline",
      fileOf("baseline"),
      "--candidate",
      fileOf("candidate"),
    ]);
    expect(joined).to.deep.equal(run(["--benchmark", BENCHMARK, DATA]));
  });

  it("starts from the score on chain and hashes the contribution", () => {
    const { out } = run(["--benchmark", BENCHMARK, "--score", "7493", "--contribution", DATA, DATA]);
    expect(JSON.parse(out)).to.include({
      baselineScore: 7493,
      deltaBps: 495,
      contributionDataHash: keccak256(readFileSync(DATA)),
    });
  });

  it("completes a benchmark from the value of the baseline", () => {
    const draft = write("draft.json", '{ "name": "b", "metric": "mse", "direction": "minimise" }');
    const { code, out } = run(["--benchmark", draft, "--complete", DATA]);
    expect(code).to.equal(0);
    expect(parseSpec(out)).to.deep.equal(JSON.parse(out));
    expect(JSON.parse(out)).to.include({ lo: 0, hi: 0.351103337171898 });
  });

  it("states which of the attempts it is, and a bound that allows for all of them", () => {
    const draft = write("ten.json", JSON.stringify({ ...JSON.parse(readFileSync(BENCHMARK, "utf8")), attempts: 10 }));
    const { code, out } = run(["--benchmark", draft, "--attempt", "3", DATA]);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.include({ attempt: 3, attempts: 10, lowerBoundBps: 203 });
  });

  it("reads fields with another separator", () => {
    const tabs = write("tabs.tsv", readFileSync(DATA, "utf8").replaceAll(",", "\t"));
    const expected = run(["--benchmark", BENCHMARK, DATA]);
    expect(run(["--benchmark", BENCHMARK, "--sep", "tab", tabs])).to.deep.equal(expected);
    expect(run(["--benchmark", BENCHMARK, "--sep", "\t", tabs])).to.deep.equal(expected);
  });

  it("reads JSON Lines", () => {
    const lines = creditDefault().map(({ id, label, baseline, candidate }) =>
      JSON.stringify({ id, label, baseline, candidate }),
    );
    expect(run(["--benchmark", BENCHMARK], lines.join("\n"))).to.deep.equal(run(["--benchmark", BENCHMARK, DATA]));
  });

  it("shows its progress on a large file, and clears it", () => {
    shown.length = 0;
    const padding = "x".repeat(1 << 20);
    const large = write(
      "large.csv",
      readFileSync(DATA, "utf8")
        .replace("id,", "note,id,")
        .replaceAll(/\n(?=\d)/g, "\n,")
        .replace("\n,1,", `\n${padding},1,`),
    );
    expect(run(["--benchmark", BENCHMARK, large])).to.deep.equal(run(["--benchmark", BENCHMARK, DATA]));
    expect(shown.slice(0, 2)).to.deep.equal([`reading ${large}: 97 %`, `reading ${large}: 100 %`]);
    expect(shown.at(-1)).to.equal("");
  });

  describe("writes what it finds to a file as well", () => {
    it("as JSON", () => {
      const path = join(folder, "report.json");
      const { out } = run(["--benchmark", BENCHMARK, "--report", path, DATA]);
      expect(readFileSync(path, "utf8")).to.equal(`${out}\n`);
    });

    it("as a page, even for a refused candidate, with nothing on standard output", () => {
      const path = join(folder, "report.html");
      const strict = write(
        "strict.json",
        JSON.stringify({ ...JSON.parse(readFileSync(BENCHMARK, "utf8")), minRuns: 10 }),
      );
      expect(run(["--benchmark", strict, "--report", path, DATA])).to.deep.equal({
        code: 1,
        out: "",
        err: "evaluate: the number of improved folds is 9, expected at least 10 as the benchmark states",
      });
      expect(readFileSync(path, "utf8")).to.include("Refused: no improvement may be stated.");
    });
  });

  it("prints its usage", () => {
    expect(run(["--help"])).to.deep.equal({ code: 0, out: USAGE, err: "" });
  });

  describe("refuses in one line, with exit code 1 and nothing on standard output,", () => {
    const refused: [string, string[], string][] = [
      ["no benchmark", [DATA], "options: --benchmark is missing, expected the benchmark's JSON file."],
      [
        "two files",
        ["--benchmark", BENCHMARK, DATA, "b.csv"],
        'unexpected argument "b.csv", expected one file of examples or --baseline with --candidate',
      ],
      [
        "a file beside --baseline",
        ["--benchmark", BENCHMARK, "--baseline", DATA, "a.csv"],
        'unexpected argument "a.csv", expected one file of examples or --baseline with --candidate',
      ],
      [
        "a file beside --candidate",
        ["--benchmark", BENCHMARK, "--candidate", DATA, "a.csv"],
        'unexpected argument "a.csv", expected one file of examples or --baseline with --candidate',
      ],
      [
        "--baseline alone",
        ["--benchmark", BENCHMARK, "--baseline", DATA],
        "--baseline and --candidate must be given together",
      ],
      [
        "--candidate alone",
        ["--benchmark", BENCHMARK, "--candidate", DATA],
        "--baseline and --candidate must be given together",
      ],
      [
        "--score 10001",
        ["--benchmark", BENCHMARK, "--score", "10001", DATA],
        'options: --score is "10001", expected an integer from 0 to 10000.',
      ],
      [
        "--attempt 0",
        ["--benchmark", BENCHMARK, "--attempt", "0", DATA],
        'options: --attempt is "0", expected an integer from 1 to 1000.',
      ],
      [
        "--sep of two characters",
        ["--benchmark", BENCHMARK, "--sep", ";;", DATA],
        'options: --sep is ";;", expected one character, or tab.',
      ],
      [
        "--report without a known ending",
        ["--benchmark", BENCHMARK, "--report", "x.pdf", DATA],
        'options: --report is "x.pdf", expected a file whose name ends in .html or .json.',
      ],
      [
        "--score 74.9",
        ["--benchmark", BENCHMARK, "--score", "74.9", DATA],
        'options: --score is "74.9", expected an integer from 0 to 10000.',
      ],
      [
        "a file that is not there",
        ["--benchmark", BENCHMARK, "none.csv"],
        "ENOENT: no such file or directory, open 'none.csv'",
      ],
    ];
    for (const [what, args, message] of refused) {
      it(what, () => {
        expect(run(args)).to.deep.equal({ code: 1, out: "", err: `evaluate: ${message}` });
      });
    }

    it("an unknown option", () => {
      const { code, out, err } = run(["--seed", "1"]);
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err).to.match(/^evaluate: Unknown option '--seed'.*$/);
    });

    it("malformed examples", () => {
      expect(run(["--benchmark", BENCHMARK], "id,label\n1,0\n")).to.deep.equal({
        code: 1,
        out: "",
        err: 'evaluate: standard input: column "baseline" is missing, the header has id, label',
      });
    });
  });

  it("works in a shell pipe", () => {
    const { code, out, err } = spawn(["--benchmark", BENCHMARK], readFileSync(DATA, "utf8"));
    expect([code, err]).to.deep.equal([0, ""]);
    expect(JSON.parse(out)).to.include({ baselineScore: 7494, candidateScore: 7988, deltaBps: 494 });
  });

  it("ends a failed pipe with one line and exit code 1", () => {
    expect(spawn(["--benchmark", BENCHMARK], "")).to.deep.equal({
      code: 1,
      out: "",
      err: "evaluate: standard input is empty, expected a header line and examples\n",
    });
  });
});
