// The report of a model's performance in a real browser. Not part of `npm test`: it needs Chromium.

import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { compareModels } from "../../sdk/tracking/comparison";
import { performancePage } from "../../sdk/tracking/page";
import { PerformanceTracker } from "../../sdk/tracking/tracker";
import { chainSourceOf, evidenceOf, loadTracked, MODEL_ID } from "../sdk/tracking/support";
import { DISTINCT, openBrowser, openPage, READABLE, tooFaint } from "./support";

describe("performance report in a browser @uninstrumented", () => {
  let folder: string;
  let browser: Browser;
  let url: string;

  before(async () => {
    const world = await loadTracked();
    const source = await chainSourceOf(world);
    const tracker = new PerformanceTracker({ modelId: MODEL_ID, source, evidence: evidenceOf(world) });
    const accounts = [world.alice.address];
    const report = await tracker.generateReport({ timeframe: "all", includeContributions: true, accounts });
    folder = mkdtempSync(join(tmpdir(), "performance-"));
    const file = join(folder, "report.html");
    writeFileSync(file, performancePage([report], compareModels([report])));
    url = pathToFileURL(file).href;
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  for (const [device, viewport] of [
    ["a phone", { width: 390, height: 844 }],
    ["a desktop", { width: 1280, height: 900 }],
  ] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      describe(`when it is opened on ${device} in ${colorScheme}`, () => {
        let said: readonly string[];
        let requested: readonly string[];
        let page: Page;

        before(async () => {
          ({ page, said, requested } = await openPage(browser, url, { viewport, colorScheme }));
        });

        after(() => page.close());

        it("requests nothing but itself, and logs nothing", () => {
          expect(requested).to.deep.equal([url]);
          expect(said).to.deep.equal([]);
        });

        it("shows a hostile name as text", async () => {
          expect(await page.locator("h1").innerText()).to.equal("Tracked <Model>");
          expect(await page.locator("script, model").count()).to.equal(0);
        });

        it("is exactly as wide as the screen", async () => {
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(viewport.width);
        });

        it("draws a marker for each improvement, within the drawing", async () => {
          const drawing = (await page.locator("svg").boundingBox())!;
          const markers = await page.locator("svg .trade circle").all();
          expect(markers).to.have.length(3);
          for (const marker of markers) {
            const box = (await marker.boundingBox())!;
            expect(box.x).to.be.within(drawing.x, drawing.x + drawing.width);
            expect(box.y).to.be.within(drawing.y - 6, drawing.y + drawing.height);
          }
        });

        it("has texts and lines with enough contrast", async () => {
          for (const [selector, property, least] of [
            ["h1, h2, p, dt, dd, small, th, td, caption, code, .hash", "color", READABLE],
            ["svg text", "fill", READABLE],
            [".trade circle", "fill", DISTINCT],
            ["polyline.curve", "stroke", DISTINCT],
          ] as const) {
            const { count, faint } = await tooFaint(page, selector, property, least);
            expect(count).to.be.greaterThan(0);
            expect(faint).to.deep.equal([]);
          }
        });
      });
    }
  }
});
