// From an empty page to a claimed reward, through the services of `npm run platform`. Needs what page.browser.ts needs.

import { expect } from "chai";
import { Contract, id, JsonRpcProvider, keccak256, Wallet, type HDNodeWallet } from "ethers";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { rpc, runScript, until } from "../../../scripts/dev/world/process";
import { developmentKey } from "../../../sdk/base/accounts";
import { hashEvaluationData } from "../../../sdk/evaluation/hashes";
import { readExamples } from "../../../sdk/evaluation/readExamples";
import type { BenchmarkView } from "../../../sdk/platform/wire";
import { usePlatformProcesses, type PlatformProcess } from "../start/platformProcess";
import { benchmarkFor } from "./service";
import { openBrowser, openPage, openWithWallet } from "./world";

const MODEL = "web-story";
const DATA = resolve(__dirname, "../../../deploy/benchmarks/credit-default");
const EXAMPLES = join(DATA, "evaluation.csv");
const CONTRIBUTION = join(DATA, "contribution.md");
const LICENCE = resolve(__dirname, "../../../deploy/models/licenses/credit-default.txt");
const DAY = 86_400;

/** Accounts of the chain that have no office: see ignition/parameters/localhost.json5. */
const [DEVELOPER, CONTRIBUTOR] = [developmentKey(16), developmentKey(15)];
const ATTESTERS = [developmentKey(9), developmentKey(10)];

/** More than a statement can list, so that they stand behind a root. */
const CONTRIBUTORS = [
  CONTRIBUTOR.address,
  ...Array.from({ length: 69 }, (_, index) => new Wallet(id(`contributor ${index}`)).address),
];

describe("from an empty page to a claimed reward @uninstrumented", () => {
  const platforms = usePlatformProcesses();
  let folder: string;
  let platform: PlatformProcess;
  let provider: JsonRpcProvider;
  let browser: Browser;
  let contracts: Readonly<Record<string, { readonly address: string }>>;
  let key: string;
  let page: Page;
  let benchmark: BenchmarkView;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "web-story-"));
    platform = await platforms.start(["--no-demo"], { PLATFORM_FOLDER: folder });
    const chain = { staticNetwork: true, cacheTimeout: -1, pollingInterval: 100 };
    provider = new JsonRpcProvider(platform.told("chain"), 31_337, chain);
    browser = await openBrowser();
    const record = readFileSync(join(folder, "own/deployments/31337.json"), "utf8");
    ({ contracts } = JSON.parse(record) as { contracts: typeof contracts });
  });

  after(async () => {
    await browser?.close();
    provider?.destroy();
    await platform?.end("SIGTERM");
    rmSync(folder, { recursive: true });
  });

  /** Asks the API as whoever runs the platform does, or a developer. */
  async function ask<T>(method: string, path: string, bearer: string, body?: object): Promise<T> {
    const response = await fetch(platform.told("API") + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.ok, `${method} ${path}: ${text}`).to.equal(true);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  const admin = () => readFileSync(platform.told("admin key"), "utf8").trim();
  const at = (trader: HDNodeWallet) => ({
    url: platform.told("page"),
    chainId: 31_337,
    provider,
    trader: trader.connect(provider),
  });
  const opener = (trader: HDNodeWallet) => ({
    open: (path: string, options = {}) => openPage(browser, at(trader), path, options),
  });
  const go = () => page.getByRole("button", { name: "Continue" }).click();
  const card = (title: string) => page.locator(".card", { has: page.getByRole("heading", { name: title }) });
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const command = async (script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const places = { RPC_URL_LOCALHOST: platform.told("chain"), DEPLOYMENTS: join(folder, "own/deployments") };
    const { code, stderr } = await runScript(script, args, { ...places, ...env });
    expect(code, `${script}: ${stderr}`).to.equal(0);
  };

  it("shows that there is no model yet", async () => {
    ({ page } = await openWithWallet(opener(DEVELOPER), "/"));

    await page.getByText("No model has been created so far.").waitFor();
  });

  it("drafts a model in five steps, and saves it", async () => {
    const scopes = ["models", "benchmarks", "evaluate", "usage"];
    ({ key } = await ask<{ key: string }>("POST", "/api/v1/keys", admin(), { account: "acme", scopes }));
    const examples = readExamples({ name: "the examples", bytes: readFileSync(EXAMPLES) });
    const stated = { ...benchmarkFor(MODEL, hashEvaluationData(examples)), baseline_value: 0.749352 };
    benchmark = await ask("POST", "/api/v1/benchmarks", key, stated);
    await page.getByRole("link", { name: "Create" }).click();
    await page.getByLabel("Platform key").fill(key);
    await page.getByLabel("Id", { exact: true }).fill(MODEL);
    await page.getByLabel("Name", { exact: true }).fill("Web Story");
    await page.getByLabel("Ticker").fill("STORY");
    await page.getByLabel("Description").fill("Tells who pays back.");
    await go();
    await page.getByRole("button", { name: "AUC-ROC" }).click();
    await page.getByLabel("Value now").fill("0.7493");
    await page.getByLabel("Benchmark").selectOption(benchmark.id);
    await go();
    await page.getByLabel("Reward for one DeltaOne").fill("1000");
    await go();
    await page.getByLabel("Licence, its very file").setInputFiles(LICENCE);
    await page.getByLabel("Where the licence can be read").fill("https://example.org/licence.txt");
    await go();
    await page.getByRole("button", { name: "Save the draft" }).click();

    await page.getByText(/^Saved, last changed/).waitFor();
  });

  it("creates it with one signature, once the operator has admitted the wallet", async () => {
    await page.getByText("Your account is not admitted to create models").waitFor();
    await ask("POST", "/api/v1/admissions", admin(), { address: DEVELOPER.address });
    await page.getByText("Your account is not admitted to create models").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Create STORY" }).click();

    await page.getByText("Done: The platform has compared the token with the draft.").waitFor();
  });

  it("shows each step by which the operator registers and launches it", async () => {
    const draft = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await ask("POST", `/api/v1/models/drafts/${draft}/approve`, admin(), { benchmark_version: 1 });
    for (const step of ["A registrar has committed the benchmark.", "The pool is open: anyone can buy."])
      await page.getByText(`Done: ${step}`).waitFor();

    expect(await page.locator("li", { hasText: "Waits" }).count()).to.equal(0);
  });

  it("buys with a permit", async () => {
    const reserve = contracts["ReserveTokenMock"]?.address ?? "";
    const mock = new Contract(reserve, ["function mint(address, uint256)"], DEVELOPER.connect(provider));
    await (await mock.getFunction("mint")(DEVELOPER.address, 1_000_000_000n)).wait();
    await page.getByRole("link", { name: `Open ${MODEL}` }).click();
    await page.getByRole("link", { name: "Trade" }).click();
    await page.getByLabel("You pay").fill("50");
    await page.getByRole("button", { name: "Buy STORY" }).click();

    await page.getByText(/^Bought [\d,.]+ STORY for 50 USDC in block [\d,]+\.$/).waitFor();
  });

  it("shows the purchase in the price over time", async () => {
    await page.getByRole("link", { name: "Overview" }).click();

    await card("Price over time").getByText("in 1 minute with trades").waitFor();
  });

  it("evaluates by the platform, and in the browser with the benchmark that the platform keeps", async () => {
    await page.getByRole("link", { name: "Contribute" }).click();
    await page.getByLabel("Predictions of both models, to be sent").setInputFiles(EXAMPLES);
    await page.getByLabel("Contributed data, of which only the hash is sent").setInputFiles(CONTRIBUTION);
    await page.getByRole("button", { name: "Send to the platform" }).click();
    const kept = page.locator(".card", { hasText: "Evaluated by the platform, which keeps the document." });
    await kept.getByText("The document", { exact: true }).click();
    expect(JSON.parse(await kept.locator(".document").innerText())).to.deep.include({
      contributionDataHash: keccak256(readFileSync(CONTRIBUTION)),
    });
    await page.getByText("This is the benchmark that the chain has committed to.").waitFor();
    await page.getByLabel("Predictions", { exact: true }).setInputFiles(EXAMPLES);
    await page.getByLabel("Contributed data, to be hashed").setInputFiles(CONTRIBUTION);
    await page.getByLabel("Which of the benchmark's attempts this is").fill("2");
    await page.getByRole("button", { name: "Evaluate", exact: true }).click();
    const own = page.locator(".card", { hasText: /Evaluated in [\d.]+ seconds/ });
    const saving = page.waitForEvent("download");
    await own.getByRole("button", { name: "Download the document" }).click();
    const document = readFileSync(await (await saving).path(), "utf8");

    expect(JSON.parse(document)).to.deep.include({ accepted: true, specHash: benchmark.spec_hash, attempt: 2 });
    file("evaluation.json", document);
  });

  it("shows a reward that waits after two attesters have signed the improvement", async () => {
    const verifier = ["--network", "localhost", "--verifier", contracts["DeltaOneVerifier"]?.address ?? ""];
    const rows = CONTRIBUTORS.map((account, index) => `${account},${index + 1}`);
    const listed = file("contributors.csv", ["account,weight", ...rows, ""].join("\n"));
    const [claims, bundle] = [join(folder, "claims.json"), join(folder, "bundle.json")];
    const parts = ["--model", MODEL, "--contributors", listed, "--claims", claims, "--out", bundle];
    await command("scripts/statement.ts", [...verifier, ...parts, join(folder, "evaluation.json")]);
    for (const { privateKey } of ATTESTERS)
      await command("scripts/attest.ts", [...verifier, "--claims", claims, "--out", bundle, bundle], {
        PRIVATE_KEY: privateKey,
      });
    const posted = await fetch(`${platform.told("operator")}/bundles`, { method: "POST", body: readFileSync(bundle) });
    expect(posted.status, await posted.text()).to.equal(202);
    await page.getByRole("link", { name: "Overview" }).click();

    await card("Improvements and rewards")
      .getByText(/waits for (2 days|1 day)/)
      .waitFor();
  });

  it("shows the reward as paid two days later, and claims a contributor's share without a file", async () => {
    const { contributorsRoot, ...rest } = JSON.parse(readFileSync(join(folder, "claims.json"), "utf8")) as {
      contributorsRoot: string;
    };
    await until(async () => {
      const kept = await fetch(`${platform.told("API")}/api/v1/claims/${contributorsRoot}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ ...rest, contributorsRoot }),
      });
      return kept.status === 204; // before, the indexer has not read the improvement
    });
    await rpc(platform.told("chain"), "evm_increaseTime", [2 * DAY + 60]);
    await rpc(platform.told("chain"), "evm_mine");
    await card("Improvements and rewards").getByText("paid", { exact: true }).waitFor();
    ({ page } = await openWithWallet(opener(CONTRIBUTOR), "/claim"));
    const share = card("Shares in a list").locator("li", { hasText: MODEL });
    await share.getByRole("button", { name: "Claim" }).click();

    await share.getByText(new RegExp(`^Claimed [\\d,.]+ tokens of ${MODEL}\\.$`)).waitFor();
    const registry = new Contract(
      contracts["ModelRegistry"]?.address ?? "",
      ["function tokenOf(bytes32) view returns (address)"],
      provider,
    );
    const token = new Contract(
      (await registry.getFunction("tokenOf")(id(MODEL))) as string,
      ["function balanceOf(address) view returns (uint256)"],
      provider,
    );
    expect(((await token.getFunction("balanceOf")(CONTRIBUTOR.address)) as bigint) > 0n).to.equal(true);
  });

  it("lists in the tracker the contributors that the platform keeps", async () => {
    await page.getByRole("link", { name: "Tracker" }).click();
    await page.getByText("The reward, step by step").waitFor();

    expect(await card("Who made the improvements").locator("tbody tr").count()).to.equal(CONTRIBUTORS.length + 1);
    const own = card("Who made the improvements").locator("tr", { hasText: CONTRIBUTOR.address.slice(0, 6) });
    expect(await own.innerText()).to.match(/contributor\s+1/);
  });
});
