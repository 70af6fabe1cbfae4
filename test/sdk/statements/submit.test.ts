// SPDX-License-Identifier: MIT
import { loadFixture, setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import hre from "hardhat";
import { main } from "../../../scripts/submit";
import { developmentKey } from "../../../sdk/base/accounts";
import { formatTime } from "../../../sdk/base/units";
import { simulate } from "../../../sdk/client/connect";
import { formatBundle, type Bundle } from "../../../sdk/schemas/bundle";
import type { Attestation } from "../../../sdk/schemas/statement";
import { benchmarkWith, DELTA, improve, RATE, rewardOf } from "../../../scripts/dev/world/improvements";
import { DAY } from "../../../scripts/dev/world/units";
import {
  attesterKeys,
  buildContributors,
  buildMeasured,
  deployTools,
  EVALUATION_NAME,
  expectRefusal,
  MODEL,
  proposed,
  refusalInWords,
  relayerKey,
  run,
  signedBy,
  useFolder,
  type Outcome,
  type Tools,
} from "./support";

const NETWORK = ["--network", "hardhat"];
const ENV = { PRIVATE_KEY: relayerKey.privateKey };
const [first, second, third] = attesterKeys;

/** A statement with the attestations that are needed, given in descending order. */
async function signed(tools: Tools, overrides: Parameters<typeof proposed>[1] = {}): Promise<Bundle> {
  return signedBy(tools, (await proposed(tools, overrides)).bundle, second!, first!);
}

describe("submit", () => {
  const folder = useFolder();

  async function scoreOf({ registry, model }: Tools): Promise<bigint> {
    return registry.scoreOf(model.id);
  }

  it("records an improvement, and prints the rewards that wait", async () => {
    const tools = await loadFixture(deployTools);
    const bundle = await signed(tools);
    const { code, out, err } = await run(main, NETWORK, { input: formatBundle(bundle), env: ENV });
    expect(code).to.equal(0);
    const { contributors } = bundle.statement;
    const { reward, owner, amounts } = rewardOf(DELTA, RATE, contributors);
    const token = await tools.model.token.getAddress();
    const symbol = await tools.model.token.symbol();
    const { transaction, gasUsed, payout, ...result } = JSON.parse(out) as Record<string, unknown>;
    const queuedAt = BigInt(await time.latest());
    const releasableFrom = queuedAt + (await tools.registry.payoutDelay());
    const receipt = await hre.ethers.provider.getTransactionReceipt(String(transaction));
    expect(String(receipt?.gasUsed)).to.equal(gasUsed);
    expect(result).to.deep.equal({
      modelId: MODEL,
      evaluationId: id(EVALUATION_NAME),
      baselineScore: "7494",
      candidateScore: "7594",
      token,
      symbol,
      reward: String(reward),
      owner: { account: tools.model.owner, amount: String(owner) },
      contributors: contributors.map(({ account }, i) => ({ account, amount: String(amounts[i]) })),
      leftOut: [],
      releasableFrom: String(releasableFrom),
    });
    expect(payout).to.deep.equal({
      model: tools.model.id,
      evaluationId: id(EVALUATION_NAME),
      method: await tools.oracleAttestation.getAddress(),
      queuedAt: String(queuedAt),
      baselineScore: "7494",
      candidateScore: "7594",
      reward: String(reward),
      contributorsRoot: ZeroHash,
      accounts: [tools.model.owner, ...contributors.map(({ account }) => account)],
      amounts: [owner, ...amounts].map(String),
    });
    expect(err).to.contain(
      `score 7494 → 7594: 1,000 ${symbol} wait, to be released from ${formatTime(releasableFrom)}\n`,
    );
    expect(await tools.model.token.rewardsMinted()).to.equal(0n);
    expect(await scoreOf(tools)).to.equal(7_594n);
  });

  it("names the distributor if contributors have to claim", async () => {
    const tools = await loadFixture(deployTools);
    const input = formatBundle(await signed(tools, { contributors: buildContributors(65) }));
    const { out } = await run(main, NETWORK, { input, env: ENV });
    const { forContributors } = rewardOf(DELTA, RATE);
    expect((JSON.parse(out) as { contributors: unknown }).contributors).to.deep.equal([
      { account: await tools.rewardDistributor.getAddress(), amount: String(forContributors) },
    ]);
  });

  it("merges what several attesters signed separately, in any order", async () => {
    const orders = [
      [first!, third!],
      [third!, first!],
      [third!, second!, first!],
    ];
    for (const order of orders) {
      const tools = await loadFixture(deployTools);
      const { bundle } = await proposed(tools);
      const files = await Promise.all(
        order.map(async (key, i) => folder.write(`${i}.json`, formatBundle(await signedBy(tools, bundle, key)))),
      );
      const { code, err } = await run(main, [...NETWORK, ...files], { env: ENV });
      expect(code, err).to.equal(0);
      expect(await scoreOf(tools)).to.equal(7_594n);
    }
  });

  it("submits no more attestations than are needed", async () => {
    const tools = await loadFixture(deployTools);
    const { bundle } = await proposed(tools);
    const all = await signedBy(tools, bundle, third!, second!, first!);
    await run(main, NETWORK, { input: formatBundle(all), env: ENV });
    const { provider } = hre.ethers;
    const block = await provider.getBlock("latest", true);
    const call = tools.verifier.interface.parseTransaction({ data: block!.prefetchedTransactions[0]!.data })!;
    const [signers] = hre.ethers.AbiCoder.defaultAbiCoder().decode(["address[]", "bytes[]"], call.args[1] as string);
    expect([...(signers as string[])]).to.deep.equal([first!.address, second!.address]);
  });

  describe("given more attestations than are needed, of which some are bad", () => {
    /** A good quorum of the two highest attesters, and bad ones besides. */
    async function withBad(tools: Tools, ...bad: readonly Attestation[]): Promise<Outcome> {
      const good = await signedBy(tools, (await proposed(tools)).bundle, second!, third!);
      const bundle = { ...good, attestations: [...bad, ...good.attestations] };
      return run(main, NETWORK, { input: formatBundle(bundle), env: ENV });
    }

    it("leaves out the lowest attester's signature of another statement, and says so", async () => {
      const tools = await loadFixture(deployTools);
      const draft = await signedBy(tools, (await proposed(tools, { evaluationName: "draft" })).bundle, first!);
      const { code, out, err } = await withBad(tools, ...draft.attestations);
      expect(code, err).to.equal(0);
      expect((JSON.parse(out) as { leftOut: unknown }).leftOut).to.deep.equal([
        { signer: first!.address, reason: "has not signed this statement" },
      ]);
      expect(err).to.contain(`left out: ${first!.address} has not signed this statement\n`);
      expect(await scoreOf(tools)).to.equal(7_594n);
    });

    it("leaves out a signer who is not an attester, and a signature that is empty", async () => {
      const tools = await loadFixture(deployTools);
      const stranger = "0x0000000000000000000000000000000000000001";
      const { code, out, err } = await withBad(
        tools,
        { signer: stranger, signature: "0x1234" },
        { signer: first!.address, signature: "0x" },
      );
      expect(code, err).to.equal(0);
      expect((JSON.parse(out) as { leftOut: unknown }).leftOut).to.deep.equal([
        { signer: stranger, reason: "is no attester" },
        { signer: first!.address, reason: "has not signed this statement" },
      ]);
    });

    it("accepts a contract's approval with an empty signature, and fails if the contract refuses", async () => {
      const tools = await loadFixture(deployTools);
      const wallet = await hre.ethers.deployContract("ERC1271WalletMock");
      const address = await wallet.getAddress();
      await tools.oracleAttestation.connect(tools.admin).addAttester(address);
      for (const [behaviour, outcome] of [
        [2n, 1], // reverts
        [1n, 0], // accepts all
      ] as const) {
        await wallet.setBehaviour(behaviour);
        const one = await signedBy(tools, (await proposed(tools)).bundle, third!);
        const bundle = { ...one, attestations: [...one.attestations, { signer: address, signature: "0x" }] };
        const { code, err } = await run(main, NETWORK, { input: formatBundle(bundle), env: ENV });
        expect(code, err).to.equal(outcome);
      }
      expect(await scoreOf(tools)).to.equal(7_594n);
    });
  });

  describe("names the rule and the value, and sends nothing,", () => {
    type Make = (tools: Tools) => Promise<Bundle>;
    const alter =
      (change: (bundle: Bundle) => Bundle): Make =>
      async (tools) =>
        change(await signed(tools));
    const statementWith = (change: Partial<Bundle["statement"]>) =>
      alter((bundle) => ({ ...bundle, statement: { ...bundle.statement, ...change } }));
    const evaluationWith = (change: Partial<Bundle["statement"]["evaluation"]>) =>
      alter(({ statement, ...rest }) => ({
        ...rest,
        statement: { ...statement, evaluation: { ...statement.evaluation, ...change } },
      }));
    function refusedBecause(error: string, figures: string): string {
      const { reason, fix } = refusalInWords(error, figures);
      return `refused on chain: ${reason}; nothing was sent. ${fix}`;
    }

    const refused: [string, Make, (tools: Tools, bundle: Bundle) => string | Promise<string>][] = [
      [
        "for too few attestations",
        async (tools) => signedBy(tools, (await proposed(tools)).bundle, first!),
        () => "the bundle has 1 of the 2 attestations that are needed.",
      ],
      [
        "for another chain",
        alter((bundle) => ({ ...bundle, chainId: 1 })),
        () => "the statement is for chain 1, hardhat is chain 31337.",
      ],
      [
        "for a changed field",
        evaluationWith({ lowerBoundBps: 2n }),
        () => refusedBecause("InvalidSignature", `signer ${first!.address}`),
      ],
      [
        "for another score",
        evaluationWith({ baselineScore: 7_493n }),
        () => refusedBecause("ValueMismatch", "field baselineScore, actual 7493, expected 7494"),
      ],
      [
        "for another specification",
        evaluationWith({ specHash: id("other") }),
        async ({ registry, model }) =>
          refusedBecause(
            "HashMismatch",
            `field specHash, actual ${id("other")}, expected ${(await registry.benchmarkOf(model.id)).specHash}`,
          ),
      ],
      [
        "for another epoch",
        statementWith({ attesterEpoch: 2n }),
        () => refusedBecause("ValueMismatch", "field attesterEpoch, actual 2, expected 1"),
      ],
      [
        "for a signer who is not an attester",
        async (tools) => {
          const bundle = await signed(tools);
          const [, kept] = bundle.attestations;
          return { ...bundle, attestations: [kept!, { ...kept!, signer: relayerKey.address }] };
        },
        () => refusedBecause("NotAttester", `account ${relayerKey.address}`),
      ],
      [
        "for an expired statement",
        async (tools) => {
          const bundle = await signed(tools);
          await time.increase(DAY + 1n);
          return bundle;
        },
        async (_, { statement }) =>
          refusedBecause(
            "DeadlineExpired",
            `deadline ${formatTime(statement.deadline)}, timestamp ${formatTime(BigInt(await time.latest()))}`,
          ),
      ],
      [
        "for an evaluation that was recorded before",
        async (tools) => {
          const bundle = await signed(tools);
          await improve(tools, tools.model, { evaluationId: bundle.statement.evaluationId });
          return bundle;
        },
        ({ model }) => refusedBecause("EvaluationAlreadyUsed", `id ${model.id}, evaluationId ${id(EVALUATION_NAME)}`),
      ],
      [
        "for more than is left today, which the next day allows",
        async (tools) => {
          await improve(tools, tools.model);
          return signed(tools, { measured: await buildMeasured(tools, { candidateScore: 7_594n + 901n }) });
        },
        () =>
          "the improvement is 901 bps, 900 of 1000 bps are left today: it can be submitted from 00:00 UTC; nothing was sent.",
      ],
      [
        "for more than the daily limit, which only the admin can raise",
        async (tools) => {
          const bundle = await signed(tools, {
            measured: await buildMeasured(tools, { candidateScore: 7_494n + 600n }),
          });
          await tools.registry.connect(tools.admin).setDailyLimit(tools.model.id, 599n);
          return bundle;
        },
        () =>
          `the improvement is 600 bps, more than the daily limit of ${MODEL}, 599 bps: only the admin helps, by setDailyLimit; nothing was sent.`,
      ],
      [
        "for a candidate below the target",
        async (tools) => {
          const bundle = await signed(tools);
          const benchmark = await benchmarkWith(tools, { targetScore: 7_595n });
          await tools.registry.connect(tools.admin).replaceBenchmark(tools.model.id, benchmark);
          const { evaluation } = bundle.statement;
          const version = await tools.registry.benchmarkVersionOf(tools.model.id);
          const statement = { ...bundle.statement, evaluation: { ...evaluation, benchmarkVersion: version } };
          return { ...bundle, statement };
        },
        () => `the candidate's score is 7594, ${MODEL} pays for 7595 or better, its target; nothing was sent.`,
      ],
      [
        "for a payee that is one of the protocol's contracts",
        async (tools) => signed(tools, { contributors: [{ account: tools.address, weight: 1n }] }),
        ({ address }) => refusedBecause("ProtocolContract", `account ${address}`),
      ],
      [
        "for a verifier that is not a contract",
        alter((bundle) => ({ ...bundle, verifier: relayerKey.address })),
        () => `the verifier is ${relayerKey.address}, where there is no contract on hardhat, chain 31337.`,
      ],
    ];
    for (const [what, make, message] of refused) {
      it(what, async () => {
        const tools = await loadFixture(deployTools);
        const bundle = await make(tools);
        const score = await scoreOf(tools);
        const nonce = await tools.relayer.getNonce();
        const outcome = await run(main, NETWORK, { input: formatBundle(bundle), env: ENV });
        expectRefusal(outcome, `submit: ${await message(tools, bundle)}`);
        expect(await scoreOf(tools)).to.equal(score);
        expect(await tools.relayer.getNonce()).to.equal(nonce);
      });
    }

    it("without ether for gas", async () => {
      const tools = await loadFixture(deployTools);
      const poor = developmentKey(18);
      await setBalance(poor.address, 0n);
      const outcome = await run(main, NETWORK, {
        input: formatBundle(await signed(tools)),
        env: { PRIVATE_KEY: poor.privateKey },
      });
      expectRefusal(outcome, `submit: ${poor.address} has no ether on hardhat: send it some to pay for gas.`);
    });

    it("but passes on an error that is not a revert", async () => {
      const { chain } = await loadFixture(deployTools);
      const lost = new Error("connection lost");
      const thrown: unknown = await simulate(chain, Promise.reject(lost)).catch((error: unknown) => error);
      expect(thrown).to.equal(lost);
    });

    it("for bundles of different statements", async () => {
      const tools = await loadFixture(deployTools);
      const one = folder.write("1.json", formatBundle(await signed(tools)));
      const other = folder.write("2.json", formatBundle(await signed(tools, { evaluationName: "second" })));
      expectRefusal(
        await run(main, [...NETWORK, one, other], { env: ENV }),
        `submit: ${other} has another statement than ${one}: merge attestations of one statement only.`,
      );
    });

    it("for a malformed bundle, before it reads the key", async () => {
      expectRefusal(await run(main, NETWORK, { input: "" }), "submit: standard input is empty, expected JSON.");
    });

    it("for a missing key", async () => {
      const tools = await loadFixture(deployTools);
      expectRefusal(
        await run(main, NETWORK, { input: formatBundle(await signed(tools)) }),
        "submit: PRIVATE_KEY is missing: set it in the environment or name a file with --keystore.",
      );
    });

    it("for a missing option", async () => {
      expectRefusal(
        await run(main, []),
        "submit: options: --network is missing, expected a network of hardhat.config.ts.",
      );
    });
  });

  it("prints its usage", async () => {
    expect((await run(main, ["--help"])).out).to.match(/^usage: npm run --silent submit/);
  });
});
