import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  attest,
  buildStatement,
  deployImprovements,
  expectImproved,
  improve,
  type Improvements,
  registerModel,
  type StatementOverrides,
  toCall,
} from "../../scripts/dev/world/improvements";
import {
  expectHeld,
  expectReleased,
  hashPayout,
  type QueuedPayout,
  queuedBy,
  releasableFrom,
  release,
  releaseArguments,
  RELEASED,
  toPayout,
  waitFor,
} from "../../scripts/dev/world/payouts";
import { ADMIN_DELAY, BPS, DAY, field, MAX_UINT256, PAYOUT_DELAY } from "../../scripts/dev/world/units";

const { ZeroHash } = ethers;

const [SHORTEST_DELAY, LONGEST_DELAY] = [600n, 14n * DAY];
const ROOT = ethers.id("root of a tree");

describe("ModelRegistry payouts", () => {
  let context: Improvements;

  beforeEach(async () => {
    context = await loadFixture(deployImprovements);
  });

  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(deployImprovements));

  /** An improvement whose payout waits. */
  async function queue(overrides: StatementOverrides = {}, model = context.model): Promise<QueuedPayout> {
    const statement = await buildStatement(context, model, overrides);
    return expectImproved(context, model, statement, await attest(context, statement));
  }

  /** The contributors of a root. */
  const toRoot = { contributors: [], contributorsRoot: ROOT };

  describe("R1: given a waiting payout", () => {
    let queued: QueuedPayout;
    let from: bigint;

    beforeEach(async () => {
      queued = await queue();
      from = await releasableFrom(context, queued);
      expect(from).to.equal(queued.queuedAt + PAYOUT_DELAY);
    });

    it("mints nothing at once, nor in the last second of the delay", async () => {
      await expectHeld(context, context.model.token, queued, "PayoutWaits", [from]);
      await time.setNextBlockTimestamp(from - 1n);
      await expect(release(context, queued))
        .to.be.revertedWithCustomError(context.registry, "PayoutWaits")
        .withArgs(from);
      expect(await context.model.token.totalSupply()).to.equal(0);
    });

    for (const late of [0n, 1n, 365n * DAY]) {
      it(`R2: pays ${late} seconds after the delay is over, whoever asks`, async () => {
        await time.setNextBlockTimestamp(from + late);
        await context.tokenManager.connect(context.mallory).releasePayout(...releaseArguments(queued));
        expect(await context.model.token.balanceOf(context.model.owner)).to.equal(queued.amounts[0]);
        expect(await context.model.token.totalSupply()).to.equal(queued.reward);
        expect(await context.registry.payoutOf(queued.model, queued.evaluationId)).to.equal(RELEASED);
      });
    }

    it("pays for listed contributors and for a root", async () => {
      const second = await queue(toRoot);
      await waitFor(context, second);
      await expectReleased(context, context.model.token, queued);
      await expectReleased(context, context.model.token, second);
    });

    it("V1: pays it only once", async () => {
      await waitFor(context, queued);
      await expectReleased(context, context.model.token, queued);
      const args = [queued.model, queued.evaluationId];
      await expectHeld(context, context.model.token, queued, "UnknownPayout", args);
    });

    it("can release it from the logs alone", async () => {
      const { verifier, registry, tokenManager, relayer, model } = context;
      await waitFor(context, queued);
      for (const event of await verifier.queryFilter(verifier.filters.PayoutQueued())) {
        const { args } = event;
        const { timestamp } = await event.getBlock();
        await tokenManager
          .connect(relayer)
          .releasePayout(
            ...([args.model, args.evaluationId, args.method, timestamp, args.contributorsRoot] as const),
            [...args.accounts],
            [...args.amounts],
          );
      }
      expect(await registry.payoutOf(model.id, queued.evaluationId)).to.equal(RELEASED);
    });

    it("R2: pays it while submissions and launches are paused and its method is no longer allowed", async () => {
      const { registry, tokenManager, guardian, admin, model } = context;
      await waitFor(context, queued);
      await registry.connect(guardian).pauseSubmissions(DAY);
      await tokenManager.connect(guardian).pauseLaunches(DAY);
      await registry.connect(admin).setMethodAccess(queued.method, 0);
      await expectReleased(context, model.token, queued);
    });

    it("pays the owner at the time of queuing, whoever owns the model later", async () => {
      const { registry, supplier, alice, model } = context;
      await registry.connect(supplier).proposeOwner(model.id, alice);
      await registry.connect(alice).acceptOwner(model.id);
      await waitFor(context, queued);
      await expectReleased(context, model.token, queued);
      expect(queued.accounts[0]).to.equal(supplier.address);
    });

    it("pays the rate at the time of queuing", async () => {
      const { registry, governor, model } = context;
      const rate = (await registry.parametersOf(model.id)).tokensPerDeltaOne;
      await registry.connect(governor).setTokensPerDeltaOne(model.id, rate / 2n);
      await time.increase(PAYOUT_DELAY + 1n);
      expect((await registry.parametersOf(model.id)).tokensPerDeltaOne).to.equal(rate / 2n);
      await expectReleased(context, model.token, queued);
    });
  });

  describe("when a release differs from the payout that was queued", () => {
    let queued: QueuedPayout;

    beforeEach(async () => {
      queued = await queue(toRoot);
      await waitFor(context, queued);
    });

    const other = ethers.id("another");
    const changes: [string, (queued: QueuedPayout) => Partial<QueuedPayout>][] = [
      ["another method", () => ({ method: ethers.getAddress(ethers.dataSlice(other, 12)) })],
      ["an earlier time", ({ queuedAt }) => ({ queuedAt: queuedAt - 1n })],
      ["a later time", ({ queuedAt }) => ({ queuedAt: queuedAt + 1n })],
      ["a time that wraps with the delay", () => ({ queuedAt: MAX_UINT256 })],
      ["another root", () => ({ contributorsRoot: other })],
      ["no root", () => ({ contributorsRoot: ZeroHash })],
      ["another account", ({ accounts }) => ({ accounts: [accounts[1]!, accounts[1]!] })],
      ["accounts in the other order", ({ accounts }) => ({ accounts: [...accounts].reverse() })],
      ["amounts in the other order", ({ amounts }) => ({ amounts: [...amounts].reverse() })],
      ["one wei more", ({ amounts }) => ({ amounts: [amounts[0]!, amounts[1]! + 1n] })],
      ["one wei less", ({ amounts }) => ({ amounts: [amounts[0]!, amounts[1]! - 1n] })],
      ["one payee less", ({ accounts, amounts }) => ({ accounts: accounts.slice(0, 1), amounts: amounts.slice(0, 1) })],
      ["more accounts than amounts", ({ accounts }) => ({ accounts: [...accounts, accounts[0]!] })],
      ["no payees", () => ({ accounts: [], amounts: [] })],
    ];
    for (const [name, change] of changes) {
      it(`refuses ${name}`, async () => {
        const args = [queued.model, queued.evaluationId];
        await expectHeld(context, context.model.token, { ...queued, ...change(queued) }, "UnknownPayout", args);
      });
    }

    it("refuses more amounts than accounts, and amounts whose sum wraps", async () => {
      const { tokenManager } = context;
      const longer = { ...queued, amounts: [...queued.amounts, 0n] };
      await expect(release(context, longer)).to.be.revertedWithPanic(0x32);
      const wrapped = { ...queued, amounts: [queued.reward, MAX_UINT256] };
      await expect(release(context, wrapped)).to.be.revertedWithPanic(0x11);
      expect(await tokenManager.distributor()).to.equal(queued.accounts[1]);
    });

    it("refuses another evaluation id and another model", async () => {
      const twin = await registerModel(context, { modelId: "twin" });
      for (const named of [{ evaluationId: other }, { model: twin.id }, { model: ZeroHash }]) {
        const renamed = { ...queued, ...named };
        const args = [renamed.model, renamed.evaluationId];
        await expectHeld(context, context.model.token, renamed, "UnknownPayout", args);
      }
    });

    it("still pays the payout itself", async () => {
      await expectReleased(context, context.model.token, queued);
    });
  });

  describe("payoutOf", () => {
    it("returns 0 before, the published hash while the payout waits, and 1 after its release", async () => {
      const { registry, model } = context;
      const { evaluationId } = await buildStatement(context, model);
      expect(await registry.payoutOf(model.id, evaluationId)).to.equal(ZeroHash);
      const queued = await queue();
      expect(queued.evaluationId).to.equal(evaluationId);
      expect(await registry.payoutOf(model.id, evaluationId)).to.equal(hashPayout(queued));
      await waitFor(context, queued);
      await release(context, queued);
      expect(await registry.payoutOf(model.id, evaluationId)).to.equal(RELEASED);
    });

    it("keeps evaluations with the same id in different models apart", async () => {
      const { registry, model } = context;
      const twin = await registerModel(context, { modelId: "twin" });
      const evaluationId = ethers.id("the same");
      const [first, second] = [await queue({ evaluationId }), await queue({ evaluationId }, twin)];
      await waitFor(context, second);
      await expectReleased(context, model.token, first);
      expect(await registry.payoutOf(twin.id, evaluationId)).to.equal(hashPayout(second));
      await expectReleased(context, twin.token, second);
    });
  });

  describe("callers", () => {
    it("R1: lets only the TokenManager mark a payout as released", async () => {
      const { registry, tokenManager, admin, guardian, mallory, verifier } = context;
      const queued = await queue();
      await waitFor(context, queued);
      for (const sender of [admin, guardian, mallory]) {
        await expect(registry.connect(sender).releasePayout(queued.model, queued.evaluationId, toPayout(queued)))
          .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
          .withArgs(sender, tokenManager);
      }
      expect(await registry.verifier()).to.equal(verifier);
    });

    it("R2: lets a contract release a payout, and be its payee", async () => {
      const { tokenManager, model } = context;
      const wallet = await ethers.deployContract("ERC1271WalletMock");
      const queued = await queue({ contributors: [{ account: await wallet.getAddress(), shareBps: BPS }] });
      await waitFor(context, queued);
      const call = tokenManager.interface.encodeFunctionData("releasePayout", [...releaseArguments(queued)]);
      await expect(wallet.execute(tokenManager, call))
        .to.emit(tokenManager, "RewardDistributed")
        .withArgs(model.id, queued.evaluationId, wallet, queued.amounts[1]);
      expect(await model.token.balanceOf(wallet)).to.equal(queued.amounts[1]);
      expect(await model.token.totalSupply()).to.equal(queued.reward);
    });

    it("V1: lets a contract submit a statement", async () => {
      const { verifier, registry, model } = context;
      const wallet = await ethers.deployContract("ERC1271WalletMock");
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      const call = verifier.interface.encodeFunctionData("processImprovement", [toCall(statement), proof]);
      await expect(wallet.execute(verifier, call)).to.emit(verifier, "PayoutQueued");
      expect(await registry.scoreOf(model.id)).to.equal(statement.evaluation.candidateScore);
    });

    it("R1: judges by the contract that calls, not by whoever began the transaction", async () => {
      const { registry, admin, alice, model } = context;
      const { evaluation, evaluationId } = await buildStatement(context, model);
      const wallet = await ethers.deployContract("ERC1271WalletMock");
      await registry.connect(admin).setVerifier(alice);
      const call = registry.interface.encodeFunctionData("recordImprovement", [evaluation, evaluationId, ROOT]);
      await expect(wallet.connect(alice).execute(registry, call))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(wallet, alice);
      await registry.connect(admin).setVerifier(wallet);
      await expect(wallet.connect(alice).execute(registry, call)).to.emit(registry, "ScoreMoved");
    });
  });

  describe("payoutDelay", () => {
    async function deployRegistry(delay: bigint) {
      const { admin, deployer } = context;
      return ethers.deployContract("ModelRegistry", [ADMIN_DELAY, admin, [], [], [], [], deployer, delay]);
    }

    for (const delay of [SHORTEST_DELAY, PAYOUT_DELAY, LONGEST_DELAY]) {
      it(`accepts ${delay} seconds`, async () => {
        expect(await (await deployRegistry(delay)).payoutDelay()).to.equal(delay);
      });
    }

    for (const delay of [0n, SHORTEST_DELAY - 1n, LONGEST_DELAY + 1n, MAX_UINT256]) {
      it(`refuses ${delay} seconds`, async () => {
        await expect(deployRegistry(delay))
          .to.be.revertedWithCustomError(context.registry, "OutOfRange")
          .withArgs(field("payoutDelay"), delay, SHORTEST_DELAY, LONGEST_DELAY);
      });
    }

    it("publishes its bounds", async () => {
      expect(await context.registry.MIN_PAYOUT_DELAY()).to.equal(SHORTEST_DELAY);
      expect(await context.registry.MAX_PAYOUT_DELAY()).to.equal(LONGEST_DELAY);
    });
  });

  describe("T: given times beyond 32 bits of seconds or 16 bits of days", () => {
    for (const [name, at] of [
      ["2106-02-07", 2n ** 32n],
      ["2149-06-06", 65_535n * DAY],
      ["2149-06-07", 65_536n * DAY],
    ] as const) {
      for (const offset of [-1n, 0n, 1n]) {
        it(`queues and releases on ${name}, ${offset} seconds from the edge`, async () => {
          const { model, registry, guardian, admin } = context;
          const deadline = at + DAY;
          const statement = await buildStatement(context, model, { deadline });
          const proof = await attest(context, statement);
          await time.increaseTo(at + offset - 1n);
          await time.setNextBlockTimestamp(at + offset);
          const queued = await expectImproved(context, model, statement, proof);
          expect(queued.queuedAt).to.equal(at + offset);
          const from = await releasableFrom(context, queued);
          await registry.connect(guardian).stopPayouts(queued.method, queued.queuedAt);
          const { since, until } = await registry.payoutStopOf(queued.method);
          expect([since, until]).to.deep.equal([queued.queuedAt, 2n ** 40n - 1n]);
          await time.setNextBlockTimestamp(from);
          await registry.connect(admin).liftPayoutStop(queued.method);
          await expectReleased(context, model.token, queued);
        });
      }
    }

    it("waits across the edge as at any other time", async () => {
      const { model } = context;
      await time.increaseTo(2n ** 32n - 10n);
      const { transaction } = await improve(context, model);
      const queued = await queuedBy(context, transaction);
      const from = await releasableFrom(context, queued);
      expect(queued.queuedAt).to.be.below(2n ** 32n);
      expect(from).to.be.above(2n ** 32n);
      await time.increaseTo(2n ** 32n);
      await expectHeld(context, model.token, queued, "PayoutWaits", [from]);
      await time.setNextBlockTimestamp(from);
      await expectReleased(context, model.token, queued);
    });
  });
});
