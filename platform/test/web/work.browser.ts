// Work on the page in a real browser: evaluating, governing, creating, and all of it by keyboard. Needs what page.browser.ts needs.

import { expect } from "chai";
import { Contract, id, Interface, keccak256 } from "ethers";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelRegistry } from "../../../.build/abi";
import { readBatch } from "../../../deploy/batch/format";
import { runScript } from "../../../scripts/dev/world/process";
import { closePage, openWithWallet, startPageWorld, type Opened, type PageWorld } from "./world";

const MODEL = "/models/credit-default";

describe("the page at work @uninstrumented", () => {
  let world: PageWorld;

  before(async () => {
    world = await startPageWorld();
  });

  after(() => world?.stop());

  const opened = (path: string) => world.open(path);
  const withWallet = (path: string) => openWithWallet(world, path);

  describe("given an evaluation in the browser", () => {
    const data = join(__dirname, "../../../deploy/benchmarks/credit-default");
    let found: Opened;

    before(async () => {
      found = await opened(`${MODEL}/contribute`);
    });

    after(() => closePage(found));

    it("recognises the benchmark that the chain has committed to", async () => {
      await found.page.getByLabel("The benchmark's JSON file").setInputFiles(join(data, "benchmark.json"));

      await found.page.getByText("This is the benchmark that the chain has committed to.").waitFor();
    });

    it("computes in a worker what the command computes, and sends nothing", async () => {
      const { page, complaints } = found;
      const posted: string[] = [];
      page.on("request", (request) => {
        if (request.method() !== "GET" && !request.url().endsWith("/rpc")) posted.push(request.url());
      });
      await page.getByLabel("Predictions", { exact: true }).setInputFiles(join(data, "evaluation.csv"));
      await page.getByRole("button", { name: "Evaluate" }).click();
      await page.locator(".card", { hasText: "Evaluated in" }).waitFor();
      await page.getByText("The document", { exact: true }).click();
      const shown = JSON.parse(await page.locator(".document").innerText());
      const { stdout } = await runScript("scripts/evaluate.ts", [
        ...["--benchmark", join(data, "benchmark.json"), "--score", "7988"],
        ...[join(data, "evaluation.csv"), "--report", join(tmpdir(), "evaluation-of-page.json")],
      ]);
      const { evaluationId } = JSON.parse(readFileSync(join(tmpdir(), "evaluation-of-page.json"), "utf8"));

      expect(shown.evaluationId, stdout).to.equal(evaluationId);
      expect(posted).to.deep.equal([]);
      expect(complaints).to.deep.equal([]);
    });
  });

  describe("given a parameter change", () => {
    let found: Opened;

    before(async () => {
      found = await withWallet(`${MODEL}/govern`);
    });

    after(() => closePage(found));

    const card = () => found.page.locator(".card", { hasText: "Change a parameter" });

    it("names the rule by which the chain would refuse it, before it asks the wallet", async () => {
      await card().getByLabel("Reward for one DeltaOne").fill("2000");
      await card().getByRole("button", { name: "Change it" }).click();

      await card()
        .getByText(/UnauthorizedCaller|NotGovernor|Unauthorized/)
        .waitFor();
      expect(found.wallet.sent).to.deep.equal([]);
    });

    it("saves a file with the change, for import into a Safe", async () => {
      await card().getByLabel("Reward for one DeltaOne").fill("900");
      const saving = found.page.waitForEvent("download");
      await card().getByRole("button", { name: "File for a Safe" }).click();
      const path = (await (await saving).path()) as string;
      const { calls, sender } = readBatch("the file", readFileSync(path, "utf8"));
      const registry = new Interface(ModelRegistry);

      expect(registry.decodeFunctionData("setTokensPerDeltaOne", calls[0]!.data).toArray()).to.deep.equal([
        id("credit-default"),
        900n * 10n ** 18n,
      ]);
      expect(sender).to.equal("0xFABB0ac9d68B0B445fB7357272Ff202C5651694a");
    });
  });

  describe("given a new model", () => {
    it("creates it in five steps with one signature, and shows its progress", async () => {
      await world.admit(world.trader.address);
      const found = await withWallet("/create");
      const { page, wallet } = found;
      const go = () => page.getByRole("button", { name: "Continue" }).click();
      await go();
      await page.getByText("Expected 3 to 6 upper-case letters.").waitFor();
      await page.getByLabel("Id", { exact: true }).fill("page-model");
      await page.getByLabel("Name", { exact: true }).fill("Page Model");
      await page.getByLabel("Ticker").fill("PAGE");
      await go();
      await page.getByLabel("Value now").fill("0.85");
      await go();
      await page.getByRole("button", { name: "Mature" }).click();
      expect(await page.getByLabel("For the supplier").inputValue()).to.equal("800000");
      await go();
      const licence = join(__dirname, "../../../deploy/models/licenses/credit-default.txt");
      await page.getByLabel("Licence, its very file").setInputFiles(licence);
      await page.getByLabel("Where the licence can be read").fill("https://example.org/licence.txt");
      await go();
      await page.getByRole("button", { name: "Create PAGE" }).click();
      await page.getByRole("heading", { name: "page-model" }).waitFor();

      await page.locator("li", { hasText: "Done: The token is deployed; nothing is minted." }).waitFor();
      expect(await page.locator("li", { hasText: "Waits" }).count()).to.equal(3);
      expect(wallet.sent).to.have.length(1);
      const registry = new Contract(world.contracts["ModelRegistry"] as string, ModelRegistry, world.provider);
      const { licenseHash } = await registry.getFunction("parametersOf")(id("page-model"));
      expect(licenseHash).to.equal(keccak256(readFileSync(licence)));
      await closePage(found);
    });
  });

  describe("given a keyboard and no mouse", () => {
    it("reaches a model from the list, and the page of its trade", async () => {
      const found = await opened("/");
      const { page } = found;
      await page.getByRole("link", { name: "Credit Default Model" }).waitFor();
      const pressUntil = async (name: string) => {
        for (let presses = 0; presses < 40; presses++) {
          await page.keyboard.press("Tab");
          if ((await page.evaluate(() => document.activeElement?.textContent)) === name) return;
        }
        throw new Error(`no press of Tab reaches ${name}`);
      };
      await pressUntil("Credit Default Model");
      await page.keyboard.press("Enter");
      await page.getByText("Who can do what").waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).to.equal("main");
      await pressUntil("Trade");
      await page.keyboard.press("Enter");
      await page.getByText("Where the price stands").waitFor();

      expect(new URL(page.url()).pathname).to.equal(`${MODEL}/trade`);
      await closePage(found);
    });
  });
});
