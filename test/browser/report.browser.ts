// SPDX-License-Identifier: MIT
// The report of a launch in a real browser. Not part of `npm test`: it needs Chromium.

import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { runScript } from "../../scripts/dev/world/process";
import { DISTINCT, openBrowser, openPage, READABLE, tooFaint } from "./support";

const MODELS = resolve(__dirname, "../../deploy/models");
const NAME = "<script>alert(1)</script>";
interface Launch {
  deployment: { hash: string; gasUsed: string }[];
  steps: { hash: string; gasUsed: string }[];
  history: { trades: { side: string }[] };
}

/** The example model under a hostile name, in a folder of its own. */
function writeHostileModel(folder: string): string {
  const relative = /"((?:licenses|\.\.\/benchmarks)\/[^"]+)"/g;
  const text = readFileSync(join(MODELS, "credit-default.json"), "utf8")
    .replace(relative, (_, file: string) => JSON.stringify(join(MODELS, file)))
    .replace("Credit Default Model", NAME);
  const path = join(folder, "model.json");
  writeFileSync(path, text);
  return path;
}

describe("report of a launch in a browser @uninstrumented", () => {
  let folder: string;
  let browser: Browser;
  let launch: Launch;
  let url: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    const file = join(folder, "report.html");
    const args = ["--json", "--model", writeHostileModel(folder), "--report", file];
    const { code, stdout, stderr } = await runScript("scripts/launch.ts", args);
    expect({ code, told: stderr.trim().endsWith("report.html") }).to.deep.equal({ code: 0, told: true });
    launch = JSON.parse(stdout) as Launch;
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
          expect(await page.locator("h1").innerText()).to.equal(NAME);
          expect(await page.locator("script").count()).to.equal(0);
        });

        it("is exactly as wide as the screen", async () => {
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(viewport.width);
        });

        it("draws the curve with a marker for each trade, within the drawing", async () => {
          const drawing = page.locator("#market + p ~ svg:visible");
          expect(await drawing.count()).to.equal(1);
          const frame = (await drawing.boundingBox())!;
          const curve = (await drawing.locator("polyline.curve").first().boundingBox())!;
          expect(curve.width).to.be.greaterThan(frame.width / 2);
          expect(curve.height).to.be.greaterThan(100);
          for (const side of ["buy", "sell"]) {
            const markers = await drawing.locator(`.trade.${side}`).all();
            expect(markers).to.have.length(launch.history.trades.filter((trade) => trade.side === side).length);
            for (const marker of markers) {
              const box = (await marker.locator("circle, rect").boundingBox())!;
              expect(box.width).to.be.greaterThan(6);
              expect(box.x).to.be.within(curve.x - box.width, curve.x + curve.width);
              expect(box.y).to.be.within(curve.y - box.height, curve.y + curve.height);
            }
          }
        });

        it("lists every transaction with its gas in a table", async () => {
          const rows = await page.locator("#gas .transaction").allInnerTexts();
          const sent = [...launch.deployment, ...launch.steps];
          expect(rows).to.have.length(sent.length);
          sent.forEach(({ hash, gasUsed }, index) => {
            expect(rows[index]).to.contain(hash);
            expect(rows[index]!.replaceAll(",", "")).to.match(new RegExp(`\\s${gasUsed}$`));
          });
        });

        it("has the colours of the chosen scheme, with enough contrast", async () => {
          const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          expect(paper).to.equal({ light: "rgb(251, 250, 246)", dark: "rgb(20, 22, 26)" }[colorScheme]);
          const texts = "h1, h2, h3, h3 span, p, dt, dd, small, th, td, caption, code, .hash, li";
          for (const [selector, property, least] of [
            [texts, "color", READABLE],
            ["svg text", "fill", READABLE],
            [
              ".trade circle, .trade rect, .lane polygon, .bar-full, .bar-stream, .bar-infrastructure",
              "fill",
              DISTINCT,
            ],
            ["polyline.curve, svg .now, .lane line", "stroke", DISTINCT],
          ] as const) {
            const { count, faint } = await tooFaint(page, selector, property, least);
            expect(count).to.be.greaterThan(0);
            expect(faint).to.deep.equal([]);
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
});
