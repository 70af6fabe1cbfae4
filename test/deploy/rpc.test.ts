import { IgnitionError } from "@nomicfoundation/ignition-core";
import { expect } from "chai";
import { keccak256 } from "ethers";
import hre, { ethers } from "hardhat";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { isOutage, isOutOfFunds } from "../../sdk/rpc/answers";
import { isPassing, PatientWrapper, patient } from "../../deploy/rpc";

const RAW = "0x02f8";

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

describe("Patience with an endpoint", () => {
  it("asks again when the endpoint fails for a moment, at most five times", async () => {
    const two = buildProvider({ eth_blockNumber: [reset(), new Error("Invalid JSON-RPC response received: ")] });
    expect(await two.provider.request({ method: "eth_blockNumber" })).to.equal("eth_blockNumber");
    expect(two.asked).to.have.length(3);

    const many = buildProvider({ eth_blockNumber: Array.from({ length: 6 }, reset) });
    await expect(many.provider.request({ method: "eth_blockNumber" })).to.be.rejectedWith("ECONNRESET");
    expect(many.asked).to.have.length(5);
  });

  it("does not ask again what was refused, nor what an endpoint would sign and send", async () => {
    const refused = buildProvider({ eth_call: [new Error("execution reverted")] });
    await expect(refused.provider.request({ method: "eth_call" })).to.be.rejectedWith("execution reverted");
    const sending = buildProvider({ eth_sendTransaction: [reset()] });
    await expect(sending.provider.request({ method: "eth_sendTransaction" })).to.be.rejectedWith("ECONNRESET");
    expect([...refused.asked, ...sending.asked]).to.deep.equal(["eth_call", "eth_sendTransaction"]);
  });

  it("takes a signed transaction as sent that the network has, whatever was answered", async () => {
    for (const error of [reset(), new Error("already known"), new Error("nonce too low")]) {
      const { asked, provider } = buildProvider({ eth_sendRawTransaction: [error] }, { hash: "any" });
      expect(await provider.request({ method: "eth_sendRawTransaction", params: [RAW] })).to.equal(keccak256(RAW));
      expect(asked).to.deep.equal(["eth_sendRawTransaction", "eth_getTransactionByHash"]);
    }
  });

  it("sends a signed transaction again that the network has not, and tells why it is refused", async () => {
    const lost = buildProvider({ eth_sendRawTransaction: [reset()] });
    expect(await lost.provider.request({ method: "eth_sendRawTransaction", params: [RAW] })).to.equal(
      "eth_sendRawTransaction",
    );
    const refused = buildProvider({ eth_sendRawTransaction: [new Error("replacement transaction underpriced")] });
    await expect(refused.provider.request({ method: "eth_sendRawTransaction", params: [RAW] })).to.be.rejectedWith(
      "underpriced",
    );
  });

  it("is for every network but the chain in this process", async () => {
    for (const [network, count] of [
      ["hardhat", 1],
      ["sepolia", 2],
    ] as const) {
      let asked = 0;
      const request = async () => {
        asked++;
        if (asked === 1) throw reset();
      };
      const provider = Object.assign(Object.create(hre.network.provider), { request }) as EIP1193Provider;
      const met = await patient(provider, undefined, network);
      await met.request({ method: "eth_blockNumber" }).catch(() => undefined);
      expect(asked, network).to.equal(count);
    }
  });

  it("says with an error of a call which one it was", async () => {
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

  it("tells apart what passes from what does not", () => {
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
    const poor = new Error("insufficient funds for gas * price + value, nonce 7");
    expect([isOutOfFunds(poor), isPassing(poor)]).to.deep.equal([true, false]);
  });
});
