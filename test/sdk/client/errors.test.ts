import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, ErrorFragment, Interface, ZeroAddress } from "ethers";
import hre, { artifacts, ethers } from "hardhat";
import { Problem } from "../../../sdk/base/problem";
import { ERROR_GUIDE as guide } from "../../../sdk/client/errorGuide";
import { decodeRevert, explain } from "../../../sdk/client/errors";
import { NodeFailure } from "../../../sdk/rpc/answers";
import { Status } from "../../../scripts/dev/world/models";
import { argumentsOf, buildLaunch, deployProtocol, deployToken } from "../../../scripts/dev/world/protocol";

/** What a rejected promise was rejected with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => undefined).catch((error: unknown) => error);

/** What docs/errors.md advises about an error, by its name. */
const fixOf = (name: string) => entryOf(name).fix;

/** Why it is raised, as a message has it. */
const whyOf = (name: string) => entryOf(name).why.replace(/\.$/, "");

const entryOf = (name: string) => guide.find(({ signature }) => signature.startsWith(`${name}(`))!;

/** Every error of the ABIs of what is deployed, by selector. */
async function declaredErrors(): Promise<ErrorFragment[]> {
  const contracts = [...new Set(guide.flatMap(({ where }) => where))];
  const abis = await Promise.all(contracts.map(async (name) => (await artifacts.readArtifact(name)).abi));
  const errors = abis.flatMap((abi) => Interface.from(abi).fragments.filter((entry) => entry.type === "error"));
  return [...new Map((errors as ErrorFragment[]).map((error) => [error.selector, error])).values()];
}

/** A revert with the error, with some value of its type for each argument. */
function revertWith(error: ErrorFragment): { data: string } {
  const values: Record<string, unknown> = { address: ethers.Wallet.createRandom().address, string: "a text" };
  const zeroBytes = (type: string) => ethers.dataSlice(ethers.ZeroHash, 0, Number(/\d+/.exec(type)?.[0] ?? 0));
  const args = error.inputs.map(({ type }) => values[type] ?? (type.startsWith("bytes") ? zeroBytes(type) : 1n));
  const encoded = AbiCoder.defaultAbiCoder().encode(error.inputs, args);
  return { data: ethers.concat([error.selector, encoded]) };
}

describe("explain", () => {
  it("gives words, the name and a hint for every error of every ABI @uninstrumented", async () => {
    const errors = await declaredErrors();
    const hints = new Map(
      guide
        .filter(({ signature }) => !signature.startsWith("Error("))
        .map(({ signature, fix }) => [ErrorFragment.from(`error ${signature}`).selector, fix]),
    );

    expect(errors).to.have.length(hints.size);
    for (const error of errors) {
      const line = await explain(hre, revertWith(error));
      const hint = hints.get(error.selector)!;
      expect(line).to.not.contain("\n");
      expect(line.endsWith(`. ${hint}`), `${line} should end with: ${hint}`).to.equal(true);
      const words = line.slice(0, -hint.length - 2);
      if (error.name === "AccessControlUnauthorizedAccount") expect(words).to.match(/^AccessControl: account 0x/);
      else expect(words).to.match(new RegExp(`^.{10,} \\(${error.name}(: .+)?\\)$`, "s"));
    }
  });

  it("names account, role and contract of a missing role", async () => {
    const protocol = await loadFixture(deployProtocol);
    const { tokenManager, mallory } = protocol;
    const error = await errorOf(
      tokenManager.connect(mallory).deployTokenWithAllocations(...argumentsOf(buildLaunch(protocol))),
    );

    expect(await explain(hre, error)).to.equal(
      `AccessControl: account ${mallory.address} is missing role DEPLOYER_ROLE on TokenManager. ${fixOf("AccessControlUnauthorizedAccount")}`,
    );
  });

  it("names the registry if another contract asks it for a role", async () => {
    const { factory, mallory } = await loadFixture(deployProtocol);
    const error = await errorOf(factory.connect(mallory).createPool("model", ZeroAddress));

    expect(await explain(hre, error)).to.equal(
      `AccessControl: account ${mallory.address} is missing role POOL_CREATOR_ROLE on ModelRegistry. ${fixOf("AccessControlUnauthorizedAccount")}`,
    );
  });

  describe("given a role that several contracts have", () => {
    const GUARDIAN = ethers.id("GUARDIAN_ROLE");
    const lineOf = (account: string, role: string, contract?: string) =>
      `AccessControl: account ${account} is missing role ${role}${contract ? ` on ${contract}` : ""}. ${fixOf("AccessControlUnauthorizedAccount")}`;

    it("names the contract that was called", async () => {
      const { registry, tokenManager, timelock, mallory } = await loadFixture(deployProtocol);
      const calls = [
        ["ModelRegistry", "GUARDIAN_ROLE", () => registry.connect(mallory).pauseSubmissions(1n)],
        ["TokenManager", "GUARDIAN_ROLE", () => tokenManager.connect(mallory).pauseLaunches.staticCall(1n)],
        ["ModelRegistry", "GUARDIAN_ROLE", () => registry.connect(mallory).suspendRole(GUARDIAN, mallory)],
        ["TokenManager", "GUARDIAN_ROLE", () => tokenManager.connect(mallory).suspendRole(GUARDIAN, mallory)],
        ["ModelRegistry", "DEFAULT_ADMIN_ROLE", () => registry.connect(mallory).grantRole(GUARDIAN, mallory)],
        ["TokenManager", "DEFAULT_ADMIN_ROLE", () => tokenManager.connect(mallory).grantRole(GUARDIAN, mallory)],
        ["TimelockController", "DEFAULT_ADMIN_ROLE", () => timelock.connect(mallory).grantRole(GUARDIAN, mallory)],
      ] as const;
      for (const [contract, role, call] of calls) {
        expect(await explain(hre, await errorOf(call()))).to.equal(lineOf(mallory.address, role, contract));
      }
    });

    it("names the registry for a contract without roles of its own", async () => {
      const { factory, mallory } = await loadFixture(deployProtocol);
      expect(await explain(hre, await errorOf(factory.connect(mallory).setTreasury(mallory)))).to.equal(
        lineOf(mallory.address, "DEFAULT_ADMIN_ROLE", "ModelRegistry"),
      );
      expect(await explain(hre, await errorOf(factory.connect(mallory).pauseBuys(GUARDIAN, 1n)))).to.equal(
        lineOf(mallory.address, "GUARDIAN_ROLE", "ModelRegistry"),
      );
    });

    it("names no contract if the call is unknown, came from another account, or went elsewhere", async () => {
      const { registry, reserveToken, mallory } = await loadFixture(deployProtocol);
      const error = await errorOf(registry.connect(mallory).pauseSubmissions(1n));
      const { data } = error as { data: string };
      const from = mallory.address;
      for (const transaction of [
        undefined,
        { to: registry.target },
        { from: registry.target, to: registry.target },
        { from, to: from },
        { from, to: reserveToken.target },
      ]) {
        expect(await explain(hre, { data, transaction })).to.equal(lineOf(from, "GUARDIAN_ROLE"));
      }
      expect(await explain(hre, { cause: { data, transaction: { from, to: registry.target } } })).to.equal(
        lineOf(from, "GUARDIAN_ROLE", "ModelRegistry"),
      );
    });

    it("names no contract if the node does not return its code", async () => {
      const { registry, mallory } = await loadFixture(deployProtocol);
      const error = await errorOf(registry.connect(mallory).pauseSubmissions(1n));
      const getCode = () => Promise.reject(new Error("read ECONNRESET"));
      const away = Object.create(hre, { ethers: { value: { provider: { getCode } } } }) as typeof hre;
      expect(await explain(away, error)).to.equal(lineOf(mallory.address, "GUARDIAN_ROLE"));
    });
  });

  it("gives the words of the guide, the name and every argument", async () => {
    const protocol = await loadFixture(deployProtocol);
    const { tokenManager, launcher } = protocol;
    const launch = buildLaunch(protocol, { supplierRecipient: ZeroAddress });
    const zero = await errorOf(tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch)));
    const { modelId } = await deployToken(protocol);
    const unregistered = await errorOf(
      tokenManager.connect(protocol.distributor).distributeModelSupplierAllocation(modelId),
    );

    expect(await explain(hre, zero)).to.equal(`${whyOf("ZeroAddress")} (ZeroAddress). ${fixOf("ZeroAddress")}`);
    const model = ethers.id(modelId);
    const figures = `model ${model}, actual ${Status.PROPOSAL}, required ${Status.REGISTERED}`;
    expect(await explain(hre, unregistered)).to.equal(
      `${whyOf("WrongModelStatus")} (WrongModelStatus: ${figures}). ${fixOf("WrongModelStatus")}`,
    );
    expect(await decodeRevert(hre, unregistered)).to.deep.include({
      name: "WrongModelStatus",
      args: { model, actual: String(Status.PROPOSAL), required: String(Status.REGISTERED) },
      hint: fixOf("WrongModelStatus"),
    });
  });

  it("gives amounts in whole units with their symbol, and decodes arguments unchanged", async () => {
    const protocol = await loadFixture(deployProtocol);
    const { token } = await deployToken(protocol);
    const raise = (name: string, ...values: bigint[]) => ({
      data: new Interface([`error ${name}(uint256 requested, uint256 remaining)`]).encodeErrorResult(name, values),
    });
    const error = raise("InvestorAllocationExceeded", 15_210_000_000_000_000_000n, 0n);
    const transaction = { from: protocol.mallory.address, to: await token.getAddress() };
    const symbol = await token.symbol();

    expect(await explain(hre, error)).to.contain(
      "(InvestorAllocationExceeded: requested 15.21 tokens, remaining 0 tokens)",
    );
    expect(await explain(hre, { ...error, transaction })).to.contain(
      `(InvestorAllocationExceeded: requested 15.21 ${symbol}, remaining 0 ${symbol})`,
    );
    expect((await decodeRevert(hre, error))?.args).to.deep.equal({
      requested: "15210000000000000000",
      remaining: "0",
    });
    expect(await explain(hre, raise("ExcessiveCost", 2_500_000n, 1_000_000n))).to.match(
      /\(ExcessiveCost: \w+ 2\.5 USDC, \w+ 1 USDC\)/,
    );
  });

  it("gives a reason string as it is, with a hint", async () => {
    const protocol = await loadFixture(deployProtocol);
    await deployToken(protocol);

    expect(await explain(hre, await errorOf(deployToken(protocol)))).to.equal(
      `Token already deployed for this model. ${fixOf("Error")}`,
    );
  });

  it("shows the bytes of an error that no contract declares", async () => {
    const data = new Interface(["error Foreign()"]).encodeErrorResult("Foreign");

    expect(await explain(hre, { data })).to.equal(`reverted with ${data}`);
  });

  it("gives the first line of any other error", async () => {
    expect(await explain(hre, new Problem("BAD_FILE", "a is 1, expected 2."))).to.equal("a is 1, expected 2.");
    expect(await explain(hre, new NodeFailure("final", -32_000, "first\nsecond"))).to.equal("first");
    expect(await explain(hre, new Error("first\nsecond"))).to.match(
      /^internal error, Error: first at .*: please report it/,
    );
  });
});
