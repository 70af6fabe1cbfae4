// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { formatBundle, mergeBundles, readBundle, type Bundle } from "../../../sdk/schemas/bundle";
import { formatClaims, readClaims, treeOf, type Claims } from "../../../sdk/schemas/claims";
import { attesterKeys, buildContributors, expectProblem, MODEL } from "../statements/support";

const FILE = "bundle.json";
const [FIRST, SECOND, THIRD] = buildContributors(3)
  .map(({ account }) => account)
  .sort() as [string, string, string];
const ROOT = id("root");

/** A bundle that nothing is wrong with. */
function buildBundle(): Bundle {
  return {
    chainId: 31_337,
    verifier: THIRD,
    modelId: MODEL,
    statement: {
      evaluation: {
        model: id(MODEL),
        benchmarkVersion: 1n,
        specHash: id("spec"),
        evaluationDataHash: id("data"),
        baselineScore: 7_494n,
        candidateScore: 7_988n,
        sampleSize: 1_000n,
        runs: 9n,
        lowerBoundBps: 291n,
        baselineCommitment: ZeroHash,
        candidateCommitment: id("candidate"),
      },
      evaluationId: id("evaluation"),
      contributionDataHash: id("contribution"),
      contributors: [
        { account: FIRST, shareBps: 7_000n },
        { account: SECOND, shareBps: 3_000n },
      ],
      contributorsRoot: ZeroHash,
      attesterEpoch: 1n,
      deadline: 1_800_000_000n,
    },
    attestations: [{ signer: FIRST, signature: "0x12" }],
  };
}

/** The JSON of a bundle in which the value at a path is another, or gone. */
function altered(path: string, value?: unknown, text = formatBundle(buildBundle())): string {
  const json = JSON.parse(text) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce((object, key) => object[key] as Record<string, unknown>, json);
  parent[last] = value; // JSON leaves out what is undefined
  return JSON.stringify(json);
}

describe("Bundle", () => {
  it("is read as it was written", () => {
    expect(readBundle(FILE, formatBundle(buildBundle()))).to.deep.equal(buildBundle());
  });

  describe("is refused in one line for", () => {
    const word = "expected 32 bytes as 0x and 64 hexadecimal digits";
    const address = "expected an address, not zero, in lower case or with its checksum";
    const safe = Number.MAX_SAFE_INTEGER;
    const refused: [string, unknown, string][] = [
      ["chainId", "1", `chainId is "1", expected an integer from 1 to ${safe}`],
      ["verifier", "0x12", `verifier is "0x12", ${address}`],
      ["modelId", "a b", 'modelId is "a b", expected 1 to 64 characters of A-Z a-z 0-9 . _ -'],
      ["statement", [], "statement is [], expected an object"],
      ["statement.evaluation.model", ZeroHash, `statement.evaluation.model is "${ZeroHash}", ${word}, not zero`],
      [
        "statement.evaluation.benchmarkVersion",
        0,
        "statement.evaluation.benchmarkVersion is 0, expected an integer from 1 to 4294967295",
      ],
      ["statement.evaluation.specHash", "0x", `statement.evaluation.specHash is "0x", ${word}, not zero`],
      [
        "statement.evaluation.evaluationDataHash",
        undefined,
        `statement.evaluation.evaluationDataHash is missing, ${word}, not zero`,
      ],
      [
        "statement.evaluation.baselineScore",
        -1,
        "statement.evaluation.baselineScore is -1, expected an integer from 0 to 10000",
      ],
      [
        "statement.evaluation.candidateScore",
        10_001,
        "statement.evaluation.candidateScore is 10001, expected an integer from 0 to 10000",
      ],
      [
        "statement.evaluation.sampleSize",
        1.5,
        "statement.evaluation.sampleSize is 1.5, expected an integer from 1 to 4294967295",
      ],
      [
        "statement.evaluation.runs",
        null,
        "statement.evaluation.runs is null, expected an integer from 1 to 4294967295",
      ],
      [
        "statement.evaluation.lowerBoundBps",
        0,
        "statement.evaluation.lowerBoundBps is 0, expected an integer from 1 to 10000",
      ],
      ["statement.evaluation.baselineCommitment", "none", `statement.evaluation.baselineCommitment is "none", ${word}`],
      ["statement.evaluation.candidateCommitment", 0, `statement.evaluation.candidateCommitment is 0, ${word}`],
      ["statement.evaluationId", ZeroHash, `statement.evaluationId is "${ZeroHash}", ${word}, not zero`],
      ["statement.contributionDataHash", undefined, `statement.contributionDataHash is missing, ${word}, not zero`],
      ["statement.contributors", {}, "statement.contributors is {}, expected a list"],
      ["statement.contributors.1.account", 1, `statement.contributors[1].account is 1, ${address}`],
      [
        "statement.contributors.0.shareBps",
        0,
        "statement.contributors[0].shareBps is 0, expected an integer from 1 to 10000",
      ],
      ["statement.contributorsRoot", "0x00", `statement.contributorsRoot is "0x00", ${word}`],
      ["statement.attesterEpoch", -1, `statement.attesterEpoch is -1, expected an integer from 0 to ${safe}`],
      ["statement.deadline", "tomorrow", `statement.deadline is "tomorrow", expected an integer from 1 to ${safe}`],
      ["attestations", undefined, "attestations is missing, expected a list"],
      ["attestations.0.signer", undefined, `attestations[0].signer is missing, ${address}`],
      [
        "attestations.0.signature",
        "0x1",
        'attestations[0].signature is "0x1", expected bytes as 0x and hexadecimal digits',
      ],
      [
        "attestations.0.signature",
        "approved",
        'attestations[0].signature is "approved", expected bytes as 0x and hexadecimal digits',
      ],
      ["attestations.0.epoch", 1, "attestations[0].epoch is unknown, expected one of signer, signature"],
      [
        "statement.evaluation.model",
        id("other"),
        `statement.evaluation.model is ${id("other")}, expected ${id(MODEL)}, the key of ${MODEL}`,
      ],
      ["statement.contributorsRoot", ROOT, "statement lists 2 contributors beside a root, expected a list or a root"],
      ["statement.contributors", [], "statement lists 0 contributors without a root, expected a list or a root"],
      [
        "statement.contributors.1.account",
        FIRST,
        `statement.contributors[1].account is ${FIRST}, expected one above ${FIRST}`,
      ],
      [
        "statement.contributors.0.account",
        THIRD,
        `statement.contributors[1].account is ${SECOND}, expected one above ${THIRD}`,
      ],
      [
        "statement.contributors.1.shareBps",
        2_999,
        "statement.contributors have shares of 9999 bps in sum, expected 10000",
      ],
      [
        "attestations.1",
        { signer: FIRST, signature: "0x34" },
        `attestations[1].signer is ${FIRST}, expected each signer once`,
      ],
    ];
    for (const [path, value, problem] of refused) {
      it(`${path} ${value === undefined ? "missing" : JSON.stringify(value)}`, async () => {
        await expectProblem(() => readBundle(FILE, altered(path, value)), `${FILE}: ${problem}.`);
      });
    }

    it("65 contributors", async () => {
      const list = buildContributors(65)
        .map(({ account }) => ({ account, shareBps: account === FIRST ? 10_000 - 64 : 1 }))
        .sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
      const text = altered("statement.contributors", list);
      await expectProblem(() => readBundle(FILE, text), `${FILE}: statement.contributors are 65, expected at most 64.`);
    });

    it("all errors at once", async () => {
      const text = altered("modelId", "", altered("chainId", 0));
      const [chainId, modelId] = [
        "chainId is 0, expected an integer from 1 to",
        'modelId is "", expected 1 to 64 characters',
      ];
      expect(() => readBundle(FILE, text)).to.throw(new RegExp(`^${FILE}: ${chainId} .*; ${modelId} .*$`));
    });

    it("text that is not JSON, and JSON that is not an object", async () => {
      await expectProblem(() => readBundle(FILE, " \n"), `${FILE} is empty, expected JSON.`);
      expect(() => readBundle(FILE, "{")).to.throw(/^bundle\.json is not JSON: [^\n]+\.$/);
      await expectProblem(() => readBundle(FILE, "[]"), `${FILE}: the file is [], expected an object.`);
    });
  });

  describe("merged with others", () => {
    const signed = (...signers: string[]): Bundle => ({
      ...buildBundle(),
      attestations: signers.map((signer) => ({ signer, signature: `0x${signer.slice(2, 6)}` })),
    });
    const [a, b, c] = attesterKeys.map(({ address }) => address) as [string, string, string];

    it("holds every attestation once, whatever the order", () => {
      const parts: [string, Bundle][] = [
        ["1", signed(c)],
        ["2", signed(a, c)],
        ["3", signed(b)],
      ];
      const merged = [parts, [...parts].reverse()].map((order) => mergeBundles(order));
      for (const { attestations } of merged) {
        expect(attestations.map(({ signer }) => signer)).to.have.members([a, b, c]);
        expect(attestations).to.have.length(3);
      }
    });

    it("is refused if there is none", async () => {
      await expectProblem(() => mergeBundles([]), "there is no bundle, expected at least one.");
    });

    it("is refused with another statement", async () => {
      const other = { ...signed(b), statement: { ...buildBundle().statement, deadline: 1n } };
      await expectProblem(
        () =>
          mergeBundles([
            ["1.json", signed(a)],
            ["2.json", other],
          ]),
        "2.json has another statement than 1.json: merge attestations of one statement only.",
      );
    });

    it("is refused with two signatures of one signer", async () => {
      const other = { ...buildBundle(), attestations: [{ signer: a, signature: "0x99" }] };
      await expectProblem(
        () =>
          mergeBundles([
            ["1.json", signed(a)],
            ["2.json", other],
          ]),
        `2.json has another signature of ${a} than before: leave out the wrong one.`,
      );
    });
  });
});

describe("Claims file", () => {
  const buildClaims = (): Claims => {
    const terms = { modelId: MODEL, evaluationId: id("evaluation"), contributors: buildContributors(65) };
    return { chainId: 31_337, verifier: THIRD, contributorsRoot: treeOf("here", terms).root, ...terms };
  };

  it("is read as it was written", () => {
    expect(readClaims("claims.json", formatClaims(buildClaims()))).to.deep.equal(buildClaims());
  });

  it("must have the root of its contributors", async () => {
    const root = buildClaims().contributorsRoot;
    const text = altered("contributorsRoot", ROOT, formatClaims(buildClaims()));
    await expectProblem(
      () => readClaims("claims.json", text),
      `claims.json: contributorsRoot is ${ROOT}, its contributors' root is ${root}.`,
    );
  });

  it("is refused for a contributor who appears twice, and for an empty list", async () => {
    const { contributors } = buildClaims();
    const twice = [...contributors, contributors[0]].map((entry) => ({ ...entry, weight: String(entry?.weight) }));
    await expectProblem(
      () => readClaims("claims.json", altered("contributors", twice, formatClaims(buildClaims()))),
      `claims.json: contributor ${contributors[0]?.account} stands twice, expected once with the summed weight.`,
    );
    await expectProblem(
      () => readClaims("claims.json", altered("contributors", [], formatClaims(buildClaims()))),
      "claims.json: contributors are none, expected at least one.",
    );
  });

  it("is refused for a malformed field", async () => {
    await expectProblem(
      () => readClaims("claims.json", altered("contributors.3.weight", "0", formatClaims(buildClaims()))),
      'claims.json: contributors[3].weight is "0", expected a positive integer of at most 30 digits.',
    );
  });
});
