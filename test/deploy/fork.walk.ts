// SPDX-License-Identifier: MIT
// A rehearsal on a copy of a chain: the second chain is in this process, the first one another process keeps.

import { expect } from "chai";
import { id, Interface, toQuantity, ZeroAddress } from "ethers";
import hre, { artifacts } from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { actAsAdmin } from "../../deploy/admin";
import { onFork } from "../../deploy/fork";
import { readParameters } from "../../deploy/parameters";
import { requireProtocol } from "../../deploy/protocol";
import { readRecord } from "../../deploy/record";
import { environmentFor } from "../../deploy/rehearsal";
import type { Step } from "../../deploy/step";
import { runScript } from "../../scripts/dev/world/process";
import { startNetwork, type Network } from "../../scripts/dev/world/publicNetwork";

describe("npm run deploy -- --fork @uninstrumented", () => {
  let network: Network;

  before(async () => (network = await startNetwork()));
  after(() => network.stop());

  /** `npm run deploy -- --fork`, without any key. */
  async function rehearse(args = network.args): Promise<{ code: number | null; stderr: string; document: Rehearsed }> {
    const env = { ...network.env };
    delete env["PRIVATE_KEY"];
    const { code, stdout, stderr } = await runScript("scripts/deploy.ts", [...args, "--fork", "--json"], env);
    return { code, stderr, document: JSON.parse(stdout) as Rehearsed };
  }

  interface Rehearsed {
    readonly fork?: { readonly block: number };
    readonly sent?: readonly { readonly name: string; readonly gasUsed: string }[];
    readonly record?: unknown;
    readonly error?: string;
    readonly code?: string;
  }

  const head = async () => Number(await network.ask("eth_blockNumber"));
  const kept = () => readdirSync(network.env["DEPLOYMENTS"] as string, { recursive: true });

  describe("given a chain on which nothing is deployed", () => {
    it("deploys everything without a key, and leaves the chain and the files unchanged", async () => {
      const block = await head();
      const { code, document } = await rehearse();
      expect(code).to.equal(0);
      expect(document.fork).to.deep.equal({ block });
      expect(document.record).to.equal(undefined);
      expect(document.sent!.map(({ name }) => name)).to.include.members(["ModelRegistry", "create pool"]);
      expect(await head()).to.equal(block);
      expect(kept()).to.deep.equal([]);
    });
  });

  describe("given a chain on which the protocol is deployed", () => {
    let parameters: Awaited<ReturnType<typeof readParameters>>;
    let real: HardhatRuntimeEnvironment;

    before(async () => {
      expect((await network.run()).refusal).to.equal(undefined);
      parameters = await readParameters({ name: "sepolia", isLocal: false }, network.args[3] as string);
      real = environmentFor(hre, "sepolia", { url: network.rpc.url });
    });

    /** The arguments with a model that nobody has launched. */
    function otherModel(): string[] {
      const file = network.args.at(-1) as string;
      const model = JSON.parse(readFileSync(file, "utf8")) as object;
      const other = file.replace(/\.json$/, ".other.json");
      writeFileSync(other, JSON.stringify({ ...model, id: "other-model", symbol: "OTHER" }));
      return [...network.args.slice(0, -1), other];
    }

    /** Does something where the network's journal is. */
    async function there<T>(action: () => Promise<T>): Promise<T> {
      const { DEPLOYMENTS } = process.env;
      process.env.DEPLOYMENTS = network.env["DEPLOYMENTS"] as string;
      try {
        return await action();
      } finally {
        delete process.env.DEPLOYMENTS;
        if (DEPLOYMENTS !== undefined) process.env.DEPLOYMENTS = DEPLOYMENTS;
      }
    }

    it("continues from what is there", async () => {
      const { code, document } = await rehearse(otherModel());
      expect(code).to.equal(0);
      expect(document.sent!.map(({ name }) => name)).to.deep.equal([
        "deploy vesting wallet",
        "deploy token",
        "register model",
        "distribute supplier allocation",
        "create pool",
      ]);
    });

    it("lets the admin act after its delay, on the copy only", async () => {
      const block = await head();
      const steps: Step[] = [];
      await there(() =>
        onFork(real, parameters, async (fork) => {
          const protocol = await requireProtocol(fork);
          const { registry } = protocol;
          const [role, account] = [id("GUARDIAN_ROLE"), ZeroAddress];
          const data = registry.interface.encodeFunctionData("grantRole", [role, account]);
          const call = { target: await registry.getAddress(), data };
          const outcome = async () => `granted: ${await registry.hasRole(role, account)}`;
          const words = { command: "roles:apply", schedule: "schedule it", execute: "execute it", outcome };
          await actAsAdmin(fork, protocol, [call], "a grant", words, (step) => steps.push(step));
        }),
      );
      expect(steps.map(({ name, outcome }) => [name, outcome])).to.deep.equal([
        ["schedule it", "the admin waits 172800 seconds"],
        ["execute it", "granted: true"],
      ]);
      expect(await head()).to.equal(block);
    });

    it("refuses in one line what the chain would refuse", async () => {
      const clean = await network.ask("evm_snapshot");
      const record = await there(async () => readRecord({ chainId: 11_155_111 }));
      const [timelock, factory] = ["TimelockController", "ModelRegistry"].map(
        (name) => record!.contracts[name]!.address,
      );
      // The admin takes from the launching account what it creates pools by.
      const { abi } = await artifacts.readArtifact("ModelRegistry");
      const revoke = ["revokeRole", [id("POOL_CREATOR_ROLE"), network.deployer]] as const;
      await network.ask("anvil_impersonateAccount", timelock);
      await network.ask("anvil_setBalance", timelock, toQuantity(10n ** 18n));
      const data = new Interface(abi).encodeFunctionData(...revoke);
      await network.ask("eth_sendTransaction", { from: timelock, to: factory, data });

      const { code, document } = await rehearse(otherModel());
      expect(code).to.equal(1);
      expect(document.code).to.equal("NOT_ALLOWED");
      expect(document.error).to.equal(
        `AccessControl: account ${network.deployer} is missing role POOL_CREATOR_ROLE on ModelRegistry. Nothing was sent.`,
      );
      await network.ask("evm_revert", clean);
    });
  });
});
