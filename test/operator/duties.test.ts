// SPDX-License-Identifier: MIT
// What holds for every duty: what it tells of its transactions, that it sends each once, and that it lets rest what was refused.

import { loadFixture, mine } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseUnits } from "ethers";
import hre from "hardhat";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import type { DutyName } from "../../operator/config";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { improve, registerModel } from "../../scripts/dev/world/improvements";
import { queuedBy, waitFor } from "../../scripts/dev/world/payouts";
import { DAY } from "../../scripts/dev/world/units";
import { developmentKey } from "../../sdk/base/accounts";
import { formatBundle } from "../../sdk/schemas/bundle";
import { attesterKeys, MODEL, proposed, signedBy, type Tools } from "../sdk/statements/support";
import { buildApproval, deployDeclared, useApprovals } from "./approvals.support";
import { deployMarkets } from "./markets.support";
import { automine, declare, type Entry, openService, OUTBID, useChain, useFolders, withoutTime } from "./support";

/** What one duty is given to do, and what it tells of that. */
interface Task {
  readonly duty: DutyName;
  /** Puts the task where the duty finds it. */
  readonly give: () => Promise<unknown>;
  /** Makes a transaction fail that was already sent. */
  readonly spoil: () => Promise<unknown>;
  /** What the log says beside the duty, the nonce and the hash: of the transaction sent, of a success, and of a failure. */
  readonly told: () => { readonly sent: object; readonly done: object; readonly failed: object };
  /** Whether an end is told of what was done (with its hash) rather than of a transaction (with its nonce too). */
  readonly isOfFile?: boolean;
}

/** Fees and gas of a transaction that is mined before those of the duties. */
const EARLIER = { ...OUTBID, gasLimit: 1_000_000 };

const WALLET = "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa";

describe("operator: what holds for every duty @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  const api = useApprovals();
  let tools: Tools;
  let evaluationId: string;
  let reward: string;

  beforeEach(async () => {
    ({ tools } = await loadFixture(deployMarkets));
    chain.rpc.policy = healthy;
    chain.rpc.forget();
  });
  afterEach(async () => {
    await automine(true);
  });

  const accountOf = (duty: DutyName) => developmentKey(DUTY_ACCOUNTS[duty]).address;
  const suspend = async (contract: "registry" | "tokenManager", role: string, duty: DutyName) =>
    tools[contract].connect(tools.guardian).suspendRole(id(role), accountOf(duty), EARLIER);
  const ofModel = (model: string) => ({ sent: { model }, done: { model }, failed: { model } });

  const tasks: readonly Task[] = [
    {
      duty: "admit",
      give: async () => void (api.admissions = [{ address: WALLET, admitted_at: 1 }]),
      spoil: async () => suspend("tokenManager", "OPERATOR_ROLE", "admit"),
      told: () => ({ sent: { account: WALLET }, done: { account: WALLET }, failed: { account: WALLET } }),
    },
    {
      duty: "register",
      give: async () => {
        await deployDeclared(tools, "first");
        api.registrations = [await buildApproval(tools, "first")];
      },
      spoil: async () => suspend("registry", "REGISTRAR_ROLE", "register"),
      told: () => ofModel("first"),
    },
    {
      duty: "distribute",
      give: async () => declare(tools, folders, "first"),
      spoil: async () => suspend("tokenManager", "DISTRIBUTOR_ROLE", "distribute"),
      told: () => ofModel("first"),
    },
    {
      duty: "pools",
      give: async () => declare(tools, folders, "first"),
      spoil: async () => tools.tokenManager.connect(tools.guardian).pauseLaunches(DAY, EARLIER),
      told: () => ofModel("first"),
    },
    {
      duty: "submit",
      give: async () => {
        const { bundle } = await proposed(tools);
        folders.write("submit/a.json", formatBundle(await signedBy(tools, bundle, ...attesterKeys.slice(0, 2))));
      },
      spoil: async () => tools.registry.connect(tools.guardian).pauseSubmissions(DAY, EARLIER),
      told: () => ({ sent: { model: MODEL }, done: { model: MODEL, file: "a.json" }, failed: { file: "a.json" } }),
      isOfFile: true,
    },
    {
      duty: "fees",
      give: async () => folders.write("fees/a.json", { id: "record", model: "paid", calls: 1_000 }),
      spoil: async () =>
        tools.registry.connect(tools.governor).setPricePerThousandCalls(id("paid"), parseUnits("3", 6), EARLIER),
      told: () => ({ sent: { records: ["record"] }, done: { record: "record", model: "paid" }, failed: {} }),
      isOfFile: true,
    },
    {
      duty: "release",
      give: async () => {
        const payout = await queuedBy(
          tools,
          (await improve(tools, await registerModel(tools, { modelId: "first" }))).transaction,
        );
        [evaluationId, reward] = [payout.evaluationId, String(payout.reward)];
        await waitFor(tools, payout);
        await mine(1);
      },
      spoil: async () => tools.registry.connect(tools.guardian).stopPayouts(tools.oracleAttestation, 1n, EARLIER),
      told: () => {
        const payout = { model: "first", evaluationId };
        return { sent: { ...payout, reward }, done: payout, failed: payout };
      },
    },
  ];

  const open = async (duty: DutyName) =>
    openService(tools, chain, folders, { duties: [duty], approvals: { url: api.url, key: "hk_test_secret" } });
  const count = (method: string) => chain.rpc.requests.filter((request) => request.method === method).length;
  /** The last transaction of an account in the chain. */
  async function lastOf(address: string) {
    for (let number = await hre.ethers.provider.getBlockNumber(); ; number--) {
      const block = await hre.ethers.provider.getBlock(number, true);
      const found = block!.prefetchedTransactions.find(({ from }) => from === address);
      if (found) return { nonce: found.nonce, hash: found.hash };
    }
  }
  /** Entries of the log about a duty, without their times. */
  const entriesOf = (log: readonly Entry[], duty: DutyName, ...events: string[]) =>
    log.filter((entry) => entry["duty"] === duty && events.includes(entry.event)).map(withoutTime);

  for (const { duty, give, spoil, told, isOfFile = false } of tasks) {
    describe(`given a task of the duty ${duty}`, () => {
      beforeEach(give);

      it("tells once of the transaction that it sends and of its success, and counts that", async () => {
        const { settle, log, telemetry } = await open(duty);
        await settle();
        await settle();

        const { nonce, hash } = await lastOf(accountOf(duty));
        const { sent, done } = told();
        expect(entriesOf(log, duty, "sent", "done", "reverted", "lost", "refused", "undone")).to.deep.equal([
          { level: "info", event: "sent", duty, ...sent, nonce, hash },
          { level: "info", event: "done", duty, ...done, ...(!isOfFile && { nonce }), hash },
        ]);
        expect(
          ["done", "reverted", "lost"].map((result) => telemetry.get("actions_total", { duty, result })),
        ).to.deep.equal([1, 0, 0]);
        expect(telemetry.get("waiting", { duty })).to.equal(duty === "register" ? 1 : 0); // the API lists it still
        expect(telemetry.get("refused", { duty })).to.equal(0);
      });

      it("sends its transaction once while no block is mined, and says that nothing has changed", async () => {
        const { service, telemetry } = await open(duty);
        await automine(false);
        const passes = [await service.pass(), await service.pass(), await service.pass()];

        expect(passes).to.deep.equal([true, false, false]);
        expect(count("eth_sendRawTransaction")).to.equal(1);
        expect(telemetry.get("waiting", { duty })).to.equal(1);
      });

      it("warns of a transaction that reverts, and counts it", async () => {
        const { service, log, telemetry } = await open(duty);
        await automine(false);
        await service.pass();
        await spoil();
        await mine(1);
        const { nonce, hash } = await lastOf(accountOf(duty));
        expect(await service.pass()).to.equal(true);

        expect(entriesOf(log, duty, "done", "reverted", "lost")).to.deep.equal([
          { level: "warn", event: "reverted", duty, ...told().failed, nonce, ...(!isOfFile && { hash }) },
        ]);
        expect(
          ["done", "reverted", "lost"].map((result) => telemetry.get("actions_total", { duty, result })),
        ).to.deep.equal([0, 1, 0]);
      });

      it("warns of a transaction whose nonce another one has used, counts it, and sends a new one", async () => {
        const { service, settle, log, telemetry } = await open(duty);
        await automine(false);
        await service.pass();
        const nonce = entriesOf(log, duty, "sent")[0]!["nonce"] as number;
        const account = await hre.ethers.getSigner(accountOf(duty));
        await account.sendTransaction({ to: account, nonce, ...EARLIER });
        await mine(1);
        await automine(true);
        await settle();
        await settle();

        expect(entriesOf(log, duty, "reverted", "lost")).to.deep.equal([
          { level: "warn", event: "lost", duty, ...told().failed, nonce },
        ]);
        expect(
          ["done", "reverted", "lost"].map((result) => telemetry.get("actions_total", { duty, result })),
        ).to.deep.equal([1, 0, 1]);
        expect(entriesOf(log, duty, "sent").map((entry) => entry["nonce"])).to.deep.equal([nonce, nonce + 1]);
      });

      it("tells once that a node refuses its transaction, and tries it again only after a minute", async () => {
        chain.rpc.policy = ({ method }) =>
          method === "eth_estimateGas"
            ? { kind: "error", error: { code: -32_000, message: "execution reverted" } }
            : { kind: "pass" };
        const { service, settle, events, telemetry } = await open(duty);
        expect(await service.pass()).to.equal(false);
        const asked = count("eth_estimateGas");
        expect(asked).to.be.greaterThan(0);
        expect([await service.pass(), await service.pass()]).to.deep.equal([false, false]);

        expect(count("eth_estimateGas")).to.equal(asked);
        expect(events("refused").map((entry) => [entry.level, entry["duty"], entry["reason"]])).to.deep.equal([
          ["warn", duty, "refused on chain, without a reason"],
        ]);
        expect(telemetry.get("refused", { duty })).to.equal(1);
        expect(telemetry.get("actions_total", { duty, result: "refused" })).to.equal(0);

        const { now } = Date;
        try {
          Date.now = () => now() + 59_000;
          await settle();
          expect(count("eth_estimateGas")).to.equal(asked);
          Date.now = () => now() + 61_000;
          chain.rpc.policy = healthy;
          await settle();
        } finally {
          Date.now = now;
        }
        expect(telemetry.get("actions_total", { duty, result: "done" })).to.equal(1);
        expect(telemetry.get("refused", { duty })).to.equal(0);
      });
    });
  }
});
