// SPDX-License-Identifier: MIT
import { loadFixture, mine } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import { utimesSync } from "node:fs";
import { formatBundle } from "../../sdk/schemas/bundle";
import { healthy, type RpcError, type RpcRequest } from "../../scripts/dev/world/faultyRpc";
import { registerModel } from "../../scripts/dev/world/improvements";
import {
  attesterKeys,
  buildMeasured,
  buildProposal,
  deployTools,
  proposed,
  signedBy,
  type Tools,
} from "../sdk/statements/support";
import { propose } from "../../sdk/statements/propose";
import { declare, expectLaunched, LONG_AGO, openService, useChain, useFolders } from "./support";

const [first, second] = attesterKeys;
const PASSES = 8;

/** Whether a request is a call of a function of a contract. */
const calls =
  (signature: string) =>
  ({ method, params: [call] }: RpcRequest): boolean =>
    method === "eth_call" &&
    ((call as { data?: string } | undefined)?.data ?? "").startsWith(id(signature).slice(0, 10));

const asks =
  (wanted: string) =>
  ({ method }: RpcRequest): boolean =>
    method === wanted;

describe("operator: errors that a node answers with @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });

  /** Answers one request of a kind with an error; tells how often it did. */
  function failOnce(isMeant: (request: RpcRequest) => boolean, error: RpcError): () => number {
    let count = 0;
    chain.rpc.policy = (request) => {
      if (count > 0 || !isMeant(request)) return { kind: "pass" };
      count++;
      return { kind: "error", error };
    };
    return () => count;
  }

  async function dropBundle(): Promise<void> {
    const bundle = await signedBy(tools, (await proposed(tools)).bundle, second!, first!);
    folders.write("submit/a.json", formatBundle(bundle));
  }

  describe("given an error that says nothing about the chain", () => {
    const errors: RpcError[] = [
      { code: -32_000, message: "header not found" },
      { code: -32_603, message: "Internal error" },
      { code: -32_050, message: "Relay attempts exhausted" },
    ];
    const requests: [string, (request: RpcRequest) => boolean][] = [
      ["the registry of the verifier", calls("registry()")],
      ["the verifier of the registry", calls("verifier()")],
      ["the version of the benchmark", calls("benchmarkVersionOf(bytes32)")],
      ["the methods of a hybrid", calls("methods()")],
      ["the epoch of the attesters", calls("epoch()")],
      ["the payout of the evaluation", calls("payoutOf(bytes32,bytes32)")],
      ["the gas of the submission", asks("eth_estimateGas")],
    ];

    requests.forEach(([what, isMeant], index) => {
      const error = errors[index % errors.length] as RpcError;
      it(`submits the bundle although a request for ${what} is answered with "${error.message}"`, async () => {
        await dropBundle();
        const { service } = await openService(tools, chain, folders, { duties: ["submit"] });
        const count = failOnce(isMeant, error);
        for (let pass = 0; pass < PASSES && folders.names("submit").length > 0; pass++) await service.pass();

        expect(count()).to.equal(1);
        expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      });
    });

    it("starts although a request for the TokenManager fails", async () => {
      failOnce(calls("tokenManager()"), errors[0] as RpcError);
      await openService(tools, chain, folders, { duties: ["submit"] });
    });

    it("launches a model although a request for the epoch of the attesters fails", async () => {
      await declare(tools, folders, "fresh");
      const { service } = await openService(tools, chain, folders);
      failOnce(calls("epoch()"), errors[0] as RpcError);
      for (let pass = 0; pass < PASSES; pass++) await service.pass();

      await expectLaunched(tools, "fresh");
    });
  });

  describe("given a limit on block ranges that is answered with an HTTP status", () => {
    for (const status of [200, 400, 413]) {
      it(`reads the logs in smaller ranges if the status is ${status}`, async () => {
        await declare(tools, folders, "fresh");
        await mine(60);
        chain.rpc.policy = ({ method, params: [filter] }) => {
          const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
          const isWide = method === "eth_getLogs" && Number(toBlock) - Number(fromBlock) >= 10;
          const error = { code: -32_600, message: "You can make eth_getLogs requests with up to a 10 block range." };
          return isWide ? { kind: "error", error, status } : { kind: "pass" };
        };
        const { service } = await openService(tools, chain, folders);
        for (let pass = 0; pass < PASSES; pass++) await service.pass();

        await expectLaunched(tools, "fresh");
      });
    }
  });

  describe("given a submission whose gas estimate reverts", () => {
    it("logs the reason of a revert with status 500, keeps the bundle and performs its other duties", async () => {
      await declare(tools, folders, "fresh");
      await dropBundle();
      const data = tools.registry.interface.encodeErrorResult("WrongModelStatus", [id("x"), 1n, 2n]);
      chain.rpc.policy = ({ method, params: [call] }) => {
        const { to } = (call ?? {}) as { to?: string };
        const isSubmission = method === "eth_estimateGas" && to?.toLowerCase() === tools.address.toLowerCase();
        const error = { code: 3, message: "execution reverted", data };
        return isSubmission ? { kind: "error", error, status: 500 } : { kind: "pass" };
      };
      const duties = ["distribute", "pools", "submit"] as const;
      const { service, events } = await openService(tools, chain, folders, { duties });
      for (let pass = 0; pass < PASSES; pass++) await service.pass();

      expect(folders.names("submit")).to.deep.equal(["a.json"]);
      expect(events("refused")[0]?.["reason"]).to.match(/WrongModelStatus/);
      await expectLaunched(tools, "fresh");
    });

    it("submits other bundles past one that reverts without a reason", async () => {
      const other = await registerModel(tools, { modelId: "other" });
      const measured = await buildMeasured({ registry: tools.registry, model: other });
      const proposal = await buildProposal(tools, { modelId: "other", measured });
      const { bundle } = await propose(tools.chain, proposal);
      folders.write("submit/b.json", formatBundle(await signedBy(tools, bundle, second!, first!)));
      await dropBundle();
      utimesSync(folders.path("submit", "a.json"), LONG_AGO, LONG_AGO);
      chain.rpc.policy = ({ method, params: [call] }) =>
        method === "eth_estimateGas" && String((call as { data: string }).data).includes(tools.model.id.slice(2))
          ? { kind: "error", error: { code: -32_000, message: "execution reverted" } }
          : { kind: "pass" };
      const { service, events } = await openService(tools, chain, folders, { duties: ["submit"] });
      for (let pass = 0; pass < PASSES; pass++) await service.pass();

      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        ["a.json", "refused on chain, without a reason"],
      ]);
      expect(folders.names("submit/done")).to.deep.equal(["b.json", "b.result.json"]);
    });
  });
});
