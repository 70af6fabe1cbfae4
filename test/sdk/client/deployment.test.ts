// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ethers } from "hardhat";
import { Problem } from "../../../sdk/base/problem";
import { addressesIn, DEPLOYED_CONTRACTS, siteAt } from "../../../sdk/client/deployment";

const addressOf = (index: number) => ethers.getAddress(`0x${String(index + 1).padStart(40, "0")}`);

/** A record in which the last contract is the oldest. */
const contracts = Object.fromEntries(
  DEPLOYED_CONTRACTS.map((name, index) => [name, { address: addressOf(index), block: 20 - index }]),
);

describe("a deployment from its record", () => {
  it("has every address, and begins with its oldest contract", () => {
    const deployment = addressesIn({ network: "base", chainId: 8_453, contracts });

    expect(deployment).to.deep.equal({
      network: "base",
      chainId: 8_453,
      firstBlock: 20 - (DEPLOYED_CONTRACTS.length - 1),
      contracts: Object.fromEntries(DEPLOYED_CONTRACTS.map((name, index) => [name, addressOf(index)])),
    });
  });

  it("is refused if contracts are missing, and names them", () => {
    const { TokenManager, DeltaOneVerifier, ...rest } = contracts;

    expect([TokenManager, DeltaOneVerifier].every((entry) => entry !== undefined)).to.equal(true);
    expect(() => addressesIn({ network: "ba\nse", chainId: 8_453, contracts: rest }))
      .to.throw(Problem, "the record of ba\\nse lacks TokenManager, DeltaOneVerifier: finish the deployment.")
      .with.property("code", "BAD_FILE");
  });

  it("is reachable through a provider of its chain", async () => {
    const { access, network } = await siteAt(ethers.provider, { network: "here", chainId: 31_337 });

    expect(network).to.deep.equal({ name: "here", chainId: 31_337, isLocal: true, isEphemeral: false });
    expect(access.ethers.provider).to.equal(ethers.provider);
  });

  it("is not reachable through a provider of another chain", async () => {
    const problem: unknown = await siteAt(ethers.provider, { network: "base", chainId: 8_453 }).catch(
      (error: unknown) => error,
    );

    expect(problem).to.be.instanceOf(Problem).with.property("code", "WRONG_CHAIN");
    expect((problem as Problem).message).to.equal("base answers with the chain id 31337, expected 8453.");
  });
});
