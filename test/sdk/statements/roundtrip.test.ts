// SPDX-License-Identifier: MIT
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { main as attest } from "../../../scripts/attest";
import { main as claim } from "../../../scripts/claim";
import { main as statement } from "../../../scripts/statement";
import { main as submit } from "../../../scripts/submit";
import { releaseCall } from "../../../sdk/client/payouts";
import type { Claims } from "../../../sdk/schemas/claims";
import { toJson } from "../../../sdk/schemas/json";
import type { Claimed } from "../../../sdk/statements/claim";
import type { Submission } from "../../../sdk/statements/submit";
import { DELTA, RATE, rewardOf } from "../../../scripts/dev/world/improvements";
import {
  attesterKeys,
  buildContributors,
  buildMeasured,
  deployTools,
  EVALUATION_NAME,
  MODEL,
  relayerKey,
  run,
  toCsv,
  toEvaluation,
  useFolder,
  type Main,
  type Outcome,
  type Tools,
} from "./support";

const MANY = 100;

async function succeed(main: Main, args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Outcome> {
  const outcome = await run(main, ["--network", "hardhat", ...args], options);
  expect(outcome.code, outcome.err).to.equal(0);
  return outcome;
}

/** Lets the time of what `submit` printed come, and releases it as anybody. */
async function releaseWhenDue({ tokenManager, relayer }: Tools, printed: string): Promise<void> {
  const { payout, releasableFrom } = JSON.parse(printed) as Submission;
  await time.increaseTo(BigInt(releasableFrom));
  await tokenManager.connect(relayer).releasePayout(...releaseCall(payout));
}

describe("The attester's tools, from an evaluation to its rewards", () => {
  const folder = useFolder();

  it("pass an evaluation through a pipe of commands, after which its rewards are paid", async () => {
    const tools = await loadFixture(deployTools);
    const { address, alice, bob, model, registry } = tools;
    const contributors = folder.write(
      "contributors.csv",
      toCsv([
        { account: alice.address, weight: 2n },
        { account: bob.address, weight: 1n },
      ]),
    );
    const options = ["--verifier", address, "--model", MODEL, "--evaluation-id", EVALUATION_NAME];
    const more = ["--contributors", contributors, "--candidate-commitment", ethers.id("candidate")];
    const made = await succeed(statement, [...options, ...more], { input: toEvaluation(await buildMeasured(tools)) });
    const [first, second] = attesterKeys;
    const once = await succeed(attest, ["--verifier", address], {
      input: made.out,
      env: { PRIVATE_KEY: second!.privateKey },
    });
    const twice = await succeed(attest, ["--verifier", address], {
      input: once.out,
      env: { PRIVATE_KEY: first!.privateKey.slice(2) },
    });
    const sent = await succeed(submit, [], { input: twice.out, env: { PRIVATE_KEY: relayerKey.privateKey } });

    const { owner, reward } = rewardOf(DELTA, RATE);
    const result = JSON.parse(sent.out) as Record<string, unknown>;
    expect(result).to.deep.include({ modelId: MODEL, reward: String(reward), token: await model.token.getAddress() });
    expect(result["owner"]).to.deep.equal({ account: model.owner, amount: String(owner) });
    await releaseWhenDue(tools, sent.out);
    const balances = await Promise.all([alice, bob].map(({ address: account }) => model.token.balanceOf(account)));
    const paid = (result["contributors"] as { account: string; amount: string }[]).map(({ account, amount }) => [
      account,
      amount,
    ]);
    expect(new Map(paid as [string, string][])).to.deep.equal(
      new Map([alice, bob].map(({ address: account }, i) => [account, String(balances[i])])),
    );
    expect(balances).to.deep.equal([((reward - owner) * 6_667n) / 10_000n, ((reward - owner) * 3_333n) / 10_000n]);
    expect(await registry.scoreOf(model.id)).to.equal(7_594n);
    expect(sent.err.split("\n")[0]).to.contain(`score 7494 → 7594: 1,000 ${await model.token.symbol()} wait, `);
  });

  it("pay a hundred contributors through their claims", async () => {
    const tools = await loadFixture(deployTools);
    const { address, model, rewardDistributor } = tools;
    const everybody = buildContributors(MANY);
    const claims = folder.path("claims.json");
    const contributors = folder.write("contributors.json", toJson(everybody));
    const options = ["--verifier", address, "--model", MODEL, "--evaluation-id", EVALUATION_NAME, "--hours", "48"];
    const more = ["--contributors", contributors, "--claims", claims, "--candidate-commitment", ethers.id("candidate")];
    const evaluation = folder.write("evaluation.json", toEvaluation(await buildMeasured(tools)));
    const bundle = folder.path("bundle.json");
    await succeed(statement, [...options, ...more, "--out", bundle, evaluation]);
    for (const key of attesterKeys.slice(1)) {
      const args = ["--verifier", address, "--claims", claims, "--out", bundle, bundle];
      await succeed(attest, args, { env: { PRIVATE_KEY: key.privateKey } });
    }
    const env = { PRIVATE_KEY: relayerKey.privateKey };
    const sent = await succeed(submit, [bundle], { env });
    expect(await model.token.balanceOf(rewardDistributor)).to.equal(0n);
    await releaseWhenDue(tools, sent.out);
    const { forContributors } = rewardOf(DELTA, RATE);
    expect(await model.token.balanceOf(rewardDistributor)).to.equal(forContributors);

    const chosen = everybody[41]!.account;
    const one = JSON.parse((await succeed(claim, ["--account", chosen, claims], { env })).out) as Claimed;
    expect(one.payments.map(({ account }) => account)).to.deep.equal([chosen]);
    const rest = JSON.parse((await succeed(claim, [], { env, input: folder.read("claims.json") })).out) as Claimed;
    expect(rest.payments).to.have.length(MANY - 1);
    expect(rest.transactions.map(({ claims: count }) => count)).to.deep.equal([MANY - 1]);

    const payments = [...one.payments, ...rest.payments];
    for (const { account, amount } of payments) expect(await model.token.balanceOf(account)).to.equal(BigInt(amount));
    expect(payments.reduce((sum, { amount }) => sum + BigInt(amount), 0n)).to.equal(forContributors);
    expect(await model.token.balanceOf(rewardDistributor)).to.equal(0n);
    expect((JSON.parse(folder.read("claims.json")) as Claims).contributors).to.have.length(MANY);
    expect(folder.names()).to.deep.equal(["bundle.json", "claims.json", "contributors.json", "evaluation.json"]);
  });
});
