import { expect } from "chai";
import { startScript } from "../../../scripts/dev/world/process";
import { differences, startNetwork, type Network, type State } from "../../../scripts/dev/world/publicNetwork";
import { isComplete } from "./support";

/** The transactions of a deployment. It is killed at some, or at all: see {@link isComplete}. */
const STEPS = [
  "TimelockController",
  "ModelRegistry",
  "InfrastructureReserve",
  "OracleAttestation",
  "TokenManager",
  "HokusaiAMMFactory",
  "DeltaOneVerifier",
  "ModelRegistry.wire",
  "deploy vesting wallet",
  "deploy token",
  "register model",
  "distribute supplier allocation",
  "create pool",
];
const WHEN_MINED = isComplete ? STEPS : ["deploy token"];
const WHEN_SENT = isComplete ? STEPS : ["OracleAttestation"];

describe("deployment whose process is killed @uninstrumented", () => {
  let network: Network;
  let undisturbed: State;

  before(async () => {
    network = await startNetwork();
    const { refusal, sent } = await network.run();
    expect(refusal).to.equal(undefined);
    expect(sent).to.deep.equal(STEPS);
    undisturbed = await network.state();
    expect(undisturbed["transactions"]).to.equal(String(STEPS.length));
  });

  after(() => network.stop());

  /** Runs the command in a process of its own and kills it while it waits for the answer to its transaction for a step. */
  async function killAt(step: string, isMined: boolean): Promise<void> {
    const { rpc, ask, args, env } = network;
    const script = startScript("scripts/deploy.ts", args, env);
    rpc.policy = async ({ method, params, count }) => {
      if (method !== "eth_sendRawTransaction" || count !== STEPS.indexOf(step) + 1) return { kind: "pass" };
      await ask("evm_setAutomine", isMined);
      await ask(method, ...params);
      script.kill();
      return { kind: "hang" };
    };
    const { code, stderr } = await script.outcome;
    expect(code).to.equal(null);
    expect(stderr).to.match(/^(warning: .*\n)+$/); // One key does everything here.
    const mined = STEPS.indexOf(step) + (isMined ? 1 : 0);
    expect((await network.state())["transactions"]).to.equal(String(mined));
  }

  /** The same command ends where an undisturbed one does, and sends nothing that was sent. */
  async function expectResumed(): Promise<void> {
    const { refusal } = await network.run();
    expect(refusal).to.equal(undefined);
    expect(differences(await network.state(), undisturbed)).to.deep.equal([]);
  }

  for (const step of WHEN_MINED) {
    it(`resumes when the transaction for ${step} was mined but not answered`, async () => {
      await network.reset();
      await killAt(step, true);

      network.rpc.policy = () => ({ kind: "pass" });
      await expectResumed();
    });
  }

  for (const step of WHEN_SENT) {
    it(`resumes when the transaction for ${step} was sent but not mined`, async () => {
      await network.reset();
      const { rpc, ask, deployer } = network;
      await killAt(step, false);

      // It is mined after the next run has looked whether anything is on its way.
      let looks = 0;
      rpc.policy = async ({ method, params: [account, block] }) => {
        if (method === "hardhat_getAutomine") return { kind: "answer", result: true };
        const isLook = method === "eth_getTransactionCount" && block === "pending";
        if (isLook && String(account).toLowerCase() === deployer.toLowerCase() && ++looks === 3) {
          await ask("evm_mine");
          await ask("evm_setAutomine", true);
        }
        return { kind: "pass" };
      };
      await expectResumed();
      expect(looks).to.be.greaterThan(3);
    });
  }
});
