// SPDX-License-Identifier: MIT
// Numbers that no double holds, texts that no buffer does, and other ends of what there may be.

import { expect } from "chai";
import { keccak256 } from "ethers";
import { completeSpecFor } from "../../../sdk/evaluation/completeSpec";
import { Examples } from "../../../sdk/evaluation/examples";
import { checkGuardrail } from "../../../sdk/evaluation/guardrails";
import { hashPredictions } from "../../../sdk/evaluation/hashes";
import * as evaluation from "../../../sdk/evaluation/index";
import { studentQuantile } from "../../../sdk/evaluation/quantiles";
import { show } from "../../../sdk/evaluation/refusal";
import { scaleOf } from "../../../sdk/evaluation/scale";
import { readTable } from "../../../sdk/evaluation/table";
import { Words } from "../../../sdk/evaluation/words";
import { REFERENCE } from "./textbook";
import { draws, estimateOf, examplesOf, expectRefusal, pairsOf, randomExamples, readingOf, valueOf } from "./support";

const LONG = "12345678901234567890";

describe("evaluate: numbers that no double holds", () => {
  it("are subtracted exactly, even beside decimals", () => {
    const rows = examplesOf([
      [LONG, `${LONG}.5`, "12345678901234567889"],
      [`-${LONG}`, `-${LONG}`, `-${LONG}`],
    ]);
    expect(valueOf("mae", rows, "baseline")).to.equal(0.25);
    expect(valueOf("mae", rows)).to.equal(0.5);
    expect(valueOf("mse", rows, "candidate", { cap: 0.25 })).to.equal(0.125);
  });

  it("have an exact R²", () => {
    const rows = examplesOf([
      ["12345678901234567890", "12345678901234567890", "12345678901234567891"],
      ["12345678901234567892", "12345678901234567892", "12345678901234567892"],
    ]);
    expect(valueOf("r2", rows, "baseline")).to.equal(1);
    expect(valueOf("r2", rows)).to.equal(0.5);
  });

  it("are ranked by every digit", () => {
    const rows = examplesOf([
      ["1", "0.12345678901234567891", "0.12345678901234567890"],
      ["0", "0.12345678901234567890", "0.12345678901234567891"],
    ]);
    expect([valueOf("roc_auc", rows, "baseline"), valueOf("roc_auc", rows)]).to.deep.equal([1, 0]);
    expect(valueOf("macro_auc", rows, "baseline")).to.equal(1);
  });

  it("are told apart by the sixteenth decimal for both classes", () => {
    const rows = examplesOf([
      ["1", "0.0000000000000001", "0.0000000000000001"],
      ["0", "0.0000000000000000", "0.0000000000000000"],
    ]);
    expect(valueOf("macro_auc", rows)).to.equal(1);
  });

  it("have the interval of small ones, on a scale that is larger by as much", () => {
    const small = randomExamples("custom", 60, 5);
    const large = small.map((example) => ({
      ...example,
      baseline: `${example.baseline}${"0".repeat(19)}`,
      candidate: `${example.candidate}${"0".repeat(19)}`,
    }));
    const { interval: near } = estimateOf(small, { metric: "custom", direction: "maximise", hi: 5 });
    const { interval: far } = estimateOf(large, { metric: "custom", direction: "maximise", hi: 5e19 });
    expect(far.lowBps).to.equal(near.lowBps);
    expect(Number(far.standardError) / 1e19).to.be.closeTo(Number(near.standardError), 1e-12);
  });

  it("are accepted as probabilities", () => {
    const rows = examplesOf([
      ["1", "0.50000000000000000000", "0.25000000000000000000"],
      ["0", "0.50000000000000000000", "0.25000000000000000000"],
    ]);
    expect(valueOf("brier", rows)).to.equal((0.5625 + 0.0625) / 2);
    expect(valueOf("log_loss", rows)).to.be.closeTo(-(Math.log(0.25) + Math.log(0.75)) / 2, 1e-11);
    expectRefusal(
      () =>
        valueOf(
          "brier",
          examplesOf([
            ["1", "0.5", "1.00000000000000000001"],
            ["0", "0", "0"],
          ]),
        ),
      "OUT_OF_RANGE",
      'example "e000000", column candidate: "1.00000000000000000001", expected probabilities from 0 to 1',
    );
  });

  it("are accepted as log-probabilities, however large their sum is", () => {
    const precise = `-${"0.6931471805599453094172321214581765680755"}`;
    const rows = examplesOf([["x", `${precise} ${precise}`, `-9999.99999999999 -9999.99999999999`]]);
    expect(valueOf("perplexity", rows, "baseline")).to.be.closeTo(2, 1e-15);
    const many = Array.from({ length: 20 }, () => "-9000.12345678901").join(" ");
    const few = Array.from({ length: 20 }, () => "-1").join(" ");
    expect(valueOf("perplexity", examplesOf([["x", many, few]]))).to.be.closeTo(Math.E, 1e-15);
  });

  it("have at most 400 decimals", () => {
    const at = (text: string) => () => valueOf("custom", examplesOf([["x", "1", text]]));
    expect(at("1e-400")()).to.equal(0);
    expectRefusal(
      at("1e-401"),
      "NOT_A_NUMBER",
      'example "e000000", column candidate: "1e-401", expected a finite decimal number',
    );
  });
});

describe("evaluate: texts that no buffer holds", () => {
  const draw = draws(5);
  const sentence = (length: number, words: number) => Array.from({ length }, () => `w${draw(words)}`).join(" ");

  it("have the textbook's BLEU", () => {
    const rows = examplesOf([
      [sentence(900, 40), sentence(700, 40), sentence(1900, 40)],
      ["a b c d e", "a b c d e", "a b c d f"],
    ]);
    for (const model of ["baseline", "candidate"] as const) {
      expect(valueOf("bleu", rows, model)).to.be.closeTo(REFERENCE.bleu(pairsOf(rows, model)), 1e-12);
    }
  });

  it("have a ROUGE-L that finds each word between others", () => {
    const words = Array.from({ length: 900 }, (_, i) => `w${i}`);
    const padded = words.map((word) => `x ${word} y`).join(" ");
    expect(valueOf("rouge_l", examplesOf([[words.join(" "), "w1 w0", padded]]))).to.equal((2 * 900) / (900 + 2700));
  });

  it("have a BLEU of 0 if no four words match, and still an interval", () => {
    const rows = examplesOf(Array.from({ length: 300 }, (_, i) => [`a b c d e`, "a b c x", i % 2 ? "a b y d" : "a b"]));
    expect(valueOf("bleu", rows)).to.equal(0);
    expect(estimateOf(rows, { metric: "bleu", tokeniser: "whitespace" }).interval.high).to.equal(0);
  });

  it("are hashed as JSON, with quotes and line breaks", () => {
    const long = `say "${"x".repeat(200_000)}"\n\\`;
    const list = [
      { id: 'a"', label: "0", baseline: "", candidate: long },
      { id: "b", label: "0", baseline: "", candidate: "\u0001 y" },
    ];
    expect(hashPredictions(Examples.of(list), "candidate")).to.equal(
      keccak256(Buffer.from(JSON.stringify(list.map(({ id, candidate }) => [id, candidate])))),
    );
  });
});

describe("evaluate: words", () => {
  const wordsOf = (...texts: string[]) => {
    const words = new Words();
    return { words, numbers: texts.map((text) => words.add(Buffer.from(text), 0, Buffer.from(text).length)) };
  };

  it("are told apart even if their hashes are equal", () => {
    for (const pair of [
      ["7yzx", "e6ad"],
      ["365ulb", "b9597854"],
    ]) {
      const { words, numbers } = wordsOf(...pair, ...pair);
      expect(numbers).to.deep.equal([0, 1, 0, 1]);
      expect([words.text(0), words.text(1)]).to.deep.equal(pair);
    }
  });

  it("are sorted, even if one is the beginning of another", () => {
    const { words } = wordsOf("b-and-more-of-it", "abcdefgh-longer", "abcdefgh", "abcdefghi");
    expect(Array.from(words.inOrder(), (word) => words.text(word))).to.deep.equal([
      "abcdefgh",
      "abcdefgh-longer",
      "abcdefghi",
      "b-and-more-of-it",
    ]);
  });
});

describe("evaluate: extreme intervals", () => {
  it("Student's quantile is that of SciPy for many degrees of freedom", () => {
    // scipy.stats.t.isf(0.05, [100, 1000]), rounded up.
    expect(studentQuantile(0.05, 100)).to.equal(1.660234327);
    expect(studentQuantile(0.05, 1000)).to.equal(1.646378818);
  });

  it("a bet bounds the worst possible candidate by the lowest possible value", () => {
    const rows = examplesOf(Array.from({ length: 300 }, () => ["0", "0", "1"]));
    const { low, lowBps } = estimateOf(rows, { metric: "mse", cap: 1 }).interval;
    expect([low, lowBps]).to.deep.equal([-1, -10_001]);
  });

  it("a resampled end just below a whole number of bps does not reach it", () => {
    // Only recall changes, from 20 of 40 to 40 of 40: on a scale that is a little wider than 1 no share of 40 is a whole number any more.
    const rows = Array.from({ length: 80 }, (_, i): [string, string, string] => {
      const label = i < 40 ? "1" : "0";
      return [label, i < 20 ? "1" : "0", label];
    });
    const bps = (hi: number) => estimateOf(examplesOf(rows), { metric: "recall", hi, resamples: 9999 }).interval;
    const exact = bps(1);
    const wider = bps(1 + 1e-10);
    expect(wider.low).to.equal(exact.low);
    const isWhole = Math.abs(10_000 * exact.low - Math.round(10_000 * exact.low)) < 1e-9;
    expect(wider.lowBps).to.equal(isWhole ? exact.lowBps - 1 : exact.lowBps);
  });

  it("a scale tells whether the fall of a loss reaches some bps", () => {
    const scale = scaleOf({ metric: "mae", direction: "minimise", f: "identity", lo: 0, hi: 2 });
    const value = (num: bigint) => ({ low: { num, den: 100n }, high: { num, den: 100n } });
    expect(scale.reaches(value(100n), value(90n), 500)).to.equal(true);
    expect(scale.reaches(value(100n), value(90n), 501)).to.equal(false);
    expect(scale.reaches(undefined, value(90n), 1)).to.equal(false);
    expect(scale.reaches(value(100n), undefined, 1)).to.equal(false);
  });

  it("a metric that is undefined without one example or one group is refused", () => {
    const rows = Array.from({ length: 300 }, (_, i): [string, string, string] => [i ? "1" : "2", "1.5", "1.6"]);
    expectRefusal(
      () => estimateOf(examplesOf(rows), { metric: "r2" }),
      "UNDEFINED_METRIC",
      'without example "e000000" the metric is undefined, expected more examples like it',
    );
    const groups = { of: Uint32Array.from(rows, (_, i) => Math.floor(i / 3)), count: 100 };
    expectRefusal(
      () => estimateOf(examplesOf(rows), { metric: "r2" }, { groups }),
      "UNDEFINED_METRIC",
      "without a group the metric is undefined, expected more examples like it",
    );
    const single = examplesOf(
      Array.from({ length: 300 }, (_, i) => [String(i % 2), i < 3 ? "1" : "0", i < 3 ? "1" : "0"]),
    );
    expect(estimateOf(single, { metric: "precision" }, { groups }).reasons).to.deep.include({
      code: "UNDEFINED_METRIC",
      message: "without one of the groups the metric is undefined, expected more groups",
    });
  });
});

describe("evaluate: missing input", () => {
  it("an empty list of examples gives no scale", () => {
    expectRefusal(
      () => completeSpecFor('{"name":"b","metric":"mse","direction":"minimise"}', Examples.of([])),
      "UNDEFINED_METRIC",
      "baseline: mse divides by zero on these examples, expected predictions for which it is defined",
    );
  });

  it("an empty list of examples gives no classes", () => {
    expectRefusal(() => valueOf("accuracy", []), "SINGLE_CLASS", "all 0 labels are 0, expected both classes");
  });

  it("a group or a column that one example lacks is an empty text", () => {
    const [first, second] = Examples.of([
      {
        id: "a",
        label: "0",
        baseline: "0",
        candidate: "0",
        group: "g",
        extra: { x: { baseline: "1", candidate: "2" } },
      },
      { id: "b", label: "0", baseline: "0", candidate: "0" },
    ]);
    expect([first?.group, first?.extra]).to.deep.equal(["g", { x: { baseline: "1", candidate: "2" } }]);
    expect([second?.group, second?.extra]).to.deep.equal(["", { x: { baseline: "", candidate: "" } }]);
  });

  it("undefined is shown as such", () => {
    expect(show(undefined)).to.equal("undefined");
  });

  it("an open quote in a last line without a line feed is refused", () => {
    expectRefusal(
      () => [...readTable({ name: "x", bytes: Buffer.from('a\n"b') }, ["a"])],
      "MALFORMED_FILE",
      'x line 2, field 1: "\\"b", expected a field in quotes with each quote in it doubled',
    );
  });

  it("an error of a guardrail that is not a refusal is thrown on", () => {
    const guardrail = { ...readingOf("mae"), metric: "none" as "mae", blocking: true, atMost: 1 };
    expect(() => checkGuardrail(Examples.of([]), guardrail)).to.throw(TypeError);
  });
});

describe("evaluate: the entry point of the library", () => {
  it("exports what a page or a program needs to evaluate", () => {
    expect(Object.values(evaluation)).to.not.include(undefined);
    expect(evaluation).to.include.keys("assess", "breakDown", "evaluate", "parseSpec", "readExamples", "reportPage");
  });
});
