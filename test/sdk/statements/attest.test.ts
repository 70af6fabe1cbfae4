// SPDX-License-Identifier: MIT
import { loadFixture, setCode, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { encryptKeystoreJsonSync, id, verifyTypedData } from "ethers";
import { ethers } from "hardhat";
import { main } from "../../../scripts/attest";
import { formatTime } from "../../../sdk/base/units";
import { formatBundle, readBundle, type Bundle } from "../../../sdk/schemas/bundle";
import { formatClaims } from "../../../sdk/schemas/claims";
import { STATEMENT_TYPES, statementDomain } from "../../../sdk/schemas/statement";
import { toCall } from "../../../sdk/schemas/statement";
import { requireAcceptable } from "../../../sdk/statements/review";
import { BASELINE, benchmarkWith, improve, registerModel } from "../../../scripts/dev/world/improvements";
import { Direction } from "../../../scripts/dev/world/models";
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
  relayerKey,
  run,
  signedBy,
  useFolder,
  type Tools,
} from "./support";

const [first, second] = attesterKeys;
const key = first!.privateKey;

describe("attest", () => {
  const folder = useFolder();
  const argsFor = ({ address }: Pick<Tools, "address">) => ["--network", "hardhat", "--verifier", address];

  it("marks payees that are contracts, but not accounts that delegate to one", async () => {
    const tools = await loadFixture(deployTools);
    const [contract, delegating] = [await tools.model.token.getAddress(), tools.alice.address];
    const router = await (await ethers.getContractAt("HokusaiAMMFactory", await tools.registry.factory())).feeRouter();
    await setCode(delegating, `0xef0100${contract.slice(2)}`);
    const listed = [router, delegating, tools.bob.address].map((account) => ({ account, weight: 1n }));
    const { bundle } = await proposed(tools, { contributors: listed });
    const { err } = await run(main, argsFor(tools), { input: formatBundle(bundle), env: { PRIVATE_KEY: key } });
    const shown = (account: string) => err.split("\n").find((line) => line.includes(account))!;
    const mark = "; a contract: see that it can pass tokens on";
    expect(shown(router)).to.match(new RegExp(`: 33\\.3[34] %${mark}$`));
    for (const account of [delegating, tools.bob.address]) expect(shown(account)).to.match(/: 33\.3[34] %$/);

    const many = [...buildContributors(64), { account: router, weight: 1_000n }];
    const { bundle: rooted, claims } = await proposed(tools, { contributors: many });
    const args = [...argsFor(tools), "--claims", folder.write("claims.json", formatClaims(claims!))];
    const { err: largest } = await run(main, args, { input: formatBundle(rooted), env: { PRIVATE_KEY: key } });
    expect(largest.split("\n").filter((line) => line.endsWith(mark))).to.have.length(1);
    expect(largest).to.match(new RegExp(`${router}: [\\d.]+ .*${mark}`));
  });

  it("adds a signature over the statement, and changes nothing else", async () => {
    const tools = await loadFixture(deployTools);
    const { bundle } = await proposed(tools);
    const { code, out } = await run(main, argsFor(tools), { input: formatBundle(bundle), env: { PRIVATE_KEY: key } });
    expect(code).to.equal(0);
    const { attestations, ...rest } = readBundle("standard output", out);
    expect({ ...rest, attestations: [] }).to.deep.equal(bundle);
    expect(attestations.map(({ signer }) => signer)).to.deep.equal([first!.address]);
    const domain = statementDomain(31_337n, tools.address);
    expect(verifyTypedData(domain, STATEMENT_TYPES, toCall(bundle.statement), attestations[0]!.signature)).to.equal(
      first!.address,
    );
  });

  it("shows the statement in words", async () => {
    const tools = await loadFixture(deployTools);
    const { bundle } = await proposed(tools);
    const input = formatBundle(await signedBy(tools, bundle, second!));
    const { err } = await run(main, argsFor(tools), { input, env: { PRIVATE_KEY: key } });
    const { statement } = bundle;
    const symbol = await tools.model.token.symbol();
    const [one, other] = statement.contributors;
    expect(err.split("\n")).to.deep.equal([
      `Improvement of ${MODEL}`,
      `  for              verifier ${tools.address} on hardhat, chain 31337`,
      "  improvement      score 7494 → 7594, 100 bps; at least 1 bps at the benchmark's level of error",
      "  measured on      1,000 examples in 3 runs, benchmark version 1",
      `  benchmark        ${statement.evaluation.specHash}`,
      `  evaluation data  ${statement.evaluation.evaluationDataHash}`,
      `  contribution     ${statement.contributionDataHash}`,
      `  baseline         ${statement.evaluation.baselineCommitment}`,
      `  candidate        ${statement.evaluation.candidateCommitment}`,
      `  evaluation id    ${id(EVALUATION_NAME)}`,
      `  reward           1,000 ${symbol} at the present rate`,
      `  owner            ${tools.model.owner}: 300 ${symbol}`,
      `  contributors     700 ${symbol} to`,
      `                   ${one!.account}: ${one!.shareBps === 7_000n ? "70.00" : "30.00"} %`,
      `                   ${other!.account}: ${other!.shareBps === 7_000n ? "70.00" : "30.00"} %`,
      "  must sign        2 of 3 attesters, epoch 1",
      `  signed by        ${second!.address}`,
      `  until            ${formatTime(BigInt(statement.deadline))}, 24.0 hours from now`,
      "",
    ]);
  });

  it("shows the contributors behind a root, the largest first", async () => {
    const tools = await loadFixture(deployTools);
    const contributors = buildContributors(65);
    const { bundle, claims } = await proposed(tools, { contributors });
    const file = folder.write("claims.json", formatClaims(claims!));
    const args = [...argsFor(tools), "--claims", file];
    const { code, err } = await run(main, args, { input: formatBundle(bundle), env: { PRIVATE_KEY: key } });
    expect(code).to.equal(0);
    const shown = err.split("\n").filter((line) => line.startsWith("                   0x") || line.includes("behind"));
    expect(shown[0]).to.contain(`65 accounts behind the root ${bundle.statement.contributorsRoot}`);
    const largest = contributors.slice(-5).reverse();
    expect(shown.slice(1).map((line) => line.trim().slice(0, 42))).to.deep.equal(largest.map(({ account }) => account));
    expect(err).to.contain("signed by        nobody yet");
  });

  it("says that a statement has to wait for another day's limit", async () => {
    const tools = await loadFixture(deployTools);
    await improve(tools, tools.model);
    const score = BASELINE + 100n;
    const measured = await buildMeasured(tools, { candidateScore: score + 901n });
    const { bundle } = await proposed(tools, { measured });
    const { code, err } = await run(main, argsFor(tools), {
      input: formatBundle(bundle),
      env: { PRIVATE_KEY: key },
    });
    expect(code).to.equal(0);
    expect(err).to.contain("\n  waits for another day: 900 bps are left today, it can be submitted from 00:00 UTC\n");
  });

  it("accepts a statement in the last second of its life, and mentions no limit that is far away", async () => {
    const tools = await loadFixture(deployTools);
    const { bundle } = await proposed(tools);
    await time.increaseTo(bundle.statement.deadline);
    const review = await requireAcceptable(tools.chain, bundle);
    expect(review.now).to.equal(bundle.statement.deadline);
    expect(review).not.to.have.property("waitsForLimit");
  });

  it("shows a falling score for a metric that is minimised", async () => {
    const tools = await loadFixture(deployTools);
    const modelId = "errors";
    const model = await registerModel(tools, { modelId, benchmark: { direction: Direction.MINIMISE } });
    const measured = await buildMeasured({ ...tools, model }, { candidateScore: BASELINE - 25n });
    const { bundle } = await proposed(tools, { modelId, measured });
    const { err } = await run(main, argsFor(tools), { input: formatBundle(bundle), env: { PRIVATE_KEY: key } });
    expect(err).to.contain("  improvement      score 7494 → 7469, 25 bps; ");
  });

  it("says that a candidate is not committed", async () => {
    const tools = await loadFixture(deployTools);
    const { bundle } = await proposed(tools);
    const evaluation = { ...bundle.statement.evaluation, candidateCommitment: `0x${"0".repeat(64)}` };
    const input = formatBundle({ ...bundle, statement: { ...bundle.statement, evaluation } });
    const { err } = await run(main, argsFor(tools), { input, env: { PRIVATE_KEY: key } });
    expect(err).to.contain("  candidate        not committed\n");
  });

  it("signs with a keystore, and writes into the file that it has read", async () => {
    const tools = await loadFixture(deployTools);
    const account = { address: first!.address, privateKey: key };
    const keystore = folder.write("key.json", encryptKeystoreJsonSync(account, "secret", { scrypt: { N: 2 } }));
    const file = folder.write("bundle.json", formatBundle((await proposed(tools)).bundle));
    const args = [...argsFor(tools), "--keystore", keystore, "--out", file, file];
    const { code, out } = await run(main, args, { password: "secret" });
    expect([code, out]).to.deep.equal([0, ""]);
    expect(readBundle(file, folder.read("bundle.json")).attestations.map(({ signer }) => signer)).to.deep.equal([
      first!.address,
    ]);
    expect(folder.names()).to.deep.equal(["bundle.json", "key.json"]);
  });

  describe("refuses", () => {
    const alter = (change: (bundle: Bundle, tools: Tools) => Bundle | Promise<Bundle>) => change;
    const statementWith = (change: Partial<Bundle["statement"]>) =>
      alter((bundle) => ({ ...bundle, statement: { ...bundle.statement, ...change } }));
    const refused: [
      string,
      ReturnType<typeof alter>,
      (tools: Tools, bundle: Bundle) => string | Promise<string>,
      string?,
    ][] = [
      [
        "another chain",
        alter((bundle) => ({ ...bundle, chainId: 1 })),
        () => "the statement is for chain 1, hardhat is chain 31337.",
      ],
      [
        "another verifier",
        alter((bundle, { mallory }) => ({ ...bundle, verifier: mallory.address })),
        ({ mallory, address }) => `the statement is for the verifier ${mallory.address}, expected ${address}.`,
      ],
      [
        "an expired deadline",
        alter(async (bundle) => {
          await time.increase(DAY + 1n);
          return bundle;
        }),
        async (_, { statement }) =>
          `the deadline ${formatTime(statement.deadline)} has passed, the chain's time is ${formatTime(BigInt(await time.latest()))}: make the statement again.`,
      ],
      [
        "a deadline too far ahead",
        alter(async (bundle) => ({
          ...bundle,
          statement: { ...bundle.statement, deadline: BigInt(await time.latest()) + 2n * DAY + 1n },
        })),
        async () => {
          const latest = BigInt(await time.latest());
          return `the deadline is ${formatTime(latest + 2n * DAY + 1n)}, expected at most ${formatTime(latest + 2n * DAY)}: two days from the chain's time.`;
        },
      ],
      [
        "a future epoch",
        statementWith({ attesterEpoch: 2n }),
        () => "the attester epoch is 2, expected 1: make the statement again.",
      ],
      [
        "an epoch that is over",
        alter(async (bundle, { oracleAttestation, guardian }) => {
          await oracleAttestation.connect(guardian).removeAttester(second!.address);
          return bundle;
        }),
        () => "the attester epoch is 1, expected 2: make the statement again.",
      ],
      [
        "an evaluation that was recorded before",
        alter(async (bundle, tools) => {
          await improve(tools, tools.model, { evaluationId: bundle.statement.evaluationId });
          return bundle;
        }),
        () => `the evaluation ${id(EVALUATION_NAME)} of ${MODEL} was recorded before: take another evaluation id.`,
      ],
      [
        "a benchmark that was replaced",
        alter(async (bundle, tools) => {
          const { registry, admin, model } = tools;
          await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(tools));
          return bundle;
        }),
        () => `the statement is not of the present benchmark of ${MODEL}: benchmarkVersion is 1, the chain has 2.`,
      ],
      [
        "a score that has moved",
        alter(async (bundle, tools) => {
          await improve(tools, tools.model);
          return bundle;
        }),
        async ({ registry, model }, { statement }) =>
          `the statement is not of the present benchmark of ${MODEL}: baselineScore is 7494, the chain has 7594; baselineCommitment is ${statement.evaluation.baselineCommitment}, the chain has ${(await registry.benchmarkOf(model.id)).modelCommitment}.`,
      ],
    ];
    for (const [what, change, message] of refused) {
      it(what, async () => {
        const tools = await loadFixture(deployTools);
        const bundle = await change((await proposed(tools)).bundle, tools);
        const outcome = await run(main, argsFor(tools), { input: formatBundle(bundle), env: { PRIVATE_KEY: key } });
        expectRefusal(outcome, `attest: ${await message(tools, bundle)}`);
      });
    }

    /** The statement is shown before these are found, and the last line says why. */
    async function expectNotSigned(env: NodeJS.ProcessEnv, bundle: (tools: Tools) => Promise<Bundle>, line: string) {
      const tools = await loadFixture(deployTools);
      const file = folder.write("bundle.json", formatBundle(await bundle(tools)));
      const before = folder.read("bundle.json");
      const { code, out, err } = await run(main, [...argsFor(tools), "--out", file, file], { env });
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err.trimEnd().split("\n").at(-1)).to.equal(line);
      expect(folder.read("bundle.json")).to.equal(before);
      expect(folder.names()).to.deep.equal(["bundle.json"]);
    }

    it("a key that is not an attester's, and writes nothing", async () => {
      const { oracleAttestation } = await loadFixture(deployTools);
      await expectNotSigned(
        { PRIVATE_KEY: relayerKey.privateKey },
        async (tools) => (await proposed(tools)).bundle,
        `attest: ${relayerKey.address} is not an attester of ${await oracleAttestation.getAddress()}.`,
      );
    });

    it("an attester who has signed before", () =>
      expectNotSigned(
        { PRIVATE_KEY: key },
        async (tools) => signedBy(tools, (await proposed(tools)).bundle, first!),
        `attest: ${first!.address} has signed this statement before.`,
      ));

    it("a malformed key, which it does not show", () =>
      expectNotSigned(
        { PRIVATE_KEY: `${key}0` },
        async (tools) => (await proposed(tools)).bundle,
        "attest: PRIVATE_KEY is not a key, expected 64 hexadecimal digits: correct it in the environment.",
      ));

    it("a root without its contributors, or with other ones", async () => {
      const tools = await loadFixture(deployTools);
      const { bundle } = await proposed(tools, { contributors: buildContributors(65) });
      const options = { input: formatBundle(bundle), env: { PRIVATE_KEY: key } };
      expectRefusal(
        await run(main, argsFor(tools), options),
        "attest: the statement names its contributors by a root only: show them with --claims <file>.",
      );
      const others = await proposed(tools, { contributors: buildContributors(66) });
      const file = folder.write("claims.json", formatClaims(others.claims!));
      expectRefusal(
        await run(main, [...argsFor(tools), "--claims", file], options),
        `attest: the claims file has the root ${others.claims!.contributorsRoot}, the statement ${bundle.statement.contributorsRoot}.`,
      );
    });

    it("missing options, before it reads its input", async () => {
      expectRefusal(
        await run(main, [], { input: "not JSON" }),
        "attest: options: --network is missing, expected a network of hardhat.config.ts; --verifier is missing, expected an address, not zero, in lower case or with its checksum.",
      );
    });
  });

  it("prints its usage", async () => {
    expect((await run(main, ["--help"])).out).to.match(/^usage: npm run --silent attest/);
  });
});
