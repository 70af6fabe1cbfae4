// SPDX-License-Identifier: MIT
// The page of an evaluation in a real browser. Not part of `npm test`: it needs Chromium.

import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { assess } from "../../sdk/evaluation/evaluate";
import { breakDown } from "../../sdk/evaluation/breakdown";
import { Examples, type Example } from "../../sdk/evaluation/examples";
import { reportPage } from "../../sdk/evaluation/report";
import { parseSpec } from "../../sdk/evaluation/spec";
import { creditDefault, draws, randomExamples } from "../sdk/evaluation/support";
import { DISTINCT, openBrowser, openPage, READABLE, tooFaint } from "./support";

const HOSTILE = "<script>alert(1)</script>";
const LEGIBLE = 9; // pixels of a letter's height on a phone

interface Shown {
  readonly spec: object;
  readonly examples: readonly Example[];
  readonly headings: readonly string[];
  /** Drawings. */
  readonly plots: number;
}

/** Predictions of three classes, one of them with a hostile name, in hostile groups. */
function animals(): Example[] {
  const draw = draws(7);
  const names = ["cat", "dog", HOSTILE];
  return Array.from({ length: 400 }, (_, i) => {
    const label = draw(3);
    const guess = () => names[draw(10) < 3 ? draw(3) : label] as string;
    return {
      id: `e${i}`,
      label: names[label] as string,
      baseline: guess(),
      candidate: guess(),
      group: `${HOSTILE} ${i % 30}`,
    };
  });
}

const COMMON = ["Comparison", "Interval of the improvement", "Folds of the first dealing"];

const PAGES: Readonly<Record<string, Shown>> = {
  "of scores": {
    spec: {
      name: "s",
      metric: "roc_auc",
      direction: "maximise",
      attempts: 1,
      guardrails: [{ metric: "brier", maxLoss: 0 }],
    },
    examples: creditDefault(),
    headings: [...COMMON, "Calibration", "Guardrails", "What was evaluated"],
    plots: 3,
  },
  "of classes in groups, refused": {
    spec: { name: "c", metric: "macro_f1", direction: "maximise", classes: ["cat", "dog", HOSTILE], group: "group" },
    examples: animals(),
    headings: [...COMMON, "Confusion", "Groups", "What was evaluated"],
    plots: 2,
  },
  "of numbers": {
    spec: { name: "n", metric: "mae", direction: "minimise", lo: 0, hi: 5 },
    examples: randomExamples("mae", 500, 3),
    headings: [...COMMON, "Errors", "What was evaluated"],
    plots: 3,
  },
};

describe("page of an evaluation in a browser @uninstrumented", () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "evaluation-"));
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  for (const [kind, { spec: fields, examples, headings, plots }] of Object.entries(PAGES)) {
    for (const width of [360, 1280]) {
      for (const colorScheme of ["light", "dark"] as const) {
        describe(`when an evaluation ${kind} is opened at ${width} pixels in ${colorScheme}`, () => {
          let said: readonly string[];
          let requested: readonly string[];
          let url: string;
          let page: Page;

          before(async () => {
            const spec = parseSpec(JSON.stringify(fields));
            const input = { spec, examples: Examples.of(examples) };
            const file = join(folder, "page.html");
            writeFileSync(file, reportPage(assess(input), breakDown(input.examples, spec)));
            url = pathToFileURL(file).href;
            ({ page, said, requested } = await openPage(browser, url, {
              viewport: { width, height: 900 },
              colorScheme,
            }));
          });

          after(() => page.close());

          it("requests nothing but itself, runs no script, and logs nothing", async () => {
            expect(requested).to.deep.equal([url]);
            expect(said).to.deep.equal([]);
            expect(await page.locator("script").count()).to.equal(0);
          });

          it("is exactly as wide as the screen", async () => {
            expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(width);
          });

          it("has a section for each finding", async () => {
            expect(await page.locator("h2").allInnerTexts()).to.deep.equal(headings);
            expect(await page.locator("svg").count()).to.equal(plots);
          });

          it("keeps shapes and texts within their drawings, in legible letters", async () => {
            const outside = await page.evaluate(
              (legible) =>
                [...document.querySelectorAll("svg")].flatMap((drawing) => {
                  const frame = drawing.getBoundingClientRect();
                  const shapes = [...drawing.querySelectorAll("line, circle, polyline, rect, text")];
                  return shapes.flatMap((shape) => {
                    const box = shape.getBoundingClientRect();
                    const isInside =
                      box.left >= frame.left - 1 &&
                      box.right <= frame.right + 1 &&
                      box.top >= frame.top - 1 &&
                      box.bottom <= frame.bottom + 1;
                    const isLegible = shape.tagName !== "text" || box.height >= legible;
                    return isInside && isLegible ? [] : [shape.outerHTML];
                  });
                }),
              LEGIBLE,
            );
            expect(outside).to.deep.equal([]);
          });

          it("has the colours of the chosen scheme, with enough contrast", async () => {
            const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
            expect(paper).to.equal({ light: "rgb(255, 255, 255)", dark: "rgb(20, 23, 29)" }[colorScheme]);
            for (const [selector, property, least] of [
              ["h1, h2, p, th, td, caption, li, code", "color", READABLE],
              ["svg text", "fill", READABLE],
              ["svg circle", "fill", DISTINCT],
              ["svg polyline, svg line:not([stroke='var(--line)'])", "stroke", DISTINCT],
            ] as const) {
              const { count, faint } = await tooFaint(page, selector, property, least);
              expect(count, selector).to.be.greaterThan(0);
              expect(faint, selector).to.deep.equal([]);
            }
          });

          it("gives every drawing a title and every table a caption", async () => {
            const unnamed = await page.evaluate(() => [
              ...[...document.querySelectorAll("svg")].filter((drawing) => !drawing.querySelector(":scope > title")),
              ...[...document.querySelectorAll("table")].filter((table) => !table.caption?.textContent),
            ]);
            expect(unnamed).to.deep.equal([]);
          });
        });
      }
    }
  }
});
