// What the page does with the platform's API, and without it. Needs what page.browser.ts needs.

import { expect } from "chai";
import { Contract, id, keccak256 } from "ethers";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ModelRegistry } from "../../../.build/abi";
import { runScript, until } from "../../../scripts/dev/world/process";
import type { BenchmarkView, DraftView } from "../../../sdk/platform/wire";
import { benchmarkFor } from "./service";
import { closePage, openWithWallet, startPageWorld, type Opened, type PageWorld } from "./world";

const MODEL = "/models/credit-default";
const DATA = join(__dirname, "../../../deploy/benchmarks/credit-default");
const LICENCE = join(__dirname, "../../../deploy/models/licenses/credit-default.txt");

/** Rows of a file that a page evaluates without freezing. */
const MANY = 100_000;

describe("the page with the API of the platform @uninstrumented", () => {
  let world: PageWorld;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "page-files-"));
    world = await startPageWorld();
    const { ask, keys } = world.service;
    const stated = benchmarkFor("credit-default", id("evaluation data"));
    await ask("POST", "/api/v1/benchmarks", keys.developer, stated);
  });

  after(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true });
  });

  const card = (page: Page, title: string) =>
    page.locator(".card", { has: page.getByRole("heading", { name: title }) });
  const typeKey = (page: Page) => page.getByLabel("Platform key").first().fill(world.service.keys.developer);
  const downloaded = async (page: Page, press: () => Promise<void>) => {
    const saving = page.waitForEvent("download");
    await press();
    return readFileSync(await (await saving).path(), "utf8");
  };

  describe("given trades", () => {
    it("shows the indexer's candles, and a table of them", async () => {
      const found = await world.open(MODEL);
      const prices = card(found.page, "Price over time");
      await prices.getByText("Figures as a table").click();
      const row = prices.locator("tbody tr").first();

      expect(await row.innerText()).to.match(
        /0\.01749 USDC per CRDEF\s+0\.06554 USDC per CRDEF\s+0\.06554 USDC per CRDEF\s+19,028\.61 USDC\s+3$/,
      );
      await closePage(found);
    });
  });

  describe("given an API that does not answer, and an indexer that is behind", () => {
    let found: Opened;

    before(async () => {
      found = await world.open(MODEL);
      await found.page.getByText("Figures as a table").first().waitFor();
    });

    after(() => closePage(found));

    it("continues with the chain alone, and names what is missing", async () => {
      const { page } = found;
      world.service.isAway = true;

      await card(page, "Price over time")
        .getByText("The platform's API does not answer: the prices of the past wait until it does.")
        .waitFor();
      expect(await page.getByText("Who can do what").isVisible()).to.equal(true);
      world.service.isAway = false;
      await card(page, "Price over time").getByText("Figures as a table").waitFor();
    });

    it("states how many blocks the indexer is behind, and the block of its figures", async () => {
      const { page } = found;
      world.service.ahead = 1_200;
      await card(page, "Price over time")
        .getByText(/The platform's indexer is 1,2\d\d blocks behind the chain: .* are those of block \d+\./)
        .waitFor();
      world.service.ahead = 0;

      await card(page, "Price over time").getByText("blocks behind").waitFor({ state: "detached" });
    });
  });

  describe("given an evaluation by the platform", () => {
    let found: Opened;

    before(async () => {
      found = await world.open(`${MODEL}/contribute`);
      await found.page.getByLabel("Predictions of both models, to be sent").setInputFiles(join(DATA, "evaluation.csv"));
      await typeKey(found.page);
    });

    after(() => closePage(found));

    const sent = () => world.service.requests.filter((request) => request.endsWith("/evaluate"));

    it("sends the predictions only when the button is pressed", async () => {
      const { page } = found;
      const button = page.getByRole("button", { name: "Send to the platform" });
      await button.and(page.locator(":enabled")).waitFor();
      expect(sent()).to.deep.equal([]);
      await button.click();

      await page.getByText("Evaluated by the platform, which keeps the document.").waitFor();
      expect(sent()).to.deep.equal(["POST /api/v1/models/credit-default/evaluate"]);
      expect(world.service.requests.filter((request) => request.endsWith("/events"))).to.have.length(1);
    });

    it("shows and saves the document that the platform keeps", async () => {
      const { page } = found;
      const result = card(page, "Accepted");
      await result.getByText("The document", { exact: true }).click();
      const shown = JSON.parse(await result.locator(".document").innerText()) as { evaluationId: string };
      const saved = await downloaded(page, () => result.getByRole("button", { name: "Download the document" }).click());
      const kept = await world.service.ask<{ document: object }>("GET", `/api/v1/evaluations/${shown.evaluationId}`);

      expect(JSON.parse(saved)).to.deep.equal(kept.document);
      expect(shown).to.deep.equal(kept.document);
    });

    it("gives the evaluation an address of its own, and lists it among the attempts", async () => {
      const { page } = found;
      const again = await world.open(new URL(page.url()).pathname + new URL(page.url()).search);
      await card(again.page, "Accepted").waitFor();

      expect(await card(again.page, "Let the platform evaluate").locator("tbody tr").innerText()).to.match(
        /1\s+1\s+Accepted/,
      );
      await closePage(again);
    });

    it("cancels it for the account that started it", async () => {
      const { page } = found;
      const path = join(folder, "many.csv");
      writeFileSync(path, manyRows(20 * MANY));
      await page.getByLabel("Predictions of both models, to be sent").setInputFiles(path);
      await page.getByRole("button", { name: "Send to the platform" }).click();
      await page.getByRole("button", { name: "Cancel the evaluation" }).click();

      await page.locator(".notice", { hasText: "Cancelled." }).waitFor();
    });
  });

  describe(`given an evaluation of ${MANY.toLocaleString("en")} rows in the browser`, () => {
    let found: Opened;

    before(async () => {
      const path = join(folder, "rows.csv");
      writeFileSync(path, manyRows(MANY));
      const spec = JSON.parse(readFileSync(join(DATA, "benchmark.json"), "utf8")) as object;
      writeFileSync(join(folder, "spec.json"), JSON.stringify({ ...spec, metric: "accuracy" }));
      found = await world.open(`${MODEL}/contribute`);
      const { page } = found;
      await page.getByLabel("The benchmark's JSON file").setInputFiles(join(folder, "spec.json"));
      await page.getByLabel("Predictions", { exact: true }).setInputFiles(path);
      await page.evaluate(watchProgress);
    });

    after(() => closePage(found));

    it("cancels it while it runs", async () => {
      const { page } = found;
      await page.getByRole("button", { name: "Evaluate" }).click();
      await page.getByRole("button", { name: "Cancel", exact: true }).click();

      await page.locator("progress").waitFor({ state: "detached" });
      expect(await page.getByText("Evaluated in").count()).to.equal(0);
      expect(await page.getByRole("button", { name: "Evaluate" }).isEnabled()).to.equal(true);
    });

    it("shows its progress in steps, and keeps drawing meanwhile", async () => {
      const { page } = found;
      await page.evaluate(watchProgress);
      await page.getByRole("button", { name: "Evaluate" }).click();
      await page.getByText("Evaluated in").waitFor();
      await page.getByText(`${MANY.toLocaleString("en")}`, { exact: true }).waitFor();
      const { steps, frames } = await page.evaluate(() => (window as unknown as { watched: Watched }).watched);

      // Were the file read, or measured, by the page itself, it would draw nothing in between.
      expect(steps).to.be.at.least(5);
      expect(frames).to.be.at.least(5);
    });
  });

  describe("given a draft", () => {
    it("saves and publishes it, creates its token with the wallet, hands it over, and shows the platform's steps", async () => {
      await world.admit(world.trader.address);
      const { ask, keys } = world.service;
      const stated = await ask<BenchmarkView>(
        "POST",
        "/api/v1/benchmarks",
        keys.developer,
        benchmarkFor("kept-model", id("evaluation data")),
      );
      const found = await openWithWallet(world, "/create");
      const { page } = found;
      const go = () => page.getByRole("button", { name: "Continue" }).click();
      await typeKey(page);
      await page.getByLabel("Id", { exact: true }).fill("kept-model");
      await page.getByLabel("Name", { exact: true }).fill("Kept Model");
      await page.getByLabel("Ticker").fill("KEPT");
      await page.getByLabel("Description").fill("Tells who pays back.");
      await page.getByLabel("Tags").fill("credit, banking");
      await go();
      await page.getByRole("button", { name: "AUC-ROC" }).click();
      await page.getByLabel("Value now").fill("0.75");
      await page.getByLabel("Benchmark").selectOption(stated.id);
      await go();
      await go();
      await page.getByLabel("Licence, its very file").setInputFiles(LICENCE);
      await page.getByLabel("Where the licence can be read").fill("https://example.org/licence.txt");
      await page.getByRole("button", { name: "Save the draft" }).click();
      await page.getByText(/^Saved, last changed/).waitFor();
      const draftId = new URL(page.url()).searchParams.get("draft");
      const draft = () => ask<DraftView>("GET", `/api/v1/models/drafts/${draftId}`, keys.developer);
      expect(await draft()).to.deep.include({
        ...{ status: "DRAFT", model_id: "kept-model", ticker: "KEPT", tags: ["credit", "banking"], metric: "roc_auc" },
        ...{ current_value: 0.75, benchmark_spec_id: stated.id },
        licence: { hash: keccak256(readFileSync(LICENCE)), uri: "https://example.org/licence.txt", has_text: true },
      });

      await go();
      await page.getByRole("button", { name: "Create KEPT" }).click();
      await page.getByText("Done: The platform has compared the token with the draft.").waitFor();
      const registry = new Contract(world.contracts["ModelRegistry"] as string, ModelRegistry, world.provider);
      const token = await registry.getFunction("tokenOf")(id("kept-model"));
      expect(await draft()).to.deep.include({ status: "PROPOSAL", token });
      expect(found.wallet.sent).to.have.length(1);

      await ask("POST", `/api/v1/models/drafts/${draftId}/approve`, keys.admin, { benchmark_version: 1 });
      await page.getByText("Done: Whoever runs the platform has approved the registration.").waitFor();
      expect(await page.locator("li", { hasText: "Waits" }).count()).to.equal(3);
      await closePage(found);
    });

    it("opens a saved draft by its address, with what was typed", async () => {
      const draftId = await world.propose("opened-again");
      const found = await world.open(`/create?draft=${draftId}`);
      const { page } = found;

      await until(async () => (await page.getByLabel("Id", { exact: true }).inputValue()) === "opened-again");
      expect(await page.getByLabel("Tags").inputValue()).to.equal("credit, banking");
      await closePage(found);
    });
  });

  describe("given the tracker", () => {
    it("saves the same report as the command", async () => {
      const found = await world.open("/tracker?model=credit-default&timeframe=all");
      const { page } = found;
      const text = await downloaded(page, () => page.getByRole("button", { name: "Save as JSON" }).click());
      const record = join(world.env["DEPLOYMENTS"] as string, "31337.json");
      const args = ["--model", "credit-default", "--deployment", record, "--timeframe", "all", "--contributions"];
      const env = { ...world.env, HOKUSAI_RPC_URL: world.chain };
      const { stdout, stderr } = await runScript("scripts/hokusai.ts", ["report", ...args, "--json"], env);

      expect(JSON.parse(text), stderr).to.deep.equal(JSON.parse(stdout));
      await closePage(found);
    });

    it("shows how each reward is computed, and what a sale would pay beside the value at the mark price", async () => {
      const found = await world.open(`/tracker?model=credit-default&timeframe=all&account=${world.trader.address}`);
      const { page } = found;
      await page.getByText("The reward, step by step").click();

      expect(await page.locator(".reckoning").innerText()).to.match(
        /reward = floor\(494 bps · 1,000 CRDEF \/ 100 bps\) = 4,940 CRDEF\s+owner = floor\(reward · 30 \/ 100\) = 1,482 CRDEF/,
      );
      await page.getByText("This is what the chain has recorded, to the last wei.").waitFor();
      const row = card(page, "Returns of holders").locator("tbody tr");
      expect(await row.innerText()).to.match(
        /600,000 CRDEF\s+19,028\.61 USDC\s+0\.00 USDC\s+nobody can sell yet\s+[\d,.]+ USDC[\s\S]*−19,028\.61 USDC/,
      );
      await closePage(found);
    });
  });
});

/** Predictions of accuracy: the candidate is right where the present model errs. */
function manyRows(count: number): string {
  const rows = Array.from({ length: count }, (_, row) => {
    const label = row % 2;
    return `${row},${label},${row % 10 === 0 ? 1 - label : label},${row % 20 === 0 ? 1 - label : label}`;
  });
  return `id,label,baseline,candidate\n${rows.join("\n")}\n`;
}

interface Watched {
  /** Values of the bar that were drawn. */
  steps: number;
  /** Pictures that were drawn while it was there. */
  frames: number;
}

/** Runs in the browser: counts what is drawn of an evaluation. */
function watchProgress(): void {
  const watched = { steps: 0, frames: 0 };
  Object.assign(window, { watched });
  const seen = new Set<string>();
  const look = () => {
    const bar = document.querySelector("progress");
    if (bar !== null) {
      watched.frames++;
      seen.add(bar.getAttribute("value") ?? "");
      watched.steps = seen.size;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
