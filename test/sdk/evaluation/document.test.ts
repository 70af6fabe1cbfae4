// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { assess } from "../../../sdk/evaluation/evaluate";
import { Examples } from "../../../sdk/evaluation/examples";
import { reportPage } from "../../../sdk/evaluation/report";
import type { BenchmarkSpec } from "../../../sdk/evaluation/spec";
import { buildSpec, creditDefault, examplesOf, randomExamples } from "./support";

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly $ref?: string;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const SCHEMA = JSON.parse(
  readFileSync(resolve(__dirname, "../../../sdk/evaluation/document.schema.json"), "utf8"),
) as Schema;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** What breaks the schema, as far as ours uses its language. */
function violations(value: unknown, schema: Schema, path = ""): string[] {
  if (schema.$ref !== undefined) {
    return violations(value, SCHEMA.$defs?.[schema.$ref.split("/").at(-1) as string] as Schema, path);
  }
  const kind = typeOf(value);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  const fits = types.length === 0 || types.includes(kind) || (kind === "integer" && types.includes("number"));
  const found = fits ? [] : [`${path} is ${kind}`];
  if ("const" in schema && schema.const !== value) found.push(`${path} is not ${String(schema.const)}`);
  if (schema.enum && !schema.enum.includes(value)) found.push(`${path} is ${String(value)}`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value)))
    found.push(`${path} is malformed`);
  if (Array.isArray(value) && schema.items) {
    found.push(...value.flatMap((entry, i) => violations(entry, schema.items as Schema, `${path}[${i}]`)));
  }
  if (kind === "object" && schema.properties) {
    const fields = value as Record<string, unknown>;
    found.push(...(schema.required ?? []).filter((key) => !(key in fields)).map((key) => `${path}.${key} is missing`));
    for (const [key, entry] of Object.entries(fields)) {
      const property = schema.properties[key];
      found.push(...(property ? violations(entry, property, `${path}.${key}`) : [`${path}.${key} is unknown`]));
    }
  }
  return found;
}

const documentOf = (spec: Partial<BenchmarkSpec>, examples = creditDefault()) =>
  assess({ spec: buildSpec(spec), examples: Examples.of(examples) });
const MAE = { metric: "mae", direction: "minimise", atMost: 0.3, blocking: false } as const;

describe("evaluate: document", () => {
  const documents: [string, () => ReturnType<typeof assess>][] = [
    ["an accepted one", () => documentOf({ metric: "roc_auc", folds: 10 })],
    ["a refused one", () => documentOf({ metric: "roc_auc", minImprovementBps: 1000 })],
    [
      "one with guardrails and a contribution",
      () =>
        assess({
          spec: buildSpec({ metric: "roc_auc", guardrails: [MAE, { ...MAE, column: "none" }] }),
          examples: Examples.of(creditDefault()),
          contribution: Buffer.from("x"),
        }),
    ],
    [
      "one without figures",
      () =>
        documentOf(
          { metric: "precision" },
          examplesOf(Array.from({ length: 40 }, (_, i) => [String(i % 2), "0", "1"])),
        ),
    ],
    [
      "one without a finite end",
      () =>
        documentOf(
          { metric: "precision" },
          examplesOf(Array.from({ length: 40 }, (_, i) => [String(i % 2), i === 0 ? "1" : "0", i === 1 ? "1" : "0"])),
        ),
    ],
    [
      "one with groups",
      () =>
        documentOf(
          { metric: "human_score", lo: 1, hi: 5, group: "g" },
          randomExamples("human_score", 120, 1).map((example, i) => ({ ...example, group: `g${i % 60}` })),
        ),
    ],
  ];
  for (const [what, make] of documents) {
    it(`follows its schema: ${what}`, () => {
      expect(violations(JSON.parse(JSON.stringify(make())), SCHEMA)).to.deep.equal([]);
    });

    it(`has a page without scripts: ${what}`, () => {
      const page = reportPage(make());
      expect(page).to.match(/^<!doctype html>\n<html lang="en">[^]*<\/html>\n$/);
      expect(page).to.not.match(/<script|javascript:|NaN|undefined|Infinity"/);
    });
  }

  describe("as a page", () => {
    it("shows scores, interval, folds, guardrails and hashes", () => {
      const document = documentOf({ metric: "roc_auc", folds: 10, guardrails: [MAE] });
      const page = reportPage(document);
      for (const text of [
        "Accepted: 494 bps better, at least 291 bps with 97.5 % confidence.",
        '<td>roc_auc (maximise)</td><td class="number">0.749352</td><td class="number">0.798857</td>',
        "Method: delong; attempt 1 of 1",
        '<td>mae</td><td>at most 0.3</td><td class="number">0.34931</td><td class="number">0.329126</td><td>fails, reported</td>',
        document.evaluationId,
        document.specHash,
      ]) {
        expect(page).to.include(text);
      }
      expect(page.match(/<circle /g)).to.have.length(21);
    });

    it("escapes every text of the input", () => {
      const examples = creditDefault().map((example) => ({
        ...example,
        extra: { x: { baseline: "<script>", candidate: "&'\"" } },
      }));
      const page = reportPage(
        documentOf({ metric: "roc_auc", guardrails: [{ ...MAE, column: "x", blocking: true }] }, examples),
      );
      expect(page).to.include("&#60;script&#62;").and.not.include("<script");
    });
  });
});
