import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Decimal } from "decimal.js";
import { id } from "ethers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, percent } from "../../scripts/dev/economics/tables";
import { attest, buildStatement, deployImprovements, expectImproved, RATE } from "../../scripts/dev/world/improvements";
import { expectHeld, expectReleased, releasableFrom } from "../../scripts/dev/world/payouts";
import { TOKEN, USDC } from "../../scripts/dev/world/units";
import { evaluate } from "../../sdk/evaluation/evaluate";
import { readExamples } from "../../sdk/evaluation/readExamples";
import { parseSpec, wantedOf } from "../../sdk/evaluation/spec";
import { load, NO_DEADLINE } from "../market/pool.support";

const ROOT = join(__dirname, "../..");
const BENCHMARK = join(ROOT, "deploy/benchmarks/credit-default");
const PRICE_UNIT = 10n ** 24n; // spotPrice of one USDC per token

const prose = readFileSync(join(ROOT, "docs/walkthrough.md"), "utf8").replace(/\s+/g, " ");

const inUnits = (amount: bigint, unit: bigint, places: number) =>
  format(new Decimal(amount.toString()).div(unit.toString()), places);
const usdc = (amount: bigint) => inUnits(amount, USDC, 2);
const tokens = (amount: bigint, places = 0) => inUnits(amount, TOKEN, places);
const price = (wad: bigint) => inUnits(wad, PRICE_UNIT, 6);
const whole = (value: number | bigint) => value.toLocaleString("en-US");

function expectTold(...sentences: string[]) {
  for (const sentence of sentences) expect(prose).to.include(sentence);
}

describe("docs/walkthrough.md @uninstrumented", () => {
  it("describes a buy with the figures of a pool", async () => {
    const { pool, token, alice, reserveToken } = await load.newPool();
    const virtual = await pool.virtualReserve();
    const before = { supply: await pool.curveSupply(), price: await pool.spotPrice() };
    const paid = 1_000n * USDC;

    await pool.connect(alice).buy(paid, await pool.quoteBuy(paid), alice, NO_DEADLINE);

    const bought = await token.balanceOf(alice);
    const [fee, reserve, supply] = [await pool.uncollectedFees(), await pool.reserve(), await pool.curveSupply()];
    expectTold(
      `a reserve ratio of ${Number(await pool.crr()) / 10_000} %, a trade fee of 0.3 %, a virtual reserve of ${inUnits(virtual, USDC, 0)} USDC`,
      `virtual supply is ${tokens(before.supply)}`,
      `what she pays: ${usdc(fee)} USDC`,
      `The remaining ${usdc(reserve)} USDC enter the reserve`,
      `from ${usdc(virtual)} USDC, all of it virtual, to ${usdc(virtual + reserve)} USDC`,
      `from ${tokens(before.supply)} to ${tokens(supply, 2)}. The difference is minted to her: ${tokens(bought, 2)} tokens`,
      `from ${price(before.price)} USDC to 2,997 / (0.2 · ${tokens(supply, 2)}) = ${price(await pool.spotPrice())} USDC`,
      `she paid ${inUnits((paid * TOKEN * 10n ** 6n) / bought, USDC * 10n ** 6n, 6)} USDC for a token`,
    );

    await time.increaseTo(await pool.sellsOpenAt());
    const funds = await reserveToken.balanceOf(alice);
    await pool.connect(alice).sell(bought, 0, alice, NO_DEADLINE);
    expectTold(`she gets ${usdc((await reserveToken.balanceOf(alice)) - funds)} USDC back`);
  });

  it("describes the evaluation with the figures of evaluate", () => {
    const spec = parseSpec(readFileSync(join(BENCHMARK, "benchmark.json"), "utf8"));
    const bytes = readFileSync(join(BENCHMARK, "evaluation.csv"));
    const document = evaluate({ spec, examples: readExamples({ name: "evaluation.csv", bytes }, wantedOf(spec)) });

    expectTold(
      `for ${whole(document.sampleSize)} borrowers`,
      `from ${document.baselineValue.toFixed(6)} to ${document.candidateValue.toFixed(6)}`,
      `rounded up to a score of ${whole(document.baselineScore)} and the candidate down to ${whole(document.candidateScore)}, so that the improvement of ${document.deltaBps} bps`,
      `better in ${document.runs} runs of ${spec.folds}, and the data support an improvement of at least ${document.lowerBoundBps} bps`,
    );
  });

  it("describes the reward with the figures of the contracts", async () => {
    const context = await loadFixture(deployImprovements);
    const { model, registry, alice, bob } = context;
    const [, ...rows] = readFileSync(join(BENCHMARK, "contributors.csv"), "utf8").trim().split("\n");
    const weights = rows.map((row) => Number(row.split(",")[1]));
    const shares = weights.map((weight) => BigInt((weight * 10_000) / weights.reduce((sum, next) => sum + next, 0)));
    const contributors = [alice, bob]
      .map(({ address }, i) => ({ account: address, shareBps: shares[i]! }))
      .sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
    const statement = await buildStatement(context, model, {
      evaluationId: id("walkthrough"),
      evaluation: { candidateScore: 7_988n },
      contributors,
    });

    const queued = await expectImproved(context, model, statement, await attest(context, statement), RATE);
    const from = await releasableFrom(context, queued);
    await time.increaseTo(from - 2n);
    await expectHeld(context, model.token, queued, "PayoutWaits", [from]);
    await expectReleased(context, model.token, queued);

    const [large, small] = [await model.token.balanceOf(alice), await model.token.balanceOf(bob)];
    expectTold(
      `one DeltaOne (100 bps) mints ${tokens(RATE)} tokens`,
      `the contributors, ${shares.map((share) => percent(new Decimal(Number(share)).div(10_000), 2)).join(" and ")}`,
      `The score is now ${whole(await registry.scoreOf(model.id))}`,
      `494 bps · 1,000 / 100 = ${tokens(queued.reward)} tokens`,
      `receives 30 %, which is ${tokens(await model.token.balanceOf(model.owner))} tokens`,
      `receive ${tokens(large + small)} tokens: one of them ${tokens(large, 1)} and the other ${tokens(small, 1)}`,
    );
  });
});
