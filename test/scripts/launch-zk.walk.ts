import { expect } from "chai";
import { join, resolve } from "node:path";
import { main } from "../../scripts/launch";
import { useSetup } from "../circuits/setup";
import { runMain } from "../../scripts/dev/world/live";
import { runScript, startAnvil, type Node } from "../../scripts/dev/world/process";

const MODELS = resolve(__dirname, "../../deploy/models");
const TOKEN = 10n ** 18n;

/** The parts of a launch's JSON document that the tests read. */
interface Document {
  model: { status: string };
  steps: { name: string }[];
  improvement: Record<
    "metric" | "baselineValue" | "candidateValue" | "deltaBps" | "lowerBoundBps" | "reward",
    string
  > & {
    attesters: string[];
    refused: { name: string };
  };
}

describe("npm run launch with a proof @uninstrumented", () => {
  let node: Node;

  useSetup(1_024);

  before(async () => {
    node = await startAnvil();
  });

  after(() => node.stop());

  const launch = (args: string[]) => runMain(main, args, node.env);
  /** As users do, in a process of its own. */
  const launchAlone = (args: string[]) => runScript("scripts/launch.ts", args, node.env);

  for (const [name, scheduled, attesters, run] of [
    ["credit-default-zk", ["schedule registration"], 0, launchAlone],
    ["credit-default-hybrid", ["schedule Hybrid", "allow Hybrid"], 2, launch],
  ] as const) {
    it(`launches ${name} and records its proven improvement from 0.744 to 0.771, 270 bps`, async () => {
      const args = ["--json", "--network", "localhost", "--model", join(MODELS, `${name}.json`)];
      const { code, stdout, stderr } = await run(args);

      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      const { model, steps, improvement } = JSON.parse(stdout) as Document;
      expect(model.status).to.equal("DEPLOYED");
      expect(steps.map((step) => step.name)).to.include.members([
        ...scheduled,
        "register model",
        "submit improvement",
        "release reward",
      ]);
      expect(improvement).to.include({
        metric: "accuracy",
        baselineValue: "0.744000",
        candidateValue: "0.771000",
        deltaBps: "270",
        lowerBoundBps: "28",
        reward: String(2_700n * TOKEN),
      });
      expect(improvement.attesters).to.have.length(attesters);
      expect(improvement.refused.name).to.equal("EvaluationAlreadyUsed");
    });
  }
});
