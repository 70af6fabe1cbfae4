import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Interface, ZeroAddress } from "ethers";
import hre, { ethers } from "hardhat";
import { Problem } from "../../deploy/problem";
import { decodeRevert, explain } from "../../scripts/lib/errors";
import { argumentsOf, buildLaunch, deployProtocol, deployToken } from "../helpers/protocol";

/** What a rejected promise was rejected with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => undefined).catch((error: unknown) => error);

describe("Errors in words", () => {
  it("names account, role and contract of a missing role", async () => {
    const protocol = await loadFixture(deployProtocol);
    const { tokenManager, mallory } = protocol;
    const error = await errorOf(
      tokenManager.connect(mallory).deployTokenWithAllocations(...argumentsOf(buildLaunch(protocol))),
    );

    expect(await explain(hre, error)).to.equal(
      `AccessControl: account ${mallory.address} is missing role DEPLOYER_ROLE on TokenManager`,
    );
  });

  it("names no contract where several have the role", async () => {
    const { tokenManager, mallory } = await loadFixture(deployProtocol);
    const error = await errorOf(tokenManager.connect(mallory).pauseLaunches(1n));

    expect(await explain(hre, error)).to.equal(
      `AccessControl: account ${mallory.address} is missing role GUARDIAN_ROLE`,
    );
  });

  it("says the admin's role by its name", async () => {
    const { factory, mallory } = await loadFixture(deployProtocol);
    const error = await errorOf(factory.connect(mallory).setTreasury(mallory));

    expect(await explain(hre, error)).to.equal(
      `AccessControl: account ${mallory.address} is missing role DEFAULT_ADMIN_ROLE`,
    );
  });

  it("gives the words of the interface, the name and every argument", async () => {
    const protocol = await loadFixture(deployProtocol);
    const { tokenManager, launcher } = protocol;
    const launch = buildLaunch(protocol, { supplierRecipient: ZeroAddress });
    const zero = await errorOf(tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch)));
    const { modelId } = await deployToken(protocol);
    const unregistered = await errorOf(
      tokenManager.connect(protocol.distributor).distributeModelSupplierAllocation(modelId),
    );

    expect(await explain(hre, zero)).to.equal("An address that must be set is zero (ZeroAddress)");
    expect(await explain(hre, unregistered)).to.equal(
      `No model with this id was registered (ModelNotRegistered: id ${ethers.id(modelId)})`,
    );
    expect(await decodeRevert(hre, unregistered)).to.deep.include({
      name: "ModelNotRegistered",
      args: { id: ethers.id(modelId) },
    });
  });

  it("gives a reason string as it is", async () => {
    const protocol = await loadFixture(deployProtocol);
    await deployToken(protocol);

    expect(await explain(hre, await errorOf(deployToken(protocol)))).to.equal("Token already deployed for this model");
  });

  it("shows the bytes of an error that no contract declares", async () => {
    const data = new Interface(["error Foreign()"]).encodeErrorResult("Foreign");

    expect(await explain(hre, { data })).to.equal(`reverted with ${data}`);
  });

  it("gives the first line of anything else", async () => {
    expect(await explain(hre, new Problem("a is 1, expected 2."))).to.equal("a is 1, expected 2.");
    expect(await explain(hre, new Error("first\nsecond"))).to.equal("first");
    expect(await explain(hre, "text")).to.equal("text");
  });
});
