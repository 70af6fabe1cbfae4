// SPDX-License-Identifier: MIT
import { loadFixture, mine, setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre from "hardhat";
import { mkdirSync, rmSync } from "node:fs";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { Inbox } from "../../operator/inbox";
import type { RpcRequest } from "../../scripts/dev/world/faultyRpc";
import { deployTools, expectProblem, type Tools } from "../sdk/statements/support";
import { declare, openService, useChain, useFolders } from "./support";

describe("operator: Service @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = () => ({ kind: "pass" });
  });

  const expectRefused = async (message: string, overrides: object = {}) =>
    expectProblem(() => openService(tools, chain, folders, overrides), message);

  describe("when it starts with something missing", () => {
    it("refuses a node of another chain", async () => {
      chain.rpc.policy = ({ method }) =>
        method === "eth_chainId" ? { kind: "edit", edit: () => "0x1" } : { kind: "pass" };
      await expectRefused("the node answers for chain 1, hardhat is chain 31337: correct its address.");
    });

    it("refuses a registry that is not there or is another contract", async () => {
      const nowhere = "0x00000000000000000000000000000000000000AA";
      const here = "on hardhat, chain 31337";
      await expectRefused(`the registry is ${nowhere}, where there is no contract ${here}.`, { registry: nowhere });
      const registry = await tools.factory.reserveToken();
      const message = `the contract at ${registry} ${here} does not answer as a ModelRegistry.`;
      await expectRefused(message, { registry });
    });

    it("refuses an account without ether", async () => {
      const { address } = developmentKey(DUTY_ACCOUNTS.pools);
      await setBalance(address, 0);
      await expectRefused(`${address}, the account for pools, has no ether: send it some to pay for gas.`);
    });

    it("refuses a folder of model files that does not exist", async () => {
      const models = folders.path("nowhere");
      await expectRefused(`there is no folder ${models}: create it for model files.`, { models });
    });
  });

  describe("given a node that is behind, or whose chain is being reorganised", () => {
    /** Answers to requests that show nothing where something is. */
    const nothing: [string, RpcRequest["method"][], unknown][] = [
      ["no contract", ["eth_getCode", "eth_call"], "0x"],
      ["a registry that knows no others", ["eth_call"], `0x${"0".repeat(64)}`],
      ["accounts without ether", ["eth_getBalance"], "0x0"],
    ];
    for (const [what, methods, result] of nothing) {
      it(`starts although the node shows ${what} at first`, async () => {
        chain.rpc.forget();
        chain.rpc.policy = (request) =>
          methods.includes(request.method) && request.count <= 2 ? { kind: "answer", result } : { kind: "pass" };
        const { events } = await openService(tools, chain, folders, { duties: ["submit"] });

        expect(events("duty").map(({ duty }) => duty)).to.deep.equal(["submit"]);
      });
    }
  });

  describe("when part of a pass fails", () => {
    it("performs its other duties when one fails", async () => {
      const { service, events, telemetry } = await openService(tools, chain, folders, { duties: ["submit", "fees"] });
      rmSync(folders.path("submit"), { recursive: true });
      folders.write("fees/a.json", { id: "a", model: "credit-default", amount: "1" });
      await service.pass();
      expect(telemetry.get("failures_total", { duty: "submit" })).to.equal(1);
      expect(events("pass failed").map(({ duty }) => duty)).to.deep.equal(["submit"]);
      expect(telemetry.get("waiting", { duty: "fees" })).to.equal(1);
      expect(telemetry.get("last_pass_timestamp_seconds")).to.be.greaterThan(0);
    });

    it("finishes a pass for the other accounts when one account's requests fail", async () => {
      await declare(tools, folders, "first");
      const { service, events } = await openService(tools, chain, folders);
      const { address } = developmentKey(DUTY_ACCOUNTS.pools);
      chain.rpc.policy = ({ method, params }) =>
        method === "eth_getTransactionCount" && String(params[0]).toLowerCase() === address.toLowerCase()
          ? { kind: "error", error: { code: -32_000, message: "computer says no" } }
          : { kind: "pass" };
      expect(await service.pass()).to.equal(true);
      expect(events("pass not finished").map(({ level, reason }) => [level, reason])).to.deep.equal([
        ["warn", "computer says no"],
      ]);
      expect(events("pass failed")).to.deep.equal([]);
      expect(events("sent").map(({ duty }) => duty)).to.deep.equal(["distribute"]);
    });
  });

  describe("given the health of a running service", () => {
    const problemsOf = ({ body }: { readonly body: object }) => (body as { problems: string[] }).problems;
    const { now } = Date;
    afterEach(() => {
      Date.now = now;
    });

    it("is live but not ready until everything was read", async () => {
      const { service } = await openService(tools, chain, folders);
      expect(problemsOf(service.health.ready())).to.deep.equal([
        "the chain was not looked at yet",
        "no pass was finished yet",
      ]);
      const during: number[][] = [];
      chain.rpc.policy = ({ method }) => {
        if (method === "eth_getLogs") during.push([service.health.live().status, service.health.ready().status]);
        return { kind: "pass" };
      };
      await service.pass();
      expect(during).to.deep.equal([[200, 503]]);
      expect(service.health.ready().status).to.equal(200);
    });

    it("is not ready and states how many blocks are unread while logs cannot be read", async () => {
      await mine(20);
      const { service } = await openService(tools, chain, folders);
      chain.rpc.policy = ({ method }) =>
        method === "eth_getLogs"
          ? { kind: "error", error: { code: -32_601, message: "no such method" } }
          : { kind: "pass" };
      await service.pass();
      const blocks = 1 + (await hre.ethers.provider.getBlockNumber());
      expect(problemsOf(service.health.ready())).to.deep.equal([`${blocks} blocks are not read yet`]);
      for (let pass = 0; pass < 2; pass++) await service.pass();
      expect(problemsOf(service.health.ready()).at(-1)).to.equal(
        "service has failed in 3 passes in a row: no such method",
      );
    });

    it("is not ready and names duty and reason after a duty has failed in three passes in a row", async () => {
      const { service } = await openService(tools, chain, folders, { duties: ["submit", "fees"] });
      rmSync(folders.path("submit"), { recursive: true });
      for (let pass = 0; pass < 2; pass++) await service.pass();
      expect(service.health.ready().status).to.equal(200);
      await service.pass();
      const [problem, ...others] = problemsOf(service.health.ready());
      expect(problem).to.match(/^submit has failed in 3 passes in a row: ENOENT/);
      expect(others).to.deep.equal([]);
    });

    it("is not ready while the head stands still", async () => {
      const { service } = await openService(tools, chain, folders, { maxHeadAge: 60 });
      const start = 1_000 * (await time.latest());
      Date.now = () => start;
      await service.pass();
      expect(service.health.ready().status).to.equal(200);
      Date.now = () => start + 61_000;
      await service.pass();
      expect(problemsOf(service.health.ready())).to.deep.equal(["the head is 61 s old, at most 60 s are allowed"]);
      await time.increaseTo(start / 1_000 + 61);
      await service.pass();
      expect(service.health.ready().status).to.equal(200);
    });
  });

  describe("given a folder of incoming files", () => {
    const store = async (inbox: Inbox, files: Record<string, string>) => inbox.store(new Map(Object.entries(files)));

    it("stores a file once, and reports a name that has a different content", async () => {
      const inbox = new Inbox(folders.path("fees"));
      expect(await store(inbox, { "a.json": "1" })).to.equal(undefined);
      expect(await store(inbox, { "a.json": "1" })).to.equal(undefined);
      expect(await store(inbox, { "b.json": "1", "a.json": "2" })).to.equal("a.json");
      expect(inbox.read("a.json")).to.equal("1");
      expect(inbox.list()).to.deep.equal(["a.json"]);
    });

    it("keeps every finished file of the same name, each with its result", async () => {
      const inbox = new Inbox(folders.path("fees"));
      for (const text of ["1", "2", "3"]) {
        await store(inbox, { "a.json": text });
        inbox.finish("a.json", "refused", { reason: text });
      }
      expect(inbox.list()).to.deep.equal([]);
      for (const [name, reason] of [
        ["a", "1"],
        ["a.2", "2"],
        ["a.3", "3"],
      ] as const) {
        expect(folders.json(`fees/refused/${name}.json`)).to.equal(Number(reason));
        expect(folders.json(`fees/refused/${name}.result.json`)).to.deep.equal({ reason });
      }
    });

    it("keeps a copy of each post until the file is on disk", async () => {
      const inbox = new Inbox(folders.path("fees"));
      inbox.close(); // what is posted stays, as when the disk is slow
      await store(inbox, { "a.json": "1" });
      inbox.finish("a.json", "done", {});
      await store(inbox, { "a.json": "1" });
      expect(folders.names("fees/posted")).to.have.lengthOf(2);
    });

    it("never overwrites the result of another file", async () => {
      const inbox = new Inbox(folders.path("fees"));
      for (const name of ["a.result", "a", "a.result"]) {
        await store(inbox, { [`${name}.json`]: "1" });
        inbox.finish(`${name}.json`, "done", { name });
      }
      expect(folders.json("fees/done/a.result.result.json")).to.deep.equal({ name: "a.result" });
      expect(folders.json("fees/done/a.result.json")).to.equal(1);
      expect(folders.json("fees/done/a.2.result.json")).to.deep.equal({ name: "a" });
      expect(folders.names("fees/done")).to.have.lengthOf(6);
    });

    it("restores accepted files that the disk has lost, unless they were finished", async () => {
      const lost = new Inbox(folders.path("fees"));
      lost.close(); // as a process that ends before its files are on disk
      await store(lost, { "a.json": "1", "b.json": "2", "c.json": "3", "d.json": "4" });
      lost.finish("b.json", "done", {});
      lost.finish("c.json", "refused", {});
      for (const name of ["a", "d"]) rmSync(folders.path("fees", `${name}.json`));
      folders.write("fees/d.json", "4");

      const inbox = new Inbox(folders.path("fees"));
      expect(inbox.list().sort()).to.deep.equal(["a.json", "d.json"]);
      expect(inbox.read("a.json")).to.equal("1");
      while (folders.names("fees/posted").length > 0) await new Promise(setImmediate);
    });

    it("names a folder that is in the place of a file, and stores nothing", async () => {
      const inbox = new Inbox(folders.path("fees"));
      mkdirSync(folders.path("fees", "a.json"));
      await expectProblem(
        () => store(inbox, { "a.json": "1", "b.json": "1" }),
        "a.json cannot be read (EISDIR): put a file there that this service may read, or remove it.",
      );
      expect(inbox.list()).to.deep.equal(["a.json"]);
    });

    it("continues when another process has moved a file", () => {
      const inbox = new Inbox(folders.path("fees"));
      expect(inbox.read("gone.json")).to.equal(undefined);
      expect(() => inbox.finish("gone.json", "done", {})).not.to.throw();
    });
  });
});
