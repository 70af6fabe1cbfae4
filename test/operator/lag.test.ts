// SPDX-License-Identifier: MIT
import { loadFixture, mine } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre from "hardhat";
import { formatBundle } from "../../sdk/schemas/bundle";
import { healthy, type RpcRequest } from "../../scripts/dev/world/faultyRpc";
import { improve, registerModel } from "../../scripts/dev/world/improvements";
import { everyOther, laggingNode } from "../helpers/laggingNode";
import { queuedBy, RELEASED, waitFor } from "../../scripts/dev/world/payouts";
import { attesterKeys, proposed, signedBy, type Tools } from "../sdk/statements/support";
import { deployMarkets, FUNDS, payer } from "./markets.support";
import { declare, expectLaunched, openService, transactionsOf, useChain, useFolders } from "./support";

const LAG = 5;

const asksFor =
  (...methods: string[]) =>
  ({ method }: RpcRequest): boolean =>
    methods.includes(method);

describe("operator behind a load balancer with a node that lags @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let reserve: Awaited<ReturnType<typeof deployMarkets>>["reserve"];

  beforeEach(async () => {
    ({ tools, reserve } = await loadFixture(deployMarkets));
    chain.rpc.policy = healthy;
  });

  const lag = (isLagging: (request: RpcRequest) => boolean) => {
    chain.rpc.policy = laggingNode(chain.rpc.target, LAG, isLagging);
  };
  const spent = async () => FUNDS - (await reserve.balanceOf(payer.address));
  /** Passes while blocks come, as on any chain. */
  async function work({ service }: { service: { pass: () => Promise<boolean> } }, blocks = 30): Promise<void> {
    for (let block = 0; block < blocks; block++) {
      await service.pass();
      await mine(1);
    }
    await service.pass();
  }

  describe("when every other answer is from the past", () => {
    it("launches a model, and reports no mismatch", async () => {
      await mine(LAG);
      await declare(tools, folders, "first");
      const service = await openService(tools, chain, folders);
      lag(everyOther());
      await work(service);

      await expectLaunched(tools, "first");
      expect(service.events("refused")).to.deep.equal([]);
      expect(service.events("undone")).to.deep.equal([]);
    });

    it("submits a bundle and finds it recorded, and refuses nothing", async () => {
      await mine(LAG);
      const [first, second] = attesterKeys;
      const bundle = await signedBy(tools, (await proposed(tools)).bundle, second!, first!);
      const service = await openService(tools, chain, folders, { duties: ["submit"] });
      folders.write("submit/a.json", formatBundle(bundle));
      lag(everyOther());
      await work(service);

      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      expect(folders.names("submit/refused")).to.deep.equal([]);
    });

    it("releases a payout, and reports nothing as undone", async () => {
      const model = await registerModel(tools, { modelId: "first" });
      const payout = await queuedBy(tools, (await improve(tools, model)).transaction);
      await waitFor(tools, payout);
      const service = await openService(tools, chain, folders, { duties: ["release"] });
      lag(everyOther());
      await work(service);

      expect(await tools.registry.payoutOf(payout.model, payout.evaluationId)).to.equal(RELEASED);
      expect(service.events("undone")).to.deep.equal([]);
    });
  });

  describe("given a node that does not know the latest transactions yet", () => {
    beforeEach(async () => mine(LAG));

    it("does not pay a record that another instance has paid with the same key", async () => {
      const other = {
        ...folders,
        path: (...names: string[]) => folders.path(...names.map((name) => (name === "fees" ? "fees-2" : name))),
      };
      const [one, two] = [
        await openService(tools, chain, folders, { duties: ["fees"] }),
        await openService(tools, chain, other, { duties: ["fees"] }),
      ];
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "10" });
      await one.settle();
      expect(await spent()).to.equal(10_000_000n);
      folders.write("fees-2/a.json", { id: "a", model: "paid", amount: "10" });
      lag(asksFor("eth_getLogs"));
      await two.settle();

      expect(await spent()).to.equal(10_000_000n);
      expect(folders.names("fees-2/done")).to.deep.equal(["a.json", "a.result.json"]);
      expect((await transactionsOf(payer.address)).count).to.equal(3); // the fixture's mint and approval, and one payment
    });

    it("does not pay a record again after a restart without its checkpoint", async () => {
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "10" });
      await (await openService(tools, chain, folders, { duties: ["fees"] })).settle();
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "10" });
      lag(everyOther());
      const later = await openService(tools, chain, folders, { duties: ["fees"], state: folders.path("elsewhere") });
      await work(later);

      expect(await spent()).to.equal(10_000_000n);
      expect(folders.names("fees")).to.deep.equal([]);
    });

    it("logs two passes that a missing transaction leaves unfinished as warnings, and the third in a row as a failure", async () => {
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "10" });
      await (await openService(tools, chain, folders, { duties: ["fees"] })).settle();
      const { hash } = (await hre.ethers.provider.getBlock("latest", true))!.prefetchedTransactions[0]!;
      const isLost = asksFor("eth_getTransactionByHash");
      chain.rpc.policy = (request) => (isLost(request) ? { kind: "answer", result: null } : { kind: "pass" });
      const later = await openService(tools, chain, folders, { duties: ["fees"], state: folders.path("elsewhere") });
      for (let pass = 0; pass < 3; pass++) await later.service.pass();

      const reason =
        `the node has had logs of ${hash}, and has not got the transaction: ` +
        "a node behind the address lags, or the chain is being reorganised";
      const told = [...later.events("pass not finished"), ...later.events("pass failed")];
      expect(told.map(({ level, event, duty, reason: said }) => [level, event, duty, said])).to.deep.equal([
        ["warn", "pass not finished", "fees", reason],
        ["warn", "pass not finished", "fees", reason],
        ["error", "pass failed", "fees", reason],
      ]);
    });

    it("pays nothing while the node does not tell what has used a nonce of the account, and names the nonce", async () => {
      for (let block = 0; block < 70; block++) await mine(1); // blocks that one request mines have no state
      const account = await hre.ethers.getSigner(payer.address);
      const { nonce } = await account.sendTransaction({ to: account, value: 0n });
      await mine(1);
      chain.rpc.policy = ({ method, params: [, isWhole] }) =>
        method === "eth_getBlockByNumber" && isWhole === true
          ? { kind: "edit", edit: (block) => ({ ...(block as object), transactions: [] }) }
          : { kind: "pass" };
      const { service, events } = await openService(tools, chain, folders, { duties: ["fees"] });
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "10" });
      expect(await service.pass()).to.equal(false);

      expect(events("pass not finished").map(({ duty, reason }) => [duty, reason])).to.deep.equal([
        [
          "fees",
          `the node does not tell what has used nonce ${nonce} of ${payer.address}: ` +
            "a node behind the address lags, or the chain is being reorganised",
        ],
      ]);
      expect(events("sent")).to.deep.equal([]);
    });

    it("pays a record once when its account has sent another transaction that is no payment", async () => {
      const account = await hre.ethers.getSigner(payer.address);
      await account.sendTransaction({ to: account, value: 0n });
      const service = await openService(tools, chain, folders, { duties: ["fees"] });
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "10" });
      lag(asksFor("eth_getLogs"));
      await work(service, 4);

      expect(await spent()).to.equal(10_000_000n);
    });
  });
});
