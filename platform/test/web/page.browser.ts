// The page in a real browser, over a real chain. Not part of `npm test`: it needs Chromium and a built page.

import { expect } from "chai";
import { Contract, Interface } from "ethers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { HokusaiAMM } from "../../../.build/abi";
import { healthy } from "../../../scripts/dev/world/faultyRpc";
import { findMisplaced, findOverlaps, findViolations, largestPaint } from "./layout";
import {
  closePage,
  DIST,
  openWithWallet,
  startPageWorld,
  type Opened,
  type OpenOptions,
  type PageWorld,
} from "./world";

const MODEL = "/models/credit-default";
const BENEFICIARY = "0x1CBd3b2770909D4e10f157cABC84C7264073C9Ec";
const DAY = 86_400;

const MARKET = new Interface(HokusaiAMM);
const SELL = MARKET.getFunction("sell")!.selector;
const INSUFFICIENT_OUTPUT = MARKET.encodeErrorResult("InsufficientOutput", [1n, 2n]);

/** Bounds of the design: the first script, and the largest paint on a local build. */
const MOST_SCRIPT = 250_000;
const LATEST_PAINT = 1_500;

/** Methods of nodes that change a chain, sign, unlock, trace or tell of others, and names that only look like one that is offered. */
const NOT_OFFERED = [
  "anvil_mine",
  "anvil_setBalance",
  "evm_increaseTime",
  "evm_mine",
  "evm_revert",
  "hardhat_impersonateAccount",
  "hardhat_setStorageAt",
  "eth_accounts",
  "eth_newFilter",
  "eth_sendTransaction",
  "eth_sign",
  "eth_signTypedData_v4",
  "eth_subscribe",
  "personal_unlockAccount",
  "admin_peers",
  "debug_traceTransaction",
  "miner_start",
  "txpool_content",
  "ETH_CALL",
  "eth_call ",
  "constructor",
  "",
];

/** Pages with what stands on each once it has read the chain. */
const PAGES: readonly (readonly [string, string, string])[] = [
  ["the models", "/", "1 of 1 model"],
  ["a model", MODEL, "Who can do what"],
  ["the trade", `${MODEL}/trade`, "Where the price stands"],
  ["an evaluation", `${MODEL}/contribute`, "From an evaluation to a reward"],
  ["the governance of a model", `${MODEL}/govern`, "Changes that wait"],
  ["a new model", "/create", "On the terms on which a pool opens"],
  ["the tracker", "/tracker?model=credit-default&timeframe=all", "Who made the improvements"],
  ["a proposal", "/proposals/", "What is proposed"],
  ["the claims", `/claim/${BENEFICIARY}`, "Claim with a file of your own"],
  ["an unknown page", "/nowhere", "There is no such page"],
  ["an unknown model", "/models/nobody", "There is no model nobody"],
];

describe("the page in a browser @uninstrumented", () => {
  let world: PageWorld;
  /** A draft that is published. */
  let proposal: string;

  before(async () => {
    world = await startPageWorld();
    proposal = await world.propose("proposed-model");
  });

  after(() => world?.stop());

  async function opened(path: string, options?: OpenOptions): Promise<Opened> {
    return world.open(path, options);
  }

  const withWallet = (path: string) => openWithWallet(world, path);
  const order = (page: Page) => page.locator(".card", { hasText: "Trade CRDEF" });
  const alert = (page: Page) => page.getByRole("alert").first();

  describe("when it is served", () => {
    it("has a security policy without unsafe sources or other hosts", async () => {
      const policy = (await fetch(world.url)).headers.get("content-security-policy") ?? "";

      expect(policy.split("; ").sort()).to.deep.equal([
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "script-src 'self'",
        "style-src 'self'",
        "worker-src 'self'",
      ]);
    });

    it("passes the API's addresses on, and answers every other address itself", async () => {
      const bodyOf = async (path: string) => (await fetch(world.url + path)).text();

      const { items } = JSON.parse(await bodyOf("/api/v1/models")) as { items: { model_id: string }[] };
      expect(items.map(({ model_id }) => model_id)).to.deep.equal(["credit-default"]);
      expect(JSON.parse(await bodyOf("/ready"))).to.deep.include({ is_ready: true });
      expect(await bodyOf("/apiary")).to.equal(readFileSync(join(DIST, "index.html"), "utf8"));
      expect((await fetch(`${world.url}/assets/none.js`)).status).to.equal(404);
    });

    it(`starts with a script of at most ${MOST_SCRIPT / 1000} kB, compressed`, () => {
      const html = readFileSync(join(DIST, "index.html"), "utf8");
      const scripts = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path]) => path as string);
      const size = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(DIST, path))).length, 0);

      expect(scripts).to.have.length.at.least(2);
      expect(size).to.be.at.most(MOST_SCRIPT);
    });

    it("passes no method to the node that changes it without a signature, or shows what it keeps to itself", async () => {
      const body = JSON.stringify(NOT_OFFERED.map((method, id) => ({ jsonrpc: "2.0", id, method, params: [] })));
      const answer = await fetch(`${world.url}/rpc`, { method: "POST", body });

      expect(await answer.json()).to.deep.equal(
        NOT_OFFERED.map((_, id) => ({
          jsonrpc: "2.0",
          id,
          error: { code: -32601, message: "the method is not offered here" },
        })),
      );
    });

    it(`paints its largest part within ${LATEST_PAINT} ms`, async () => {
      const times: number[] = [];
      for (let tries = 0; tries < 3; tries++) {
        const found = await opened("/");
        await found.page.getByText("1 of 1 model").waitFor();
        times.push(await largestPaint(found.page));
        await closePage(found);
      }

      expect(Math.min(...times)).to.be.at.most(LATEST_PAINT);
    });
  });

  for (const [name, path, landmark] of PAGES) {
    for (const width of [360, 1280]) {
      for (const scheme of ["light", "dark"] as const) {
        describe(`when ${name} is opened at ${width} pixels in ${scheme}`, () => {
          let found: Opened;

          before(async () => {
            found = await opened(path === "/proposals/" ? path + proposal : path, { width, scheme });
            await found.page.getByText(landmark).first().waitFor();
          });

          after(() => closePage(found));

          it("fits the screen, with nothing cut off and nothing overlapping", async () => {
            expect(await findMisplaced(found.page)).to.deep.equal([]);
            expect(await findOverlaps(found.page)).to.deep.equal([]);
          });

          it("satisfies axe", async () => {
            expect(await findViolations(found.page)).to.deep.equal([]);
          });

          it("requests only its own host, and logs no error", () => {
            expect(found.complaints).to.deep.equal([]);
          });
        });
      }
    }
  }

  describe("given a model", () => {
    let found: Opened;

    before(async () => {
      found = await opened(MODEL);
      await found.page.getByText("Who can do what").waitFor();
    });

    after(() => closePage(found));

    it("shows the reward that waits, and for how long", async () => {
      const row = found.page.locator(".card", { hasText: "Improvements and rewards" }).locator("tbody tr");

      expect(await row.innerText()).to.match(
        /\+4\.94 %[\s\S]*at least \+2\.91 %[\s\S]*4,940 CRDEF[\s\S]*waits for 2 days/,
      );
    });

    it("shows the trades of its curve in a table too", async () => {
      await found.page.locator(".card", { hasText: "Price curve" }).getByText("Figures as a table").click();
      const rows = found.page.locator(".card", { hasText: "Price curve" }).locator("tbody tr");

      expect(await rows.count()).to.equal(3);
      expect(await rows.first().innerText()).to.match(
        /^buy\s+150,000 CRDEF\s+8,176\.58 USDC\s+0\.06554 USDC per CRDEF/,
      );
    });

    it("states the block of its figures", async () => {
      expect(await found.page.locator(".at-block").innerText()).to.match(
        /^True at block \d+, \d+ \w+ \d{4}, \d\d:\d\d$/,
      );
    });
  });

  describe("given a market that is sold out", () => {
    let found: Opened;

    before(async () => {
      found = await withWallet(`${MODEL}/trade`);
    });

    after(() => closePage(found));

    it("refuses to quote more than is left, and sends nothing", async () => {
      const { page, wallet } = found;
      await page.getByLabel("You pay").fill("100");

      await alert(page).waitFor();
      expect(await alert(page).innerText()).to.match(/InvestorAllocationExceeded/);
      expect(await order(page).getByRole("button", { name: "Buy CRDEF" }).isDisabled()).to.equal(true);
      expect(wallet.sent).to.deep.equal([]);
    });

    it("states until when nobody can sell", async () => {
      const { page } = found;
      await page.getByRole("button", { name: "Sell", exact: true }).click();
      await page.getByLabel("You sell").fill("1000");

      await alert(page).waitFor();
      expect(await alert(page).innerText()).to.match(/SellsNotOpen/);
      expect(await order(page).getByText("Nobody can sell before").isVisible()).to.equal(true);
    });
  });

  describe("given a market that is open for sales", () => {
    let found: Opened;

    before(async () => {
      await world.pass(8 * DAY);
      found = await withWallet(`${MODEL}/trade`);
    });

    after(() => closePage(found));

    it("sells at the quoted price, and states the block", async () => {
      const { page, wallet } = found;
      const before = await world.balanceOf(world.token, wallet.account);
      await page.getByRole("button", { name: "Sell", exact: true }).click();
      await page.getByLabel("You sell").fill("20000");
      await order(page).getByText("At least").waitFor();
      await order(page).getByRole("button", { name: "Sell CRDEF" }).click();

      await order(page)
        .getByText(/^Sold 20,000 CRDEF for [\d,.]+ USDC in block \d+\.$/)
        .waitFor();
      expect(before - (await world.balanceOf(world.token, wallet.account))).to.equal(20_000n * 10n ** 18n);
      expect(wallet.sent).to.have.length(1);
    });

    it("buys with a permit instead of an approval", async () => {
      const { page, wallet } = found;
      const reserve = world.contracts["ReserveTokenMock"] as string;
      // What the launch left of an approval would spare the permit.
      const approving = new Contract(reserve, ["function approve(address, uint256)"], world.trader);
      await (await approving.getFunction("approve")(world.pool, 0n)).wait();
      const before = await world.balanceOf(reserve, wallet.account);
      await page.getByRole("button", { name: "Buy", exact: true }).click();
      await page.getByLabel("You pay").fill("100");
      await order(page).getByText("At least").waitFor();
      await order(page).getByRole("button", { name: "Buy CRDEF" }).click();

      await order(page)
        .getByText(/^Bought [\d,.]+ CRDEF for 100 USDC in block \d+\.$/)
        .waitFor();
      expect(before - (await world.balanceOf(reserve, wallet.account))).to.equal(100_000_000n);
      expect(wallet.asked.filter((method) => method === "eth_signTypedData_v4")).to.have.length(1);
      expect(wallet.sent).to.have.length(2);
    });

    it("asks for confirmation of a trade that moves the price far", async () => {
      const { page } = found;
      await page.getByRole("button", { name: "Sell", exact: true }).click();
      await page.getByLabel("You sell").fill("200000");
      const confirmation = page.getByLabel("I want this trade at this price");
      await confirmation.waitFor();
      const button = order(page).getByRole("button", { name: "Sell CRDEF" });

      expect(await button.isDisabled()).to.equal(true);
      await confirmation.check();
      expect(await button.isDisabled()).to.equal(false);
    });
  });

  describe("when something goes wrong in the wallet", () => {
    let found: Opened;

    beforeEach(async () => {
      found = await withWallet(`${MODEL}/trade`);
      await found.page.getByRole("button", { name: "Sell", exact: true }).click();
      await found.page.getByLabel("You sell").fill("10");
      await order(found.page).getByText("At least").waitFor();
    });

    afterEach(() => closePage(found));

    const sell = () => order(found.page).getByRole("button", { name: "Sell CRDEF" }).click();

    it("says that nothing was sent, and keeps the order, if the user refuses", async () => {
      const { page, wallet } = found;
      wallet.refuses = true;
      await sell();

      await order(page)
        .getByText("You refused it in your wallet. Nothing was sent: try again when you like.")
        .waitFor();
      expect(wallet.sent).to.deep.equal([]);
      expect(await page.getByLabel("You sell").inputValue()).to.equal("10");
    });

    it("says that another transaction took the nonce, and where to look", async () => {
      const { page, wallet } = found;
      wallet.replaces = true;
      await sell();

      await alert(page).waitFor();
      expect(await alert(page).innerText()).to.match(/has taken nonce \d+.*Look in your wallet/);
    });

    it("names the rule before anything is sent if the trade would revert", async () => {
      const { page, wallet } = found;
      // The price falls between the quote and the sale by more than is tolerated.
      world.node.policy = ({ method, params }) =>
        method === "eth_call" && JSON.stringify(params).includes(SELL)
          ? { kind: "error", error: { code: 3, message: "execution reverted", data: INSUFFICIENT_OUTPUT } }
          : { kind: "pass" };
      await sell();

      await alert(page).waitFor();
      world.node.policy = healthy;
      expect(await alert(page).innerText()).to.match(/InsufficientOutput/);
      expect(wallet.sent).to.deep.equal([]);
    });
  });

  describe("given a wallet on another chain", () => {
    it("asks to switch the chain first, and explains what to do if the wallet does not know it", async () => {
      const found = await opened(`${MODEL}/trade`, { hasWallet: true });
      const { page, wallet } = found;
      [wallet.isAway, wallet.follows] = [true, false];
      await page.getByRole("button", { name: "Test Wallet" }).click();
      const change = order(page).getByRole("button", { name: "Switch the wallet to localhost" });
      await change.click();

      await order(page).getByText("Your wallet does not know this chain.").waitFor();
      wallet.follows = true;
      await change.click();
      await order(page).getByRole("button", { name: "Buy CRDEF" }).waitFor();
      await closePage(found);
    });
  });

  describe("given an account without ether", () => {
    it("says at the trade that the account has none", async () => {
      const before = await world.provider.getBalance(world.trader.address);
      await world.provider.send("anvil_setBalance", [world.trader.address, "0x0"]);
      const found = await withWallet(`${MODEL}/trade`);

      await order(found.page).getByText("Your wallet has no ether, which pays for gas.").waitFor();
      await world.provider.send("anvil_setBalance", [world.trader.address, `0x${before.toString(16)}`]);
      await closePage(found);
    });
  });

  describe("given a node that stops answering", () => {
    it("keeps what was read and reports the failure until the node answers again", async () => {
      const found = await opened(MODEL);
      const { page } = found;
      await page.getByText("Who can do what").waitFor();
      world.node.policy = () => ({ kind: "drop" });

      await alert(page).waitFor();
      const said = await alert(page).innerText();
      world.node.policy = healthy;
      expect(said).to.match(
        /The node of this page does not answer\. What is shown may be old; the page tries again by itself\./,
      );
      expect(await page.getByText("Who can do what").isVisible()).to.equal(true);
      await alert(page).waitFor({ state: "detached" });
      await closePage(found);
    });
  });

  describe("given a reward whose delay is over", () => {
    before(() => world.pass(8 * DAY));

    it("lets anyone release it, and then shows it as paid", async () => {
      const owner = (await world.payees())[0] as string;
      const before = await world.balanceOf(world.token, owner);
      const found = await withWallet(`/claim/${owner}`);
      const { page } = found;
      const item = page.locator(".claims li", { hasText: "1,482 CRDEF" });
      await item.getByText("can be released by anyone").waitFor();
      await item.getByRole("button", { name: "Release" }).click();

      await item.getByText(/^Released in block \d+: 1,482 CRDEF are yours\.$/).waitFor();
      expect((await world.balanceOf(world.token, owner)) - before).to.equal(1_482n * 10n ** 18n);
      await item.getByText("paid").waitFor();
      await closePage(found);
    });

    it("lets anyone release what has vested to the beneficiary", async () => {
      const before = await world.balanceOf(world.token, BENEFICIARY);
      const found = await withWallet(`/claim/${BENEFICIARY}`);
      const { page } = found;
      const item = page.locator(".claims li", { hasText: "credit-default" });
      await item.getByRole("button", { name: "Release" }).click();

      await item.getByText("Released: what has vested of CRDEF is yours.").waitFor();
      expect((await world.balanceOf(world.token, BENEFICIARY)) > before).to.equal(true);
      await closePage(found);
    });
  });
});
