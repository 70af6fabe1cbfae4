// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { breakDown } from "../../../sdk/evaluation/breakdown";
import { assess } from "../../../sdk/evaluation/evaluate";
import { Examples } from "../../../sdk/evaluation/examples";
import { reportPage } from "../../../sdk/evaluation/report";
import { buildSpec, examplesOf } from "./support";

describe("evaluate: tables of the report", () => {
  // The candidate is right on all of 400 examples, the baseline on every second one.
  const rows = Array.from({ length: 400 }, (_, i): [string, string, string] => {
    const label = String(i % 2);
    return [label, i % 4 < 2 ? label : String(1 - (i % 2)), label];
  });
  const list = examplesOf(rows).map((row) => ({ ...row, extra: { latency: { baseline: "1", candidate: "0.5" } } }));
  const spec = buildSpec({
    guardrails: [{ metric: "custom", direction: "minimise", column: "latency", atMost: 1, blocking: true }],
  });

  function makePage(): string {
    const examples = Examples.of(list);
    return reportPage(assess({ spec, examples }), breakDown(examples, spec));
  }

  it("name both models and the improvement above their figures", () => {
    expect(makePage()).to.include(
      '<th></th><th class="number">baseline</th><th class="number">candidate</th><th class="number">better by</th>',
    );
  });

  it("name a guardrail's metric and its column", () => {
    expect(makePage()).to.include("<td>custom of latency</td>");
  });

  it("name no column of what a guardrail came to", () => {
    expect(makePage()).to.include('<th class="number">candidate</th><th></th></tr>');
  });

  it("show an interval above 0 in the colour of what is good", () => {
    expect(makePage()).to.match(/<circle [^>]*cy="28" r="5" fill="var\(--good\)"/);
  });
});
