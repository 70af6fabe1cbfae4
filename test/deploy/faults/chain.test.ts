import { expect } from "chai";
import { toQuantity } from "ethers";
import type { Fault, Policy, RpcRequest } from "../../../scripts/dev/world/faultyRpc";
import { everyOther, laggingNode } from "../../helpers/laggingNode";
import { differences, startNetwork, type Network, type State } from "../../../scripts/dev/world/publicNetwork";
import { inFull, SENT_BY } from "./support";

const pass: Fault = { kind: "pass" };
const AGAIN = "run the same command again: it goes on where this one stopped";

/** What is said of a contract whose code a node does not have yet. */
const WITHOUT_CODE: Record<string, (contract: string) => string> = {
  Ignition: (contract) =>
    `${contract.replace(" at ", " has no code at ")} on sepolia: if the RPC endpoint lags behind, ${AGAIN}; else, is this the chain of its journal?`,
  "a launch": (contract) => `the RPC endpoint has no code of ${contract}, it may lag behind: ${AGAIN}.`,
};

/** What a unit of gas costs when fees have risen. */
const RAISED_FEE = 10n ** 11n;

const isSending = ({ method, count }: RpcRequest, transaction: number) =>
  method === "eth_sendRawTransaction" && count === transaction;

describe("deployment on a chain that disturbs it @uninstrumented", () => {
  let network: Network;
  let undisturbed: State;

  before(async () => {
    network = await startNetwork();
    expect((await network.run()).refusal).to.equal(undefined);
    undisturbed = await network.state();
  });

  beforeEach(() => network.reset());

  after(() => network.stop());

  /** The run ends in the same state as an undisturbed one. */
  async function expectFinished(): Promise<void> {
    const { refusal } = await network.run();
    expect(refusal).to.equal(undefined);
    expect(differences(await network.state(), undisturbed)).to.deep.equal([]);
  }

  /** The same, but in other blocks, and after `more` transactions of others with the same key. */
  async function expectFinishedLater(more: number): Promise<void> {
    const { refusal } = await network.run();
    expect(refusal).to.equal(undefined);
    const state = await network.state();
    expect(state["transactions"]).to.equal(String(Number(undisturbed["transactions"]) + more));
    expect(Object.keys(state)).to.have.members(Object.keys(undisturbed));
    expect(differences(protocolOf(state), protocolOf(undisturbed))).to.deep.equal([]);
  }

  /** The run ends in a line, and another ends in the same state as an undisturbed one. */
  async function expectAgain(line: string): Promise<void> {
    expect((await network.run()).refusal).to.equal(line);
    network.rpc.policy = () => pass;
    await expectFinished();
  }

  /** What does not depend on when it was sent. */
  function protocolOf(state: State): State {
    const isTimeless = /^record\.contracts\.\w+\.(address|codeHash|arguments)/;
    return Object.fromEntries(Object.entries(state).filter(([name]) => isTimeless.test(name)));
  }

  /** Mines blocks while something is done. */
  async function mining(action: () => Promise<void>): Promise<void> {
    const timer = setInterval(() => void network.ask("evm_mine"), 150);
    await action().finally(() => clearInterval(timer));
  }

  /** Sends a transaction that stays in the pool. */
  async function withoutMining({ method, params }: RpcRequest): Promise<unknown> {
    await network.ask("evm_setAutomine", false);
    return network.ask(method, ...params);
  }

  it("finishes over two nodes behind one address, one of which is ten blocks behind", async () => {
    const isNext = everyOther();
    network.rpc.policy = laggingNode(
      network.node.url,
      10,
      (request) => request.method === "eth_call" && isNext(request),
    );
    await mining(() => expectFinishedLater(0));
  });

  for (const [who, transaction] of Object.entries(SENT_BY)) {
    describe(`when ${who} sends a transaction`, () => {
      /** From a transaction on, the first answers of a kind are those of a node that lags behind. */
      function lag(method: string, times: number, edit: (result: unknown) => unknown): Policy {
        let left = 0;
        return (request) => {
          if (isSending(request, transaction)) left = times;
          if (request.method === method && left-- > 0) return { kind: "edit", edit };
          return pass;
        };
      }

      const before = (result: unknown) => toQuantity(Math.max(0, Number(result) - 1));

      it("survives a node that does not count the last transaction yet", async () => {
        network.rpc.policy = lag("eth_getTransactionCount", 4, before);
        await expectFinished();
      });

      inFull("survives a node that is a block behind", async () => {
        network.rpc.policy = lag("eth_blockNumber", 4, before);
        await expectFinished();
      });

      inFull("survives a node that has no receipt yet", async () => {
        network.rpc.policy = lag("eth_getTransactionReceipt", 4, () => null);
        await mining(() => expectFinishedLater(0));
      });

      inFull("survives a node that does not know the transaction yet", async () => {
        network.rpc.policy = lag("eth_getTransactionByHash", 15, () => null);
        await expectFinished();
      });

      inFull("tells how to continue if the node has no code yet", async () => {
        network.rpc.policy = lag("eth_getCode", 4, () => "0x");
        const contract = `TimelockController at ${undisturbed["record.contracts.TimelockController.address"]}`;
        await expectAgain(WITHOUT_CODE[who]?.(contract) ?? "");
      });

      inFull("tells how to continue if the node has no logs yet", async () => {
        network.rpc.policy = lag("eth_getLogs", 4, () => []);
        await expectAgain(`the RPC endpoint has no event of a contract that exists, it may lag behind: ${AGAIN}.`);
      });

      inFull("survives a transaction that the node says is already known", async () => {
        const error = { code: -32_000, message: "already known" };
        network.rpc.policy = (request) => (isSending(request, transaction) ? { kind: "errorAfter", error } : pass);
        await expectFinished();
      });

      inFull("survives a replacement that the node says is underpriced", async () => {
        const error = { code: -32_000, message: "replacement transaction underpriced" };
        network.rpc.policy = (request) => (isSending(request, transaction) ? { kind: "error", error } : pass);
        await expectFinished();
      });

      inFull("survives another transaction that takes the nonce", async () => {
        network.rpc.policy = async (request) => {
          if (isSending(request, transaction)) await network.sendOther(transaction - 1);
          return pass;
        };
        await expectFinishedLater(1);
      });

      it("survives a transaction that the pool drops", async () => {
        const { ask } = network;
        network.rpc.policy = async (request) => {
          if (!isSending(request, transaction)) return pass;
          const hash = await withoutMining(request);
          await ask("anvil_dropTransaction", hash);
          await ask("evm_setAutomine", true);
          return { kind: "answer", result: hash };
        };
        await expectFinished();
      });

      inFull("survives fees that are too low for a while after sending", async () => {
        const { ask } = network;
        network.rpc.policy = async (request) => {
          if (!isSending(request, transaction)) return pass;
          const hash = await withoutMining(request);
          await ask("anvil_setNextBlockBaseFeePerGas", toQuantity(RAISED_FEE));
          return { kind: "answer", result: hash };
        };
        await mining(() => expectFinishedLater(0));
      });

      inFull("survives fees that rise before sending", async () => {
        network.rpc.policy = async (request) => {
          if (isSending(request, transaction))
            await network.ask("anvil_setNextBlockBaseFeePerGas", toQuantity(RAISED_FEE));
          return pass;
        };
        await mining(() => expectFinishedLater(0));
      });

      it("tells how to continue after other transactions between two runs", async () => {
        let isOut = false;
        network.rpc.policy = (request) => {
          isOut ||= isSending(request, transaction);
          return isOut ? { kind: "status", status: 500 } : pass;
        };
        const { refusal } = await network.run();
        expect(refusal).to.match(new RegExp(`^sepolia: .*; ${AGAIN}\\.$`));

        await network.sendOther(transaction - 1);
        await network.sendOther(transaction);
        network.rpc.policy = () => pass;
        await expectFinishedLater(2);
      });
    });
  }

  inFull("waits for confirmations if blocks are slow", async () => {
    await network.ask("evm_setAutomine", false);
    await mining(() => expectFinishedLater(0));
  });

  inFull("tells how to continue if the reported nonces stay behind", async () => {
    network.rpc.policy = ({ method }) =>
      method === "eth_getTransactionCount" && network.rpc.requests.some((request) => isSending(request, 4))
        ? { kind: "edit", edit: (result) => toQuantity(Math.max(0, Number(result) - 1)) }
        : pass;
    const { refusal } = await network.run();
    expect(refusal).to.equal(`sepolia: nonce too low; ${AGAIN}.`);

    network.rpc.policy = () => pass;
    await expectFinishedLater(0);
  });
});
