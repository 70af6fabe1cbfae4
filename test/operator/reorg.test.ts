// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, Transaction } from "ethers";
import hre from "hardhat";
import { rmSync } from "node:fs";
import { formatBundle } from "../../sdk/schemas/bundle";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { improve, registerModel } from "../../scripts/dev/world/improvements";
import { queuedBy, waitFor } from "../../scripts/dev/world/payouts";
import { attesterKeys, buildMeasured, proposed, signedBy, type Tools } from "../sdk/statements/support";
import { deployMarkets, FUNDS, payer } from "./markets.support";
import { declare, expectLaunched, openService, unfinal, useChain, useFolders, withoutTime } from "./support";

const CONFIRMATIONS = 2;

describe("operator after a reorganisation deeper than the confirmations @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let reserve: Awaited<ReturnType<typeof deployMarkets>>["reserve"];

  beforeEach(async () => {
    ({ tools, reserve } = await loadFixture(deployMarkets));
    chain.rpc.policy = unfinal;
    chain.rpc.forget();
  });
  afterEach(async () => {
    await hre.network.provider.send("evm_setAutomine", [true]);
  });

  const { provider } = hre.network;
  const open = async (duty: "fees" | "submit") =>
    openService(tools, chain, folders, { duties: [duty], confirmations: CONFIRMATIONS });
  const pay = (name: string, amount: string) => folders.write(`fees/${name}.json`, { id: name, model: "paid", amount });
  const spent = async () => FUNDS - (await reserve.balanceOf(payer.address));
  const confirm = async ({ settle }: { settle: () => Promise<void> }) => {
    for (let block = 0; block < CONFIRMATIONS + 1; block++) {
      await settle();
      await mine(1);
    }
    await settle();
  };
  /** The transactions that the fee account has sent, as they were signed. */
  const raws = () =>
    chain.rpc.requests
      .filter(({ method }) => method === "eth_sendRawTransaction")
      .map(({ params }) => String(params[0]));

  /** Two payments, one after the other, each confirmed and its record done; then both undone, and the chain as long as it was. */
  async function payAndUndo() {
    const snapshot = (await provider.send("evm_snapshot", [])) as string;
    const service = await open("fees");
    for (const [name, amount] of [
      ["a", "10"],
      ["b", "1"],
    ] as const) {
      pay(name, amount);
      await confirm(service);
    }
    expect(await spent()).to.equal(11_000_000n);
    expect(folders.names("fees/done")).to.deep.equal(["a.json", "a.result.json", "b.json", "b.result.json"]);
    const height = await hre.ethers.provider.getBlockNumber();
    const sent = raws();
    await provider.send("evm_revert", [snapshot]);
    await time.increase(1_000); // so that no block is the same
    await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
    expect(await spent()).to.equal(0n);
    return { service, sent };
  }

  describe("given payments that were undone", () => {
    it("logs each undone record with its transaction, and pays it again, once", async () => {
      const { service } = await payAndUndo();
      await confirm(service);
      await confirm(service);

      expect(await spent()).to.equal(11_000_000n);
      expect(folders.names("fees")).to.deep.equal([]);
      expect(folders.names("fees/done")).to.deep.equal(["a.json", "a.result.json", "b.json", "b.result.json"]);
      const undone = service.events("undone").filter(({ file }) => file !== undefined);
      expect(undone.map(({ level, duty, file, key }) => [level, duty, file, key])).to.have.deep.members([
        ["warn", "fees", "a.json", id("a")],
        ["warn", "fees", "b.json", id("b")],
      ]);
      expect(undone.map(({ hash }) => hash)).to.have.members(
        service
          .events("done")
          .slice(0, 2)
          .map(({ hash }) => hash),
      );
    });

    it("pays each record again, once, after a restart without its checkpoint", async () => {
      await payAndUndo();
      rmSync(folders.path("state"), { recursive: true });
      const later = await open("fees");
      await confirm(later);
      await confirm(later);

      expect(await spent()).to.equal(11_000_000n);
      expect(folders.names("fees/done")).to.have.length(4);
      expect(later.events("undone").map(({ file }) => file)).to.have.members(["a.json", "b.json"]);
    });

    it("fills the nonces of the undone payments if their files are gone", async () => {
      const { service } = await payAndUndo();
      for (const name of ["a", "b"]) rmSync(folders.path("fees/done", `${name}.json`));
      await confirm(service);
      await confirm(service);

      expect(service.events("nonce filled").map(({ nonce }) => nonce)).to.deep.equal([2, 3]);
      expect(await spent()).to.equal(0n);
      expect(folders.names("fees/unfinal")).to.deep.equal([]);
    });

    it("pays no record twice if the original transactions are mined after all", async () => {
      const { service, sent } = await payAndUndo();
      expect(sent.map((raw) => Transaction.from(raw).nonce)).to.deep.equal([2, 3]);
      await service.service.pass(); // sends what is next
      for (const raw of sent) await hre.ethers.provider.broadcastTransaction(raw).catch(() => undefined);
      await confirm(service);
      await confirm(service);

      expect(await spent()).to.equal(11_000_000n);
      expect(folders.names("fees/done")).to.have.length(4);
    });
  });

  describe("given payments that were undone while a later one was not mined yet", () => {
    /** The same, with a third payment sent and not mined when the first two are undone, and a fourth record that comes then. */
    async function payAndUndoBelow() {
      const snapshot = (await provider.send("evm_snapshot", [])) as string;
      const service = await open("fees");
      for (const name of ["a", "b"]) {
        pay(name, "10");
        await confirm(service);
      }
      await provider.send("evm_setAutomine", [false]);
      pay("c", "1");
      await service.service.pass();
      const height = await hre.ethers.provider.getBlockNumber();
      const sent = raws();
      expect(sent.map((raw) => Transaction.from(raw).nonce)).to.deep.equal([2, 3, 4]);
      await provider.send("evm_revert", [snapshot]);
      await time.increase(1_000); // so that no block is the same
      await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
      pay("d", "100");
      return { service, onItsWay: sent[2] as string };
    }
    const expectPaidOnce = async () => {
      expect(await spent()).to.equal(121_000_000n);
      expect(folders.names("fees")).to.deep.equal([]);
      expect(folders.names("fees/done")).to.have.length(8);
    };

    it("pays each undone record again at an earlier nonce, and the later one once", async () => {
      const { service, onItsWay } = await payAndUndoBelow();
      await hre.ethers.provider.broadcastTransaction(onItsWay);
      for (let payment = 0; payment < 4; payment++) await confirm(service);

      await expectPaidOnce();
    });

    it("pays no record twice if another instance pays what was undone", async () => {
      const { onItsWay } = await payAndUndoBelow();
      rmSync(folders.path("state"), { recursive: true });
      const other = await open("fees");
      await confirm(other);
      await confirm(other);
      await hre.ethers.provider.broadcastTransaction(onItsWay).catch(() => undefined); // where its nonce is used
      await confirm(other);
      await confirm(other);

      await expectPaidOnce();
    });

    it("fills the nonce of a record that was removed with an empty transaction", async () => {
      const { service } = await payAndUndoBelow();
      await service.service.pass(); // what was undone waits again
      rmSync(folders.path("fees/b.json"));
      for (let payment = 0; payment < 5; payment++) await confirm(service);

      expect(service.events("nonce filled").map(({ nonce }) => nonce)).to.deep.equal([3]);
      expect(await spent()).to.equal(111_000_000n);
    });
  });

  describe("given a nonce that became free although no payment was undone", () => {
    it("fills it for the payment on its way, although no record waits any more", async () => {
      const account = await hre.ethers.getSigner(payer.address);
      const snapshot = (await provider.send("evm_snapshot", [])) as string;
      await account.sendTransaction({ to: account, value: 0n });
      await mine(CONFIRMATIONS);
      const service = await open("fees");
      await provider.send("evm_setAutomine", [false]);
      pay("a", "10");
      await service.service.pass();
      const [onItsWay] = raws();
      expect(Transaction.from(onItsWay!).nonce).to.equal(3);
      const height = await hre.ethers.provider.getBlockNumber();
      await provider.send("evm_revert", [snapshot]);
      await time.increase(1_000); // so that no block is the same
      await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
      rmSync(folders.path("fees/a.json"));
      let hasMoved = false;
      while (service.events("nonce filled").length === 0) hasMoved = await service.service.pass();
      expect(hasMoved).to.equal(true);
      for (let payment = 0; payment < 3; payment++) await confirm(service);

      const [filled] = service.events("nonce filled");
      const { hash } = filled as unknown as { hash: string };
      expect(service.events("nonce filled")).to.have.lengthOf(1);
      expect({ ...filled, time: "" }).to.deep.equal({
        time: "",
        level: "info",
        event: "nonce filled",
        duty: "fees",
        nonce: 2,
        hash,
      });
      const { to, data } = (await hre.ethers.provider.getTransaction(hash))!;
      expect([to, data]).to.deep.equal([payer.address, "0x"]);
      expect(await spent()).to.equal(10_000_000n);
    });
  });

  describe("given a payment that was not undone", () => {
    it("does not report a payment as undone if the new chain contains its transaction", async () => {
      const snapshot = (await provider.send("evm_snapshot", [])) as string;
      const service = await open("fees");
      pay("a", "10");
      await confirm(service);
      const [raw] = raws();
      const height = await hre.ethers.provider.getBlockNumber();
      await provider.send("evm_revert", [snapshot]);
      await time.increase(1_000); // so that no block is the same
      await hre.ethers.provider.broadcastTransaction(raw!);
      await mine(height - (await hre.ethers.provider.getBlockNumber()) + 3);
      await service.settle();

      expect(service.events("reorganisation deeper than the confirmations")).to.have.length(1);
      expect(service.events("undone")).to.deep.equal([]);
      expect(await spent()).to.equal(10_000_000n);
    });

    it("keeps a different record with a paid id until that payment is final, and then refuses it", async () => {
      const service = await open("fees");
      pay("a", "10");
      await confirm(service);
      pay("a", "11");
      await service.settle();
      const { transaction } = folders.json("fees/done/a.result.json");
      const reason = `the id a was paid for another record, in ${String(transaction)}.`;
      expect(folders.names("fees")).to.deep.equal(["a.json"]);
      expect(service.events("refused").map((entry) => [entry["name"], entry["reason"]])).to.deep.equal([
        ["a.json", reason],
      ]);
      expect(folders.names("fees/refused")).to.deep.equal([]);

      chain.rpc.policy = healthy;
      await mine(70); // a node that named no final block is asked again after some
      await service.settle();
      expect(folders.json("fees/refused/a.result.json")).to.deep.equal({ reason });
      expect(await spent()).to.equal(10_000_000n);
    });

    it("keeps a bundle whose evaluation was recorded for another statement until that is final", async () => {
      const [first, second] = attesterKeys;
      const drop = async (name: string, contributionDataHash: string) => {
        const measured = await buildMeasured(tools, { contributionDataHash });
        const { bundle } = await proposed(tools, { measured });
        return { name, bundle: await signedBy(tools, bundle, second!, first!) };
      };
      const [one, other] = [await drop("a", id("data")), await drop("b", id("other data"))];
      const service = await open("submit");
      folders.write("submit/a.json", formatBundle(one.bundle));
      await confirm(service);
      folders.write("submit/b.json", formatBundle(other.bundle));
      await service.settle();
      const { transaction } = folders.json("submit/done/a.result.json");
      const reason = `the evaluation ${id("first")} was recorded for another statement, in ${String(transaction)}.`;
      expect(folders.names("submit")).to.deep.equal(["b.json"]);
      expect(service.events("refused").map((entry) => [entry["name"], entry["reason"]])).to.deep.equal([
        ["b.json", reason],
      ]);

      chain.rpc.policy = healthy;
      await mine(70);
      const { now } = Date;
      try {
        Date.now = () => now() + 61_000;
        await service.settle();
      } finally {
        Date.now = now;
      }
      expect(folders.json("submit/refused/b.result.json")).to.deep.equal({ reason });
    });

    it("keeps a paid record in the folder unfinal until its block is final", async () => {
      const service = await open("fees");
      pay("a", "10");
      await confirm(service);
      expect(folders.names("fees/unfinal")).to.deep.equal(["a.json"]);
      chain.rpc.policy = healthy;
      await mine(70); // a node that named no final block is asked again after some
      await service.settle();
      expect(folders.names("fees/unfinal")).to.deep.equal([]);
      expect(folders.names("fees/done")).to.deep.equal(["a.json", "a.result.json"]);
    });
  });

  describe("given other actions that were undone", () => {
    it("submits again a bundle whose improvement was undone, and logs its file", async () => {
      const snapshot = (await provider.send("evm_snapshot", [])) as string;
      const service = await open("submit");
      const [first, second] = attesterKeys;
      folders.write(
        "submit/a.json",
        formatBundle(await signedBy(tools, (await proposed(tools)).bundle, second!, first!)),
      );
      await confirm(service);
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      const height = await hre.ethers.provider.getBlockNumber();
      await provider.send("evm_revert", [snapshot]);
      await time.increase(1_000);
      await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
      expect(await tools.registry.scoreOf(tools.model.id)).to.equal(7_494n);
      await confirm(service);

      expect(await tools.registry.scoreOf(tools.model.id)).to.equal(7_594n);
      expect(service.events("undone").map(({ duty, file }) => [duty, file])).to.deep.equal([["submit", "a.json"]]);
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      expect(folders.names("submit/unfinal")).to.deep.equal(["a.json"]);
    });

    it("logs by model and evaluation an improvement and a release that were undone", async () => {
      const model = await registerModel(tools, { modelId: "first" });
      const snapshot = (await provider.send("evm_snapshot", [])) as string;
      const payout = await queuedBy(tools, (await improve(tools, model)).transaction);
      await waitFor(tools, payout);
      const service = await openService(tools, chain, folders, { duties: ["release"], confirmations: CONFIRMATIONS });
      await confirm(service);
      const place = async (event: "ScoreMoved" | "PayoutReleased") => {
        const [log] = await tools.registry.queryFilter(tools.registry.filters[event](model.id));
        return { block: log!.blockNumber, hash: log!.transactionHash };
      };
      const places = [await place("ScoreMoved"), await place("PayoutReleased")];
      const height = await hre.ethers.provider.getBlockNumber();
      await provider.send("evm_revert", [snapshot]);
      await time.increase(1_000);
      await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
      await service.settle();

      const { evaluationId } = payout;
      const told = { level: "warn", event: "undone", duty: "release", model: "first", evaluationId };
      expect(service.events("undone").map(withoutTime)).to.have.deep.members([
        { ...told, what: "improvement", ...places[0] },
        { ...told, what: "release", ...places[1] },
      ]);
    });

    it("launches again a model whose launch was undone, and logs each undone step", async () => {
      await declare(tools, folders, "first");
      const snapshot = (await provider.send("evm_snapshot", [])) as string;
      const service = await openService(tools, chain, folders, { confirmations: CONFIRMATIONS });
      await confirm(service);
      await confirm(service);
      await expectLaunched(tools, "first");
      const height = await hre.ethers.provider.getBlockNumber();
      await provider.send("evm_revert", [snapshot]);
      await time.increase(1_000);
      await mine(height + 1 - (await hre.ethers.provider.getBlockNumber()));
      await confirm(service);
      await confirm(service);

      await expectLaunched(tools, "first");
      expect(service.events("undone").map(({ what, model }) => [what, model])).to.have.deep.members([
        ["distribute", "first"],
        ["pools", "first"],
      ]);
    });
  });
});
