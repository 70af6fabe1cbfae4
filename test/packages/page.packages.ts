// A page on the library, in Chromium, as docs/integrating.md shows it.

import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser } from "playwright-core";
import { assess } from "../../sdk/evaluation/evaluate";
import { readExamples } from "../../sdk/evaluation/readExamples";
import { parseSpec, wantedOf } from "../../sdk/evaluation/spec";
import { CI_TOOLS, documented, ETHERS, packed, projectWith, ROOT, succeed, write } from "./support";

const EXECUTABLE = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
const BENCHMARK = join(ROOT, "deploy/benchmarks/credit-default/benchmark.json");
const EXAMPLES = join(ROOT, "deploy/benchmarks/credit-default/evaluation.csv");
const ESBUILD = join(CI_TOOLS, "esbuild/bin/esbuild");

/** All that a browser can load. */
const FOLDERS = ["base", "client", "evaluation", "market", "proofs", "rpc", "schemas", "state", "statements"];

describe("page that uses the packages @uninstrumented", () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = await projectWith((await packed()).sdk, ETHERS);
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
  });

  after(() => browser?.close());

  /** Bundles a file for browsers, and opens it behind two inputs and an output. */
  async function open(source: string) {
    write(folder, {
      "page.ts": source,
      "page.html": `<!doctype html><input type="file"><input type="file"><output></output><script src="page.js"></script>`,
    });
    await succeed(folder, ESBUILD, ["page.ts", "--bundle", "--outfile=page.js", "--log-level=warning"]);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(pathToFileURL(join(folder, "page.html")).href);
    return { page, complaints };
  }

  it("evaluates a table of predictions like the command", async () => {
    const spec = parseSpec(readFileSync(BENCHMARK, "utf8"));
    const examples = readExamples({ name: "evaluation.csv", bytes: readFileSync(EXAMPLES) }, wantedOf(spec));
    const { deltaBps, lowerBoundBps, accepted } = assess({ spec, examples });
    const { page, complaints } = await open(documented("page.ts"));

    await page.locator("input").first().setInputFiles(BENCHMARK);
    await page.locator("input").last().setInputFiles(EXAMPLES);
    await page.locator("output:not(:empty)").waitFor();

    expect(accepted).to.equal(true);
    expect(await page.locator("output").innerText()).to.equal(`${deltaBps} bps, at least ${lowerBoundBps}: accepted`);
    expect(complaints).to.deep.equal([]);
    await page.close();
  });

  it("loads every folder of the library except the one for Node", async () => {
    const imports = FOLDERS.map((name) => `import * as ${name} from "@hokusai/sdk/${name}";`);
    const count = `[${FOLDERS.join(", ")}].filter((names) => Object.keys(names).length > 0).length`;
    const { page, complaints } = await open(
      [...imports, `document.querySelector("output")!.textContent = String(${count});`].join("\n"),
    );

    expect(complaints).to.deep.equal([]);
    expect(await page.locator("output").innerText()).to.equal(String(FOLDERS.length));
    await page.close();
  });
});
