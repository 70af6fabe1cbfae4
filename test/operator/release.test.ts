// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import hre from "hardhat";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { deployVerifier, improve, registerModel } from "../../scripts/dev/world/improvements";
import {
  queuedBy,
  release,
  RELEASED,
  releasableFrom,
  toPayout,
  waitFor,
  type QueuedPayout,
} from "../../scripts/dev/world/payouts";
import { DAY } from "../../scripts/dev/world/units";
import { deployTools, type Tools } from "../sdk/statements/support";
import { openService, transactionsOf, useChain, useFolders, withoutTime } from "./support";

const releaser = developmentKey(DUTY_ACCOUNTS.release);

describe("operator duty release @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });

  const open = async (limits: object = {}) => openService(tools, chain, folders, { duties: ["release"], ...limits });

  /** An improvement of a model of its own, whose payout waits. */
  async function queue(modelId: string, context: Tools = tools): Promise<QueuedPayout> {
    const { transaction } = await improve(context, await registerModel(context, { modelId }));
    return queuedBy(context, transaction);
  }
  const payoutOf = async ({ model, evaluationId }: QueuedPayout) => tools.registry.payoutOf(model, evaluationId);
  const isReleased = async (payout: QueuedPayout) => (await payoutOf(payout)) === RELEASED;
  const none = { count: 0, failed: 0 };

  describe("given a payout that waits", () => {
    it("R1: sends nothing before its delay is over, and reports when that is", async () => {
      const payout = await queue("first");
      const { settle, telemetry } = await open();
      await time.increaseTo((await releasableFrom(tools, payout)) - 1n);
      await settle();

      expect(await isReleased(payout)).to.equal(false);
      expect(await transactionsOf(releaser.address)).to.deep.equal(none);
      expect(telemetry.get("payouts", { status: "waits" })).to.equal(1);
      expect(telemetry.get("payouts_next_due_timestamp_seconds")).to.equal(Number(await releasableFrom(tools, payout)));
      expect(telemetry.get("waiting", { duty: "release" })).to.equal(0);
    });

    it("R2: releases it whole and once as soon as its delay is over", async () => {
      const payout = await queue("first");
      const { settle, telemetry, events } = await open();
      await settle();
      await waitFor(tools, payout);
      await settle();
      await settle();

      expect(await isReleased(payout)).to.equal(true);
      const token = await hre.ethers.getContractAt("ModelToken", await tools.registry.tokenOf(payout.model));
      for (const [index, account] of payout.accounts.entries()) {
        expect(await token.balanceOf(account)).to.equal(payout.amounts[index]);
      }
      expect(await token.totalSupply()).to.equal(payout.reward);
      expect(await transactionsOf(releaser.address)).to.deep.equal({ count: 1, failed: 0 });
      expect(telemetry.get("actions_total", { duty: "release", result: "done" })).to.equal(1);
      const { model, evaluationId, reward } = events("sent")[0]!;
      expect({ model, evaluationId, reward }).to.deep.equal({
        model: "first",
        evaluationId: payout.evaluationId,
        reward: String(payout.reward),
      });
      for (const status of ["waits", "due", "stopped", "void", "unknown"])
        expect(telemetry.get("payouts", { status }), status).to.equal(0);
    });

    it("releases it to the distributor if its contributors are recorded as a root", async () => {
      const model = await registerModel(tools, { modelId: "first" });
      const contributorsRoot = id("contributors");
      const { transaction } = await improve(tools, model, { contributors: [], contributorsRoot });
      const payout = await queuedBy(tools, transaction);
      await waitFor(tools, payout);
      await (await open()).settle();

      expect(await isReleased(payout)).to.equal(true);
      expect(await model.token.balanceOf(tools.rewardDistributor)).to.equal(payout.amounts[1]);
    });

    it("releases no payout twice after a restart", async () => {
      const payouts = [await queue("first"), await queue("second")];
      await (await open()).settle();
      await waitFor(tools, payouts[0]!);
      await waitFor(tools, payouts[1]!);
      const { service, settle } = await open();
      await service.pass();
      await (await open()).settle();
      await settle();

      expect(await Promise.all(payouts.map(isReleased))).to.deep.equal([true, true]);
      expect(await transactionsOf(releaser.address)).to.deep.equal({ count: 2, failed: 0 });
    });

    it("counts it as done only after the confirmations", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      await mine(2);
      const { settle, telemetry } = await open({ confirmations: 3 });
      await settle();
      expect(await isReleased(payout)).to.equal(true);
      const done = () => telemetry.get("actions_total", { duty: "release", result: "done" });
      expect(done()).to.equal(0);
      await mine(2);
      await settle();
      expect(done()).to.equal(1);
      expect(await transactionsOf(releaser.address)).to.deep.equal({ count: 1, failed: 0 });
    });

    it("releases it again after a reorganisation has undone the release", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      await mine(1);
      const snapshot = await hre.network.provider.send("evm_snapshot", []);
      const { settle, events } = await open();
      await settle();
      expect(await isReleased(payout)).to.equal(true);
      await hre.network.provider.send("evm_revert", [snapshot]);
      await mine(3);
      expect(await isReleased(payout)).to.equal(false);
      await settle();

      expect(await isReleased(payout)).to.equal(true);
      expect(events("reorganisation deeper than the confirmations")).to.have.lengthOf(1);
    });
  });

  describe("given a method whose payouts are stopped", () => {
    const stop = async (since: bigint) =>
      tools.registry.connect(tools.guardian).stopPayouts(tools.oracleAttestation, since);

    it("R2: releases only payouts from before the stop, and logs the stop once", async () => {
      const before = await queue("before");
      await time.increase(1_000n);
      const within = await queue("within");
      await stop(within.queuedAt);
      await waitFor(tools, within);
      const { settle, telemetry, events } = await open();
      await settle();
      await settle();

      expect(await isReleased(before)).to.equal(true);
      expect(await isReleased(within)).to.equal(false);
      expect(await transactionsOf(releaser.address)).to.deep.equal({ count: 1, failed: 0 });
      expect(telemetry.get("payouts", { status: "stopped" })).to.equal(1);
      expect(telemetry.get("payouts_next_due_timestamp_seconds")).to.equal(0);
      const [told, ...more] = events("payouts stopped");
      expect(more).to.deep.equal([]);
      expect(told).to.include({
        level: "warn",
        method: await tools.oracleAttestation.getAddress(),
        since: String(within.queuedAt),
        until: "the admin decides",
        stopped: 1,
        void: 0,
      });
      expect(events("refused")).to.deep.equal([]);
    });

    it("R2: sends nothing and logs no refusal if the guardian stops the method between check and transaction", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const { service, events, telemetry } = await open();
      let isStopped = false;
      chain.rpc.policy = async ({ method }) => {
        if (method === "eth_estimateGas" && !isStopped) {
          isStopped = true;
          await stop(1n);
        }
        return { kind: "pass" };
      };
      expect(await service.pass()).to.equal(false);
      expect(isStopped).to.equal(true);
      expect(await service.pass()).to.equal(false);

      expect(await transactionsOf(releaser.address)).to.deep.equal(none);
      expect(events("refused")).to.deep.equal([]);
      expect(telemetry.get("payouts", { status: "stopped" })).to.equal(1);
    });

    it("releases the payout once the admin lifts the stop", async () => {
      const payout = await queue("first");
      await stop(1n);
      await waitFor(tools, payout);
      const { settle, events } = await open();
      await settle();
      await tools.registry.connect(tools.admin).liftPayoutStop(tools.oracleAttestation);
      await settle();

      expect(await isReleased(payout)).to.equal(true);
      expect(events("payouts go on")).to.have.lengthOf(1);
    });

    it("R2: never sends a payout that is void or was returned", async () => {
      const payout = await queue("first");
      await stop(payout.queuedAt);
      await tools.registry
        .connect(tools.admin)
        .voidPayouts(tools.oracleAttestation, payout.queuedAt, payout.queuedAt + 1n);
      await waitFor(tools, payout);
      const { settle, telemetry } = await open();
      await settle();
      expect(telemetry.get("payouts", { status: "void" })).to.equal(1);
      await tools.registry.returnVoided(payout.model, payout.evaluationId, toPayout(payout));
      await settle();

      expect(telemetry.get("payouts", { status: "void" })).to.equal(0);
      expect(await transactionsOf(releaser.address)).to.deep.equal(none);
    });
  });

  describe("given others who release the same payout", () => {
    it("takes it as released, and sends nothing", async () => {
      const payout = await queue("first");
      const { settle } = await open();
      await settle();
      await waitFor(tools, payout);
      await release(tools, payout);
      await settle();

      expect(await transactionsOf(releaser.address)).to.deep.equal(none);
    });

    it("logs no refusal if somebody releases it between check and transaction", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const { service, events, telemetry } = await open();
      let isPaid = false;
      chain.rpc.policy = async ({ method }) => {
        if (method === "eth_estimateGas" && !isPaid) {
          isPaid = true;
          await release(tools, payout);
        }
        return { kind: "pass" };
      };
      expect(await service.pass()).to.equal(false);
      expect(await service.pass()).to.equal(false);

      expect(isPaid).to.equal(true);
      expect(events("refused")).to.deep.equal([]);
      expect(telemetry.get("refused", { duty: "release" })).to.equal(0);
      expect(await transactionsOf(releaser.address)).to.deep.equal(none);
    });

    it("logs no failure if its transaction fails because somebody was faster", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const { service, events, telemetry } = await open();
      await hre.network.provider.send("evm_setAutomine", [false]);
      await service.pass();
      await tools.tokenManager
        .connect(tools.relayer)
        .releasePayout(
          ...([
            payout.model,
            payout.evaluationId,
            payout.method,
            payout.queuedAt,
            payout.contributorsRoot,
            payout.accounts,
            payout.amounts,
          ] as const),
          { gasLimit: 1_000_000, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
        );
      await hre.network.provider.send("evm_setAutomine", [true]);
      await mine(1);
      await service.pass();

      expect(await transactionsOf(releaser.address)).to.deep.equal({ count: 1, failed: 1 });
      expect(events("released by others")[0]).to.include({ level: "info", model: "first" });
      expect(telemetry.get("actions_total", { duty: "release", result: "released by others" })).to.equal(1);
      expect(telemetry.get("failures_total", { duty: "release" })).to.equal(0);
    });
  });

  describe("given a verifier that was replaced", () => {
    it("releases payouts of the former and of the present verifier", async () => {
      const former = await queue("first");
      const verifier = await deployVerifier(tools);
      await tools.registry.connect(tools.admin).setVerifier(verifier);
      const present = await queue("second", { ...tools, verifier });
      await waitFor(tools, present);
      await (await open()).settle();

      expect(await Promise.all([former, present].map(isReleased))).to.deep.equal([true, true]);
    });

    it("releases a payout of a verifier that is appointed while the service runs", async () => {
      const { settle } = await open();
      await settle();
      const verifier = await deployVerifier(tools);
      await tools.registry.connect(tools.admin).setVerifier(verifier);
      await settle();
      const payout = await queue("second", { ...tools, verifier });
      await settle();
      await waitFor(tools, payout);
      await settle();

      expect(await isReleased(payout)).to.equal(true);
    });

    it("logs a payout once if no event names its payees, and releases the others", async () => {
      const payout = await queue("first");
      const [liar] = await hre.ethers.getSigners();
      const silent = await registerModel(tools, { modelId: "silent" });
      await tools.registry.connect(tools.admin).setVerifier(liar!);
      const benchmark = await tools.registry.benchmarkOf(silent.id);
      await tools.registry.connect(liar).recordImprovement(
        {
          model: silent.id,
          benchmarkVersion: 1n,
          specHash: benchmark.specHash,
          evaluationDataHash: benchmark.evaluationDataHash,
          baselineScore: benchmark.baselineScore,
          candidateScore: benchmark.baselineScore + 100n,
          sampleSize: benchmark.minSampleSize,
          runs: benchmark.minRuns,
          lowerBoundBps: benchmark.minLowerBoundBps,
          baselineCommitment: benchmark.modelCommitment,
          candidateCommitment: ZeroHash,
        },
        id("silent"),
        id("payees"),
      );
      await time.increase(3n * DAY);
      const { settle, events, telemetry } = await open();
      await settle();
      await settle();

      expect(await isReleased(payout)).to.equal(true);
      expect(telemetry.get("payouts", { status: "unknown" })).to.equal(1);
      const [{ hash }] = (await tools.registry.queryFilter(tools.registry.filters.ScoreMoved(silent.id))).map(
        ({ transactionHash }) => ({ hash: transactionHash }),
      ) as [{ hash: string }];
      expect(events("payees of a payout unknown").map(withoutTime)).to.deep.equal([
        {
          ...{ level: "warn", event: "payees of a payout unknown", duty: "release" },
          ...{ model: "silent", evaluationId: id("silent"), hash },
        },
      ]);
    });
  });

  describe("given several payouts that are due", () => {
    it("releases other payouts past a refused one, and logs the reason", async () => {
      const [first, second] = [await queue("first"), await queue("second")];
      await waitFor(tools, second);
      const { settle, events, telemetry } = await open();
      chain.rpc.policy = ({ method, params }) =>
        method === "eth_estimateGas" && JSON.stringify(params).includes(first.model.slice(2))
          ? { kind: "error", error: { code: -32_000, message: "exceeds block gas limit" } }
          : { kind: "pass" };
      await settle();

      expect(await Promise.all([first, second].map(isReleased))).to.deep.equal([false, true]);
      expect(events("refused")[0]).to.include({
        reason: "exceeds block gas limit",
        name: `first ${first.evaluationId}`,
      });
      expect(telemetry.get("refused", { duty: "release" })).to.equal(1);
    });

    it("says that a pass has changed something when it sends, when it finds a release done, and not otherwise", async () => {
      const payouts = [await queue("first"), await queue("second")];
      await waitFor(tools, payouts[1]!);
      const { service } = await open();

      expect([await service.pass(), await service.pass(), await service.pass()]).to.deep.equal([true, true, false]);
    });

    it("sends 16 transactions at once, and makes no requests that it does not need", async () => {
      const payouts: QueuedPayout[] = [];
      for (let index = 0; index < 20; index++) payouts.push(await queue(`model-${index}`));
      await waitFor(tools, payouts.at(-1)!);
      await mine(1);
      const { service, settle } = await open();
      await hre.network.provider.send("evm_setAutomine", [false]);
      const requests: string[] = [];
      chain.rpc.policy = ({ method }) => {
        requests.push(method);
        return { kind: "pass" };
      };
      await service.pass();
      await hre.network.provider.send("evm_setAutomine", [true]);
      await mine(1);
      const count = (name: string) => requests.filter((method) => method === name).length;
      expect(count("eth_estimateGas")).to.equal(16);
      expect(count("eth_sendRawTransaction")).to.equal(16);
      expect(count("eth_getLogs")).to.equal(1);
      requests.length = 0;
      await settle();

      expect(await Promise.all(payouts.map(isReleased))).to.deep.equal(payouts.map(() => true));
      expect(count("eth_estimateGas")).to.equal(4);
      requests.length = 0;
      await service.pass();
      expect(requests.filter((method) => method === "eth_call")).to.deep.equal([]); // nothing waits: nothing is asked
    });
  });
});
