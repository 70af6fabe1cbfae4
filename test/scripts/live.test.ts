// SPDX-License-Identifier: MIT
// Tasks on a public network, where the admin is elsewhere.

import { expect } from "chai";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRecord } from "../../deploy/record";
import { environmentFor } from "../../deploy/rehearsal";
import { startNetwork, type Network } from "../../scripts/dev/world/publicNetwork";
import { runTasks, type TaskCall } from "../helpers/tasks";

const GUARDIAN = "0x00000000000000000000000000000000000A11cE";

describe("tasks on a public network @uninstrumented", () => {
  const { DEPLOYMENTS, PRIVATE_KEY, NO_COLOR } = process.env;
  let network: Network;
  let env: HardhatRuntimeEnvironment;
  let timelock: string;
  let method: string;

  before(async () => {
    network = await startNetwork();
    expect((await network.run()).refusal).to.equal(undefined);
    const { DEPLOYMENTS: deployments, PRIVATE_KEY: key } = network.env;
    Object.assign(process.env, { DEPLOYMENTS: deployments, PRIVATE_KEY: key, NO_COLOR: "1" });
    env = environmentFor(hre, "sepolia", { url: network.rpc.url });
    const { contracts } = readRecord({ chainId: 11_155_111 })!;
    timelock = contracts["TimelockController"]!.address;
    method = contracts["OracleAttestation"]!.address;
  });

  after(async () => {
    delete process.env.DEPLOYMENTS;
    delete process.env.PRIVATE_KEY;
    delete process.env.NO_COLOR;
    const before = Object.entries({ DEPLOYMENTS, PRIVATE_KEY, NO_COLOR }).filter(([, value]) => value !== undefined);
    Object.assign(process.env, Object.fromEntries(before));
    await network.stop();
  });

  const run = async (call: TaskCall) => (await runTasks(env, call))[0]!;
  const mayOnly = (command: string) =>
    `only the admin may, the timelock ${timelock}, after its delay of 172800 seconds: ${command} --batch <file> writes what its proposers and executors are to send.`;

  describe("given a method whose payouts are stopped", () => {
    before(async () => {
      const { code, stderr } = await run(["payout:stop", { method }]);
      expect(code, stderr).to.equal(0);
    });

    it("payout:lift names who may lift the stop and how, and sends nothing", async () => {
      const outcome = await run(["payout:lift", { method }]);
      expect(outcome).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: `payout:lift: lift payout stop: ${mayOnly("payout:lift")} Nothing was sent; run the command again when it is done.\n`,
      });
    });

    it("payout:void states which payouts the decision would make payable", async () => {
      const { code, stderr } = await run(["payout:void", { method, since: "2" }]);
      expect(code).to.equal(1);
      expect(stderr).to.contain(
        "it makes payable again what was queued from 1970-01-01 00:00:01 UTC on, before 1970-01-01 00:00:02",
      );
      expect(stderr).to.contain(mayOnly("payout:void"));
    });

    it("payout:lift --batch writes a file each to schedule, execute and cancel the operation", async () => {
      const folder = mkdtempSync(join(dirname(network.args[3] as string), "batch-"));
      const batch = join(folder, "lift.json");
      const { code, stdout } = await run(["payout:lift", { method, batch }]);
      expect(code).to.equal(0);
      expect(stdout).to.contain("schedule lift payout stop: at once");
      const files = ["lift.cancel.json", "lift.execute.json", "lift.schedule.json"];
      expect(readdirSync(folder).sort()).to.deep.equal(files);
    });
  });

  describe("given a declaration with one more guardian", () => {
    before(() => {
      const file = network.args[3] as string;
      const declared = JSON.parse(readFileSync(file, "utf8")) as { $global: { guardians: string[] } };
      declared.$global.guardians.push(GUARDIAN);
      writeFileSync(file, JSON.stringify(declared));
    });

    it("roles:apply names what the admin has to grant, and how to write it to a file", async () => {
      const { code, stdout, stderr } = await run(["roles:apply", {}]);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(stdout.trimEnd().split("\n")).to.deep.equal([
        `The admin is to grant GUARDIAN_ROLE of ModelRegistry to ${GUARDIAN}.`,
        `The admin is to grant GUARDIAN_ROLE of TokenManager to ${GUARDIAN}.`,
        mayOnly("roles:apply").replace(/^only/, "Only"),
      ]);
    });
  });
});
