// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Model } from "../../../sdk/evaluation/comparison";
import { Examples } from "../../../sdk/evaluation/examples";
import { METRIC_CODES, METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { NgramCounter, rougeL } from "../../../sdk/evaluation/text";
import { TOKENISERS } from "../../../sdk/evaluation/tokenisers";
import { REFERENCE } from "./textbook";
import { creditDefault, examplesOf, expectRefusal, pairsOf, randomExamples, readingOf, valueOf } from "./support";

const NAMES = Object.keys(METRICS) as MetricName[];
const MODELS: Model[] = ["baseline", "candidate"];
const ROUNDING = 1e-13;
/** Logarithmic losses are rounded to 1e-12 one by one, and their bounds are as far apart. */
const LOSS_UNIT = 2e-12;

/** The metric of a list of labels and predictions. */
function valueOfRows(metric: MetricName, rows: readonly (readonly [string, string])[]): number {
  return valueOf(metric, examplesOf(rows.map(([label, prediction]) => [label, prediction, prediction])));
}

/** The tokens of texts as numbers that are equal where the tokens are. */
function tokensOf(...texts: readonly string[]): Uint32Array[] {
  const known = new Map<string, number>();
  return texts.map((text) =>
    Uint32Array.from(TOKENISERS.whitespace(text), (token) => {
      const number = known.get(token) ?? known.size;
      known.set(token, number);
      return number;
    }),
  );
}

function rouge(reference: string, hypothesis: string): number {
  const [expected, given] = tokensOf(reference, hypothesis) as [Uint32Array, Uint32Array];
  const [common, length] = rougeL(expected, given);
  return common / length;
}

/** Clipped matches of 1- to 4-grams. */
function matches(reference: string, hypothesis: string): number[] {
  const [expected, given] = tokensOf(reference, hypothesis) as [Uint32Array, Uint32Array];
  const counter = new NgramCounter();
  counter.refer(expected);
  return [...counter.matches(given)];
}

describe("evaluate: metrics", () => {
  it("cover every metric of the reference", () => {
    expect(NAMES).to.deep.equal(Object.keys(REFERENCE));
  });

  it("have the codes of the enum on chain", () => {
    const source = readFileSync(resolve(__dirname, "../../../contracts/types/ModelTypes.sol"), "utf8");
    const [, names = ""] = /enum Metric \{([^}]*)\}/.exec(source) ?? [];
    const codes = names.split(",").map((name, code) => [name.trim().toLowerCase(), code]);
    expect(METRIC_CODES).to.deep.equal(Object.fromEntries(codes));
  });

  for (const name of NAMES) {
    it(`${name} agrees with its textbook definition`, () => {
      for (const seed of [1, 2, 3]) {
        const examples = randomExamples(name, 50, seed);
        for (const model of MODELS) {
          expect(valueOf(name, examples, model)).to.be.closeTo(
            REFERENCE[name](pairsOf(examples, model)),
            name === "log_loss" ? LOSS_UNIT : ROUNDING,
          );
        }
      }
    });
  }

  describe("of credit-default", () => {
    // Python's fractions and mpmath; scikit-learn's values agree to the digits it prints.
    const expected: [MetricName, number, number][] = [
      ["accuracy", 0.744, 0.771],
      ["precision", 0.6235955056179775, 0.6820512820512821],
      ["recall", 0.37, 0.44333333333333336],
      ["f1", 0.46443514644351463, 0.5373737373737374],
      ["roc_auc", 0.749352380952381, 0.7988571428571428],
      ["mse", 0.175551668585949, 0.159472309916345],
      ["rmse", 0.4189888645130667, 0.3993398426357493],
      ["mae", 0.349309765, 0.329126133],
      ["r2", 0.16403967340024286, 0.24060804801740476],
      ["brier", 0.175551668585949, 0.159472309916345],
    ];
    for (const [name, baseline, candidate] of expected) {
      it(`${name} is ${baseline} and ${candidate}`, () => {
        expect(MODELS.map((model) => valueOf(name, creditDefault(), model))).to.deep.equal([baseline, candidate]);
      });
    }
  });

  describe("of classes", () => {
    it("count a score at the threshold as positive, just below it as negative", () => {
      const rows: [string, string][] = [
        ["1", "0.5"],
        ["0", "0.49999999999999999999999"],
      ];
      expect(valueOfRows("accuracy", rows)).to.equal(1);
    });

    it("leave precision undefined and F1 at 0 if nothing is predicted positive", () => {
      const examples = examplesOf([
        ["1", "0.1", "0.1"],
        ["0", "0.1", "0.1"],
      ]);
      const whole = { of: new Uint8Array(2), count: 1 };
      expect(
        METRICS.precision.compare(Examples.of(examples), readingOf("precision")).values("baseline", whole),
      ).to.deep.equal([undefined]);
      expect(valueOf("f1", examples)).to.equal(0);
    });

    it("refuse a label that is neither 0 nor 1", () => {
      for (const label of ["2", "1.5", "yes", " 1"]) {
        const examples = examplesOf([
          ["0", "0.1", "0.1"],
          [label, "0.1", "0.1"],
        ]);
        const message = `example "e000001", column label: "${label}", expected one of 0, 1`;
        expectRefusal(() => valueOf("accuracy", examples), "BAD_LABEL", message);
        expectRefusal(() => valueOf("roc_auc", examples), "BAD_LABEL", message);
      }
    });

    for (const label of ["0", "1"]) {
      it(`refuse labels that are all ${label}`, () => {
        const examples = randomExamples("f1", 30, 1).map((example) => ({ ...example, label }));
        for (const name of ["accuracy", "precision", "recall", "f1", "roc_auc"] as const) {
          expectRefusal(
            () => valueOf(name, examples),
            "SINGLE_CLASS",
            `all 30 labels are ${label}, expected both classes`,
          );
        }
      });
    }
  });

  describe("of numbers", () => {
    for (const name of ["accuracy", "roc_auc", "mse", "rmse", "mae", "r2", "human_score"] as const) {
      it(`${name} refuses what is not a finite number`, () => {
        for (const text of ["NaN", "inf", "-Infinity", "", "1e400", "x"]) {
          const examples = randomExamples(name, 30, 1);
          examples.splice(2, 1, { id: "bad", label: "1", baseline: "1", candidate: text });
          const message = `example "bad", column candidate: "${text}", expected a finite decimal number`;
          expectRefusal(() => valueOf(name, examples), "NOT_A_NUMBER", message);
        }
      });
    }

    it("refuse a label that is not a number", () => {
      const message = 'example "e000000", column label: "NaN", expected a finite decimal number';
      expectRefusal(() => valueOfRows("mse", [["NaN", "1"]]), "NOT_A_NUMBER", message);
    });

    it("add decimals exactly where doubles do not", () => {
      const rows: [string, string][] = [
        ["0", "0.1"],
        ["0", "0.2"],
      ];
      expect((0.1 + 0.2) / 2).to.not.equal(0.15);
      expect(valueOfRows("mae", rows)).to.equal(0.15);
    });

    it("give R² of 1 without errors, 0 for the mean, and none for constant labels", () => {
      expect(
        valueOfRows("r2", [
          ["1", "1"],
          ["3", "3"],
        ]),
      ).to.equal(1);
      expect(
        valueOfRows("r2", [
          ["1", "2"],
          ["3", "2"],
        ]),
      ).to.equal(0);
      expect(() =>
        valueOfRows("r2", [
          ["2", "1"],
          ["2", "3"],
        ]),
      ).to.throw("r2 is undefined");
    });
  });

  describe("perplexity", () => {
    it("is 1 for tokens that each have the probability 1", () => {
      expect(valueOfRows("perplexity", [["text", "0 0.0 -0"]])).to.equal(1);
    });

    // mpmath: exp(7.600001 / 6)
    it("weights every token the same", () => {
      const rows: [string, string][] = [
        ["a", "-0.5 -1.25  -2"],
        ["b", " -0.1 "],
        ["c", "-3.75 -0.000001"],
      ];
      expect(valueOfRows("perplexity", rows)).to.equal(3.5490034058668227);
    });

    it("accepts the smallest log-probability, and refuses less, more than 0, and none", () => {
      expect(valueOfRows("perplexity", [["text", "-10000 0"]])).to.equal(Infinity);
      for (const text of ["-10000.001", "0.001", "", "nan"]) {
        expectRefusal(
          () => valueOfRows("perplexity", [["text", text]]),
          "NOT_A_NUMBER",
          `example "e000000", column baseline: "${text}", expected natural log-probabilities from -10000 to 0, separated by spaces`,
        );
      }
    });

    it("refuses another number of tokens for the candidate", () => {
      for (const [tokens, count] of [
        ["-1 -2 -3", 3],
        ["-1", 1],
      ] as const) {
        expectRefusal(
          () => valueOf("perplexity", examplesOf([["text", "-1 -2", tokens]])),
          "DIFFERENT_EXAMPLES",
          `example "e000000", column candidate: "${tokens}", expected 2 tokens as the baseline has, not ${count}`,
        );
      }
    });
  });

  describe("BLEU", () => {
    const GUIDE: [string, string] = [
      "It is a guide to action that ensures that the military will forever heed Party commands",
      "It is a guide to action which ensures that the military always obeys the commands of the party",
    ];

    it("clips n-grams as Papineni et al. do: 2 of 7 for seven times 'the'", () => {
      expect(matches("the cat is on the mat", "the the the the the the the")).to.deep.equal([2, 0, 0, 0]);
    });

    it("of Papineni's first candidate against its first reference is NLTK's 0.4118", () => {
      expect(matches(...GUIDE)).to.deep.equal([11, 8, 6, 4]);
      expect(valueOfRows("bleu", [GUIDE])).to.equal(0.41180376356915777);
    });

    it("adds counts over the corpus before dividing", () => {
      const history: [string, string] = [
        "he was interested in world history because he read the book",
        "he read the book because he was interested in world history",
      ];
      expect(valueOfRows("bleu", [GUIDE, history])).to.be.closeTo(0.5314082679468591, ROUNDING);
    });

    it("penalises a short candidate: 0.2722 for the storm on Mars", () => {
      const storm: [string, string] = [
        "The NASA Opportunity rover is battling a massive dust storm on Mars .",
        "A NASA rover is fighting a massive storm on Mars .",
      ];
      expect(valueOfRows("bleu", [storm])).to.be.closeTo(0.27221791225495623, ROUNDING);
    });

    it("is 1 for the reference itself and 0 without a common 4-gram or without any token", () => {
      expect(valueOfRows("bleu", [["a b c d e", "a b c d e"]])).to.equal(1);
      expect(valueOfRows("bleu", [["a b c d e", "a b c e d"]])).to.equal(0);
      expect(valueOfRows("bleu", [["a b c d e", ""]])).to.equal(0);
    });
  });

  describe("ROUGE-L", () => {
    const REFERENCE_TEXT = "police killed the gunman";

    it("gives Lin's examples their published scores", () => {
      expect(rouge(REFERENCE_TEXT, "police kill the gunman")).to.equal(0.75);
      expect(rouge(REFERENCE_TEXT, "the gunman kill police")).to.equal(0.5);
      expect(rouge(REFERENCE_TEXT, "the gunman police killed")).to.equal(0.5);
    });

    it("weighs recall and precision the same", () => {
      expect(rouge(REFERENCE_TEXT, "the gunman")).to.equal(2 / 3);
    });

    it("is 0 without a common token or without any", () => {
      expect([rouge("a b", "c d"), rouge("a b", ""), rouge(" ", "")]).to.deep.equal([0, 0, 0]);
    });

    it("is rounded to 15 decimals in each example and then averaged exactly", () => {
      expect(
        valueOfRows("rouge_l", [
          ["a b c", "a b c"],
          ["a b", "a"],
          ["a b", "c"],
        ]),
      ).to.equal(0.5555555555555557);
    });
  });
});
