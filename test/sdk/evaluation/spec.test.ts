// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { METRICS } from "../../../sdk/evaluation/metrics";
import { Refusal } from "../../../sdk/evaluation/refusal";
import { canonicalSpec, completeSpec, hashSpec, parseSpec } from "../../../sdk/evaluation/spec";
import { CREDIT_DEFAULT, expectRefusal } from "./support";

const ACCURACY = { name: "b", metric: "accuracy", direction: "maximise" };
const MSE = { name: "b", metric: "mse", direction: "minimise" };
const RATING = { name: "b", metric: "human_score", direction: "maximise" };

const parse = (fields: object): ReturnType<typeof parseSpec> => parseSpec(JSON.stringify(fields));

describe("evaluate: benchmark", () => {
  it("fills in every default", () => {
    expect(parse(ACCURACY)).to.deep.equal({
      ...ACCURACY,
      f: "identity",
      lo: 0,
      hi: 1,
      threshold: 0.5,
      folds: 10,
      seed: 1,
      resamples: 9999,
      minImprovementBps: 10,
      minSampleSize: 100,
      minRuns: 1,
      minLowerBoundBps: 1,
    });
  });

  it("keeps what is stated", () => {
    const stated = {
      ...RATING,
      f: "ln",
      lo: 1,
      hi: 5,
      folds: 100,
      seed: 0,
      resamples: 999,
      minImprovementBps: 1000,
      minSampleSize: 4294967295,
      minRuns: 100,
      minLowerBoundBps: 10000,
    };
    expect(parse(stated)).to.deep.equal(stated);
  });

  it("lives on 0 … 1 where the metric does", () => {
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
    ]);
    for (const [metric, { direction }] of unit)
      expect(parse({ name: "b", metric, direction })).to.include({ lo: 0, hi: 1 });
  });

  it("asks for as many examples as folds by default", () => {
    expect(parse({ ...ACCURACY, folds: 100 }).minSampleSize).to.equal(100);
  });

  describe("completed from the baseline's value", () => {
    it("lives on 0 … twice that value", () => {
      expect(completeSpec(JSON.stringify(MSE), () => 0.175551668585949)).to.include({ lo: 0, hi: 0.351103337171898 });
    });

    it("keeps a scale that is stated", () => {
      const text = JSON.stringify({ ...MSE, lo: 0, hi: 3 });
      expect(completeSpec(text, () => expect.fail("not needed"))).to.include({ lo: 0, hi: 3 });
    });

    it("refuses a baseline without error", () => {
      expectRefusal(
        () => completeSpec(JSON.stringify(MSE), () => 0),
        "BAD_SPEC",
        "benchmark: lo is 0 and hi is 0, expected lo below hi",
      );
    });
  });

  describe("its hash", () => {
    const canonical =
      '{"direction":"maximise","f":"identity","folds":10,"hi":1,"lo":0,"metric":"accuracy","minImprovementBps":10,"minLowerBoundBps":1,' +
      '"minRuns":1,"minSampleSize":100,"name":"b","resamples":9999,"seed":1,"threshold":0.5}';

    it("is keccak256 of the JSON with sorted keys and no space", () => {
      expect(canonicalSpec(parse(ACCURACY))).to.equal(canonical);
      expect(hashSpec(parse(ACCURACY))).to.equal(keccak256(toUtf8Bytes(canonical)));
    });

    it("is the same however the file is laid out and whether a default is stated", () => {
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
        resamples: 1000,
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

    it("of credit-default is the one that is registered", () => {
      const spec = parseSpec(readFileSync(resolve(CREDIT_DEFAULT, "benchmark.json"), "utf8"));
      expect(hashSpec(spec)).to.equal("0xe920eda04bd639851d1bdf37267f1f2c251b37f78d1093a0a1ab4e730a9fd4b7");
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
      [{ metric: "mse", direction: "minimise" }, "name is missing"],
      [{ name: "b", direction: "minimise" }, "metric is missing"],
      [{ name: "b", metric: "mse" }, "direction is missing"],
      [{ ...ACCURACY, name: "" }, 'name is "", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
      [{ ...ACCURACY, name: "a b" }, 'name is "a b", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
      [{ ...ACCURACY, name: 7 }, "name is 7, expected 1 to 64 characters of A-Z a-z 0-9 . _ -"],
      [{ ...ACCURACY, metric: "auc" }, `metric is "auc", expected ${metrics}`],
      [{ ...ACCURACY, metric: "toString" }, `metric is "toString", expected ${metrics}`],
      [{ ...ACCURACY, direction: "minimise" }, 'direction is "minimise", expected maximise'],
      [{ ...ACCURACY, f: "log" }, 'f is "log", expected identity, ln'],
      [{ ...ACCURACY, threshold: "0.5" }, 'threshold is "0.5", expected a number'],
      [{ ...ACCURACY, lo: 0, hi: "1" }, 'hi is "1", expected a number'],
      [{ ...ACCURACY, lo: 1, hi: 1 }, "lo is 1 and hi is 1, expected lo below hi"],
      [{ ...ACCURACY, hi: 1 }, "lo and hi must be stated together"],
      [{ ...MSE, lo: 0 }, "lo and hi must be stated together"],
      [{ ...MSE, f: "ln" }, "lo and hi are missing, expected both with f ln"],
      [{ ...MSE, f: "ln", lo: 0, hi: 1 }, "lo is 0, expected more than 0 with f ln"],
      [RATING, "lo and hi are missing, expected the ends of the human scale"],
      [MSE, "lo and hi are missing, expected lo 0 and hi twice the baseline's value; --complete fills them in"],
      [{ ...ACCURACY, fold: 5 }, "fold means nothing for the metric accuracy"],
      [{ ...MSE, lo: 0, hi: 1, threshold: 0.5 }, "threshold means nothing for the metric mse"],
      [
        { name: "b", metric: "roc_auc", direction: "maximise", resamples: 999 },
        "resamples means nothing for the metric roc_auc",
      ],
      ...bounds("folds", 2, 100),
      ...bounds("seed", 0, 2147483647),
      ...bounds("resamples", 999, 1000000),
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
        expectRefusal(() => parseSpec(text), "BAD_SPEC", "benchmark: expected a JSON object");
      });
    }

    it("text that is not JSON", () => {
      expect(() => parseSpec("{,\n\n"))
        .to.throw(Refusal, /^benchmark: not valid JSON, .*position 1.*$/)
        .with.property("code", "BAD_SPEC");
    });

    it("a threshold too large for a double", () => {
      expectRefusal(
        () => parseSpec(JSON.stringify(ACCURACY).replace("}", ',"threshold":1e999}')),
        "BAD_SPEC",
        "benchmark: threshold is null, expected a number",
      );
    });
  });

  it("accepts every bound", () => {
    const lowest = {
      seed: 0,
      resamples: 999,
      minImprovementBps: 10,
      minSampleSize: 20,
      minRuns: 1,
      minLowerBoundBps: 1,
    };
    expect(parse({ ...ACCURACY, ...lowest, folds: 2 })).to.include({ ...lowest, folds: 2 });
    const highest = {
      seed: 2147483647,
      resamples: 1000000,
      minImprovementBps: 1000,
      minRuns: 100,
      minLowerBoundBps: 10000,
    };
    expect(parse({ ...ACCURACY, ...highest, folds: 100 })).to.include({ ...highest, folds: 100 });
  });
});
