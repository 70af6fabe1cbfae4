// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { hashDocument } from "../../../sdk/evaluation/document";
import { main as attest } from "../../../scripts/attest";
import type { Main } from "../../../scripts/cli/command";
import { main as launch } from "../../../scripts/launch";
import { main as statement } from "../../../scripts/statement";
import { main as submit } from "../../../scripts/submit";
import { readBundle } from "../../../sdk/schemas/bundle";
import type { Submission } from "../../../sdk/statements/submit";
import { runMain } from "../../../scripts/dev/world/live";
import { runScript, startAnvil, type Node, type Outcome } from "../../../scripts/dev/world/process";
import { attesterKeys, buildContributors, relayerKey, toCsv, useFolder } from "./support";

const MODEL = "credit-default";
const BENCHMARK = `deploy/benchmarks/${MODEL}`;
const TOKEN = 10n ** 18n;

/**
 * The tools on a chain that all share: as a shell runs them, each in a process of its own, where evaluate, statement, attest and
 * submit succeed, and in this process for the rest.
 */
describe("The attester's tools, as command lines @uninstrumented", () => {
  const folder = useFolder();
  let node: Node;
  let verifier: string;
  /** What `evaluate` finds for the model's first improvement. */
  let evaluation: string;

  const alone = (name: string, args: readonly string[], env: Record<string, string> = {}, input = "") =>
    runScript(`scripts/${name}.ts`, args, { ...node.env, ...env }, input);

  const inside = (main: Main, args: readonly string[], env: Record<string, string> = {}, input = "") =>
    runMain(main, args, { ...node.env, ...env }, input);

  async function succeed(running: Promise<Outcome>): Promise<string> {
    const { code, stdout, stderr } = await running;
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  before(async () => {
    node = await startAnvil();
    // The model's first improvement; what follows improves it again.
    const model = `deploy/models/${MODEL}.json`;
    const launched = await succeed(inside(launch, ["--network", "localhost", "--model", model, "--json"]));
    verifier = (JSON.parse(launched) as { protocol: Record<string, string> }).protocol["DeltaOneVerifier"]!;
    const contribution = `${BENCHMARK}/contribution.md`;
    const args = ["--benchmark", `${BENCHMARK}/benchmark.json`, "--contribution", contribution];
    evaluation = await succeed(alone("evaluate", [...args, `${BENCHMARK}/evaluation.csv`]));
  });

  after(() => node.stop());

  it("refuse the evaluation that the launch has recorded, in one line", async () => {
    const contributors = folder.write("contributors.csv", toCsv(buildContributors(2)));
    const options = ["--network", "localhost", "--verifier", verifier, "--model", MODEL];
    const args = [...options, "--contributors", contributors];
    expect(await inside(statement, args, {}, evaluation)).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: `statement: the evaluation ${hashDocument(JSON.parse(evaluation) as object)} of ${MODEL} was recorded before: take another evaluation id.\n`,
    });
  });

  it("take a statement from its evaluation to its submission", async () => {
    const found = JSON.parse(evaluation) as Record<string, unknown>;
    const better = { ...found, baselineScore: 7_988, candidateScore: 8_008, lowerBoundBps: 20 };
    const next = JSON.stringify({ ...better, evaluationId: hashDocument(better) });
    const contributors = folder.write("contributors.csv", toCsv(buildContributors(2)));
    const options = ["--network", "localhost", "--verifier", verifier, "--model", MODEL];
    let bundle = await succeed(alone("statement", [...options, "--contributors", contributors], {}, next));
    const [first, second] = attesterKeys.map(({ privateKey }) => ({ PRIVATE_KEY: privateKey }));
    const onChain = ["--network", "localhost", "--verifier", verifier];
    bundle = await succeed(alone("attest", onChain, second, bundle));
    const file = folder.write("bundle.json", bundle);
    expect(await succeed(inside(attest, [...onChain, "--out", file, file], first))).to.equal("");
    expect(readBundle(file, folder.read("bundle.json")).attestations).to.have.length(2);

    const env = { PRIVATE_KEY: relayerKey.privateKey };
    const paid = await succeed(alone("submit", ["--network", "localhost", file], env));
    const submission = JSON.parse(paid) as Submission;
    expect(submission.reward).to.equal(String(200n * TOKEN));
    expect(submission.owner.amount).to.equal(String(60n * TOKEN));

    const again = await inside(submit, ["--network", "localhost"], env, folder.read("bundle.json"));
    expect(again.code).to.equal(1);
    expect(again.stderr).to.match(/^submit: refused on chain: [^\n]+ \(EvaluationAlreadyUsed: [^\n]+\n$/);
  });
});
