// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { breakDown } from "../../../sdk/evaluation/breakdown";
import { assess } from "../../../sdk/evaluation/evaluate";
import { Examples, type Example } from "../../../sdk/evaluation/examples";
import { axisOf } from "../../../sdk/evaluation/page";
import { breakdownPlots } from "../../../sdk/evaluation/plots";
import { reportPage } from "../../../sdk/evaluation/report";
import { parseSpec } from "../../../sdk/evaluation/spec";
import { creditDefault, examplesOf } from "./support";

const ACCURACY = { name: "b", metric: "accuracy", direction: "maximise" };
const BRIER = { name: "b", metric: "brier", direction: "minimise" };
const MAE = { name: "b", metric: "mae", direction: "minimise", lo: 0, hi: 9 };

function brokenDown(fields: object, list: readonly Example[]) {
  return breakDown(Examples.of(list), parseSpec(JSON.stringify(fields)));
}

function pageOf(fields: object, list: readonly Example[]): string {
  const [spec, examples] = [parseSpec(JSON.stringify(fields)), Examples.of(list)];
  return reportPage(assess({ spec, examples }), breakDown(examples, spec));
}

describe("evaluate: breakdown", () => {
  describe("of classes", () => {
    const rows = examplesOf([
      ["cat", "cat", "cat"],
      ["cat", "dog", "cat"],
      ["dog", "dog", "cat"],
      ["cow", "cow", "cow"],
    ]);
    const spec = { ...ACCURACY, classes: ["cat", "dog", "cow"] };

    it("counts which class each was taken for, and has nothing else", () => {
      expect(brokenDown(spec, rows)).to.deep.equal({
        confusion: {
          names: ["cat", "dog", "cow"],
          counts: {
            baseline: [
              [1, 1, 0],
              [0, 1, 0],
              [0, 0, 1],
            ],
            candidate: [
              [2, 0, 0],
              [1, 0, 0],
              [0, 0, 1],
            ],
          },
        },
      });
    });

    it("leaves out more than twelve classes", () => {
      const names = Array.from({ length: 13 }, (_, i) => `c${i}`);
      expect(
        brokenDown({ ...ACCURACY, classes: names }, examplesOf(names.map((name) => [name, name, name]))),
      ).to.deep.equal({});
    });

    it("shows a class without examples", () => {
      const page = pageOf({ ...spec, classes: [...spec.classes, "none"] }, rows);
      expect(page).to.include('<td>none</td><td class="number">0</td><td class="number">0</td>');
      expect(page).to.include('<td class="number">–</td></tr>');
      expect(page).to.include('<td>cat</td><td class="number">2</td>').and.include('<td class="number">50 %</td>');
    });
  });

  describe("of probabilities", () => {
    it("compares each tenth's mean with how often it was true", () => {
      const rows = examplesOf([
        ["1", "0.95", "1"],
        ["0", "0.91", "0.15"],
        ["0", "0.05", "0.1"],
      ]);
      const { calibration } = brokenDown(BRIER, rows);
      expect(calibration?.baseline).to.deep.equal([
        { count: 1, predicted: 0.05, observed: 0 },
        { count: 2, predicted: (0.95 + 0.91) / 2, observed: 0.5 },
      ]);
      expect(calibration?.candidate).to.deep.equal([
        { count: 2, predicted: 0.125, observed: 0 },
        { count: 1, predicted: 1, observed: 1 },
      ]);
    });

    it("counts each of several classes", () => {
      const rows = examplesOf([
        ["a", "0.5 0.3 0.2", "1 0 0"],
        ["b", "0.5 0.3 0.2", "0 1 0"],
        ["c", "0.5 0.3 0.2", "0 0 1"],
      ]);
      const { calibration } = brokenDown({ ...BRIER, classes: ["a", "b", "c"] }, rows);
      expect(calibration?.baseline.map(({ count, observed }) => [count, observed])).to.deep.equal([
        [3, 1 / 3],
        [3, 1 / 3],
        [3, 1 / 3],
      ]);
      expect(calibration?.candidate.map(({ count, observed }) => [count, observed])).to.deep.equal([
        [6, 0],
        [3, 1],
      ]);
    });

    it("is left out for scores that are not probabilities", () => {
      const rows = examplesOf([
        ["1", "0.9", "2"],
        ["0", "0.2", "1"],
      ]);
      expect(brokenDown({ ...ACCURACY, metric: "roc_auc" }, rows)).to.deep.equal({});
    });

    it("appears on the page", () => {
      const page = pageOf({ ...ACCURACY, metric: "roc_auc" }, creditDefault());
      expect(page).to.include("<h2>Calibration</h2>").and.not.include("<h2>Confusion</h2>");
      expect(page.match(/<circle [^>]*><title>\d+ examples<\/title>/g)).to.have.length(18);
    });
  });

  describe("of numbers", () => {
    it("counts errors in equal intervals, the outer ones of which hold the outliers", () => {
      const rows = examplesOf(
        Array.from({ length: 240 }, (_, i) => ["0", String(i % 24), i === 0 ? "1000" : i === 1 ? "-1000" : "12"]),
      );
      const { residuals } = brokenDown(MAE, rows);
      expect([residuals?.from, residuals?.to]).to.deep.equal([0, 23]);
      expect(residuals?.counts.baseline).to.deep.equal([...new Array<number>(23).fill(10), 10]);
      const candidate = new Array<number>(24).fill(0);
      [candidate[0], candidate[12], candidate[23]] = [1, 238, 1];
      expect(residuals?.counts.candidate).to.deep.equal(candidate);
      expect(pageOf(MAE, rows)).to.include("<h2>Errors</h2>");
    });

    it("copes with errors that are all the same", () => {
      const rows = examplesOf(Array.from({ length: 40 }, () => ["1", "2", "2"]));
      const { residuals } = brokenDown(MAE, rows);
      expect([residuals?.from, residuals?.to, residuals?.counts.baseline[0]]).to.deep.equal([1, 1, 40]);
      expect(pageOf(MAE, rows)).to.not.match(/NaN|Infinity/);
    });
  });

  describe("of groups", () => {
    const grouped = (count: number) =>
      Array.from({ length: 4 * count }, (_, i) => ({
        id: `e${String(i).padStart(4, "0")}`,
        label: String(i % 2),
        baseline: i % 3 ? "0.9" : "0.1",
        candidate: i % 2 ? "0.9" : "0.1",
        group: `g${i % count}`,
      }));

    it("has the metric of each of the largest groups, and of all others together", () => {
      const list = [
        ...grouped(25),
        ...grouped(1).map((example) => ({ ...example, id: `x${example.id}`, group: "g24" })),
      ];
      const { groups } = brokenDown({ ...ACCURACY, group: "group" }, list);
      expect(groups).to.have.length(21);
      expect(groups?.[0]).to.deep.include({ name: "g24", size: 8, candidate: 1 });
      expect(groups?.[1]).to.deep.include({ name: "g0", size: 4, candidate: 1 });
      expect(groups?.[20]).to.deep.include({ name: "5 others", size: 20, candidate: 1 });
      for (const { baseline, improvement } of groups ?? []) {
        expect(improvement).to.be.closeTo(1 - (baseline as number), 1e-12);
      }
    });

    it("reverses the sign where less is better, and is null where there is no value", () => {
      const list = examplesOf([
        ["1", "1", "3"],
        ["2", "2", "2"],
      ]).map((example, i) => ({ ...example, group: `g${i}` }));
      expect(brokenDown({ ...MAE, group: "group" }, list).groups).to.deep.equal([
        { name: "g0", size: 1, baseline: 0, candidate: 2, improvement: -2 },
        { name: "g1", size: 1, baseline: 0, candidate: 0, improvement: 0 },
      ]);
      const r2 = { name: "b", metric: "r2", direction: "maximise", group: "group" };
      const [first] = brokenDown(r2, list).groups ?? [];
      expect(first).to.deep.equal({ name: "g0", size: 1, baseline: null, candidate: null, improvement: null });
    });

    it("shows the names of groups on the page, escaped", () => {
      const list = grouped(60).map((example) => ({ ...example, group: `<${example.group}>` }));
      expect(pageOf({ ...ACCURACY, group: "group" }, list)).to.include("<td>&#60;g0&#62;</td>");
    });
  });

  it("is not on the page of a document alone", () => {
    const spec = parseSpec(JSON.stringify(ACCURACY));
    const page = reportPage(assess({ spec, examples: Examples.of(creditDefault()) }));
    expect(page).to.not.match(/Calibration|Confusion|Errors|Groups/);
  });

  it("says on the page which guardrails hold", () => {
    const guardrails = [
      { metric: "mae", maxLoss: 0 },
      { metric: "mae", direction: "minimise", atMost: 0.1, blocking: false },
    ];
    const page = pageOf({ ...ACCURACY, guardrails }, creditDefault());
    expect(page).to.include("<td>holds</td>").and.include("<td>fails, reported</td>");
  });

  it("says on the page if logarithms are compared", () => {
    const fields = { ...ACCURACY, metric: "roc_auc", f: "ln", lo: 0.5, hi: 1 };
    expect(pageOf(fields, creditDefault())).to.include("Difference of logarithms.");
    expect(pageOf(ACCURACY, creditDefault())).to.include("Difference of the metric, to the better.");
  });

  it("draws nothing if it is empty", () => {
    expect(breakdownPlots({})).to.equal("");
  });

  it("marks axes at halves, wholes or doubles of a power of ten", () => {
    const marksOf = (...values: number[]) =>
      [
        ...axisOf(values)
          .draw(0)
          .matchAll(/>([^<]+)<\/text>/g),
      ].map(([, mark]) => Number(mark));

    expect(marksOf(0, 2)).to.deep.equal([0, 0.5, 1, 1.5, 2]);
    expect(marksOf(0, 2.1)).to.deep.equal([0, 1, 2]);
    expect(marksOf(0, 4)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(marksOf(0, 4.1)).to.deep.equal([0, 2, 4]);
    expect(marksOf(-300, 500)).to.deep.equal([-200, 0, 200, 400]);
  });
});
