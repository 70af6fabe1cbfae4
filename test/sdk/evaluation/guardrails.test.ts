// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { assess } from "../../../sdk/evaluation/evaluate";
import { Examples } from "../../../sdk/evaluation/examples";
import { parseSpec, type BenchmarkSpec } from "../../../sdk/evaluation/spec";
import { buildSpec, creditDefault, CREDIT_DEFAULT } from "./support";

const BENCHMARK = parseSpec(readFileSync(resolve(CREDIT_DEFAULT, "benchmark.json"), "utf8"));

describe("evaluate: guardrails", () => {
  const guarded = (guardrails: BenchmarkSpec["guardrails"], examples = creditDefault()) =>
    assess({ spec: { ...BENCHMARK, ...(guardrails && { guardrails }) }, examples: Examples.of(examples) });
  const MAE = { metric: "mae", direction: "minimise" } as const;

  it("measures secondary metrics in the same run", () => {
    const { accepted, guardrails } = guarded([
      { ...MAE, maxLoss: 0, blocking: true },
      { ...MAE, atMost: 0.329126133, blocking: true },
      { metric: "r2", direction: "maximise", atLeast: 0.24, blocking: true },
    ]);
    expect(accepted).to.equal(true);
    const figures = { blocking: true, holds: true };
    expect(guardrails).to.deep.equal([
      {
        metric: "mae",
        bound: "at most 0 worse than the baseline",
        baseline: 0.349309765,
        candidate: 0.329126133,
        ...figures,
      },
      { metric: "mae", bound: "at most 0.329126133", baseline: 0.349309765, candidate: 0.329126133, ...figures },
      {
        metric: "r2",
        bound: "at least 0.24",
        baseline: 0.16403967340024286,
        candidate: 0.24060804801740476,
        ...figures,
      },
    ]);
  });

  it("refuses if a blocking one fails, and reports one that does not block", () => {
    const strict = { ...MAE, atMost: 0.3, blocking: true };
    expect(guarded([strict]).reasons).to.deep.equal([
      {
        code: "GUARDRAIL",
        message: "guardrail mae: is 0.329126133, the baseline's 0.349309765, expected at most 0.3",
      },
    ]);
    const { accepted, guardrails } = guarded([{ ...strict, blocking: false }]);
    expect([accepted, guardrails[0]?.holds]).to.deep.equal([true, false]);
  });

  it("judges a loss against the baseline in the metric's own direction", () => {
    const holds = (maxLoss: number) => {
      const swapped = creditDefault().map((example) => ({
        ...example,
        baseline: example.candidate,
        candidate: example.baseline,
      }));
      return guarded([{ metric: "r2", direction: "maximise", maxLoss, blocking: false }], swapped).guardrails[0]?.holds;
    };
    expect([holds(0.0766), holds(0.0765)]).to.deep.equal([true, false]);
  });

  it("fails a blocking one with a missing value", () => {
    const latency = {
      metric: "custom",
      direction: "minimise",
      column: "latency",
      atMost: 1,
      blocking: true,
    } as const;
    const examples = creditDefault().map((example, i) => ({
      ...example,
      extra: { latency: { baseline: "1", candidate: i === 3 ? "" : "0.5" } },
    }));
    const problem = `example "${examples[3]?.id}", column candidate_latency: "", expected a finite decimal number`;
    const { reasons, guardrails } = guarded([latency], examples);
    expect(guardrails).to.deep.include({
      metric: "custom",
      column: "latency",
      bound: "at most 1",
      blocking: true,
      baseline: null,
      candidate: null,
      holds: false,
      problem,
    });
    expect(reasons.map(({ code }) => code)).to.deep.equal(["GUARDRAIL"]);
    expect(guarded([latency], creditDefault()).reasons).to.have.length(1);
  });

  it("fails one whose metric has no value", () => {
    const never = creditDefault().map((example) => ({
      ...example,
      extra: { other: { baseline: "0", candidate: "0" } },
    }));
    const precision = { ...buildSpec({ metric: "precision" }), column: "other", atLeast: 0, blocking: true } as const;
    expect(guarded([precision], never).guardrails[0]?.problem).to.equal("precision divides by zero on these examples");
  });
});
