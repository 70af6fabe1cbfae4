// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { METRICS } from "../../../sdk/evaluation/metrics";
import { YES_NO } from "../../../sdk/evaluation/labels";
import { Refusal, show } from "../../../sdk/evaluation/refusal";
import { canonicalSpec, completeSpec, hashSpec, levelOf, parseSpec, wantedBy } from "../../../sdk/evaluation/spec";
import { CREDIT_DEFAULT, expectRefusal } from "./support";

const ACCURACY = { name: "b", metric: "accuracy", direction: "maximise" };
const MSE = { name: "b", metric: "mse", direction: "minimise" };
const RATING = { name: "b", metric: "human_score", direction: "maximise" };

/** What completes a benchmark without looking at labels. */
const defaults = (baselineValue: () => number) => ({ baselineValue, classes: () => undefined });

const parse = (fields: object): ReturnType<typeof parseSpec> => parseSpec(JSON.stringify(fields));

describe("evaluate: benchmark", () => {
  it("fills in every default", () => {
    expect(parse(ACCURACY)).to.deep.equal({
      ...ACCURACY,
      version: 2,
      classes: YES_NO,
      predictions: "score",
      threshold: 0.5,
      f: "identity",
      lo: 0,
      hi: 1,
      folds: 10,
      dealings: 10,
      seed: 1,
      alpha: 0.025,
      attempts: 10,
      minImprovementBps: 10,
      minSampleSize: 100,
      minRuns: 1,
      minLowerBoundBps: 1,
    });
  });

  it("keeps every stated field", () => {
    const stated = {
      version: 2,
      ...RATING,
      f: "ln",
      lo: 1,
      hi: 5,
      group: "annotator",
      column: "second",
      folds: 100,
      dealings: 1,
      seed: 0,
      alpha: 0.05,
      attempts: 1,
      minImprovementBps: 1000,
      minSampleSize: 4294967295,
      minRuns: 100,
      minLowerBoundBps: 10000,
      targetScore: 9100,
      guardrails: [{ metric: "custom", direction: "minimise", column: "latency", maxLoss: 0.5, blocking: false }],
    };
    expect(parse(stated)).to.deep.equal(stated);
  });

  it("keeps a cap, which no benchmark has by default", () => {
    const mae = { name: "b", metric: "mae", direction: "minimise", lo: 0, hi: 1 };
    expect(parseSpec(JSON.stringify({ ...mae, cap: 0.5 }))).to.include({ cap: 0.5 });
    expect(parseSpec(JSON.stringify(mae))).to.not.have.property("cap");
  });

  it("has the scale 0 … 1 if the metric has", () => {
    const unit = Object.entries(METRICS).filter(([, { range }]) => range === "unit");
    expect(unit.map(([name]) => name)).to.deep.equal([
      "accuracy",
      "precision",
      "recall",
      "f1",
      "roc_auc",
      "r2",
      "bleu",
      "rouge_l",
      "brier",
      "mcc",
      "balanced_accuracy",
      "average_precision",
      "macro_f1",
      "micro_f1",
      "weighted_f1",
      "macro_precision",
      "micro_precision",
      "weighted_precision",
      "macro_recall",
      "micro_recall",
      "weighted_recall",
      "macro_auc",
    ]);
    for (const [metric, { directions }] of unit)
      expect(parse({ name: "b", metric, direction: directions[0] })).to.include({ lo: 0, hi: 1 });
  });

  it("requires 100 examples by default, even with 100 folds", () => {
    expect(parse({ ...ACCURACY, folds: 100 }).minSampleSize).to.equal(100);
  });

  describe("completed from the baseline's value", () => {
    it("has the scale 0 … twice that value", () => {
      expect(
        completeSpec(
          JSON.stringify(MSE),
          defaults(() => 0.175551668585949),
        ),
      ).to.include({ lo: 0, hi: 0.351103337171898 });
    });

    it("keeps a stated scale", () => {
      const text = JSON.stringify({ ...MSE, lo: 0, hi: 3 });
      expect(
        completeSpec(
          text,
          defaults(() => expect.fail("not needed")),
        ),
      ).to.include({ lo: 0, hi: 3 });
    });

    it("refuses a baseline without error", () => {
      expectRefusal(
        () =>
          completeSpec(
            JSON.stringify(MSE),
            defaults(() => 0),
          ),
        "BAD_SPEC",
        "benchmark: lo is 0 and hi is 0, expected lo below hi",
      );
    });
  });

  it("takes the examples' labels as classes if several are possible and none are stated", () => {
    const complete = (metric: string) =>
      completeSpec(JSON.stringify({ ...ACCURACY, metric }), {
        baselineValue: () => 0,
        classes: () => [["a"], ["b"], ["c"]],
      });
    expect(complete("macro_f1")).to.deep.include({ classes: [["a"], ["b"], ["c"]], predictions: "class" });
    expect(complete("f1")).to.deep.include({ classes: YES_NO, predictions: "score" });
  });

  it("names the columns that it reads", () => {
    const guardrails = [
      { metric: "custom", column: "latency", atMost: 1 },
      { metric: "mae", column: "second", maxLoss: 0 },
      { metric: "r2", atLeast: 0 },
    ];
    const text = JSON.stringify({ ...MSE, column: "second", group: "user", guardrails });
    expect(wantedBy(text)).to.deep.equal({ group: "user", columns: ["second", "latency"] });
    expect(wantedBy(JSON.stringify(MSE))).to.deep.equal({ columns: [] });
  });

  it("tests each attempt at alpha over the attempts, exactly", () => {
    const { num, den } = levelOf({ alpha: 0.025, attempts: 10 });
    expect(num * 400n).to.equal(den);
  });

  it("draws enough resamples for the level: 25 beyond the end", () => {
    const resamples = (attempts: number) => parse({ ...ACCURACY, metric: "f1", attempts }).resamples;
    expect([1, 10, 11].map(resamples)).to.deep.equal([9999, 9999, 10999]);
  });

  describe("its hash", () => {
    const canonical =
      '{"alpha":0.025,"attempts":10,"classes":[["0","0.0","false","False"],["1","1.0","true","True"]],"dealings":10,"direction":"maximise",' +
      '"f":"identity","folds":10,"guardrails":[{"atLeast":0.5,"blocking":true,"direction":"maximise","metric":"r2"}],"hi":1,"lo":0,' +
      '"metric":"accuracy","minImprovementBps":10,"minLowerBoundBps":1,"minRuns":1,"minSampleSize":100,"name":"b",' +
      '"predictions":"score","seed":1,"threshold":0.5,"version":2}';
    const guarded = { ...ACCURACY, guardrails: [{ metric: "r2", atLeast: 0.5 }] };

    it("is keccak256 of the JSON with sorted keys and no space", () => {
      expect(canonicalSpec(parse(guarded))).to.equal(canonical);
      expect(hashSpec(parse(guarded))).to.equal(keccak256(toUtf8Bytes(canonical)));
    });

    it("is the same whatever the layout of the file, and whether or not a default is stated", () => {
      const text = '{ "direction": "maximise",\n "lo": 0.0, "hi": 1e0, "metric": "accuracy", "name": "b", "seed": 1 }';
      expect(hashSpec(parseSpec(text))).to.equal(hashSpec(parse(ACCURACY)));
    });

    it("changes with every field", () => {
      const changes = {
        name: "c",
        hi: 0.9,
        threshold: 0.4,
        folds: 9,
        seed: 2,
        dealings: 9,
        alpha: 0.02,
        attempts: 9,
        classes: ["0", "1"],
        predictions: "class",
        group: "g",
        column: "c",
        targetScore: 9000,
        guardrails: guarded.guardrails,
        minImprovementBps: 11,
        minSampleSize: 101,
        minRuns: 2,
        minLowerBoundBps: 2,
      };
      const hashes = Object.entries(changes).map(([key, value]) =>
        hashSpec(parse({ ...ACCURACY, lo: 0, hi: 1, [key]: value })),
      );
      expect(new Set([...hashes, hashSpec(parse(ACCURACY))]).size).to.equal(hashes.length + 1);
    });

    it("of credit-default is the registered one", () => {
      const spec = parseSpec(readFileSync(resolve(CREDIT_DEFAULT, "benchmark.json"), "utf8"));
      expect(hashSpec(spec)).to.equal("0x9155f56045991cc13db7b3e6a0d4afc4a8006c5d18f6601b180587d0aadeb250");
    });
  });

  describe("refuses", () => {
    const metrics = Object.keys(METRICS).join(", ");
    const bounds = (key: string, min: number, max: number): [object, string][] =>
      [min - 1, max + 1, min + 0.5, String(min), null].map((value) => [
        { ...ACCURACY, [key]: value },
        `${key} is ${JSON.stringify(value)}, expected an integer from ${min} to ${max}`,
      ]);
    const cases: [object, string][] = [
      [{ metric: "mse", direction: "minimise" }, "name is missing, expected name, metric, direction"],
      [{ name: "b", direction: "minimise" }, "metric is missing, expected name, metric, direction"],
      [{ name: "b", metric: "mse" }, "direction is missing, expected name, metric, direction"],
      [{ ...ACCURACY, name: "" }, 'name is "", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
      [{ ...ACCURACY, name: "a b" }, 'name is "a b", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
      [{ ...ACCURACY, name: 7 }, "name is 7, expected 1 to 64 characters of A-Z a-z 0-9 . _ -"],
      [{ ...ACCURACY, metric: "auc" }, `metric is "auc", expected ${metrics}`],
      [{ ...ACCURACY, metric: "toString" }, `metric is "toString", expected ${metrics}`],
      [{ ...ACCURACY, direction: "minimise" }, 'direction is "minimise", expected maximise'],
      [{ ...ACCURACY, version: 1 }, "version is 1, expected 2"],
      [{ ...ACCURACY, alpha: 0.06 }, "alpha is 0.06, expected a number from 0.0001 to 0.05"],
      [{ ...ACCURACY, alpha: 0 }, "alpha is 0, expected a number from 0.0001 to 0.05"],
      [{ ...ACCURACY, group: "label" }, 'group is "label", expected the name of a column of its own'],
      [{ ...ACCURACY, column: "a b" }, 'column is "a b", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
      [{ ...ACCURACY, predictions: "logit" }, 'predictions is "logit", expected score, class'],
      [{ ...ACCURACY, classes: ["a", "b", "c"], predictions: "score" }, 'predictions is "score", expected class'],
      [{ ...ACCURACY, predictions: "class", threshold: 0.5 }, '"threshold" means nothing for the metric accuracy'],
      ...[["a"], "a", ["a", "a"], ["a", []], ["a", " "], ["a", 1], Array.from({ length: 101 }, (_, i) => `c${i}`)].map(
        (classes): [object, string] => [
          { ...ACCURACY, classes },
          `classes is ${show(classes)}, expected 2 to 100 classes, each a name or a list of names, every name once and not empty`,
        ],
      ),
      [
        { ...ACCURACY, metric: "f1", classes: ["a", "b", "c"] },
        'classes is ["a","b","c"], expected two classes, each a name or a list of names, every name once and not empty',
      ],
      [
        { name: "b", metric: "bleu", direction: "maximise", tokeniser: "moses" },
        'tokeniser is "moses", expected whitespace, 13a, rouge',
      ],
      [{ ...MSE, cap: 0, lo: 0, hi: 1 }, "cap is 0, expected more than 0"],
      [{ ...MSE, cap: "1", lo: 0, hi: 1 }, 'cap is "1", expected a number'],
      [{ ...ACCURACY, cap: 1 }, '"cap" means nothing for the metric accuracy'],
      ...([{}, [], [1], Array(21).fill({ metric: "r2", atLeast: 0 })] as unknown[]).map(
        (guardrails): [object, string] => [
          { ...ACCURACY, guardrails },
          `guardrails is ${show(guardrails)}, expected a list of 1 to 20 objects`,
        ],
      ),
      ...(
        [
          [{ metric: "r3", atLeast: 0 }, `metric is "r3", expected ${Object.keys(METRICS).join(", ")}`],
          [{ metric: "r2" }, "atLeast: 0 bounds are stated, expected one of atLeast, atMost, maxLoss"],
          [
            { metric: "r2", atMost: 1, maxLoss: 1 },
            "atMost: 2 bounds are stated, expected one of atLeast, atMost, maxLoss",
          ],
          [{ metric: "r2", atLeast: "0" }, 'atLeast is "0", expected a number'],
          [{ metric: "r2", maxLoss: -0.1 }, "maxLoss is -0.1, expected 0 or more"],
          [{ metric: "r2", atLeast: 0, blocking: 1 }, "blocking is 1, expected true or false"],
          [{ metric: "r2", atLeast: 0, direction: "minimise" }, 'direction is "minimise", expected maximise'],
        ] as [object, string][]
      ).map(([guardrail, message]): [object, string] => [
        { ...ACCURACY, guardrails: [guardrail] },
        `guardrails[0].${message}`,
      ]),
      [{ ...ACCURACY, f: "log" }, 'f is "log", expected identity, ln'],
      [{ ...ACCURACY, threshold: "0.5" }, 'threshold is "0.5", expected a number'],
      [{ ...ACCURACY, lo: 0, hi: "1" }, 'hi is "1", expected a number'],
      [{ ...ACCURACY, lo: 1, hi: 1 }, "lo is 1 and hi is 1, expected lo below hi"],
      [{ ...ACCURACY, hi: 1 }, "lo and hi must be stated together"],
      [{ ...MSE, lo: 0 }, "lo and hi must be stated together"],
      [{ ...MSE, f: "ln" }, "lo and hi are missing, expected both with f ln"],
      [{ ...MSE, f: "ln", lo: 0, hi: 1 }, "lo is 0, expected more than 0 with f ln"],
      [RATING, "lo and hi are missing, expected the ends of the scale of human_score"],
      [MSE, "lo and hi are missing, expected lo 0 and hi twice the baseline's value; --complete fills them in"],
      [{ ...ACCURACY, fold: 5 }, '"fold" means nothing for the metric accuracy'],
      [{ ...MSE, lo: 0, hi: 1, threshold: 0.5 }, '"threshold" means nothing for the metric mse'],
      [
        { name: "b", metric: "roc_auc", direction: "maximise", resamples: 999 },
        '"resamples" means nothing for the metric roc_auc',
      ],
      ...bounds("folds", 2, 100),
      ...bounds("seed", 0, 2147483647),
      ...bounds("dealings", 1, 100),
      ...bounds("attempts", 1, 1000),
      ...bounds("targetScore", 1, 10000),
      [{ ...ACCURACY, metric: "f1", resamples: 9998 }, "resamples is 9998, expected an integer from 9999 to 1000000"],
      [
        { ...ACCURACY, metric: "f1", attempts: 100, resamples: 9999 },
        "resamples is 9999, expected an integer from 99999 to 1000000",
      ],
      ...bounds("minImprovementBps", 10, 1000),
      ...bounds("minSampleSize", 20, 4294967295),
      ...bounds("minRuns", 1, 10),
      ...bounds("minLowerBoundBps", 1, 10000),
      [{ ...ACCURACY, folds: 30, minSampleSize: 29 }, "minSampleSize is 29, expected an integer from 30 to 4294967295"],
    ];
    for (const [fields, message] of cases) {
      it(`${JSON.stringify(fields)}`, () => {
        expectRefusal(() => parse(fields), "BAD_SPEC", `benchmark: ${message}`);
      });
    }

    for (const text of ["[]", "null", "3"]) {
      it(`the JSON ${text}`, () => {
        expectRefusal(() => parseSpec(text), "BAD_SPEC", `benchmark: ${text}, expected a JSON object`);
      });
    }

    it("text that is not JSON", () => {
      expect(() => parseSpec("{,\n\n"))
        .to.throw(Refusal, /^benchmark: line 1, column 2: not valid JSON, .*position 1.*$/)
        .with.property("code", "EVALUATION_REFUSED");
    });

    it("a threshold too large for a double", () => {
      expectRefusal(
        () => parseSpec(JSON.stringify(ACCURACY).replace("}", ',"threshold":1e999}')),
        "BAD_SPEC",
        "benchmark: threshold is null, expected a number",
      );
    });
  });

  it("accepts the bounds of every field", () => {
    const lowest = {
      seed: 0,
      dealings: 1,
      attempts: 1,
      minImprovementBps: 10,
      minSampleSize: 20,
      minRuns: 1,
      minLowerBoundBps: 1,
    };
    expect(parse({ ...ACCURACY, ...lowest, folds: 2 })).to.include({ ...lowest, folds: 2 });
    const highest = {
      seed: 2147483647,
      dealings: 100,
      attempts: 1000,
      minImprovementBps: 1000,
      minRuns: 100,
      minLowerBoundBps: 10000,
    };
    expect(parse({ ...ACCURACY, ...highest, folds: 100 })).to.include({ ...highest, folds: 100 });
  });
});
