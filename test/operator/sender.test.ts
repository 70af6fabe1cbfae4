// SPDX-License-Identifier: MIT
import { loadFixture, mine, setNextBlockBaseFeePerGas } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseUnits, Transaction } from "ethers";
import { ethers, network } from "hardhat";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { deployTools, type Tools } from "../sdk/statements/support";
import { declare, expectLaunched, openService, transactionsOf, useChain, useFolders, type Overrides } from "./support";

const { provider } = network;
const poolCreator = developmentKey(DUTY_ACCOUNTS.pools);

/** Duties of one account: what these tests look at are its transactions. */
const POOLS: Overrides = { duties: ["pools"] };

describe("operator: transaction sender @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = () => ({ kind: "pass" });
    await declare(tools, folders, "first");
  });

  afterEach(async () => {
    await provider.send("evm_setAutomine", [true]);
  });

  const isPooled = async (modelId: string) => (await tools.registry.statusOf(id(modelId))) === 3n;
  const holdBlocks = async () => provider.send("evm_setAutomine", [false]);
  const waiting = async () => {
    const block = (await provider.send("eth_getBlockByNumber", ["pending", true])) as {
      transactions: { hash: string }[];
    };
    return block.transactions.map(({ hash }) => hash);
  };
  /** A transaction of the pool creator that is not the service's. */
  const foreign = async (nonce: number, gwei: string, tip = gwei) =>
    ethers.provider.broadcastTransaction(
      await poolCreator.signTransaction({
        type: 2,
        chainId: 31_337,
        nonce,
        to: poolCreator.address,
        gasLimit: 21_000,
        maxFeePerGas: parseUnits(gwei, "gwei"),
        maxPriorityFeePerGas: parseUnits(tip, "gwei"),
      }),
    );
  const launchedOnce = async (failed = 0) => {
    expect(await isPooled("first")).to.equal(true);
    expect(await tools.factory.poolCount()).to.equal(1n);
    expect((await transactionsOf(poolCreator.address)).failed).to.equal(failed);
  };

  /** A transaction that is stuck because the base fee has risen, and the one that replaces it. */
  async function replaceStuck({ service, settle, events }: Awaited<ReturnType<typeof openService>>) {
    await service.pass();
    const [before] = await waiting();
    await setNextBlockBaseFeePerGas(parseUnits("100", "gwei"));
    for (let block = 0; block < 4; block++) {
      await mine(1);
      await settle();
    }
    const [replaced] = events("transaction replaced");
    expect(replaced?.["hash"]).to.equal(before);
    const offers = chain.rpc.requests
      .filter(({ method }) => method === "eth_sendRawTransaction")
      .map(({ params }) => Transaction.from(String(params[0])));
    const offered = (wanted: unknown) => offers.find(({ hash }) => hash === wanted)!;
    return { old: offered(replaced?.["hash"]), by: offered(replaced?.["by"]) };
  }

  describe("given a transaction that is stuck", () => {
    it("replaces it under the same nonce and offers at least an eighth more", async () => {
      await holdBlocks();
      const operator = await openService(tools, chain, folders, POOLS);
      const { settle } = operator;
      const { old, by } = await replaceStuck(operator);
      expect(by.nonce).to.equal(old.nonce);
      expect(by.data).to.equal(old.data);
      expect(by.maxFeePerGas! * 8n >= old.maxFeePerGas! * 9n).to.equal(true);
      expect(by.maxPriorityFeePerGas! * 8n >= old.maxPriorityFeePerGas! * 9n).to.equal(true);
      await mine(1);
      await settle();
      await launchedOnce();
      expect(await transactionsOf(poolCreator.address)).to.deep.equal({ count: 1, failed: 0 });
    });

    it("offers the proposer 1 wei if the stuck transaction offers nothing", async () => {
      chain.rpc.policy = ({ method }) =>
        method === "eth_maxPriorityFeePerGas" ? { kind: "answer", result: "0x0" } : { kind: "pass" };
      await holdBlocks();
      const { old, by } = await replaceStuck(await openService(tools, chain, folders, POOLS));

      expect([old.maxPriorityFeePerGas, by.maxPriorityFeePerGas]).to.deep.equal([0n, 1n]);
    });

    it("never offers more than the highest fee allowed", async () => {
      const start = chain.rpc.requests.length;
      await holdBlocks();
      const maxFeePerGas = parseUnits("20", "gwei");
      const { service, settle, events, telemetry } = await openService(tools, chain, folders, {
        ...POOLS,
        maxFeePerGas,
      });
      await setNextBlockBaseFeePerGas(parseUnits("1000", "gwei"));
      await mine(1);
      await service.pass();
      for (let block = 0; block < 7; block++) {
        await mine(1);
        await settle();
      }
      expect(events("transaction stuck at the highest fee allowed")).to.have.lengthOf(2);
      const labels = { account: poolCreator.address, kind: "replaced" };
      expect(telemetry.get("transactions_total", labels)).to.equal(0);
      const raws = chain.rpc.requests
        .slice(start)
        .filter(({ method }) => method === "eth_sendRawTransaction")
        .map(({ params }) => params[0]);
      for (const raw of raws) expect(Transaction.from(String(raw)).maxFeePerGas! <= maxFeePerGas).to.equal(true);

      await setNextBlockBaseFeePerGas(parseUnits("1", "gwei"));
      await mine(2);
      await settle();
      await launchedOnce();
    });
  });

  describe("given transactions of the account that it did not send", () => {
    it("sends no second transaction for what an earlier process has sent", async () => {
      await holdBlocks();
      const earlier = await openService(tools, chain, folders, POOLS);
      await earlier.service.pass();
      expect(await waiting()).to.have.lengthOf(1);

      const { service, settle } = await openService(tools, chain, folders, POOLS);
      await service.pass();
      expect(await waiting()).to.have.lengthOf(1);
      await mine(1);
      await settle();
      await launchedOnce();
      expect(await transactionsOf(poolCreator.address)).to.deep.equal({ count: 1, failed: 0 });
    });

    it("sends its transaction again when another one has taken the nonce", async () => {
      await holdBlocks();
      const { service, settle, events } = await openService(tools, chain, folders, POOLS);
      await service.pass();
      await foreign(0, "400");
      await mine(1);
      await settle();
      expect(events("nonce used by another transaction")).to.have.lengthOf(1);
      expect(events("lost")).to.have.lengthOf(1);
      await mine(1);
      await settle();
      await launchedOnce();
      expect((await transactionsOf(poolCreator.address)).count).to.equal(2);
    });

    it("waits behind another transaction under its nonce, and replaces that one when it is stuck", async () => {
      await holdBlocks();
      await setNextBlockBaseFeePerGas(parseUnits("1000", "gwei"));
      await mine(1);
      await foreign(0, "50", "1.1");
      const { service, settle, events } = await openService(tools, chain, folders, {
        ...POOLS,
        maxFeePerGas: parseUnits("5000", "gwei"),
      });
      await service.pass();
      for (let block = 0; block < 12 && !(await isPooled("first")); block++) {
        await mine(1);
        await settle();
      }
      await settle();
      await launchedOnce();
      expect(events("transaction replaced")).not.to.have.lengthOf(0);
      expect(events("lost")).to.deep.equal([]);
      expect((await transactionsOf(poolCreator.address)).count).to.equal(1);
    });

    it("sends its transaction although the node reports stale nonces", async () => {
      await foreign(0, "100");
      let stale = 3;
      chain.rpc.policy = ({ method }) =>
        method === "eth_getTransactionCount" && stale-- > 0 ? { kind: "edit", edit: () => "0x0" } : { kind: "pass" };
      const { service } = await openService(tools, chain, folders, POOLS);
      for (let pass = 0; pass < 6; pass++) await service.pass();
      await launchedOnce();
      expect((await transactionsOf(poolCreator.address)).count).to.equal(2);
    });
  });

  const answers: [string, { code: number; message: string }, boolean][] = [
    ["already known", { code: -32_000, message: "already known" }, true],
    ["nonce too low", { code: -32_000, message: "nonce too low" }, true],
    ["replacement underpriced", { code: -32_000, message: "replacement transaction underpriced" }, true],
    ["an unknown error", { code: -32_000, message: "computer says no" }, true],
    ["already known", { code: -32_000, message: "already known" }, false],
    ["nonce too low", { code: -32_000, message: "nonce too low" }, false],
    ["replacement underpriced", { code: -32_000, message: "replacement transaction underpriced" }, false],
    ["an unknown error", { code: -32_000, message: "computer says no" }, false],
  ];
  for (const [name, error, isTaken] of answers) {
    it(`launches the model once after "${name}" for a transaction that the node has ${isTaken ? "" : "not "}accepted`, async () => {
      let first = true;
      chain.rpc.policy = ({ method }) => {
        if (method !== "eth_sendRawTransaction" || !first) return { kind: "pass" };
        first = false;
        return { kind: isTaken ? "errorAfter" : "error", error };
      };
      const { settle } = await openService(tools, chain, folders, POOLS);
      for (let block = 0; block < 5; block++) {
        await settle();
        await mine(1);
      }
      await settle();
      await launchedOnce();
      expect((await transactionsOf(poolCreator.address)).count).to.equal(1);
    });
  }

  describe("given a node that fails now and then", () => {
    it("launches each model once through dropped requests and answers, statuses 429 and 500", async () => {
      await declare(tools, folders, "second");
      let number = 0;
      const faults = [
        { kind: "drop" },
        { kind: "dropAnswer" },
        { kind: "status", status: 429 },
        { kind: "status", status: 500 },
        { kind: "error", error: { code: -32_005, message: "limit exceeded" } },
      ] as const;
      const { settle, events, telemetry } = await openService(tools, chain, folders);
      chain.rpc.policy = () => (++number % 7 === 0 ? faults[(number / 7) % faults.length]! : { kind: "pass" });
      await settle();
      chain.rpc.policy = () => ({ kind: "pass" });
      await settle();
      expect(number, "requests, so that each fault has occurred").to.be.at.least(7 * faults.length);

      for (const model of ["first", "second"]) await expectLaunched(tools, model);
      expect(await transactionsOf(poolCreator.address)).to.deep.equal({ count: 2, failed: 0 });
      expect(telemetry.get("rpc_failures_total")).to.be.greaterThan(4);
      expect(events("chain does not answer").length).to.equal(events("chain answers again").length);
    });

    it("reads fewer blocks at once when too many results are reported with the error code of a rate limit", async () => {
      const error = { code: -32_005, message: "query returned more than 10000 results" };
      const { settle, telemetry } = await openService(tools, chain, folders, POOLS);
      chain.rpc.policy = ({ method, params: [filter] }) => {
        if (method !== "eth_getLogs") return { kind: "pass" };
        const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string };
        return Number(toBlock) - Number(fromBlock) >= 4 ? { kind: "error", error } : { kind: "pass" };
      };
      await settle();
      expect(await isPooled("first")).to.equal(true);
      expect(telemetry.get("rpc_failures_total")).to.equal(0);
      expect(chain.rpc.requests.some(({ method }) => method === "eth_getLogs")).to.equal(true);
    });
  });

  describe("given a reorganisation", () => {
    it("sends again what a reorganisation has undone", async () => {
      const { service, settle, events } = await openService(tools, chain, folders, { ...POOLS, confirmations: 3 });
      await mine(3);
      const snapshot = await provider.send("evm_snapshot", []);
      await service.pass();
      await settle();
      expect(await isPooled("first")).to.equal(true);

      await provider.send("evm_revert", [snapshot]);
      await mine(1, { interval: 13 });
      expect(await isPooled("first")).to.equal(false);
      await settle();
      expect(await isPooled("first")).to.equal(true);
      expect(events("done")).to.deep.equal([]);
      await mine(2);
      await settle();
      expect(events("done")).to.have.lengthOf(1);
      await launchedOnce();
    });

    it("launches again after a reorganisation deeper than the confirmations", async () => {
      const snapshot = await provider.send("evm_snapshot", []);
      const { settle, events, telemetry } = await openService(tools, chain, folders, POOLS);
      await settle();
      expect(events("done")).to.have.lengthOf(1);

      await provider.send("evm_revert", [snapshot]);
      await mine(5, { interval: 13 });
      await settle();
      expect(telemetry.get("reorgs_total")).to.equal(1);
      expect(events("done")).to.have.lengthOf(2);
      await launchedOnce();
    });
  });

  describe("given several models to launch", () => {
    it("keeps at most 16 unmined transactions for each account, and loses none", async () => {
      const models = Array.from({ length: 17 }, (_, index) => `model-${index}`);
      for (const model of models) await declare(tools, folders, model);
      await holdBlocks();
      const { settle } = await openService(tools, chain, folders);
      await settle();
      expect(await waiting()).to.have.lengthOf(32);
      for (let block = 0; block < 5; block++) {
        await mine(1);
        await settle();
      }
      for (const model of ["first", ...models]) await expectLaunched(tools, model);
      expect(await transactionsOf(poolCreator.address)).to.deep.equal({ count: 18, failed: 0 });
    });

    it("loses and repeats no action when two instances share the accounts", async () => {
      const models = Array.from({ length: 5 }, (_, index) => `model-${index}`);
      for (const model of models) await declare(tools, folders, model);
      const instances = [await openService(tools, chain, folders), await openService(tools, chain, folders)];
      const pass = async () => Promise.all(instances.map(({ service }) => service.pass()));
      let turns = 0;
      while ((await pass()).some(Boolean)) expect(++turns).to.be.lessThan(100);
      for (const model of ["first", ...models]) await expectLaunched(tools, model);
      expect(await tools.factory.poolCount()).to.equal(6n);
      const { count, failed } = await transactionsOf(poolCreator.address);
      expect(count - failed).to.equal(6);
    });
  });
});
