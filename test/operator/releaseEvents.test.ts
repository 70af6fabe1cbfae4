// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, toQuantity, ZeroHash } from "ethers";
import hre from "hardhat";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { improve, registerModel } from "../../scripts/dev/world/improvements";
import {
  queuedBy,
  release,
  RELEASED,
  releasableFrom,
  toPayout,
  waitFor,
  type QueuedPayout,
} from "../../scripts/dev/world/payouts";
import { deployTools, type Tools } from "../sdk/statements/support";
import { automine, lastHash, openService, OUTBID, useChain, useFolders } from "./support";

const releaser = developmentKey(DUTY_ACCOUNTS.release);

describe("operator duty release: what it logs, measures and returns @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let method: string;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    method = await tools.oracleAttestation.getAddress();
    chain.rpc.policy = healthy;
  });
  afterEach(async () => {
    await automine(true);
  });

  const open = async (limits: object = {}) => openService(tools, chain, folders, { duties: ["release"], ...limits });
  /** An improvement of a model of its own, whose payout waits, and its transaction. */
  async function queue(modelId: string): Promise<QueuedPayout & { readonly hash: string; readonly block: number }> {
    const { transaction } = await improve(tools, await registerModel(tools, { modelId }));
    const { hash, blockNumber } = (await transaction.wait())!;
    return { ...(await queuedBy(tools, transaction)), hash, block: blockNumber };
  }
  const isReleased = async ({ model, evaluationId }: QueuedPayout) =>
    (await tools.registry.payoutOf(model, evaluationId)) === RELEASED;
  const pendingHash = async () =>
    ((await hre.network.provider.send("eth_pendingTransactions", [])) as { hash: string }[])[0]!.hash;
  const receipts = () => chain.rpc.requests.filter(({ method: name }) => name === "eth_getTransactionReceipt");
  const estimates = () => chain.rpc.requests.filter(({ method: name }) => name === "eth_estimateGas").length;
  const result = ({ telemetry }: Awaited<ReturnType<typeof open>>, name: string) =>
    telemetry.get("actions_total", { duty: "release", result: name });

  describe("given payouts that are due", () => {
    it("logs what it sends and what is done, and says when the next is due", async () => {
      const first = await queue("first");
      await time.increase(1_000n);
      const second = await queue("second");
      const { service, said, telemetry } = await open();
      expect(await service.pass()).to.equal(false);
      expect(telemetry.get("payouts", { status: "waits" })).to.equal(2);
      expect(telemetry.get("payouts_next_due_timestamp_seconds")).to.equal(Number(await releasableFrom(tools, first)));
      await waitFor(tools, first);
      expect(said()).to.deep.equal([]);

      expect(await service.pass()).to.equal(true);
      const hash = await lastHash();
      const { evaluationId, reward } = first;
      const about = { level: "info", duty: "release", model: "first", evaluationId };
      expect(said()).to.deep.equal([{ ...about, event: "sent", reward: String(reward), nonce: 0, hash }]);
      expect(telemetry.get("waiting", { duty: "release" })).to.equal(1);
      expect(telemetry.get("payouts", { status: "due" })).to.equal(1);
      expect(telemetry.get("payouts", { status: "waits" })).to.equal(1);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([{ ...about, event: "done", nonce: 0, hash }]);
      expect(telemetry.get("waiting", { duty: "release" })).to.equal(0);
      expect(telemetry.get("payouts_next_due_timestamp_seconds")).to.equal(Number(await releasableFrom(tools, second)));
      expect(await service.pass()).to.equal(false);
    });

    it("sends each once while its transaction is in no block", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const { service, events } = await open();
      await automine(false);
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.have.lengthOf(1);
    });

    it("examines a refused one again after a minute only", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const { service, said, telemetry } = await open();
      chain.rpc.policy = ({ method: name }) =>
        name === "eth_estimateGas"
          ? { kind: "error", error: { code: 3, message: "execution reverted", data: "0x" } }
          : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([
        {
          level: "warn",
          event: "refused",
          duty: "release",
          name: `first ${payout.evaluationId}`,
          reason: "refused on chain, without a reason",
        },
      ]);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      expect(telemetry.get("refused", { duty: "release" })).to.equal(1);

      chain.rpc.policy = healthy;
      const { now } = Date;
      try {
        Date.now = () => now() + 60_001;
        expect(await service.pass()).to.equal(true);
      } finally {
        Date.now = now;
      }
      expect(telemetry.get("refused", { duty: "release" })).to.equal(0);
      expect(await isReleased(payout)).to.equal(true);
    });

    it("examines one that others have released once a block until the logs show it", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      await mine(3);
      const { service, said, telemetry } = await open({ confirmations: 3 });
      await release(tools, payout);
      expect(await service.pass()).to.equal(false);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      await mine(1);
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(3); // a refusal is asked for three times
      await mine(1);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      expect(said()).to.deep.equal([]);
      expect(telemetry.get("waiting", { duty: "release" })).to.equal(0);
    });
  });

  it("asks nothing of the contracts while nothing waits", async () => {
    const { service, telemetry } = await open();
    chain.rpc.forget();
    expect(await service.pass()).to.equal(false);
    expect(chain.rpc.requests.filter(({ method: name }) => name === "eth_call")).to.deep.equal([]);
    expect(telemetry.get("payouts_next_due_timestamp_seconds")).to.equal(0);
  });

  describe("given a transaction that does not succeed", () => {
    it("logs that it was reverted if a guardian has stopped the method before it", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const service = await open();
      const { said } = service;
      await automine(false);
      await service.service.pass();
      said();
      await tools.registry.connect(tools.guardian).stopPayouts(method, 1n, OUTBID);
      await automine(true);
      await mine(1);
      expect(await service.service.pass()).to.equal(true);
      const block = (await hre.ethers.provider.getBlock("latest", true))!;
      const { hash } = block.prefetchedTransactions.find(({ from }) => from === releaser.address) ?? {};
      const about = { duty: "release", model: "first", evaluationId: payout.evaluationId };
      expect(said()[0]).to.deep.equal({ level: "warn", event: "reverted", ...about, nonce: 0, hash });
      expect(result(service, "reverted")).to.equal(1);
    });

    it("takes it as released by others if the chain says so before the logs do", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const service = await open();
      await automine(false);
      await service.service.pass();
      service.said();
      const { to, data } = (await hre.ethers.provider.getTransaction(await pendingHash()))!;
      await tools.relayer.sendTransaction({ to, data, gasLimit: 1_000_000, ...OUTBID });
      await automine(true);
      await mine(1);
      chain.rpc.policy = ({ method: name }) =>
        name === "eth_getLogs" ? { kind: "answer", result: [] } : { kind: "pass" };
      await service.service.pass();
      const [told] = service.said() as { hash: string }[];
      const about = { duty: "release", model: "first", evaluationId: payout.evaluationId, nonce: 0, hash: told!.hash };
      expect(told).to.deep.equal({ level: "info", event: "released by others", ...about });
    });

    it("logs that its nonce was used by another transaction, and sends it again", async () => {
      const payout = await queue("first");
      await waitFor(tools, payout);
      const service = await open();
      await automine(false);
      await service.service.pass();
      service.said();
      const account = await hre.ethers.getSigner(releaser.address);
      await account.sendTransaction({ to: account, nonce: 0, ...OUTBID });
      await mine(1);
      await automine(true);
      await service.settle();
      const { evaluationId, reward } = payout;
      const about = { duty: "release", model: "first", evaluationId };
      const hash = await lastHash();
      expect(service.said()).to.deep.equal([
        { level: "warn", event: "nonce used by another transaction", account: releaser.address, nonce: 0 },
        { level: "warn", event: "lost", ...about, nonce: 0 },
        { level: "info", event: "sent", ...about, reward: String(reward), nonce: 1, hash },
        { level: "info", event: "done", ...about, nonce: 1, hash },
      ]);
      expect(result(service, "lost")).to.equal(1);
      expect(result(service, "done")).to.equal(1);
    });
  });

  describe("given a method whose payouts are stopped", () => {
    const stopped = (fields: object) => ({
      level: "warn",
      event: "payouts stopped",
      duty: "release",
      method,
      ...fields,
    });

    it("logs each stop and its end once, with what it holds up", async () => {
      const payout = await queue("first");
      const { service, said } = await open();
      await service.pass();
      expect(said()).to.deep.equal([]);
      await tools.registry.connect(tools.guardian).stopPayouts(method, payout.queuedAt);
      await service.pass();
      await service.pass();
      expect(said()).to.deep.equal([
        stopped({ since: String(payout.queuedAt), until: "the admin decides", stopped: 1, void: 0 }),
      ]);
      await tools.registry.connect(tools.admin).liftPayoutStop(method);
      await service.pass();
      await service.pass();
      expect(said()).to.deep.equal([{ level: "info", event: "payouts go on", duty: "release", method }]);
      const [since, until] = [payout.queuedAt, payout.queuedAt + 1n];
      await tools.registry.connect(tools.guardian).stopPayouts(method, since);
      await tools.registry.connect(tools.admin).voidPayouts(method, since, until);
      await service.pass();
      expect(said()).to.deep.equal([stopped({ since: String(since), until: String(until), stopped: 0, void: 1 })]);
      await tools.registry.returnVoided(payout.model, payout.evaluationId, toPayout(payout));
      await service.pass();
      expect(said()).to.deep.equal([]);
    });
  });

  describe("given payouts that a reorganisation undoes", () => {
    it("logs each undone improvement and release with its block and transaction", async () => {
      const model = await registerModel(tools, { modelId: "first" });
      await mine(1);
      const snapshot = (await hre.network.provider.send("evm_snapshot", [])) as string;
      const { transaction } = await improve(tools, model);
      const { hash, blockNumber } = (await transaction.wait())!;
      const payout = await queuedBy(tools, transaction);
      await waitFor(tools, payout);
      const { settle, said } = await open();
      await settle();
      const released = (await hre.ethers.provider.getBlock("latest", true))!;
      const height = released.number;
      said();
      await hre.network.provider.send("evm_revert", [snapshot]);
      await time.increase(1_000); // so that no block is the same
      await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
      await settle();
      const { evaluationId } = payout;
      const undone = { level: "warn", event: "undone", duty: "release", model: "first", evaluationId };
      expect(said().filter((entry) => "what" in entry)).to.deep.equal([
        { ...undone, what: "improvement", block: blockNumber, hash },
        { ...undone, what: "release", block: height, hash: released.prefetchedTransactions[0]!.hash },
      ]);
    });
  });

  describe("given an improvement whose payees no event names", () => {
    async function recordSilently(): Promise<string> {
      const [liar] = await hre.ethers.getSigners();
      const silent = await registerModel(tools, { modelId: "silent" });
      await tools.registry.connect(tools.admin).setVerifier(liar!);
      const benchmark = await tools.registry.benchmarkOf(silent.id);
      const { hash } = await tools.registry.connect(liar).recordImprovement(
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
      return hash;
    }

    it("logs its model, evaluation and transaction once, and counts it", async () => {
      const hash = await recordSilently();
      const { service, said, telemetry } = await open();
      expect(await service.pass()).to.equal(false);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([
        {
          level: "warn",
          event: "payees of a payout unknown",
          duty: "release",
          model: "silent",
          evaluationId: id("silent"),
          hash,
        },
      ]);
      expect(telemetry.get("payouts", { status: "unknown" })).to.equal(1);
      expect(telemetry.get("payouts", { status: "waits" })).to.equal(0);
      chain.rpc.forget();
      await service.pass();
      expect(receipts()).to.deep.equal([]);
      expect(telemetry.get("payouts_next_due_timestamp_seconds")).to.equal(0);
    });
  });

  describe("given a receipt with other logs", () => {
    interface Log {
      readonly address: string;
      readonly topics: string[];
      readonly data: string;
    }
    /** Edits the logs of every receipt. */
    const editLogs = (edit: (queued: Log) => Log[]) => {
      const { topicHash } = tools.verifier.interface.getEvent("PayoutQueued");
      chain.rpc.policy = ({ method: name }) =>
        name === "eth_getTransactionReceipt"
          ? {
              kind: "edit",
              edit: (receipt) => {
                const { logs, ...rest } = receipt as { logs: Log[] };
                return { ...rest, logs: logs.flatMap((log) => (log.topics[0] === topicHash ? edit(log) : [log])) };
              },
            }
          : { kind: "pass" };
    };
    const found = ({ telemetry }: Awaited<ReturnType<typeof open>>) =>
      ["waits", "unknown"].map((status) => telemetry.get("payouts", { status }));

    it("finds the payees past logs of the verifier that cannot be read or are about something else", async () => {
      await queue("first");
      const service = await open();
      editLogs((log) => [
        { ...log, data: "0x" },
        { ...log, topics: [log.topics[0]!, id("other model"), ...log.topics.slice(2)] },
        { ...log, topics: [id("other event"), ...log.topics.slice(1)] },
        log,
      ]);
      await service.service.pass();
      expect(found(service)).to.deep.equal([1, 0]);
    });

    const strange: [string, (log: Log) => Log][] = [
      ["a contract that was never the verifier", (log) => ({ ...log, address: tools.alice.address.toLowerCase() })],
      ["another event", (log) => ({ ...log, topics: [id("other event"), ...log.topics.slice(1)] })],
      ["another model", (log) => ({ ...log, topics: [log.topics[0]!, id("other model"), ...log.topics.slice(2)] })],
      ["a log that cannot be read", (log) => ({ ...log, data: "0x" })],
    ];
    for (const [what, edit] of strange) {
      it(`takes no payees from ${what}`, async () => {
        await queue("first");
        const service = await open();
        editLogs((log) => [edit(log)]);
        await service.service.pass();
        expect(found(service)).to.deep.equal([0, 1]);
      });
    }
  });

  describe("given a node that has logs and not their block", () => {
    it("says which block it lacks, and finds the payees later", async () => {
      const payout = await queue("first");
      const { service, said, telemetry } = await open();
      chain.rpc.policy = ({ method: name }) =>
        name === "eth_getTransactionReceipt" ? { kind: "answer", result: null } : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      const reason =
        `the node has had logs of block ${payout.block}, and has not got the block and its receipts: ` +
        "a node behind the address lags, or the chain is being reorganised";
      expect(said()).to.deep.equal([{ level: "warn", event: "pass not finished", duty: "release", reason }]);
      chain.rpc.policy = ({ method: name, params: [block] }) =>
        name === "eth_getBlockByNumber" && block === toQuantity(payout.block)
          ? { kind: "answer", result: null }
          : { kind: "pass" };
      await mine(1);
      await service.pass();
      expect(said()).to.deep.equal([{ level: "warn", event: "pass not finished", duty: "release", reason }]);
      chain.rpc.policy = healthy;
      await service.pass();
      expect(telemetry.get("payouts", { status: "waits" })).to.equal(1);
      chain.rpc.forget();
      await service.pass();
      expect(receipts()).to.deep.equal([]);
    });
  });
});
