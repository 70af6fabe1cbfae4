// SPDX-License-Identifier: MIT
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";
import { siteOf } from "../../../deploy/network";
import { hashDocument } from "../../../sdk/evaluation/document";
import { main } from "../../../scripts/statement";
import { connect } from "../../../sdk/client/connect";
import { formatBundle, readBundle } from "../../../sdk/schemas/bundle";
import { readClaims, treeOf } from "../../../sdk/schemas/claims";
import { hashStatement, statementDomain } from "../../../sdk/schemas/statement";
import { toCall } from "../../../sdk/schemas/statement";
import { readMeasured } from "../../../sdk/statements/propose";
import { requireAcceptable } from "../../../sdk/statements/review";
import { BelowTarget } from "../../../sdk/statements/weakness";
import { BASELINE, benchmarkWith, DELTA, improve, registerModel } from "../../../scripts/dev/world/improvements";
import { Direction, MethodAccess } from "../../../scripts/dev/world/models";
import { DAY, HOUR } from "../../../scripts/dev/world/units";
import {
  buildContributors,
  buildMeasured,
  deployTools,
  EVALUATION_NAME,
  expectProblem,
  expectRefusal,
  MODEL,
  proposed,
  refusalInWords,
  run,
  toCsv,
  toEvaluation,
  useFolder,
  type Tools,
} from "./support";

describe("statement", () => {
  describe("proposed", () => {
    it("takes the benchmark, the commitments and the epoch from the chain", async () => {
      const tools = await loadFixture(deployTools);
      const { model, registry, oracleAttestation, alice, bob, address } = tools;
      const measured = await buildMeasured(tools);
      const { contributionDataHash, ...figures } = measured;
      const { bundle, claims } = await proposed(tools, { measured, life: HOUR });

      expect(claims).to.equal(undefined);
      const listed = [
        { account: alice.address, shareBps: 7_000n },
        { account: bob.address, shareBps: 3_000n },
      ].sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
      expect(bundle).to.deep.equal({
        chainId: 31_337,
        verifier: address,
        modelId: MODEL,
        statement: {
          evaluation: {
            model: model.id,
            benchmarkVersion: await registry.benchmarkVersionOf(model.id),
            ...figures,
            baselineCommitment: (await registry.benchmarkOf(model.id)).modelCommitment,
            candidateCommitment: ethers.id("candidate predictions"),
          },
          evaluationId: id(EVALUATION_NAME),
          contributionDataHash,
          contributors: listed,
          contributorsRoot: ZeroHash,
          attesterEpoch: await oracleAttestation.epoch(),
          deadline: BigInt(await time.latest()) + HOUR,
        },
        attestations: [],
      });
      const domain = statementDomain(31_337n, address);
      expect(await tools.verifier.hashStatement(toCall(bundle.statement))).to.equal(
        hashStatement(domain, bundle.statement),
      );
      expect(readBundle("bundle", formatBundle(bundle))).to.deep.equal(bundle);
    });

    it("lists 64 contributors, and names 65 by their root", async () => {
      const tools = await loadFixture(deployTools);
      const listed = await proposed(tools, { contributors: buildContributors(64) });
      expect(listed.bundle.statement.contributors).to.have.length(64);
      expect(listed.bundle.statement.contributorsRoot).to.equal(ZeroHash);
      expect(listed.claims).to.equal(undefined);

      const contributors = buildContributors(65);
      const { bundle, claims } = await proposed(tools, { contributors });
      const evaluationId = id(EVALUATION_NAME);
      const { root } = treeOf("here", { modelId: MODEL, evaluationId, contributors });
      expect(bundle.statement.contributors).to.deep.equal([]);
      expect(bundle.statement.contributorsRoot).to.equal(root);
      expect(claims).to.deep.equal({
        chainId: 31_337,
        verifier: tools.address,
        modelId: MODEL,
        evaluationId,
        contributorsRoot: root,
        contributors,
      });
    });

    it("is accepted if only the day's limit is in its way", async () => {
      const tools = await loadFixture(deployTools);
      await improve(tools, tools.model);
      const candidateScore = BASELINE + DELTA + 901n;
      const { bundle } = await proposed(tools, { measured: await buildMeasured(tools, { candidateScore }) });
      expect(bundle.statement.evaluation.candidateScore).to.equal(candidateScore);
    });

    it("may use up a whole day's limit, even if less is left today", async () => {
      const tools = await loadFixture(deployTools);
      await improve(tools, tools.model);
      const candidateScore = BASELINE + DELTA + 1_000n;
      const { bundle } = await proposed(tools, { measured: await buildMeasured(tools, { candidateScore }) });
      expect((await requireAcceptable(tools.chain, bundle)).waitsForLimit).to.equal(900n);
    });

    it("needs no commitment of the candidate while the baseline has none", async () => {
      const tools = await loadFixture(deployTools);
      const modelId = "uncommitted";
      const model = await registerModel(tools, { modelId, benchmark: { modelCommitment: ZeroHash } });
      const measured = await buildMeasured({ ...tools, model });
      const { bundle } = await proposed(tools, { modelId, measured, candidateCommitment: ZeroHash });
      const { baselineCommitment, candidateCommitment } = bundle.statement.evaluation;
      expect([baselineCommitment, candidateCommitment]).to.deep.equal([ZeroHash, ZeroHash]);
    });

    it("accepts a falling score for a metric that is minimised", async () => {
      const tools = await loadFixture(deployTools);
      const modelId = "errors";
      const model = await registerModel(tools, { modelId, benchmark: { direction: Direction.MINIMISE } });
      const measured = await buildMeasured({ ...tools, model }, { candidateScore: BASELINE - DELTA });
      const { bundle } = await proposed(tools, { modelId, measured });
      expect(bundle.statement.evaluation.candidateScore).to.equal(BASELINE - DELTA);
    });

    describe("is refused", () => {
      const measuredBut = (change: Parameters<typeof buildMeasured>[1]) => async (tools: Tools) =>
        proposed(tools, { measured: await buildMeasured(tools, change) });
      const benchmark = `the statement is not of the present benchmark of ${MODEL}`;
      const weak = (figures: string) => {
        const { reason, fix } = refusalInWords("EvaluationTooWeak", figures);
        return `the chain would refuse the statement: ${reason}. ${fix}`;
      };
      const refused: [string, (tools: Tools) => Promise<unknown>, (tools: Tools) => Promise<string> | string][] = [
        [
          "for a model without benchmark",
          (tools) => proposed(tools, { modelId: "unknown" }),
          () => "unknown has no benchmark on hardhat: register the model first.",
        ],
        [
          "without a candidate's commitment once the baseline has one",
          (tools) => proposed(tools, { candidateCommitment: ZeroHash }),
          () => `${MODEL} has a committed baseline: state the candidate's with --candidate-commitment.`,
        ],
        [
          "for another specification",
          measuredBut({ specHash: id("other") }),
          async ({ registry, model }) =>
            `${benchmark}: specHash is ${id("other")}, the chain has ${(await registry.benchmarkOf(model.id)).specHash}.`,
        ],
        [
          "for other data and another score, reported at once",
          measuredBut({ evaluationDataHash: id("other"), baselineScore: BASELINE - 1n }),
          async ({ registry, model }) =>
            `${benchmark}: evaluationDataHash is ${id("other")}, the chain has ${(await registry.benchmarkOf(model.id)).evaluationDataHash}; baselineScore is 7493, the chain has 7494.`,
        ],
        [
          "for an improvement of 9 bps",
          measuredBut({ candidateScore: BASELINE + 9n }),
          () => weak("field improvement, actual 9, required 10"),
        ],
        [
          "for too few examples",
          measuredBut({ sampleSize: 999n }),
          () => weak("field sampleSize, actual 999, required 1000"),
        ],
        ["for too few runs", measuredBut({ runs: 2n }), () => weak("field runs, actual 2, required 3")],
        [
          "for an evaluation that was recorded before",
          async (tools) => {
            await improve(tools, tools.model, { evaluationId: id(EVALUATION_NAME) });
            return proposed(tools);
          },
          () => `the evaluation ${id(EVALUATION_NAME)} of ${MODEL} was recorded before: take another evaluation id.`,
        ],
        [
          "for a candidate below the target, with both figures",
          async (tools) => {
            const { registry, admin, model } = tools;
            const target = await benchmarkWith(tools, { targetScore: BASELINE + DELTA + 1n });
            await registry.connect(admin).replaceBenchmark(model.id, target);
            return proposed(tools);
          },
          () => `the candidate's score is 7594, ${MODEL} pays for 7595 or better, its target.`,
        ],
        [
          "for more than the daily limit, which only the admin can raise",
          measuredBut({ candidateScore: BASELINE + 1_001n }),
          () =>
            `the improvement is 1001 bps, more than the daily limit of ${MODEL}, 1000 bps: only the admin helps, by setDailyLimit.`,
        ],
        [
          "for a model whose method is of no known kind",
          async (tools) => {
            const { registry, admin, model, rewardDistributor } = tools;
            const method = await rewardDistributor.getAddress();
            await registry.connect(admin).setMethodAccess(method, MethodAccess.REGISTRAR);
            await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(tools, { method }));
            return proposed(tools);
          },
          async ({ rewardDistributor }) =>
            `${MODEL} is verified by ${await rewardDistributor.getAddress()}, expected an OracleAttestation, a ZkProof, or a hybrid of both.`,
        ],
        [
          "by a verifier that was replaced",
          async (tools) => {
            await tools.registry.connect(tools.admin).setVerifier(tools.mallory);
            return proposed(tools);
          },
          ({ address, mallory }) =>
            `the verifier is ${address}, but the registry on hardhat listens to ${mallory.address}.`,
        ],
        [
          "for an address without a contract",
          ({ mallory }) => connect(siteOf(hre), mallory.address),
          ({ mallory }) => `the verifier is ${mallory.address}, where there is no contract on hardhat, chain 31337.`,
        ],
        [
          "for the address of another contract",
          async ({ reserveToken }) => connect(siteOf(hre), await reserveToken.getAddress()),
          async ({ reserveToken }) =>
            `the contract at ${await reserveToken.getAddress()} on hardhat, chain 31337 does not answer as a DeltaOneVerifier.`,
        ],
      ];
      for (const [what, action, message] of refused) {
        it(what, async () => {
          const tools = await loadFixture(deployTools);
          await expectProblem(() => action(tools), await message(tools));
        });
      }
    });
  });

  describe("below the target", () => {
    it("is refused with both scores, and with the error of the contract", async () => {
      const tools = await loadFixture(deployTools);
      const { registry, admin, model } = tools;
      const targetScore = BASELINE + DELTA + 1n;
      await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(tools, { targetScore }));
      const problem: unknown = await proposed(tools).catch((error: unknown) => error);
      expect(problem).to.be.instanceOf(BelowTarget);
      expect(problem).to.deep.include({ code: "REVERTED", candidateScore: BASELINE + DELTA, targetScore });
      expect((problem as BelowTarget).revert).to.deep.equal({
        name: "EvaluationTooWeak",
        args: { field: "targetScore", actual: String(BASELINE + DELTA), required: String(targetScore) },
      });
    });
  });

  describe("the evaluation's JSON", () => {
    it("may have more fields than a statement needs", async () => {
      const measured = await buildMeasured(await loadFixture(deployTools));
      expect(readMeasured("evaluation.json", toEvaluation(measured))).to.deep.equal(measured);
      const accepted = toEvaluation({ ...measured, accepted: true });
      expect(readMeasured("evaluation.json", accepted)).to.deep.equal(measured);
    });

    it("carries its id, the hash of the rest, and is refused if anything was changed", async () => {
      const measured = await buildMeasured(await loadFixture(deployTools));
      const document = JSON.parse(toEvaluation(measured)) as object;
      const evaluationId = hashDocument(document);
      const read = (change: object) => () =>
        readMeasured("evaluation.json", JSON.stringify({ ...document, evaluationId, ...change }));
      expect(read({})()).to.deep.equal({ ...measured, evaluationId });
      const changed = hashDocument({ ...document, runs: 2 });
      await expectProblem(
        read({ runs: 2 }),
        `evaluation.json: evaluationId is ${evaluationId}, expected ${changed}, the hash of the rest: the document was changed, evaluate again.`,
      );
    });

    it("is refused if the evaluation was refused", async () => {
      const reasons = [
        { code: "BELOW_MINIMUM", message: "too little" },
        { code: "GUARDRAIL", message: "too slow" },
      ];
      const text = (content: object) => () => readMeasured("evaluation.json", JSON.stringify(content));
      await expectProblem(
        text({ accepted: false, reasons }),
        "evaluation.json: the evaluation was refused: too little; too slow.",
      );
      await expectProblem(text({ accepted: false }), "evaluation.json: the evaluation was refused: .");
    });

    it("is refused in one line", async () => {
      const measured = await buildMeasured(await loadFixture(deployTools));
      const without = (key: string, value?: unknown) => toEvaluation({ ...measured, [key]: value });
      const read = (text: string) => () => readMeasured("evaluation.json", text);
      await expectProblem(
        read(without("contributionDataHash")),
        "evaluation.json: contributionDataHash is missing, expected the hash that evaluate --contribution gives.",
      );
      await expectProblem(
        read(without("lowerBoundBps", 0)),
        "evaluation.json: lowerBoundBps is 0, expected an integer from 1 to 10000.",
      );
      await expectProblem(read("[]"), "evaluation.json: the file is [], expected an object.");
      await expectProblem(read("3"), "evaluation.json: the file is 3, expected an object.");
      await expectProblem(read("null"), "evaluation.json: the file is null, expected an object.");
      await expectProblem(read(""), "evaluation.json is empty, expected JSON.");
    });
  });

  describe("command", () => {
    const folder = useFolder();

    async function prepare(count: number) {
      const tools = await loadFixture(deployTools);
      const contributors = folder.write("contributors.csv", toCsv(buildContributors(count)));
      const options = ["--network", "hardhat", "--verifier", tools.address, "--model", MODEL];
      const named = ["--evaluation-id", EVALUATION_NAME, "--contributors", contributors];
      const args = [...options, ...named, "--candidate-commitment", id("candidate")];
      return { tools, args, contributors, input: toEvaluation(await buildMeasured(tools)) };
    }

    it("prints the statement, which lives for a day by default", async () => {
      const { args, input } = await prepare(2);
      const { code, out, err } = await run(main, args, { input });
      expect([code, err]).to.deep.equal([0, ""]);
      const bundle = readBundle("standard output", out);
      expect(bundle.statement.deadline).to.equal(BigInt(await time.latest()) + DAY);
      expect(bundle.statement.contributors).to.have.length(2);

      const longer = readBundle("standard output", (await run(main, [...args, "--hours", "48"], { input })).out);
      expect(longer.statement.deadline).to.equal(BigInt(await time.latest()) + 2n * DAY);
    });

    it("writes the statement and the contributors behind its root", async () => {
      const { args, input } = await prepare(65);
      const files = ["--claims", folder.path("claims.json"), "--out", folder.path("bundle.json")];
      expect(await run(main, [...args, ...files], { input })).to.deep.equal({ code: 0, out: "", err: "" });
      const { statement } = readBundle("bundle.json", folder.read("bundle.json"));
      expect(readClaims("claims.json", folder.read("claims.json")).contributorsRoot).to.equal(
        statement.contributorsRoot,
      );
      expect(folder.names()).to.deep.equal(["bundle.json", "claims.json", "contributors.csv"]);
    });

    it("writes nothing if the chain would refuse the statement", async () => {
      const { args, tools } = await prepare(65);
      const measured = await buildMeasured(tools, { sampleSize: 1n });
      const files = ["--claims", folder.path("claims.json"), "--out", folder.path("bundle.json")];
      const { code, out } = await run(main, [...args, ...files], { input: toEvaluation(measured) });
      expect([code, out]).to.deep.equal([1, ""]);
      expect(folder.names()).to.deep.equal(["contributors.csv"]);
    });

    it("reports all missing and wrong options at once", async () => {
      expectRefusal(
        await run(main, ["--hours", "49"]),
        'statement: options: --network is missing, expected a network of hardhat.config.ts; --verifier is missing, expected an address, not zero, in lower case or with its checksum; --model is missing, expected 1 to 64 characters of A-Z a-z 0-9 . _ -; --contributors is missing, expected text of 1 to 1024 bytes; --hours is "49", expected an integer from 1 to 48.',
      );
    });

    it("refuses 65 contributors without a file for them", async () => {
      const { args, contributors, input } = await prepare(65);
      expectRefusal(
        await run(main, args, { input }),
        `statement: ${contributors} names 65 contributors, more than the 64 that a statement lists: name a file for them with --claims <file>.`,
      );
    });

    it("refuses hours that are not digits, and a second file", async () => {
      const { args, input } = await prepare(2);
      expectRefusal(
        await run(main, [...args, "--hours", "1e1"], { input }),
        'statement: options: --hours is "1e1", expected an integer from 1 to 48.',
      );
      const file = folder.write("evaluation.json", input);
      expectRefusal(await run(main, [...args, file, "b"]), 'statement: unexpected argument "b", expected one file.');
    });

    it("prints its usage", async () => {
      const { code, out, err } = await run(main, ["--help"]);
      expect([code, err]).to.deep.equal([0, ""]);
      expect(out).to.match(/^usage: npm run --silent statement/);
    });
  });
});
