// SPDX-License-Identifier: MIT
import { loadFixture, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { rmSync } from "node:fs";
import { developmentKey } from "../../sdk/base/accounts";
import { Inbox } from "../../operator/inbox";
import { deployTools, expectProblem, type Tools } from "../sdk/statements/support";
import { ACCOUNTS, declare, openService, useChain, useFolders } from "./support";

describe("operator: service @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = () => ({ kind: "pass" });
  });

  const expectRefused = async (message: string, overrides: object = {}) =>
    expectProblem(() => openService(tools, chain, folders, overrides), message);

  describe("refuses to begin", () => {
    it("on another chain", async () => {
      chain.rpc.policy = ({ method }) =>
        method === "eth_chainId" ? { kind: "edit", edit: () => "0x1" } : { kind: "pass" };
      await expectRefused("the node answers for chain 1, hardhat is chain 31337: correct its address.");
    });

    it("without a registry", async () => {
      const nowhere = "0x00000000000000000000000000000000000000AA";
      await expectRefused(`registry is ${nowhere}, where there is no contract on hardhat.`, { registry: nowhere });
      const registry = await tools.factory.reserveToken();
      await expectRefused(`registry is ${registry}, which does not answer as a ModelRegistry.`, { registry });
    });

    it("with an account that cannot pay", async () => {
      const { address } = developmentKey(ACCOUNTS.pools);
      await setBalance(address, 0);
      await expectRefused(`${address}, the account for pools, has no ether: send it some to pay for gas.`);
    });

    it("without its folder of model files", async () => {
      const models = folders.path("nowhere");
      await expectRefused(`there is no folder ${models}: create it for model files.`, { models });
    });
  });

  it("lets the other duties work when one fails", async () => {
    const { service, events, telemetry } = await openService(tools, chain, folders, { duties: ["submit", "fees"] });
    rmSync(folders.path("submit"), { recursive: true });
    folders.write("fees/a.json", { id: "a", model: "credit-default", amount: "1" });
    await service.pass();
    expect(telemetry.get("failures_total", { duty: "submit" })).to.equal(1);
    expect(events("pass failed").map(({ duty }) => duty)).to.deep.equal(["submit"]);
    expect(telemetry.get("waiting", { duty: "fees" })).to.equal(1);
    expect(telemetry.get("last_pass_timestamp_seconds")).to.be.greaterThan(0);
  });

  it("waits for every account before the next pass, though one fails", async () => {
    await declare(tools, folders, "first");
    const { service, events } = await openService(tools, chain, folders);
    const { address } = developmentKey(ACCOUNTS.pools);
    chain.rpc.policy = ({ method, params }) =>
      method === "eth_getTransactionCount" && String(params[0]).toLowerCase() === address.toLowerCase()
        ? { kind: "error", error: { code: -32_000, message: "computer says no" } }
        : { kind: "pass" };
    expect(await service.pass()).to.equal(true);
    expect(events("pass failed").map(({ reason }) => reason)).to.deep.equal(["computer says no"]);
    expect(events("sent").map(({ duty }) => duty)).to.deep.equal(["distribute"]);
  });

  describe("a folder", () => {
    it("keeps what is stored, once, and tells when a name says something else", () => {
      const inbox = new Inbox(folders.path("fees"));
      expect(inbox.store("a.json", "1")).to.equal(true);
      expect(inbox.store("a.json", "1")).to.equal(true);
      expect(inbox.store("a.json", "2")).to.equal(false);
      expect(inbox.read("a.json")).to.equal("1");
      expect(inbox.list()).to.deep.equal(["a.json"]);
    });

    it("keeps each of several files of one name that are finished, and the result beside it", () => {
      const inbox = new Inbox(folders.path("fees"));
      for (const text of ["1", "2", "3"]) {
        inbox.store("a.json", text);
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

    it("puts no result over another: not a record's over the result of one whose name is like it", () => {
      const inbox = new Inbox(folders.path("fees"));
      for (const name of ["a.result", "a", "a.result"]) {
        inbox.store(`${name}.json`, "1");
        inbox.finish(`${name}.json`, "done", { name });
      }
      expect(folders.json("fees/done/a.result.result.json")).to.deep.equal({ name: "a.result" });
      expect(folders.json("fees/done/a.result.json")).to.equal(1);
      expect(folders.json("fees/done/a.2.result.json")).to.deep.equal({ name: "a" });
      expect(folders.names("fees/done")).to.have.lengthOf(6);
    });

    it("goes on when another process has moved a file", () => {
      const inbox = new Inbox(folders.path("fees"));
      expect(inbox.read("gone.json")).to.equal(undefined);
      expect(() => inbox.finish("gone.json", "done", {})).not.to.throw();
    });
  });
});
