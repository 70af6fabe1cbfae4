import { expect } from "chai";
import {
  isLimit,
  isOutage,
  isUnanswered,
  kindOfError,
  kindOfStatus,
  NodeFailure,
  type FailureKind,
} from "../../../sdk/rpc/answers";
import { Problem } from "../../../sdk/base/problem";

type Said = readonly [code: number, message: string, data?: unknown];

const CALL: Readonly<Record<FailureKind, readonly Said[]>> = {
  revert: [
    [3, "execution reverted"],
    [3, "execution reverted", "0x08c379a0"],
    [-32_000, "execution reverted: owner"],
    [-32_603, "VM Exception while processing transaction", { data: "0x08c379a0" }],
    [-32_015, "VM execution error.", "Reverted 0x08c379a0"],
    [-32_000, "out of gas"],
  ],
  passing: [
    [-32_000, "header not found"],
    [-32_000, "missing trie node 4fb1 (path ) state 0x4fb1 is not available"],
    [-32_000, "Unknown block"],
    [-32_602, "BlockOutOfRangeError: block height is 458 but requested was 461"],
    [-32_603, "Internal error"],
    [-32_603, "internal server error"],
    [-32_011, "no backend is healthy"],
    [-32_050, "Relay attempts exhausted"],
    [-32_005, "Too Many Requests"],
    [429, "Your app has exceeded its compute units per second capacity"],
    [-32_000, "over capacity"],
    [-32_000, "something that nobody has said before"],
  ],
  limit: [],
  final: [
    [-32_601, "the method eth_call does not exist/is not available"],
    [-32_602, "invalid argument 0: hex string has odd length"],
    [-32_000, "insufficient funds for gas * price + value"],
    [-32_000, "gas required exceeds allowance (21000)"],
    [-32_000, "finalized block not found"],
  ],
};

const LOGS: Readonly<Record<FailureKind, readonly Said[]>> = {
  revert: [],
  passing: [
    [-32_005, "rate limit exceeded"],
    [429, "slow down"],
    [-32_602, "block range extends beyond current head block"],
    [-32_000, "header not found"],
  ],
  limit: [
    [-32_600, "You can make eth_getLogs requests with up to a 10 block range."],
    [-32_602, "eth_getLogs and eth_newFilter are limited to a 10,000 blocks range"],
    [-32_005, "query returned more than 10000 results"],
    [-32_602, "Log response size exceeded."],
    [-32_000, "exceed maximum block range: 5000"],
    [-32_603, "Please limit the query to at most 1000 blocks"],
    [-32_000, "too many blocks"],
    [-32_614, "whatever this one says"],
  ],
  final: [],
};

describe("Answers of nodes", () => {
  for (const [method, said] of [
    ["eth_call", CALL],
    ["eth_getLogs", LOGS],
  ] as const) {
    for (const [kind, answers] of Object.entries(said)) {
      for (const [code, message, data] of answers) {
        it(`are classified as ${kind}: ${code} "${message}" to ${method}`, () => {
          expect(kindOfError(method, { code, message, data })).to.equal(kind);
        });
      }
    }
  }

  it("about a transaction are final, unless the node was away", () => {
    const kindOf = (code: number, message: string) => kindOfError("eth_sendRawTransaction", { code, message });
    expect(kindOf(-32_000, "nonce too low")).to.equal("final");
    expect(kindOf(-32_000, "replacement transaction underpriced")).to.equal("final");
    expect(kindOf(-32_000, "something that nobody has said before")).to.equal("final");
    expect(kindOf(-32_011, "no backend is healthy")).to.equal("passing");
  });

  it("about limits of a message are limits, whatever the method", () => {
    expect(kindOfError("", { code: -32_600, message: "batch too large" })).to.equal("limit");
  });

  it("are classified by their status if they say nothing else", () => {
    const kinds = [400, 401, 404, 408, 413, 429, 500, 502, 504].map((status) => kindOfStatus(status));
    expect(kinds).to.deep.equal([
      ...["final", "final", "final", "passing", "limit", "passing", "passing", "passing", "passing"],
    ]);
  });

  describe("in an error of a library", () => {
    const passing = new NodeFailure("passing", -32_000, "header not found");
    const revert = new NodeFailure("revert", 3, "execution reverted");

    it("are found where libraries wrap them", () => {
      expect(isOutage(new Error("outer", { cause: passing }))).to.equal(true);
      expect(isOutage({ message: "could not coalesce error", info: { error: passing } })).to.equal(true);
      expect(isLimit({ code: "UNKNOWN_ERROR", error: { code: -32_005, message: "more than 5 results" } })).to.equal(
        true,
      );
    });

    it("count as unanswered unless the chain answered", () => {
      expect(isUnanswered(passing)).to.equal(true);
      expect(isUnanswered(new NodeFailure("final", -32_601, "no such method"))).to.equal(true);
      expect(isUnanswered(new Error("fetch failed"))).to.equal(true);
      expect(isUnanswered(revert)).to.equal(false);
      expect(isUnanswered(new Error("could not decode result data"))).to.equal(false);
    });

    it("are never read from a problem of our own, whatever its words", () => {
      expect(isOutage(new Problem("BUSY", "a transaction with nonce 7 timed out"))).to.equal(false);
    });
  });
});
