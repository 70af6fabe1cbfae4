// SPDX-License-Identifier: MIT
import { loadFixture, mine } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getAddress, id } from "ethers";
import hre from "hardhat";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { deployTools, type Tools } from "../sdk/statements/support";
import { useApprovals } from "./approvals.support";
import { openService, transactionsOf, useChain, useFolders } from "./support";

const operator = developmentKey(DUTY_ACCOUNTS.admit);
const ROLE = id("DEPLOYER_ROLE");
const KEY = "hk_test_secret";

describe("operator duty admit @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  const api = useApprovals();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });

  const open = async (limits: object = {}) =>
    openService(tools, chain, folders, { duties: ["admit"], approvals: { url: api.url, key: KEY }, ...limits });
  const wallet = (number: number) => getAddress(`0x${number.toString(16).padStart(40, "a")}`);
  const admit = (...numbers: number[]) => {
    api.admissions = numbers.map((number) => ({ address: wallet(number), admitted_at: 1_700_000_000 }));
  };
  const isDeployer = async (number: number) => tools.tokenManager.hasRole(ROLE, wallet(number));

  describe("given wallets that were admitted through the API", () => {
    it("grants each wallet the role exactly once", async () => {
      admit(1, 2);
      const { settle, events, telemetry } = await open();
      await settle();
      await settle();

      expect([await isDeployer(1), await isDeployer(2), await isDeployer(3)]).to.deep.equal([true, true, false]);
      expect(await transactionsOf(operator.address)).to.deep.equal({ count: 2, failed: 0 });
      expect(events("done").map(({ duty, account }) => [duty, account])).to.deep.equal([
        ["admit", wallet(1)],
        ["admit", wallet(2)],
      ]);
      expect(telemetry.get("waiting", { duty: "admit" })).to.equal(0);
    });

    it("fetches the admissions with its API key, a hundred a page", async () => {
      admit(...Array.from({ length: 101 }, (_, index) => index + 1));
      const { service } = await open();
      await service.pass();

      expect(api.requests).to.deep.equal(
        [1, 2].map((page) => ({
          path: `/api/v1/operator/admissions?page=${page}&page_size=100`,
          authorization: `Bearer ${KEY}`,
        })),
      );
      expect((await transactionsOf(operator.address)).count).to.equal(16);
    });

    it("grants no role again after a restart", async () => {
      admit(1);
      await (await open()).settle();
      admit(1, 2);
      await (await open()).settle();

      expect(await isDeployer(2)).to.equal(true);
      expect(await transactionsOf(operator.address)).to.deep.equal({ count: 2, failed: 0 });
    });

    it("grants the role again after a reorganisation has undone it", async () => {
      admit(1);
      await mine(1);
      const snapshot = await hre.network.provider.send("evm_snapshot", []);
      const { settle, events } = await open();
      await settle();
      await hre.network.provider.send("evm_revert", [snapshot]);
      await mine(3);
      expect(await isDeployer(1)).to.equal(false);
      await settle();

      expect(await isDeployer(1)).to.equal(true);
      expect(events("undone").map(({ what, account }) => [what, account])).to.deep.equal([["role granted", wallet(1)]]);
    });

    it("sends no transaction for a wallet that already has the role", async () => {
      admit(1);
      await tools.tokenManager.connect(await hre.ethers.getSigner(operator.address)).grantRole(ROLE, wallet(1));
      await (await open({ confirmations: 3 })).settle();

      expect(await transactionsOf(operator.address)).to.deep.equal({ count: 1, failed: 0 });
    });
  });

  describe("given a role that cannot be granted", () => {
    it("never gives back a role that a guardian has suspended, and logs the refusal once", async () => {
      admit(1);
      const { settle, events, telemetry } = await open();
      await settle();
      await tools.tokenManager.connect(tools.guardian).suspendRole(ROLE, wallet(1));
      await settle();
      await settle();
      await (await open()).settle();

      expect(await isDeployer(1)).to.equal(false);
      expect(await transactionsOf(operator.address)).to.deep.equal({ count: 1, failed: 0 });
      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        [
          wallet(1),
          "its DEPLOYER_ROLE was taken away on chain, expected a wallet that never lost it: a holder of OPERATOR_ROLE can grant it again",
        ],
      ]);
      expect(telemetry.get("refused", { duty: "admit" })).to.equal(1);
    });

    it("names the role that its own account lacks, and grants nothing", async () => {
      admit(1);
      const { settle, events } = await open({ accounts: { admit: DUTY_ACCOUNTS.release } });
      await settle();

      expect(events("refused").map(({ reason }) => reason)).to.deep.equal([
        `refused on chain: AccessControl: account ${developmentKey(DUTY_ACCOUNTS.release).address} is missing role OPERATOR_ROLE on TokenManager`,
      ]);
      expect(await isDeployer(1)).to.equal(false);
    });
  });

  describe("given an API whose answer cannot be used", () => {
    const faults: [string, { status: number; body: string }, string][] = [
      ["refuses the key", { status: 403, body: "no" }, "the API answers"],
      ["answers with no JSON", { status: 200, body: "<html>" }, "is not JSON"],
      [
        "names no valid address",
        {
          status: 200,
          body: JSON.stringify({ items: [{ address: "0x1", admitted_at: 1 }], total: 1, page: 1, page_size: 100 }),
        },
        'items[0].address is "0x1", expected an address, not zero',
      ],
    ];
    for (const [name, fault, reason] of faults) {
      it(`grants nothing and logs the reason if it ${name}, and continues once the answer is valid`, async () => {
        admit(1);
        api.fault = fault;
        const { settle, service, events } = await open();
        await service.pass();
        expect(await isDeployer(1)).to.equal(false);
        expect(events("pass failed").map((entry) => entry["duty"])).to.deep.equal(["admit"]);
        expect(String(events("pass failed")[0]?.["reason"])).to.contain(reason);
        expect(JSON.stringify(events("pass failed"))).not.to.contain(KEY);
        api.fault = undefined;
        await settle();

        expect(await isDeployer(1)).to.equal(true);
      });
    }
  });
});
