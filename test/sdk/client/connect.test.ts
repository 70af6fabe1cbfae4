// SPDX-License-Identifier: MIT
import { loadFixture, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, type BaseContract, type Provider, type TransactionRequest } from "ethers";
import hre from "hardhat";
import { networkOf, siteOf } from "../../../deploy/network";
import type { Site } from "../../../sdk/client/access";
import { connect, connectAddresses, connectRegistry, hasEther } from "../../../sdk/client/connect";
import { DAY } from "../../../scripts/dev/world/units";
import { deployTools, expectProblem, type Tools } from "../statements/support";

const NOBODY = "0x00000000000000000000000000000000000000AA";
const TIMES = 2;

type Answers = Partial<Record<"call" | "getCode" | "getBalance", () => unknown>>;

/** The chain of this process behind a node that answers as it is told the first times, and counts how often it is asked. */
function showing(answers: Answers): { readonly site: Site; readonly asked: () => number } {
  let asked = 0;
  const provider = new Proxy(hre.ethers.provider, {
    get(target, key) {
      const answer = answers[key as keyof Answers];
      const real = Reflect.get(target, key) as (request: TransactionRequest) => Promise<unknown>;
      if (answer === undefined) return typeof real === "function" ? real.bind(target) : real;
      return async (request: TransactionRequest) => (++asked <= TIMES ? answer() : real.call(target, request));
    },
  });
  const access = { network: hre.network, ethers: { provider: provider as unknown as Provider } };
  return { site: { access, network: networkOf(hre) }, asked: () => asked };
}

const addressOf = ({ target }: BaseContract) => target as string;

describe("sdk/client/connect", () => {
  let tools: Tools;
  let registry: string;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    registry = addressOf(tools.registry);
  });

  it("connect finds the registry through the verifier", async () => {
    const { verifier, registry: found } = await connect(siteOf(hre), tools.address);

    expect([addressOf(verifier), addressOf(found)]).to.deep.equal([tools.address, registry]);
  });

  it("connectRegistry finds every other contract through the registry", async () => {
    const found = await connectRegistry(siteOf(hre), registry);

    expect(
      Object.fromEntries(Object.entries(found).map(([name, contract]) => [name, addressOf(contract)])),
    ).to.deep.equal({
      registry,
      tokenManager: await tools.registry.tokenManager(),
      verifier: await tools.registry.verifier(),
      factory: await tools.registry.factory(),
      feeRouter: await tools.factory.feeRouter(),
      reserveToken: await tools.factory.reserveToken(),
    });
    expect(await found.reserveToken.decimals()).to.equal(6n);
  });

  it("connectAddresses takes known addresses as they are, and asks the node nothing", async () => {
    const { site, asked } = showing({ call: () => "0x", getCode: () => "0x" });
    const names = ["TimelockController", "ModelRegistry", "TokenManager", "HokusaiAMMFactory", "InfrastructureReserve"];
    const others = ["UsageFeeRouter", "OracleAttestation", "RewardDistributor", "DeltaOneVerifier", "ReserveToken"];
    const places = Object.fromEntries(
      [...names, ...others].map((name, index) => [name, `0x${String(index + 1).padStart(40, "0")}`]),
    ) as Parameters<typeof connectAddresses>[1];
    const { timelock, reserveToken } = await connectAddresses(site.access, places);

    expect([addressOf(timelock), addressOf(reserveToken)]).to.deep.equal([
      places.TimelockController,
      places.ReserveToken,
    ]);
    expect(asked()).to.equal(0);
  });

  describe("given a node that lags behind at first", () => {
    const shown: [string, Answers][] = [
      ["shows no code", { call: () => "0x" }],
      ["shows a contract that is not wired", { call: () => `0x${"0".repeat(64)}` }],
    ];
    for (const [what, answers] of shown) {
      it(`connect asks again if the node ${what}`, async () => {
        const { site, asked } = showing(answers);

        expect(addressOf((await connect(site, tools.address)).registry)).to.equal(registry);
        expect(asked()).to.equal(TIMES + 1);
      });

      it(`connectRegistry asks again if the node ${what}`, async () => {
        const { site } = showing(answers);

        expect(addressOf((await connectRegistry(site, registry)).factory)).to.equal(await tools.registry.factory());
      });
    }

    it("hasEther asks again if an account seems to have no ether", async () => {
      const { site, asked } = showing({ getBalance: () => 0n });

      expect(await hasEther(site.access, tools.admin.address)).to.equal(true);
      expect(asked()).to.equal(TIMES + 1);
    });
  });

  describe("refuses", () => {
    it("an address without a contract, and names what should be there", async () => {
      await expectProblem(
        () => connectRegistry(siteOf(hre), NOBODY),
        `the registry is ${NOBODY}, where there is no contract on hardhat, chain 31337.`,
      );
    });

    it("another contract, at the first answer", async () => {
      const { site, asked } = showing({ getCode: () => "0x" });
      const token = addressOf(tools.reserveToken);
      await expectProblem(
        () => connectRegistry(site, token),
        `the contract at ${token} on hardhat, chain 31337 does not answer as a ModelRegistry.`,
      );
      expect(asked()).to.equal(0);
    });

    it("a registry that stays unwired", async () => {
      const { address: account } = tools.admin;
      const bare = await hre.ethers.deployContract("ModelRegistry", [0, account, [], [], [], [], account, DAY]);
      const address = await bare.getAddress();
      expect(await bare.getFunction("tokenManager")()).to.equal(ZeroAddress);
      await expectProblem(
        () => connectRegistry(siteOf(hre), address),
        `the registry ${address} is not wired yet: finish the deployment.`,
      );
    });
  });

  it("hasEther is false for an account without ether", async () => {
    await setBalance(NOBODY, 0);

    expect(await hasEther(siteOf(hre).access, NOBODY)).to.equal(false);
  });
});
