import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { historyOf } from "../../deploy/history";
import { isPassing } from "../../deploy/rpc";

const CALLER = "0x00000000000000000000000000000000000000aa";
const CALL = { from: CALLER, to: "0x00000000000000000000000000000000000000bb", data: "0x12345678" };
/** From where on the account may have done something, to the latest block. */
const BLOCKS = { fromBlock: "0x3", toBlock: "0x7" };
const HASH = id("a transaction");

/** A history on a chain that has one log, and what the endpoint answers about its transaction. */
function historyWith(transaction: unknown) {
  const answers: Record<string, unknown> = {
    eth_blockNumber: BLOCKS.toBlock,
    eth_getLogs: [{ transactionHash: HASH }],
    eth_getTransactionByHash: transaction,
  };
  const request = async ({ method, params }: RequestArguments) => {
    if (method === "eth_getLogs") expect(params).to.deep.equal([{ address: CALL.to, ...BLOCKS }]);
    return answers[method];
  };
  return historyOf({ request } as EIP1193Provider, Number(BLOCKS.fromBlock));
}

describe("history of an account", () => {
  const send = { method: "eth_sendTransaction", params: [CALL] };

  it("answers a call that was already made with its hash, and counts it", async () => {
    const history = historyWith({ from: CALLER, input: CALL.data });
    expect(await history.request({ method: "eth_getTransactionCount" })).to.equal("0x0");
    expect(await history.request(send)).to.equal(HASH);
    expect(await history.request({ method: "eth_getTransactionCount" })).to.equal("0x1");
    expect(history.isEnded).to.equal(false);
  });

  it("ends at a call by another sender or with other arguments", async () => {
    for (const transaction of [
      { from: ZeroAddress, input: CALL.data },
      { from: CALLER, input: "0x87654321" },
    ]) {
      const history = historyWith(transaction);
      await expect(history.request(send)).to.be.rejectedWith("the account has not done this yet");
      expect(history.isEnded).to.equal(true);
    }
  });

  it("does not end, but fails for the moment, if the endpoint has logs of a transaction and not the transaction", async () => {
    const history = historyWith(null);
    const error: unknown = await history.request(send).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("message").that.contains(`logs of the transaction ${HASH}`);
    expect(isPassing(error)).to.equal(true);
    expect(history.isEnded).to.equal(false);
  });
});
