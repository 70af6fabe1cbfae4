// SPDX-License-Identifier: MIT
// Whatever is malformed is refused in one line: where it stands, the value, escaped, and what is expected. The options' table is in cli.test.ts.

import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../../scripts/evaluate";
import { METRICS } from "../../../sdk/evaluation/metrics";

const H = "id,label,baseline,candidate\n";
const A = { name: "b", metric: "accuracy", direction: "maximise" };
const P = { name: "b", metric: "log_loss", direction: "minimise", lo: 0, hi: 2 };
const P3 = { ...P, classes: ["a", "b", "c"] };
const R = { name: "b", metric: "human_score", direction: "maximise", lo: 1, hi: 5 };
const L = { name: "b", metric: "perplexity", direction: "minimise", lo: 1, hi: 50 };
const GOOD = `${H}1,0,0.1,0.1\n2,1,0.1,0.9\n`;

type Malformed = readonly [what: string, spec: object, data: string | Uint8Array, message: string];

const FILES: readonly Malformed[] = [
  ["an empty file", A, "", "standard input is empty, expected a header line and examples"],
  ["a header alone", A, H, "standard input has a header but no examples, expected at least one"],
  [
    "a column that is missing beside one with a hostile name",
    A,
    "id,label,base\u202eline,candidate\n1,0,1,1\n",
    'standard input: column "baseline" is missing, the header has id, label, "base\\u202eline", candidate',
  ],
  [
    "a column twice",
    A,
    "id,label,label,baseline,candidate\n1,0,1,1,1\n",
    'standard input: column "label" appears more than once in the header, expected it once',
  ],
  ["a row with too few fields", A, H + "1,0,0.5\n", "standard input line 2: 3 fields, expected 4 as the header has"],
  [
    "a quote within a field",
    A,
    H + '1,0,0".5,0.1\n',
    'standard input line 2, field 3: "0\\".5", expected a field in quotes with each quote in it doubled',
  ],
  [
    "a quote that is never closed",
    A,
    H + '1,0,0.5,"0.1\n2,1,0,1\n',
    'standard input line 2, field 4: "\\"0.1\\n2,1,0,1", expected a field in quotes with each quote in it doubled',
  ],
  [
    "a byte that is not UTF-8",
    A,
    Buffer.concat([Buffer.from(H + "1,0,"), Uint8Array.of(0xff), Buffer.from(",1\n")]),
    "standard input line 2, byte 5: 0xff, expected UTF-8 text",
  ],
  [
    "an end within a character",
    A,
    Buffer.concat([Buffer.from(H + "1,0,0,"), Uint8Array.of(0xe2)]),
    "standard input line 2, byte 7: 0xe2, expected UTF-8 text",
  ],
  ["a line that is not JSON", A, '{"id":1\n', 'standard input line 1: "{\\"id\\":1", expected a JSON object'],
  [
    "a line that is not an object",
    A,
    '{"id":1,"label":0,"baseline":0.1,"candidate":0.2}\n[1]\r\n',
    'standard input line 2: "[1]", expected a JSON object',
  ],
  [
    "an object without a field",
    A,
    '{"id":1,"label":0,"baseline":0.1}\n',
    'standard input line 1: "candidate" is missing, expected it in every line',
  ],
  [
    "an object in a field",
    A,
    '{"id":1,"label":0,"baseline":{"p":1},"candidate":0.2}\n',
    'standard input line 1, column baseline: {"p":1}, expected a text, a number, true, false or a list of numbers',
  ],
  [
    "half a character",
    A,
    '{"id":1,"label":0,"baseline":"\\ud800","candidate":0.2}\n',
    'standard input line 1, column baseline: "\\ud800", expected a text, a number, true, false or a list of numbers',
  ],
  ["no id", A, H + ",0,0,0\n", 'standard input line 2, column id: "", expected an id'],
  [
    "an id twice, with a character that cannot be seen",
    A,
    H + "a\u200b,0,0,0\na\u200b,1,0,0\n",
    'standard input line 3, column id: "a\\u200b" is used before, expected each id once',
  ],
];

const CLASSES: readonly Malformed[] = [
  [
    "a label that is not a class, with a character that turns the text around",
    A,
    H + "1,0,0,0\n2,yes\u202e,0,1\n",
    'standard input line 3, column label: "yes\\u202e", expected one of 0, 1',
  ],
  ["labels of one class", A, H + "1,0,0,0\n2,0,0,1\n", "all 2 labels are 0, expected both classes"],
  [
    "a prediction that is not a class",
    { ...A, classes: ["cat", "dog"], predictions: "class" },
    H + "1,cat,cat,horse\n2,dog,dog,dog\n",
    'standard input line 2, column candidate: "horse", expected one of cat, dog',
  ],
];

const GROUPS: readonly Malformed[] = [
  [
    "an example without its group",
    { ...A, group: "patient" },
    "id,label,baseline,candidate,patient\n1,0,0,0,p\n2,1,1,1, \n",
    'standard input line 3, column patient: " ", expected a group',
  ],
  [
    "a column of groups that is missing",
    { ...A, group: "patient" },
    GOOD,
    'standard input: column "patient" is missing, the header has id, label, baseline, candidate',
  ],
  [
    "a guardrail's column that is missing",
    { ...A, guardrails: [{ metric: "mae", column: "ms", atMost: 3 }] },
    GOOD,
    'standard input: column "baseline_ms" is missing, the header has id, label, baseline, candidate',
  ],
];

const NUMBERS: readonly Malformed[] = [
  [
    "NaN",
    A,
    H + "1,0,0.5,NaN\n2,1,0,1\n",
    'standard input line 2, column candidate: "NaN", expected a finite decimal number',
  ],
  [
    "a number that no double holds",
    A,
    H + "1,0,0.5,1e999\n2,1,0,1\n",
    'standard input line 2, column candidate: "1e999", expected a finite decimal number',
  ],
  [
    "a hexadecimal number",
    A,
    H + "1,0,0x10,1\n2,1,0,1\n",
    'standard input line 2, column baseline: "0x10", expected a finite decimal number',
  ],
  [
    "a decimal comma",
    A,
    H + '1,0,"0,5",1\n2,1,0,1\n',
    'standard input line 2, column baseline: "0,5", expected a finite decimal number',
  ],
  [
    "a label that is not a number",
    { ...R, metric: "mae", direction: "minimise" },
    H + "1,five,1,1\n",
    'standard input line 2, column label: "five", expected a finite decimal number',
  ],
  [
    "a rating off the scale",
    R,
    H + "1,x,3,5.1\n",
    'standard input line 2, column candidate: "5.1", expected a rating from 1 to 5',
  ],
  [
    "a true class without any probability",
    P,
    H + "1,0,0.5,1.5\n2,1,0,1\n",
    'standard input line 3, column baseline: "0", expected more than 0 for the true class, or a cap in the benchmark',
  ],
  [
    "a probability below 0",
    P,
    H + "1,0,-0.1,0.5\n2,1,0,1\n",
    'standard input line 2, column baseline: "-0.1", expected probabilities from 0 to 1',
  ],
  [
    "the candidate's true class without any probability",
    P,
    H + "1,0,0.5,0.5\n2,1,0.3,0\n",
    'standard input line 3, column candidate: "0", expected more than 0 for the true class, or a cap in the benchmark',
  ],
  [
    "two probabilities of three classes",
    P3,
    H + "1,a,0.5 0.5,0.2 0.3 0.5\n2,b,0.1 0.1 0.8,1 0 0\n",
    'standard input line 2, column baseline: "0.5 0.5", expected 3 probabilities from 0 to 1, separated by spaces, in the order a, b, c',
  ],
  [
    "probabilities whose sum is not 1",
    P3,
    H + "1,a,0.5 0.2 0.2,0.2 0.3 0.5\n2,b,0.1 0.1 0.8,1 0 0\n",
    'standard input line 2, column baseline: "0.5 0.2 0.2", expected 3 probabilities whose sum is 1',
  ],
  [
    "probabilities outside 0 … 1",
    P3,
    H + "1,a,1.5 -0.2 -0.3,0.2 0.3 0.5\n2,b,0.1 0.1 0.8,1 0 0\n",
    'standard input line 2, column baseline: "1.5 -0.2 -0.3", expected probabilities from 0 to 1',
  ],
  [
    "two probabilities after one alone",
    P,
    H + "1,0,0.5,0.5\n2,1,0.3 0.7,0.2\n",
    'standard input line 3, column baseline: "0.3 0.7", expected probabilities from 0 to 1, as in the first row one of the second class alone',
  ],
  [
    "a log-probability above 0",
    L,
    H + "1,x,-1 -2,-1 0.5\n",
    'standard input line 2, column candidate: "0.5", expected natural log-probabilities from -10000 to 0, separated by spaces',
  ],
  [
    "a word for a log-probability",
    L,
    H + "1,x,-1 -2,-1 two\n",
    'standard input line 2, column candidate: "two", expected natural log-probabilities from -10000 to 0, separated by spaces',
  ],
  [
    "a marker for a log-probability",
    L,
    H + "1,x,-1 -99999,-1 -2\n",
    'standard input line 2, column baseline: "-99999", expected natural log-probabilities from -10000 to 0, separated by spaces',
  ],
  [
    "fewer tokens than the baseline has",
    L,
    H + "1,x,-1 -2,-1\n",
    'standard input line 2, column candidate: "-1", expected 2 tokens as the baseline has, not 1',
  ],
];

/** A benchmark's text, or its fields, and what is wrong with it. */
const SPECS: readonly (readonly [string | object, string | RegExp])[] = [
  ["{", /^evaluate: benchmark: line 1, column 2: not valid JSON, ".+"$/], // What follows is the engine's own word.
  ["[]", "[], expected a JSON object"],
  ['{"name":"b","name":"c"}', 'line 1, column 13: the key "name" stands before, expected each key once'],
  [{ metric: "accuracy" }, "name is missing, expected name, metric, direction"],
  [{ ...A, version: 1 }, "version is 1, expected 2"],
  [{ ...A, name: "a b\u202e" }, 'name is "a b\\u202e", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
  [{ ...A, metric: "auc" }, `metric is "auc", expected ${Object.keys(METRICS).join(", ")}`],
  [{ ...A, direction: "minimise" }, 'direction is "minimise", expected maximise'],
  [{ ...A, treshold: 0.5 }, '"treshold" means nothing for the metric accuracy'],
  [
    { ...A, classes: ["a", "a"] },
    'classes is ["a","a"], expected 2 to 100 classes, each a name or a list of names, every name once and not empty',
  ],
  [{ ...A, classes: ["a", "b", "c"], predictions: "score" }, 'predictions is "score", expected class'],
  [{ ...A, threshold: "0.5" }, 'threshold is "0.5", expected a number'],
  [{ ...A, group: "label" }, 'group is "label", expected the name of a column of its own'],
  [{ ...A, column: "a,b" }, 'column is "a,b", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
  [
    { name: "b", metric: "bleu", direction: "maximise", tokeniser: "14a" },
    'tokeniser is "14a", expected whitespace, 13a, rouge',
  ],
  [{ ...P, cap: 0 }, "cap is 0, expected more than 0"],
  [{ ...A, lo: 0 }, "lo and hi must be stated together"],
  [{ ...A, lo: 1, hi: 0.5 }, "lo is 1 and hi is 0.5, expected lo below hi"],
  [{ ...A, f: "ln", lo: 0, hi: 1 }, "lo is 0, expected more than 0 with f ln"],
  [{ ...A, f: "log" }, 'f is "log", expected identity, ln'],
  [{ ...A, folds: 1 }, "folds is 1, expected an integer from 2 to 100"],
  [{ ...A, dealings: 101 }, "dealings is 101, expected an integer from 1 to 100"],
  [{ ...A, seed: -1 }, "seed is -1, expected an integer from 0 to 2147483647"],
  [{ ...A, alpha: 0.5 }, "alpha is 0.5, expected a number from 0.0001 to 0.05"],
  [{ ...A, attempts: 1.5 }, "attempts is 1.5, expected an integer from 1 to 1000"],
  [{ ...A, metric: "f1", resamples: 999 }, "resamples is 999, expected an integer from 9999 to 1000000"],
  [{ ...A, minImprovementBps: 9 }, "minImprovementBps is 9, expected an integer from 10 to 1000"],
  [{ ...A, minSampleSize: 19 }, "minSampleSize is 19, expected an integer from 20 to 4294967295"],
  [{ ...A, minRuns: 11 }, "minRuns is 11, expected an integer from 1 to 10"],
  [{ ...A, minLowerBoundBps: 0 }, "minLowerBoundBps is 0, expected an integer from 1 to 10000"],
  [{ ...A, targetScore: 10001 }, "targetScore is 10001, expected an integer from 1 to 10000"],
  [{ ...A, guardrails: [] }, "guardrails is [], expected a list of 1 to 20 objects"],
  [
    { ...A, guardrails: [{ metric: "f1" }] },
    "guardrails[0].atLeast: 0 bounds are stated, expected one of atLeast, atMost, maxLoss",
  ],
  [
    { ...A, guardrails: [{ metric: "f1", atLeast: 0, maxLoss: 1 }] },
    "guardrails[0].atLeast: 2 bounds are stated, expected one of atLeast, atMost, maxLoss",
  ],
  [{ ...A, guardrails: [{ metric: "f1", maxLoss: -1 }] }, "guardrails[0].maxLoss is -1, expected 0 or more"],
  [
    { ...A, guardrails: [{ metric: "f1", atLeast: 0, blocking: "yes" }] },
    'guardrails[0].blocking is "yes", expected true or false',
  ],
  [
    { ...A, guardrails: [{ metric: "f1", atLeast: 0, least: 1 }] },
    'guardrails[0]: "least" means nothing for the metric f1',
  ],
];

describe("evaluate: malformed input", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "malformed-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  function expectRefused(spec: string | object, data: string | Uint8Array, message: string | RegExp): void {
    const benchmark = join(folder, "benchmark.json");
    writeFileSync(benchmark, typeof spec === "string" ? spec : JSON.stringify(spec));
    let [out, err] = ["", ""];
    const code = main(["--benchmark", benchmark], {
      readStandardInput: () => [Buffer.from(data)],
      out: (text) => (out += text),
      err: (text) => (err += text),
      progress: () => undefined,
    });
    expect({ code, out }).to.deep.equal({ code: 1, out: "" });
    if (typeof message === "string") expect(err).to.equal(message);
    else expect(err).to.match(message);
    expect(err).to.match(/^[\x20-\x7e…]+$/u);
  }

  for (const [kind, table] of Object.entries({ FILES, CLASSES, GROUPS, NUMBERS })) {
    describe(`in ${kind.toLowerCase()} is refused:`, () => {
      for (const [what, spec, data, message] of table) {
        it(what, () => {
          expectRefused(spec, data, `evaluate: ${message}`);
        });
      }
    });
  }

  describe("in benchmarks is refused:", () => {
    for (const [spec, message] of SPECS) {
      it(typeof spec === "string" ? spec : JSON.stringify(spec), () => {
        expectRefused(spec, GOOD, typeof message === "string" ? `evaluate: benchmark: ${message}` : message);
      });
    }
  });
});
