// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import { Examples, type Example } from "../../../sdk/evaluation/examples";
import { compare, exponential, fraction } from "../../../sdk/evaluation/fraction";
import { hashPredictions } from "../../../sdk/evaluation/hashes";
import { Lines } from "../../../sdk/evaluation/lines";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { requireChanges } from "../../../sdk/evaluation/minima";
import { htmlTable } from "../../../sdk/evaluation/page";
import { readExamples } from "../../../sdk/evaluation/readExamples";
import { rougeL } from "../../../sdk/evaluation/text";
import { buildSpec, csvFile, draws, estimateOf, examplesOf, readingOf, termsOf, valueOf } from "./support";

const boundsOf = (metric: MetricName, examples: readonly Example[]) => {
  const whole = { of: new Uint8Array(examples.length), count: 1 };
  return METRICS[metric].compare(Examples.of(examples), readingOf(metric)).values("candidate", whole)[0]!;
};

describe("evaluate: exact figures", () => {
  it("the average precision of a perfect ranking is exactly 1", () => {
    const { low, high } = boundsOf("average_precision", examplesOf([["1", "0.5", "0.9"], ["0", "0.5", "0.1"]])); // prettier-ignore
    expect([compare(low, fraction(1n)), compare(high, fraction(1n))]).to.deep.equal([0, 0]);
  });

  it("perplexity keeps sums that doubles would round", () => {
    const { low, high } = boundsOf("perplexity", examplesOf([["t", "-1 -1", "-0.12345678901234567 -0.5"]]));
    const exact = exponential(fraction(62345678901234567n, 2n * 10n ** 17n));
    expect(compare(low, exact.high)).to.equal(-1);
    expect(compare(exact.low, high)).to.equal(-1);
  });

  it("the interval of R² does not depend on the distance of labels from 0, even if they are no safe integers", () => {
    const draw = draws(4);
    const rows = Array.from({ length: 240 }, () => [draw(1000), draw(200) - 100, draw(100) - 50] as const);
    const lowOf = (offset: bigint): number => {
      const text = (value: number) => String(offset + BigInt(value));
      const examples = examplesOf(rows.map(([y, before, after]) => [text(y), text(y + before), text(y + after)]));
      return estimateOf(examples, { metric: "r2" }).interval.low;
    };
    expect(lowOf(10n ** 18n)).to.be.closeTo(lowOf(0n), 1e-12);
  });

  describe("of an accuracy", () => {
    const disagreeing = (size: number, gained: number, lost: number) =>
      examplesOf(
        Array.from({ length: size }, (_, i): [string, string, string] => {
          const [right, wrong] = [String(i % 2), String(1 - (i % 2))];
          return [right, i < gained ? wrong : right, i >= gained && i < gained + lost ? wrong : right];
        }),
      );

    it("the standard error is √(D − Δ² / n) / n", () => {
      // 90 gained and 63 lost of 1,000: √(153 − 27² / 1,000) / 1,000.
      const { interval } = estimateOf(disagreeing(1000, 90, 63), { metric: "accuracy" });
      expect(interval.standardError).to.be.closeTo(Math.sqrt(152.271) / 1000, 1e-15);
    });

    it("the bound without variance is the difference itself", () => {
      expect(estimateOf(disagreeing(200, 200, 0), { metric: "accuracy" }).interval.lowBps).to.equal(10_000);
    });
  });

  it("ROUGE-L counts long texts in full", () => {
    // Only the 600 tokens in the middle are common: 2 · 600 / (602 + 602).
    const middle = Array.from({ length: 600 }, (_, i) => i + 10);
    expect(rougeL(Uint32Array.of(1, ...middle, 2), Uint32Array.of(3, ...middle, 4))).to.deep.equal([1200, 1204]);
  });
});

describe("evaluate: texts as they stand in the file", () => {
  it("a backslash is escaped in the hash of predictions", () => {
    const examples = Examples.of([{ id: "a", label: "1", baseline: "0", candidate: "x\\y" }]);
    expect(hashPredictions(examples, "candidate")).to.equal(keccak256(Buffer.from('[["a","x\\\\y"]]')));
  });

  it("lists of probabilities may have white space around them", () => {
    const examples = examplesOf([["1", "0.5 0.5", " 0.5 0.5 "], ["0", "0.5 0.5", "0.5 0.5"]]); // prettier-ignore
    expect(valueOf("brier", examples)).to.equal(0.25);
  });

  it("lines of white space are blank", () => {
    const lines = new Lines("f", Buffer.from("a\n \t\nb"));
    const numbers: number[] = [];
    while (lines.nextFilled()) numbers.push(lines.number);
    expect(numbers).to.deep.equal([1, 3]);
  });

  it("JSON Lines may begin with white space", () => {
    const row = JSON.stringify({ id: "a", label: "1", baseline: "0", candidate: "1" });
    expect([...readExamples(csvFile(`  ${row}\n`))].map(({ id }) => id)).to.deep.equal(["a"]);
  });
});

describe("evaluate: wording", () => {
  it("of too few changes names the examples whose classes changed", () => {
    expect(requireChanges(3, termsOf(buildSpec()))[0]?.message).to.equal(
      "3 examples that the models put into different classes, expected at least 100",
    );
  });

  it("of a table's header stands in header cells", () => {
    expect(htmlTable("c", ["a", "b"], [], [1])).to.include('<tr><th>a</th><th class="number">b</th></tr>');
  });
});
