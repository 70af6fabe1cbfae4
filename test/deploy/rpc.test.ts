import { IgnitionError } from "@nomicfoundation/ignition-core";
import { expect } from "chai";
import { id, keccak256, Wallet } from "ethers";
import hre, { ethers } from "hardhat";
import type { EIP1193Provider, HttpNetworkConfig, RequestArguments } from "hardhat/types";
import { isOutage, isOutOfFunds } from "../../sdk/rpc/answers";
import { patient } from "../../deploy/reach";
import { isPassing, PatientWrapper } from "../../deploy/rpc";
import { fateOf, noting, type Dispatch, type Fate } from "../../deploy/sends";
import { Problem } from "../../sdk/base/problem";
import { startFaultyRpc } from "../../scripts/dev/world/faultyRpc";

const RAW = "0x02f8";
const HASH = id("a transaction");

/** Refuses every call. */
const REVERTER = "0x00000000000000000000000000000000000000bb";

/** A provider that fails as often as it has errors for a method, then answers with the method's name. */
function buildProvider(failures: Record<string, Error[]>, known: unknown = null) {
  const asked: string[] = [];
  const request = async ({ method }: RequestArguments): Promise<unknown> => {
    asked.push(method);
    const failure = failures[method]?.shift();
    if (failure) throw failure;
    return method === "eth_getTransactionByHash" ? known : method;
  };
  return {
    asked,
    provider: new PatientWrapper(Object.assign(Object.create(hre.network.provider), { request }) as EIP1193Provider),
  };
}

const reset = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

describe("PatientWrapper: repeated requests to an endpoint", () => {
  it("asks again when the endpoint fails for a moment, at most five times", async () => {
    const two = buildProvider({ eth_blockNumber: [reset(), new Error("Invalid JSON-RPC response received: ")] });
    expect(await two.provider.request({ method: "eth_blockNumber" })).to.equal("eth_blockNumber");
    expect(two.asked).to.have.length(3);

    const many = buildProvider({ eth_blockNumber: Array.from({ length: 6 }, reset) });
    await expect(many.provider.request({ method: "eth_blockNumber" })).to.be.rejectedWith("ECONNRESET");
    expect(many.asked).to.have.length(5);
  });

  it("does not ask again after a refusal", async () => {
    const refused = buildProvider({ eth_call: [new Error("execution reverted")] });
    await expect(refused.provider.request({ method: "eth_call" })).to.be.rejectedWith("execution reverted");
    expect(refused.asked).to.deep.equal(["eth_call"]);
  });

  describe("given a transaction that the endpoint signs", () => {
    const call = { from: REVERTER, to: REVERTER, data: "0x12" };
    const sent = { hash: HASH, from: REVERTER, to: REVERTER, nonce: "0x7", input: "0x12" };

    /** An endpoint that fails as often as it has errors, and whose last block has these transactions after so many were sent. */
    function buildNode(failures: Error[], included: (sends: number) => object[] = () => []) {
      const nonces: unknown[] = [];
      const answers: Record<string, unknown> = { eth_blockNumber: "0x1", eth_getTransactionCount: "0x7" };
      const request = async ({ method, params }: RequestArguments): Promise<unknown> => {
        if (method === "eth_getBlockByNumber") return { transactions: included(nonces.length) };
        if (method !== "eth_sendTransaction") return answers[method];
        nonces.push((params as { nonce: string }[])[0]!.nonce);
        const failure = failures.shift();
        if (failure) throw failure;
        return HASH;
      };
      const provider = Object.assign(Object.create(hre.network.provider), { request }) as EIP1193Provider;
      return {
        nonces,
        send: () => new PatientWrapper(provider).request({ method: "eth_sendTransaction", params: [call] }),
      };
    }

    it("sends again under the nonce of the first attempt", async () => {
      const { nonces, send } = buildNode([reset(), reset()]);
      expect(await send()).to.equal(HASH);
      expect(nonces).to.deep.equal(["0x7", "0x7", "0x7"]);
    });

    it("takes a transaction as sent if a block contains it although the answer was lost, and no other transaction", async () => {
      const lost = buildNode([reset()], () => [{ ...sent, hash: keccak256("0x00"), input: "0x13" }, sent]);
      expect(await lost.send()).to.equal(HASH);
      expect(lost.nonces).to.have.length(1);
      const other = buildNode([new Error("nonce too low")], () => [{ ...sent, input: "0x13" }]);
      await expect(other.send()).to.be.rejectedWith("nonce too low");
    });

    it("asks again when the nonce is taken after a lost answer, until the node shows the transaction", async () => {
      const taken = () => new Error("transaction already imported");
      const late = buildNode([reset(), taken(), taken()], (sends) => (sends === 3 ? [sent] : []));
      expect(await late.send()).to.equal(HASH);
      expect(late.nonces).to.deep.equal(["0x7", "0x7", "0x7"]);
    });

    it("gives up after five attempts if the nonce stays taken by something else", async () => {
      const taken = () => new Error("nonce too low");
      const other = buildNode([reset(), taken(), taken(), taken(), taken()]);
      await expect(other.send()).to.be.rejectedWith("nonce too low");
      expect(other.nonces).to.have.length(5);
    });
  });

  describe("given a transaction that was signed here", () => {
    it("records what is sent, and finds out what became of it", async () => {
      const raw = await Wallet.createRandom().signTransaction({ to: REVERTER, nonce: 3, chainId: 1, gasLimit: 21_000 });
      const sends: Dispatch[] = [];
      const { provider } = buildProvider({ eth_sendRawTransaction: [new Error("insufficient funds")] });
      const sending = noting(sends, () => provider.request({ method: "eth_sendRawTransaction", params: [raw] }));
      await expect(sending).to.be.rejectedWith("insufficient funds");
      expect(sends.map(({ nonce, hash, isRefused }) => ({ nonce, hash, isRefused }))).to.deep.equal([
        { nonce: 3, hash: keccak256(raw), isRefused: true },
      ]);

      const receipt = { blockNumber: "0x5", status: "0x1" };
      const sent = { from: REVERTER, nonce: 3, hash: HASH, isRefused: false };
      const fates: [Record<string, unknown>, Fate][] = [
        [{ eth_getTransactionReceipt: receipt }, { kind: "mined", block: 5 }],
        [{ eth_getTransactionReceipt: { ...receipt, status: "0x0" } }, { kind: "reverted", block: 5 }],
        [{ eth_getTransactionCount: "0x3", eth_getTransactionByHash: {} }, { kind: "waiting" }],
        [{ eth_getTransactionCount: "0x3" }, { kind: "unknown" }],
        [{ eth_getTransactionCount: "0x4" }, { kind: "never" }],
      ];
      for (const [answers, fate] of fates) {
        const chain = { request: async ({ method }: RequestArguments) => answers[method] ?? null };
        expect(await fateOf(chain, sent)).to.deep.equal(fate);
      }
      expect(await fateOf({ request: () => Promise.reject(reset()) }, sent)).to.deep.equal({ kind: "unknown" });
    });

    it("takes a signed transaction as sent if the network has it, whatever the endpoint answered", async () => {
      for (const error of [reset(), new Error("already known"), new Error("nonce too low")]) {
        const { asked, provider } = buildProvider({ eth_sendRawTransaction: [error] }, { hash: "any" });
        expect(await provider.request({ method: "eth_sendRawTransaction", params: [RAW] })).to.equal(keccak256(RAW));
        expect(asked).to.deep.equal(["eth_sendRawTransaction", "eth_getTransactionByHash"]);
      }
    });

    it("sends a signed transaction again if the network does not have it, and passes on a refusal", async () => {
      const lost = buildProvider({ eth_sendRawTransaction: [reset()] });
      expect(await lost.provider.request({ method: "eth_sendRawTransaction", params: [RAW] })).to.equal(
        "eth_sendRawTransaction",
      );
      const refused = buildProvider({ eth_sendRawTransaction: [new Error("replacement transaction underpriced")] });
      await expect(refused.provider.request({ method: "eth_sendRawTransaction", params: [RAW] })).to.be.rejectedWith(
        "underpriced",
      );
    });
  });

  it("repeats requests on every network except the chain in this process", async () => {
    const node = await startFaultyRpc("http://127.0.0.1:1", ({ count }) =>
      count === 1 ? { kind: "drop" } : { kind: "answer", result: "0x7" },
    );
    let asked = 0;
    const request = async () => {
      asked++;
      throw reset();
    };
    const provider = Object.assign(Object.create(hre.network.provider), { request }) as EIP1193Provider;
    const { networks } = hre.config;
    const sepolia = { ...(networks["sepolia"] as HttpNetworkConfig), url: node.url };
    const met = async (network: string) => patient(provider, { networks: { ...networks, sepolia } }, network);
    try {
      await expect((await met("hardhat")).request({ method: "eth_blockNumber" })).to.be.rejectedWith("ECONNRESET");
      expect(await (await met("sepolia")).request({ method: "eth_blockNumber" })).to.equal("0x7");
      expect([asked, node.requests.length]).to.deep.equal([1, 2]);
    } finally {
      await node.stop();
    }
  });

  it("attaches the call to the error of a failed call", async () => {
    const { provider } = hre.network;
    const call = { from: ethers.ZeroAddress, to: REVERTER, data: "0x12345678" };
    await provider.send("hardhat_setCode", [REVERTER, "0x60006000fd"]);
    const failure = (method: string, params: unknown[]) =>
      provider.request({ method, params }).then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await failure("eth_call", [call, "latest"]))
      .to.have.property("transaction")
      .that.deep.includes(call);
    expect(await failure("eth_sendRawTransaction", [RAW]))
      .to.be.instanceOf(Error)
      .and.not.to.have.property("transaction");
    expect(await failure("eth_unknown", []))
      .to.be.instanceOf(Error)
      .and.not.to.have.property("transaction");
  });

  it("distinguishes temporary failures from lasting ones", () => {
    const dropped = { number: 401, message: "all were dropped" };
    const invalid = { number: 726, message: "a parameter is wrong" };
    expect([dropped, invalid].map((descriptor) => isPassing(new IgnitionError(descriptor)))).to.deep.equal([
      true,
      false,
    ]);
    for (const message of ["already known", "nonce too low", "replacement transaction underpriced", "ETIMEDOUT"]) {
      expect(isPassing(new Error(message)), message).to.equal(true);
    }
    expect(isPassing(new Error("outer", { cause: new Error("Too Many Requests error received") }))).to.equal(true);
    for (const code of [-32005, 429]) {
      expect(isOutage(Object.assign(new Error("exceeded its units per second"), { code })), String(code)).to.equal(
        true,
      );
    }
    expect(isPassing(new Error("HH108: Cannot connect to the network"))).to.equal(true);
    expect(isOutage(new Error("HH108: Cannot connect to the network"))).to.equal(false);
    for (const error of [new Error("execution reverted"), new TypeError("x is undefined"), "text", undefined]) {
      expect(isPassing(error)).to.equal(false);
    }
    const ours = new Problem("BUSY", "a transaction with nonce 7 timed out");
    for (const error of [ours, new Error("nonce too low", { cause: ours })]) {
      expect([isPassing(error), isOutage(error)]).to.deep.equal([false, false]);
    }
    const poor = new Error("insufficient funds for gas * price + value, nonce 7");
    expect([isOutOfFunds(poor), isPassing(poor)]).to.deep.equal([true, false]);
  });
});
