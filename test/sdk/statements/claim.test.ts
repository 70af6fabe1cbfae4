// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import { main } from "../../../scripts/claim";
import { releaseCall, returnCall } from "../../../sdk/client/payouts";
import type { QueuedPayout } from "../../../sdk/state/payouts";
import type { Bundle } from "../../../sdk/schemas/bundle";
import { formatClaims, treeOf, type Claims } from "../../../sdk/schemas/claims";
import { claim, type Claimed } from "../../../sdk/statements/claim";
import { submit } from "../../../sdk/statements/submit";
import { DELTA, RATE, rewardOf } from "../../../scripts/dev/world/improvements";
import {
  attesterKeys,
  buildContributors,
  buildMeasured,
  deployTools,
  EVALUATION_NAME,
  expectRefusal,
  MODEL,
  proposed,
  relayerKey,
  run,
  signedBy,
  useFolder,
  type Tools,
} from "./support";

const NETWORK = ["--network", "hardhat"];
const ENV = { PRIVATE_KEY: relayerKey.privateKey };
const [first, second] = attesterKeys;
const FEW = 65;
const { forContributors: TOTAL } = rewardOf(DELTA, RATE);

/** Contributors of a paid improvement, one after the other. */
async function pay(tools: Tools, count: number, overrides: Parameters<typeof proposed>[1] = {}): Promise<Claims> {
  const { bundle, claims } = await proposed(tools, { contributors: buildContributors(count), ...overrides });
  const complete: Bundle = await signedBy(tools, bundle, first!, second!);
  await releaseWhenDue(tools, (await submit(tools.chain, complete, tools.relayer)).payout);
  return claims!;
}

/** Lets a payout's time come, and releases it. */
async function releaseWhenDue({ registry, tokenManager, relayer }: Tools, payout: QueuedPayout): Promise<void> {
  await time.increaseTo(payout.queuedAt + (await registry.payoutDelay()));
  await tokenManager.connect(relayer).releasePayout(...releaseCall(payout));
}

/** Where the chain of the tests begins. */
const EVERYBODY = { fromBlock: 0 };

async function deployPaid() {
  const tools = await deployTools();
  const claims = await pay(tools, FEW);
  return { ...tools, claims };
}

const accountAt = (index: number) => buildContributors(index + 1)[index]!.account;

describe("claim", () => {
  const folder = useFolder();

  it("pays one contributor, whoever sends the claim", async () => {
    const { claims, model, rewardDistributor } = await loadFixture(deployPaid);
    const account = accountAt(10);
    const { code, out } = await run(main, [...NETWORK, "--account", account.toLowerCase()], {
      input: formatClaims(claims),
      env: ENV,
    });
    expect(code).to.equal(0);
    const { payments, transactions } = JSON.parse(out) as Claimed;
    const { leaves } = treeOf("here", claims);
    const { from, to } = leaves.find((leaf) => leaf.account === account)!;
    const amount = (TOTAL * to) / 10n ** 18n - (TOTAL * from) / 10n ** 18n;
    const token = await model.token.getAddress();
    expect(payments).to.deep.equal([{ token, evaluationId: id(EVALUATION_NAME), account, amount: String(amount) }]);
    expect(transactions.map(({ claims: count }) => count)).to.deep.equal([1]);
    expect(await model.token.balanceOf(account)).to.equal(amount);
    expect(await model.token.balanceOf(rewardDistributor)).to.equal(TOTAL - amount);
  });

  it("pays everybody in batches, and leaves nothing", async () => {
    const tools = await loadFixture(deployTools);
    const claims = await pay(tools, 101);
    await mine(5);
    const { transactions, payments } = await claim(
      tools.chain,
      [{ name: "claims.json", claims }],
      tools.relayer,
      EVERYBODY,
    );
    expect(transactions.map(({ claims: count }) => count)).to.deep.equal([100, 1]);
    expect(payments).to.have.length(101);
    expect(payments.reduce((sum, { amount }) => sum + amount, 0n)).to.equal(TOTAL);
    expect(await tools.model.token.balanceOf(tools.rewardDistributor)).to.equal(0n);
  });

  it("pays one contributor from several evaluations at once", async () => {
    const tools = await loadFixture(deployPaid);
    const measured = await buildMeasured(tools);
    const more = await pay(tools, FEW + 1, { evaluationName: "second", measured });
    const files = [tools.claims, more].map((claims, i) => folder.write(`${i}.json`, formatClaims(claims)));
    const account = accountAt(0);
    const { out } = await run(main, [...NETWORK, "--account", account, ...files], { env: ENV });
    const { payments, transactions } = JSON.parse(out) as Claimed;
    expect(payments.map(({ evaluationId }) => evaluationId)).to.deep.equal([id(EVALUATION_NAME), id("second")]);
    expect(transactions.map(({ claims }) => claims)).to.deep.equal([2]);
    const sum = payments.reduce((total, { amount }) => total + BigInt(amount), 0n);
    expect(await tools.model.token.balanceOf(account)).to.equal(sum);
  });

  it("works after the verifier was replaced", async () => {
    const tools = await loadFixture(deployPaid);
    await tools.registry.connect(tools.admin).setVerifier(tools.mallory);
    const { code } = await run(main, NETWORK, { input: formatClaims(tools.claims), env: ENV });
    expect(code).to.equal(0);
    expect(await tools.model.token.balanceOf(tools.rewardDistributor)).to.equal(0n);
  });

  describe("refuses in one line", () => {
    type Make = (tools: Tools & { claims: Claims }) => Claims | Promise<Claims>;
    const rebuilt = (claims: Claims): Claims => ({ ...claims, contributorsRoot: treeOf("here", claims).root });
    const refused: [string, Make, string[], (tools: Tools & { claims: Claims }) => string][] = [
      [
        "an account that is not a contributor",
        ({ claims }) => claims,
        ["--account", relayerKey.address],
        () => `${relayerKey.address} is not among the 65 contributors in standard input.`,
      ],
      [
        "a contributor who has claimed before",
        async ({ chain, claims, relayer }) => {
          await claim(chain, [{ name: "claims.json", claims }], relayer, { ...EVERYBODY, account: accountAt(3) });
          return claims;
        },
        ["--account", accountAt(3)],
        () => `nothing to claim for ${accountAt(3)}: everything was claimed before.`,
      ],
      [
        "a distribution that is paid out",
        async ({ chain, claims, relayer }) => {
          await claim(chain, [{ name: "claims.json", claims }], relayer, EVERYBODY);
          return claims;
        },
        [],
        () => "nothing to claim: everything was claimed before.",
      ],
      [
        "an evaluation that was not recorded",
        ({ claims }) => rebuilt({ ...claims, evaluationId: id("unpaid") }),
        [],
        () => `the evaluation ${id("unpaid")} of ${MODEL} was not recorded yet: submit its statement first.`,
      ],
      [
        "an evaluation whose reward is still waiting",
        async (tools) => {
          const waiting = { contributors: buildContributors(FEW), evaluationName: "waiting" };
          const { bundle, claims } = await proposed(tools, { ...waiting, measured: await buildMeasured(tools) });
          await submit(tools.chain, await signedBy(tools, bundle, first!, second!), tools.relayer);
          return claims!;
        },
        [],
        () =>
          `the reward of the evaluation ${id("waiting")} of ${MODEL} waits: release it when its time has come, payout:list says when.`,
      ],
      [
        "an evaluation whose reward was declared void",
        async (tools) => {
          const waiting = { contributors: buildContributors(FEW), evaluationName: "void" };
          const { bundle, claims } = await proposed(tools, { ...waiting, measured: await buildMeasured(tools) });
          const { payout } = await submit(tools.chain, await signedBy(tools, bundle, first!, second!), tools.relayer);
          const { registry, guardian, admin } = tools;
          await registry.connect(guardian).stopPayouts(payout.method, payout.queuedAt);
          await registry.connect(admin).voidPayouts(payout.method, payout.queuedAt, payout.queuedAt + 1n);
          await registry.returnVoided(...returnCall(payout));
          return claims!;
        },
        [],
        () => `the evaluation ${id("void")} of ${MODEL} was declared void: there is nothing to claim.`,
      ],
      [
        "other contributors than were paid for",
        ({ claims }) => rebuilt({ ...claims, contributors: buildContributors(FEW + 1) }),
        [],
        ({ claims }) =>
          `the evaluation ${id(EVALUATION_NAME)} of ${MODEL} was paid for the root ${claims.contributorsRoot}, expected ${
            rebuilt({ ...claims, contributors: buildContributors(FEW + 1) }).contributorsRoot
          }.`,
      ],
      [
        "another chain",
        ({ claims }) => ({ ...claims, chainId: 1 }),
        [],
        () => "the statement is for chain 1, hardhat is chain 31337.",
      ],
      [
        "an evaluation whose contributors were listed",
        async (tools) => {
          const listed = { contributors: buildContributors(2), evaluationName: "listed" };
          const { bundle } = await proposed(tools, listed);
          const { payout } = await submit(tools.chain, await signedBy(tools, bundle, first!, second!), tools.relayer);
          await releaseWhenDue(tools, payout);
          return rebuilt({ ...tools.claims, evaluationId: id("listed") });
        },
        [],
        ({ claims }) =>
          `the evaluation ${id("listed")} of ${MODEL} was paid for the root none, expected ${
            rebuilt({ ...claims, evaluationId: id("listed") }).contributorsRoot
          }.`,
      ],
    ];
    for (const [what, make, args, message] of refused) {
      it(what, async () => {
        const tools = await loadFixture(deployPaid);
        const input = formatClaims(await make(tools));
        const nonce = await tools.relayer.getNonce();
        expectRefusal(await run(main, [...NETWORK, ...args], { input, env: ENV }), `claim: ${message(tools)}`);
        expect(await tools.relayer.getNonce()).to.equal(nonce);
      });
    }

    it("claims for different verifiers", async () => {
      const { claims } = await loadFixture(deployPaid);
      const one = folder.write("1.json", formatClaims(claims));
      const other = folder.write("2.json", formatClaims({ ...claims, verifier: relayerKey.address }));
      expectRefusal(
        await run(main, [...NETWORK, one, other], { env: ENV }),
        `claim: ${other} is for another verifier than ${one}: claim them one by one.`,
      );
    });

    it("a missing network and a malformed account", async () => {
      expectRefusal(
        await run(main, ["--account", "me"]),
        'claim: options: --network is missing, expected a network of hardhat.config.ts; --account is "me", expected an address, not zero, in lower case or with its checksum.',
      );
    });
  });

  it("prints its usage", async () => {
    expect((await run(main, ["--help"])).out).to.match(/^usage: npm run --silent claim/);
  });
});
