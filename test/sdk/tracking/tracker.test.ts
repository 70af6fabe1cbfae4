import { expect } from "chai";
import hre, { ethers } from "hardhat";
import { siteOf } from "../../../deploy/network";
import { DAY, TOKEN, USDC } from "../../../scripts/dev/world/units";
import { Problem } from "../../../sdk/base/problem";
import { priceOf } from "../../../sdk/client/market";
import type { EvidenceSource } from "../../../sdk/tracking/evidence";
import { PerformanceTracker, type PerformanceReport, type ReportOptions } from "../../../sdk/tracking/tracker";
import { contributorAmount } from "../../../sdk/schemas/distribution";
import {
  chainSourceOf,
  evidenceOf,
  FIRST_RATE,
  loadTracked,
  MODEL_ID,
  SECOND_RATE,
  type TrackedWorld,
} from "./support";

describe("PerformanceTracker", () => {
  let world: TrackedWorld;

  beforeEach(async () => {
    world = await loadTracked();
  });

  async function reportOf(options: Partial<ReportOptions> = {}, evidence?: EvidenceSource): Promise<PerformanceReport> {
    const source = await chainSourceOf(world);
    const tracker = new PerformanceTracker({ modelId: MODEL_ID, source, ...(evidence && { evidence }) });
    return tracker.generateReport({ timeframe: "all", ...options });
  }

  describe("given the logs of a chain", () => {
    it("reports each improvement with the integers of the contracts, step by step", async () => {
      const { improvements } = await reportOf();

      expect(
        improvements.map(({ reward, payees, evaluationId }) => ({ reward: reward.reward, evaluationId, payees })),
      ).to.deep.equal(
        world.queued.map(({ reward, evaluationId, accounts, amounts, contributorsRoot }) => ({
          ...{ reward, evaluationId },
          payees: accounts.map((account, index) => ({
            account,
            amount: amounts[index],
            part: index === 0 ? "owner" : contributorsRoot === ethers.ZeroHash ? "contributor" : "contributors",
          })),
        })),
      );
      improvements.forEach(({ reward, payees }) => {
        const [owner, ...others] = payees.map(({ amount }) => amount);
        expect(reward.isExact).to.equal(true);
        expect(reward.owner).to.equal(owner);
        expect(reward.contributors).to.equal(others.reduce((sum, amount) => sum + amount, 0n));
      });
      expect(improvements[0]!.reward.parts.map(({ amount }) => amount)).to.deep.equal(
        world.queued[0]!.amounts.slice(1),
      );
      expect(improvements[0]!.reward.parts.map(({ shareBps }) => shareBps).sort()).to.deep.equal([
        3_333n,
        3_333n,
        3_334n,
      ]);
    });

    it("finds the rate that each improvement was paid at, even one that no event announced", async () => {
      const { improvements, summary } = await reportOf();

      const rates = improvements.map(({ reward }) => reward.tokensPerDeltaOne);
      expect(rates).to.deep.equal([FIRST_RATE, SECOND_RATE, SECOND_RATE]);
      expect(summary.tokensPerDeltaOne).to.equal(SECOND_RATE);
    });

    it("reports the DeltaOnes that the verifier computes", async () => {
      const { improvements, deltaOnes } = await reportOf();

      const expected = await Promise.all(
        improvements.map(({ deltaBps }) => world.verifier.calculateDeltaOnes(deltaBps)),
      );
      expect(deltaOnes.history.map((entry) => entry.deltaOnes)).to.deep.equal(expected);
      expect(deltaOnes.total).to.equal(expected.reduce((sum, value) => sum + value, 0n));
    });

    it("summarises what the contracts say now", async () => {
      const { summary, block, model } = await reportOf();

      const latest = (await ethers.provider.getBlock("latest"))!;
      const [first, second, third] = world.queued.map(({ reward }) => reward) as [bigint, bigint, bigint];
      expect(block).to.deep.equal({ number: latest.number, hash: latest.hash, timestamp: latest.timestamp });
      expect(model).to.deep.equal({
        ...{ modelId: MODEL_ID, key: world.id, name: "Tracked <Model>", symbol: "TRKD", status: "DEPLOYED" },
        ...{ token: await world.token.getAddress(), pool: await world.pool.getAddress() },
      });
      expect(summary).to.deep.equal({
        ...{ metric: "roc_auc", direction: "maximise", benchmarkVersion: 1 },
        ...{ score: Number(await world.registry.scoreOf(world.id)), scoreBefore: 7_494 },
        ...{ improvements: 3, deltaOnes: 6_940_000_000_000_000_000n, tokensPerDeltaOne: SECOND_RATE },
        rewards: {
          ...{ total: first + second + third, released: first, waiting: second + third, returned: 0n },
          remaining: await world.registry.rewardsRemainingOf(world.id),
        },
        contributors: 3,
        price: {
          spot: await world.pool.spotPrice(),
          before: priceOf(await world.pool.virtualReserve(), await world.pool.crr(), await world.pool.virtualSupply()),
        },
        trades: { buys: 2, sells: 1, volume: summary.trades.volume },
      });
    });

    it("leaves out what is older than the timeframe", async () => {
      const { summary, improvements, timeframe, block } = await reportOf({ timeframe: "last_30_days" });

      expect(timeframe).to.deep.equal({
        ...{ name: "last_30_days", from: block.timestamp - Number(30n * DAY), to: block.timestamp },
      });
      expect(improvements.map(({ evaluationId }) => evaluationId)).to.deep.equal(
        world.queued.slice(1).map(({ evaluationId }) => evaluationId),
      );
      expect(summary.scoreBefore).to.equal(world.document.candidateScore);
      expect({ ...summary.trades, volume: 0n }).to.deep.equal({ buys: 1, sells: 1, volume: 0n });
      expect((await reportOf({ timeframe: "last_90_days" })).improvements).to.have.length(3);
    });

    it("values tokens as a sale in this block would, within two units of the reserve", async () => {
      const { contributions } = await reportOf({ includeContributions: true });

      const [{ value }] = contributions as [NonNullable<typeof contributions>[0]];
      expect(value!.sellable).to.equal(value!.tokens);
      const quoted = await world.pool.quoteSell(value!.tokens);
      expect(Number(value!.sale - quoted)).to.be.within(0, 2);
      expect(value!.mark).to.equal((value!.tokens * (await world.pool.spotPrice())) / 10n ** 36n);
      expect(value!.mark > value!.sale).to.equal(true);
    });

    it("reads again if a reorganisation replaced the block", async () => {
      const site = siteOf(hre);
      let asked = 0;
      const getBlock = async (block: number | string) => {
        const found = (await ethers.provider.getBlock(block))!;
        if (block === "latest") asked++;
        // The block that the first reading began with is another one when it ends.
        return asked === 1 && block === found.number
          ? (Object.create(found, { hash: { value: ethers.ZeroHash } }) as typeof found)
          : found;
      };
      const provider = new Proxy(ethers.provider, {
        get: (target, key) => (key === "getBlock" ? getBlock : (Reflect.get(target, key) as unknown)),
      });
      const access = { ...site.access, ethers: { provider } };
      const source = await chainSourceOf(world, { ...site, access });

      expect((await source.read(MODEL_ID)).improvements).to.have.length(3);
      expect(asked).to.equal(2);
    });

    it("refuses an unknown model, and an unknown timeframe", async () => {
      const source = await chainSourceOf(world);
      const refused = async (modelId: string, timeframe: string) => {
        const tracker = new PerformanceTracker({ modelId, source });
        const error: unknown = await tracker.generateReport({ timeframe: timeframe as "all" }).catch((e: unknown) => e);
        expect(error).to.be.instanceOf(Problem);
        return (error as Problem).code;
      };

      expect(await refused("unknown", "all")).to.equal("NOT_DEPLOYED");
      expect(await refused(MODEL_ID, "toString")).to.equal("BAD_OPTION");
    });
  });

  describe("given documents of evaluations", () => {
    it("reports the metrics of a document that the chain confirms", async () => {
      const { metrics, documents, improvements } = await reportOf({}, evidenceOf(world));

      expect(metrics).to.deep.equal({
        roc_auc: {
          current: world.document.candidateValue,
          history: [
            {
              ...{ evaluationId: world.document.evaluationId, timestamp: improvements[0]!.timestamp },
              ...{ baseline: world.document.baselineValue, candidate: world.document.candidateValue },
            },
          ],
        },
      });
      expect(documents).to.deep.equal({
        ...{ verified: 1, missing: [world.queued[2]!.evaluationId] },
        refused: [
          {
            evaluationId: world.queued[1]!.evaluationId,
            reason: `its baselineScore is ${world.document.baselineScore}, the chain has ${world.document.candidateScore}`,
          },
        ],
      });
      expect(improvements[0]!.lowerBoundBps).to.equal(world.document.lowerBoundBps);
    });

    it("reports every requested metric, even if no document has it", async () => {
      const { metrics } = await reportOf({ metrics: ["accuracy"] }, evidenceOf(world));

      expect(metrics).to.deep.equal({ accuracy: { current: null, history: [] } });
    });

    it("uses no document that was changed, and says so", async () => {
      const changed = { ...world.document, candidateValue: 0.99 };
      const { metrics, documents } = await reportOf({}, { document: async () => changed });

      expect(metrics).to.deep.equal({});
      expect(documents.verified).to.equal(0);
      expect(documents.refused).to.have.length(3);
      expect(documents.refused[0]!.reason).to.match(/^its hash is 0x[0-9a-f]{64}, expected 0x[0-9a-f]{64}$/);
    });
  });

  describe("when contributions are included", () => {
    it("reports each account's part of the rewards, including those behind a root", async () => {
      const { contributions } = await reportOf({ includeContributions: true }, evidenceOf(world));

      const [first, second, third] = world.queued.map(({ amounts }) => amounts) as [bigint[], bigint[], bigint[]];
      const listed = (account: string) => first[world.queued[0]!.accounts.indexOf(account)]!;
      const behind = (account: string) =>
        contributorAmount(
          second[1]!,
          world.leaves.find((leaf) => leaf.account === account)!,
        );
      const { alice, bob, carol, supplier } = world;
      const expected = [
        [`${supplier.address} owner`, first[0]! + second[0]! + third[0]!],
        ...[alice, bob].map(({ address }) => [`${address} contributor`, listed(address) + behind(address)]),
        [`${carol.address} contributor`, listed(carol.address) + third[1]!],
      ];
      const found = contributions!.map(({ account, part, rewards }) => [`${account} ${part}`, rewards]);
      expect(found).to.have.deep.members(expected);
      const total = contributions!.reduce((sum, { rewards }) => sum + rewards, 0n);
      expect(total).to.equal(world.queued.reduce((sum, { reward }) => sum + reward, 0n));
    });

    it("shares out the DeltaOnes in proportion to the contributors' rewards", async () => {
      const { contributions, deltaOnes } = await reportOf({ includeContributions: true }, evidenceOf(world));

      const shared = contributions!.reduce((sum, entry) => sum + entry.deltaOnes, 0n);
      expect(Number(deltaOnes.total - shared)).to.be.within(0, contributions!.length);
      const shares = contributions!.flatMap(({ part, shareBps }) => (part === "owner" ? [] : [shareBps]));
      expect(shares.reduce((sum, share) => sum + share, 0)).to.be.within(10_000 - shares.length, 10_000);
      expect(contributions!.find(({ part }) => part === "owner")).to.deep.include({ deltaOnes: 0n, shareBps: 10_000 });
    });

    it("names the distributor if nobody knows who stands behind a root", async () => {
      const { contributions } = await reportOf({ includeContributions: true });

      const entry = contributions!.find(({ part }) => part === "contributors");
      expect(entry?.account).to.equal(await world.rewardDistributor.getAddress());
      expect(entry?.rewards).to.equal(world.queued[1]!.amounts[1]);
    });
  });

  describe("given holders", () => {
    it("reports what they paid, received and hold, valued at mark and at a sale", async () => {
      const [alice, carol] = [world.alice.address, world.carol.address];
      const { returns } = await reportOf({ accounts: [alice.toLowerCase(), carol] });

      const [ofAlice, ofCarol] = returns as [NonNullable<typeof returns>[0], NonNullable<typeof returns>[0]];
      expect(ofAlice.account).to.equal(alice);
      expect(ofAlice.bought.reserve).to.equal(1_000n * USDC);
      expect(ofAlice.held).to.equal(await world.token.balanceOf(alice));
      expect(ofAlice.returnAtMark).to.equal(ofAlice.sold.reserve + ofAlice.value.mark - 1_000n * USDC);
      expect(ofAlice.returnAtSale).to.equal(ofAlice.sold.reserve + ofAlice.value.sale - 1_000n * USDC);
      expect(ofCarol.held).to.equal(await world.token.balanceOf(carol));
      // What bob paid for carol's tokens is what she has bought.
      expect(ofCarol.bought.reserve).to.equal(2_000n * USDC);
      expect(ofCarol.returnAtMarkBps).to.equal(Number((ofCarol.returnAtMark * 10_000n) / (2_000n * USDC)));
    });

    it("counts the supplier's allocation, and reports no return if nothing was paid", async () => {
      const { returns } = await reportOf({ accounts: [world.supplier.address] });

      const [entry] = returns as [NonNullable<typeof returns>[0]];
      expect(entry.supplierAllocation).to.equal(400_000n * TOKEN);
      expect(entry.held).to.equal(await world.token.balanceOf(world.supplier));
      expect(entry.returnAtMarkBps).to.equal(null);
      expect(entry.value.sellable < entry.held).to.equal(true);
      expect(entry.value.sellable).to.equal(await world.pool.maxSell());
    });
  });
});
