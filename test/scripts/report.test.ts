// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, parseUnits, ZeroAddress } from "ethers";
import type { LaunchDocument } from "../../deploy/demo/document";
import { axis, short } from "../../scripts/cli/report/axis";
import { html, Markup } from "../../sdk/base/html";
import { renderReport } from "../../scripts/cli/report/report";
import { pendingOver } from "../../scripts/cli/report/stream";

const HOSTILE = `<script>alert("1")</script>&'`;
const ESCAPED = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;";

const usdc = (amount: string) => parseUnits(amount, 6);
const price = (amount: string) => parseUnits(amount, 24);
const hashOf = (digit: number) => `0x${String(digit).repeat(64)}`;

/** A launch in which half of the investors' tokens were bought and a part of them sold again. */
function buildDocument(overrides: Partial<LaunchDocument> = {}): LaunchDocument {
  return {
    network: { name: "hardhat", chainId: 31_337 },
    protocol: { ModelRegistry: ZeroAddress },
    model: {
      id: "sentiment-v2",
      name: "Sentiment Model",
      symbol: "SENT",
      key: hashOf(0),
      status: "DEPLOYED",
      token: ZeroAddress,
      pool: ZeroAddress,
    },
    deployment: [{ name: "Models#ModelRegistry", hash: hashOf(1), gasUsed: 4_000_000n }],
    steps: [
      { name: "create pool", hash: hashOf(2), gasUsed: 1_600_000n },
      { name: "buy 1", hash: hashOf(3), gasUsed: 109_470n },
    ],
    found: ["deploy token"],
    supply: {
      supplier: { minted: parseEther("400000"), cap: parseEther("400000") },
      investor: { issued: parseEther("250000"), remaining: parseEther("350000"), cap: parseEther("600000") },
      reward: { minted: parseEther("4940"), cap: parseEther("100000") },
      total: parseEther("654940"),
      maxSupply: parseEther("1000000"),
    },
    pool: {
      crr: 200_000n,
      tradeFee: 30n,
      spotPrice: price("0.024414"),
      priceAtCreation: price("0.01"),
      reserve: usdc("4103.51"),
      virtualReserve: usdc("2000"),
      curveSupply: parseEther("1250000"),
      virtualSupply: parseEther("1000000"),
      unbackedSupply: 0n,
      maxSell: 0n,
      uncollectedFees: 0n,
      sellsOpenAt: 0n,
    },
    history: {
      trades: [
        buildTrade({ side: "buy", tokens: parseEther("300000"), curveSupply: parseEther("1300000") }),
        buildTrade({ side: "sell", tokens: parseEther("50000"), curveSupply: parseEther("1250000") }),
      ],
      improvements: [
        {
          evaluationId: hashOf(4),
          baselineScore: 7494n,
          candidateScore: 7988n,
          reward: parseEther("4940"),
          payments: [
            { account: ZeroAddress, amount: parseEther("1482") },
            { account: ZeroAddress, amount: parseEther("3458") },
          ],
          timestamp: 1_800_000_000n,
          status: "released",
          releasableFrom: 1_800_172_800n,
        },
      ],
      fees: [{ amount: usdc("500"), pending: usdc("500"), streamEnd: 86_400n, timestamp: 0n }],
    },
    ...overrides,
  };
}

type TradeRecord = LaunchDocument["history"]["trades"][number];

function buildTrade(overrides: Partial<TradeRecord>): TradeRecord {
  return {
    side: "buy",
    account: ZeroAddress,
    reserve: usdc("5000"),
    tokens: 0n,
    curveSupply: 0n,
    priceAfter: price("0.028561"),
    timestamp: 0n,
    ...overrides,
  };
}

/** The page as a browser reads it: line breaks and indentation say nothing. */
const pageOf = (document: LaunchDocument) =>
  renderReport(document)
    .replace(/[ \n]+/g, " ")
    .replace(/ ?(<\/?(?:tr|td|th|span)\b[^>]*>) ?/g, "$1");

/** The part of the page under a heading. */
const sectionOf = (page: string, id: string) =>
  page.split(`<section aria-labelledby="${id}"`)[1]!.split("</section>")[0]!;

describe("report of a launch", () => {
  it("escapes everything that comes from files", () => {
    const document = buildDocument();
    const model = { ...document.model, id: HOSTILE, name: HOSTILE, symbol: HOSTILE };
    const steps = [{ name: HOSTILE, hash: HOSTILE, gasUsed: 1n }];
    const page = pageOf({ ...document, model, steps, found: [HOSTILE], protocol: { [HOSTILE]: HOSTILE } });

    expect(page).to.not.contain("<script");
    expect(page).to.contain(`<h1>${ESCAPED}</h1>`);
    expect(page.split(ESCAPED).length).to.be.greaterThan(10);
    expect(page.replaceAll(ESCAPED, "")).to.not.contain("alert");
  });

  it("loads nothing from outside, and forbids it", () => {
    const page = pageOf(buildDocument());

    expect(page).to.not.match(/https?:|src=|href=|url\(|@import|<link|<script|<iframe| on\w+=/);
    expect(page).to.contain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"`);
  });

  it("draws each trade on the curve at its supply", () => {
    const page = pageOf(buildDocument());
    const [wide = ""] = sectionOf(page, "market").split("</svg>");
    const [curve = ""] = /class="curve" points="([^"]+)"/.exec(wide)!.slice(1);
    const points = curve.split(" ").map((point) => point.split(",").map(Number) as [number, number]);
    const at = (tokens: number) => points[(tokens / 600_000) * 120]!;
    const [buyX, buyY] = /class="trade buy">.*?cx="([\d.]+)" cy="([\d.]+)"/s.exec(wide)!.slice(1).map(Number);
    const [sellX, sellY] = /class="trade sell">.*?rotate\(45 ([\d.]+) ([\d.]+)\)/s.exec(wide)!.slice(1).map(Number);

    expect(points).to.have.length(121);
    expect(buyX).to.equal(at(300_000)[0]);
    expect(buyY).to.be.closeTo(at(300_000)[1], 0.02); // both are rounded to a hundredth of a pixel
    expect(sellX).to.equal(at(250_000)[0]);
    expect(wide.match(/class="lane (buy|sell)"/g)).to.deep.equal(['class="lane buy"', 'class="lane sell"']);
    expect(sellY).to.be.lessThan(points[0]![1]);
  });

  it("describes the curve in words", () => {
    const page = pageOf(buildDocument());

    expect(page).to.contain("Price curve of SENT with its trades</title>");
    expect(page).to.contain(
      "The price rises from 0.01 USDC at no tokens sold to 0.06554 USDC at the cap of 600k SENT. It is 0.02441 USDC now, with 250k SENT sold and 2 trades made.",
    );
  });

  it("fills each bar as far as the allocation is minted", () => {
    const supply = sectionOf(pageOf(buildDocument()), "supply");

    expect([...supply.matchAll(/class="bar-full" x="0" width="([\d.]+)"/g)].map(([, width]) => width)).to.deep.equal([
      "100",
      "41.66",
      "4.94",
    ]);
    expect(supply).to.contain("250,000 of 600,000 SENT, 350,000 left");
    expect(supply).to.contain("654,940 SENT exist; there can never be more than 1,100,000.");
  });

  it("lists every transaction with its gas, and the totals", () => {
    const gas = sectionOf(pageOf(buildDocument()), "transactions");

    expect(gas.match(/class="transaction"/g)).to.have.length(3);
    expect(gas).to.contain(`ModelRegistry<span class="hash">${hashOf(1)}</span></td><td>4,000,000</td>`);
    expect(gas).to.contain(`buy 1<span class="hash">${hashOf(3)}</span></td><td>109,470</td>`);
    expect(gas).to.contain(`Model</th><td>1,709,470</td>`);
    expect(gas).to.contain(`In all</th><td>5,709,470</td>`);
    expect(gas).to.contain("Found on chain: deploy token.");
  });

  it("shows who was paid for an improvement", () => {
    const rewards = sectionOf(pageOf(buildDocument()), "rewards");

    expect(rewards).to.contain("2027-01-15 08:00 UTC: score 7,494 → 7,988 of 10,000 bps");
    expect(rewards).to.match(/owner<span class="hash">0x0{40}<\/span><\/th><td>1,482<\/td><td>30\u00a0%/);
    expect(rewards).to.match(/contributor<span class="hash">0x0{40}<\/span><\/th><td>3,458<\/td><td>70\u00a0%/);
  });

  it("states what has not happened yet", () => {
    const page = pageOf(buildDocument({ history: { trades: [], improvements: [], fees: [] }, steps: [] }));

    expect(page).to.contain("Nobody has traded yet.");
    expect(page).to.contain("No improvement has been recorded yet.");
    expect(page).to.contain("No usage fees have been paid yet.");
    expect(page).to.not.contain("NaN");
    expect(page).to.not.contain("lifted by usage fees");
  });

  describe("given the fee stream", () => {
    const deposit = (hours: number, amount: string, pending: string, end: number) => ({
      timestamp: BigInt(1000 + hours * 3600),
      amount: usdc(amount),
      pending: usdc(pending),
      streamEnd: BigInt(1000 + end * 3600),
    });

    it("rises with each deposit and falls to zero at the end of its stream", () => {
      const fees = [deposit(0, "500", "500", 24), deposit(12, "100", "350", 34), deposit(40, "60", "60", 64)];

      expect(pendingOver(fees)).to.deep.equal([
        { hours: 0, usdc: 0 },
        { hours: 0, usdc: 500 },
        { hours: 12, usdc: 250 },
        { hours: 12, usdc: 350 },
        { hours: 34, usdc: 0 },
        { hours: 40, usdc: 0 },
        { hours: 40, usdc: 60 },
        { hours: 64, usdc: 0 },
      ]);
    });

    it("is empty without deposits", () => {
      expect(pendingOver([])).to.deep.equal([]);
    });
  });

  describe("given an axis", () => {
    it("puts ticks at 1, 2 or 5 times a power of ten", () => {
      expect(axis(600_000, 0, 600, 6).ticks).to.deep.equal([0, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000]);
      expect(axis(24, 0, 100, 6).ticks).to.deep.equal([0, 5, 10, 15, 20]);
      expect(axis(90, 0, 100, 3).ticks).to.deep.equal([0, 50]);
      expect(axis(10, 100, 0, 5).at(2.5)).to.equal(75);
    });

    it("abbreviates large figures", () => {
      expect([0, 0.02, 999, 1500, 2.5e6, 1e9].map(short)).to.deep.equal(["0", "0.02", "999", "1.5k", "2.5M", "1B"]);
    });
  });

  it("inserts markup unchanged, and escapes everything else", () => {
    expect(html`<b>${"<"}${html`<i>${1n}</i>`}${[new Markup("<u></u>"), html`${2}`]}</b>`.text).to.equal(
      "<b>&lt;<i>1</i><u></u>\n2</b>",
    );
  });
});
