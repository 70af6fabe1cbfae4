import { expect } from "chai";
import { readCsv } from "../../../sdk/schemas/csv";
import { compareModels } from "../../../sdk/tracking/comparison";
import { comparisonText, formatValue, performanceCsv, performanceText } from "../../../sdk/tracking/formats";
import { performancePage } from "../../../sdk/tracking/page";
import { calculateReward, explainReward, rewardLines } from "../../../sdk/tracking/reward";
import { PerformanceTracker, type PerformanceReport } from "../../../sdk/tracking/tracker";
import { chainSourceOf, evidenceOf, loadTracked, MODEL_ID, type TrackedWorld } from "./support";

describe("Formats of a performance report", () => {
  let world: TrackedWorld;
  let report: PerformanceReport;

  before(async () => {
    world = await loadTracked();
    const source = await chainSourceOf(world);
    const tracker = new PerformanceTracker({ modelId: MODEL_ID, source, evidence: evidenceOf(world) });
    const accounts = [world.alice.address];
    report = await tracker.generateReport({ timeframe: "all", includeContributions: true, accounts });
  });

  it("are text with the steps of each reward", () => {
    const lines = performanceText(report).split("\n");

    expect(lines[0]).to.equal(`Tracked <Model> (TRKD), ${MODEL_ID}, DEPLOYED`);
    expect(lines).to.include("improvements     3, 6.94 DeltaOnes, 3 contributors");
    const [, second] = report.improvements as [unknown, PerformanceReport["improvements"][0]];
    expect(lines).to.include("  reward = floor(100 bps · 1,200 TRKD / 100 bps) = 1,200 TRKD");
    expect(lines).to.include("  owner = floor(reward · 30 / 100) = 360 TRKD");
    expect(lines).to.include(`document of ${second.evaluationId} refused: ${report.documents.refused[0]!.reason}`);
    expect(lines.filter((line) => line.includes(world.alice.address))).to.have.length(3);
  });

  it("escape in text what could move the cursor of a terminal", () => {
    const hostile = { ...report, model: { ...report.model, name: "a\u001b[2Jb", symbol: "\u202eX" } };

    expect(performanceText(hostile)).to.not.match(/\u001b|\u202e/);
    expect(comparisonText(compareModels([hostile]))).to.not.match(/\u001b|\u202e/);
  });

  it("are CSV with a line for each payee, in smallest units", () => {
    const text = performanceCsv([report]);

    const rows = readCsv("report", text, ["evaluation_id", "account", "part", "amount", "delta_ones"]);
    const [first] = world.queued;
    expect(rows).to.have.length(4 + 2 + 2);
    expect(rows.slice(0, 4).map(({ fields }) => [fields.get("account"), BigInt(fields.get("amount")!)])).to.deep.equal(
      first!.accounts.map((account, index) => [account, first!.amounts[index]]),
    );
    expect(rows[0]!.fields.get("delta_ones")).to.equal("4.94");
  });

  it("are a page without scripts in which a name is text", () => {
    const page = performancePage([report]);

    expect(page).to.contain("<h1>Tracked &lt;Model&gt;</h1>");
    expect(page).to.not.match(/<script|<Model>|javascript:| on\w+=/);
    expect(page).to.contain("default-src &#39;none&#39;");
    expect(page).to.contain(report.improvements[0]!.evaluationId);
  });

  it("say that only a part can be sold if the pool cannot take everything", () => {
    const value = { tokens: 5n * 10n ** 18n, mark: 2_000_000n, sale: 1_000_000n, sellable: 10n ** 18n };

    expect(formatValue(value)).to.equal("mark 2 USDC, a sale would pay 1 USDC, of 1 that the pool could take at once");
  });

  describe("when models are compared", () => {
    const other = (): PerformanceReport => ({
      ...report,
      model: { ...report.model, modelId: "better" },
      summary: { ...report.summary, deltaOnes: report.summary.deltaOnes + 1n, direction: "minimise", score: 7_000 },
    });

    it("put the one with the most DeltaOnes first, and count gains towards the better", () => {
      const { models } = compareModels([report, other()]);

      expect(models.map(({ modelId, gainBps }) => [modelId, gainBps])).to.deep.equal([
        ["better", 494],
        [MODEL_ID, 694],
      ]);
    });

    it("refuse reports of different timeframes, and an empty list", () => {
      const later = { ...report, timeframe: { ...report.timeframe, name: "last_30_days" as const } };

      expect(() => compareModels([report, later])).to.throw("the reports have different timeframes");
      expect(() => compareModels([])).to.throw("there is nothing to compare");
    });

    it("include a page and a text of the comparison", () => {
      const comparison = compareModels([report, other()]);

      expect(performancePage([report, other()], comparison)).to.contain("<h1>Models compared</h1>");
      expect(comparisonText(comparison).split("\n")[1]).to.match(/^ {2}better {2}6\.94\d* DeltaOnes in 3 improvements/);
    });
  });

  describe("of a reward", () => {
    it("give what rounding leaves to the largest share, the first of equals", () => {
      const shares = [3_333n, 3_334n, 3_333n].map((shareBps, index) => ({ account: `0x${index}`, shareBps }));
      const { parts, contributors, owner, reward } = calculateReward(11, 10n ** 18n + 77_777n, shares);

      expect(reward).to.equal((11n * (10n ** 18n + 77_777n)) / 100n);
      expect(owner + contributors).to.equal(reward);
      expect(parts.reduce((sum, { amount }) => sum + amount, 0n)).to.equal(contributors);
      expect(parts.map(({ remainder }) => remainder > 0n)).to.deep.equal([false, true, false]);
    });

    it("say that the chain has recorded something else", () => {
      const [improvement] = report.improvements as [PerformanceReport["improvements"][0]];
      const { tokensPerDeltaOne, reward } = improvement.reward;
      const payees = improvement.payees.map((payee, index) => ({
        ...payee,
        amount: payee.amount + BigInt(index === 0),
      }));

      expect(explainReward({ tokensPerDeltaOne, reward, payees }, improvement.deltaBps).isExact).to.equal(false);
    });

    it("name the wei that rounding left", () => {
      const steps = calculateReward(10, 10n ** 20n + 1n, [{ account: "0xa", shareBps: 10_000n }]);

      expect(rewardLines({ ...steps, parts: [{ ...steps.parts[0]!, remainder: 2n }] }, "T").at(-1)).to.match(
        /^0xa = floor\(contributors · 10000 \/ 10000\) \+ 2 wei that rounding left = 7 T$/,
      );
    });
  });
});
