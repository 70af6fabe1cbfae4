import { expect } from "chai";
import { keccak256, parseUnits } from "ethers";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Problem } from "../../../sdk/base/problem";
import { evaluate } from "../../../sdk/evaluation/evaluate";
import { hashEvaluationData } from "../../../sdk/evaluation/hashes";
import { readExamples } from "../../../sdk/evaluation/readExamples";
import { hashSpec, parseSpec } from "../../../sdk/evaluation/spec";
import { parseModelFile, readModelFile } from "../../../sdk/node/modelFile";
import { keyOf, projectedDilution, virtualSupplyOf, type ModelFile } from "../../../sdk/schemas/model";
import { modelIdOf } from "../../../scripts/dev/world/models";
import { TOKEN, USDC } from "../../../scripts/dev/world/units";

const DEPLOY = resolve(__dirname, "../../../deploy");
const PATH = join(DEPLOY, "models/model.json");
const FILE = "deploy/models/model.json";
const GOVERNOR = "0x0000000000000000000000000000000000000101";
const SUPPLIER = "0x0000000000000000000000000000000000000102";
const DEVELOPMENT_ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

type Json = Record<string, unknown>;

/** A model file of every field; `undefined` takes one out. */
function build(overrides: Json = {}): Json {
  const file = {
    id: "model",
    name: "Model",
    symbol: "MOD",
    allocations: { supplier: "400000", investor: "600000" },
    tokensPerDeltaOne: "1000",
    infrastructureAccrualBps: 5000,
    pricePerThousandCalls: "2.5",
    recipient: "vesting",
    beneficiary: SUPPLIER,
    governor: GOVERNOR,
    license: { file: "licenses/credit-default.txt", uri: "ipfs://licence" },
    benchmark: {
      spec: "../benchmarks/credit-default/benchmark.json",
      evaluationData: "../benchmarks/credit-default/evaluation.csv",
      baselineScore: 7494,
      method: "OracleAttestation",
    },
    pool: { crr: 200000, tradeFee: 30, buyOnlyWindow: 604800, virtualReserve: "2000", initialPrice: "0.01" },
    expectedDeltaOnes: 12,
    ...overrides,
  };
  return JSON.parse(JSON.stringify(file)) as Json;
}

const parse = (overrides: Json = {}, isLocal = false) => parseModelFile(build(overrides), PATH, isLocal);
const group = (name: "allocations" | "license" | "benchmark" | "pool", changes: Json) => ({
  [name]: { ...(build()[name] as Json), ...changes },
});

function expectRefusal(overrides: Json, ...problems: string[]) {
  expect(() => parse(overrides)).to.throw(Problem, new RegExp(`^${escape(`${FILE}: ${problems.join("; ")}.`)}$`));
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

describe("Model file", () => {
  it("turns whole tokens into the smallest units, and files into hashes", () => {
    const license = readFileSync(join(DEPLOY, "models/licenses/credit-default.txt"));
    const spec = parseSpec(readFileSync(join(DEPLOY, "benchmarks/credit-default/benchmark.json"), "utf8"));
    const csv = readFileSync(join(DEPLOY, "benchmarks/credit-default/evaluation.csv"));

    const expected: ModelFile = {
      modelId: "model",
      name: "Model",
      symbol: "MOD",
      supplierAllocation: 400_000n * TOKEN,
      investorAllocation: 600_000n * TOKEN,
      tokensPerDeltaOne: 1_000n * TOKEN,
      infrastructureAccrualBps: 5000,
      pricePerThousandCalls: 2_500_000n,
      recipient: { kind: "vesting", beneficiary: SUPPLIER },
      governor: GOVERNOR,
      licenseHash: keccak256(license),
      licenseURI: "ipfs://licence",
      benchmark: {
        method: "OracleAttestation",
        specHash: hashSpec(spec),
        evaluationDataHash: hashEvaluationData(readExamples({ name: "evaluation.csv", bytes: csv })),
        modelCommitment: `0x${"0".repeat(64)}`,
        metric: 4,
        direction: 0,
        baselineScore: 7494,
        targetScore: 0,
        minImprovementBps: spec.minImprovementBps,
        minSampleSize: spec.minSampleSize,
        minRuns: spec.minRuns,
        minLowerBoundBps: spec.minLowerBoundBps,
      },
      pool: {
        crr: 200_000n,
        tradeFee: 30n,
        ibrDuration: 604_800n,
        virtualReserve: 2_000n * USDC,
        initialPrice: 10_000n,
      },
      expectedDeltaOnes: 12,
    };
    expect(parse()).to.deep.equal(expected);
    expect(keyOf(parse())).to.equal(modelIdOf("model"));
  });

  for (const [preset, supplier, investor, rate] of [
    ["experimental", 200_000n, 300_000n, 200_000n],
    ["growth", 400_000n, 600_000n, 100_000n],
    ["mature", 800_000n, 1_200_000n, 50_000n],
  ] as const) {
    it(`fills in the economics of the preset ${preset}, which the file may override`, () => {
      const preset_ = parse({ preset, allocations: undefined, tokensPerDeltaOne: undefined });
      const override = parse({ preset, allocations: { supplier: "1" }, tokensPerDeltaOne: "100" });

      expect(preset_.supplierAllocation).to.equal(supplier * TOKEN);
      expect(preset_.investorAllocation).to.equal(investor * TOKEN);
      expect(preset_.tokensPerDeltaOne).to.equal(rate * TOKEN);
      expect(override.supplierAllocation).to.equal(TOKEN);
      expect(override.investorAllocation).to.equal(investor * TOKEN);
      expect(override.tokensPerDeltaOne).to.equal(100n * TOKEN);
    });
  }

  it("fills in the published terms of a pool, whose virtual supply then equals the launch cap", () => {
    const { pool } = parse({ pool: undefined });

    expect(pool).to.deep.equal(parse().pool);
    expect(virtualSupplyOf(pool)).to.equal(1_000_000n * TOKEN);
  });

  it("takes an account as the recipient, or a vesting wallet by default", () => {
    expect(parse({ recipient: SUPPLIER, beneficiary: undefined }).recipient).to.deep.equal({
      kind: "account",
      account: SUPPLIER,
    });
    expect(parse({ recipient: undefined }).recipient).to.deep.equal({ kind: "vesting", beneficiary: SUPPLIER });
    expectRefusal(
      { beneficiary: undefined },
      "beneficiary is missing, expected an address, not zero, in lower case or with its checksum",
    );
    expect(() => parse({ recipient: SUPPLIER })).to.throw(/^[^;]*: beneficiary is unknown, expected one of [^;]*$/);
  });

  it("takes the hash of evaluation data that it does not include", () => {
    const evaluationDataHash = `0x${"ab".repeat(32)}`;
    const { benchmark } = parse(group("benchmark", { evaluationData: undefined, evaluationDataHash }));

    expect(benchmark.evaluationDataHash).to.equal(evaluationDataHash);
  });

  it("projects the dilution of two years, rounded up", () => {
    expect(projectedDilution(parse())).to.deep.equal({
      rewards: 12_000n * TOKEN,
      supply: 1_012_000n * TOKEN,
      bps: 119n,
    });
    expect(projectedDilution(parse({ expectedDeltaOnes: undefined }))).to.equal(undefined);
  });

  const amountOf = (min: string, max: string, decimals: number) =>
    `a decimal string from ${min} to ${max}, of at most ${decimals} decimals`;
  const ALLOCATION = amountOf("1", "10000000000", 18);
  const RATE = amountOf("100", "10000000", 18);
  const ID = "1 to 64 characters of A-Z a-z 0-9 . _ -";
  const refusals: [Json, string][] = [
    [{ id: "" }, `id is "", expected ${ID}`],
    [{ id: "a".repeat(65) }, `id is "${"a".repeat(65)}", expected ${ID}`],
    [{ id: "a b" }, `id is "a b", expected ${ID}`],
    [{ name: "" }, `name is "", expected text of 1 to 31 bytes`],
    [{ name: "ü".repeat(16) }, `name is "${"ü".repeat(16)}", expected text of 1 to 31 bytes`],
    [{ symbol: "S".repeat(17) }, `symbol is "${"S".repeat(17)}", expected text of 1 to 16 bytes`],
    [group("allocations", { supplier: "0" }), `allocations.supplier is "0", expected ${ALLOCATION}`],
    [group("allocations", { supplier: 400000 }), `allocations.supplier is 400000, expected ${ALLOCATION}`],
    [
      group("allocations", { investor: "10000000001" }),
      `allocations.investor is "10000000001", expected ${ALLOCATION}`,
    ],
    [group("allocations", { investor: undefined }), `allocations.investor is missing, expected ${ALLOCATION}`],
    [group("allocations", { investor: "-1" }), `allocations.investor is "-1", expected ${ALLOCATION}`],
    [group("allocations", { investor: "1e6" }), `allocations.investor is "1e6", expected ${ALLOCATION}`],
    [{ tokensPerDeltaOne: "99.9" }, `tokensPerDeltaOne is "99.9", expected ${RATE}`],
    [{ tokensPerDeltaOne: "10000000.1" }, `tokensPerDeltaOne is "10000000.1", expected ${RATE}`],
    [{ infrastructureAccrualBps: 999 }, "infrastructureAccrualBps is 999, expected an integer from 1000 to 10000"],
    [{ infrastructureAccrualBps: 10001 }, "infrastructureAccrualBps is 10001, expected an integer from 1000 to 10000"],
    [
      { pricePerThousandCalls: "0.0000001" },
      `pricePerThousandCalls is "0.0000001", expected ${amountOf("0", "1000000", 6)}`,
    ],
    [{ recipient: "me" }, `recipient is "me", expected "vesting" or an address`],
    [
      { governor: `0x${"0".repeat(40)}` },
      `governor is "0x${"0".repeat(40)}", expected an address, not zero, in lower case or with its checksum`,
    ],
    [
      { governor: DEVELOPMENT_ACCOUNT.replace("f39F", "F39F") },
      `governor is "${DEVELOPMENT_ACCOUNT.replace("f39F", "F39F")}", expected an address, not zero, in lower case or with its checksum`,
    ],
    [{ preset: "huge" }, `preset is "huge", expected experimental, growth, mature`],
    [group("license", { file: "absent.txt" }), "license.file: there is no file deploy/models/absent.txt"],
    [group("license", { uri: "" }), `license.uri is "", expected text of 1 to 256 bytes`],
    [group("benchmark", { spec: "absent.json" }), "benchmark.spec: there is no file deploy/models/absent.json"],
    [
      group("benchmark", { evaluationData: undefined, evaluationDataHash: `0x${"0".repeat(64)}` }),
      `benchmark.evaluationDataHash is "0x${"0".repeat(64)}", expected 32 bytes as 0x and 64 hexadecimal digits, not zero`,
    ],
    [
      group("benchmark", { baselineScore: 10001 }),
      "benchmark.baselineScore is 10001, expected an integer from 0 to 10000",
    ],
    [
      group("benchmark", { targetScore: 7494 }),
      "benchmark.targetScore is 7494, expected one above the baselineScore, 7494",
    ],
    [group("benchmark", { targetScore: 0 }), "benchmark.targetScore is 0, expected an integer from 1 to 10000"],
    [
      group("benchmark", { method: "Trust" }),
      `benchmark.method is "Trust", expected OracleAttestation, ZkProof, Hybrid`,
    ],
    [group("pool", { crr: 49999 }), "pool.crr is 49999, expected an integer from 50000 to 1000000"],
    [group("pool", { tradeFee: 1001 }), "pool.tradeFee is 1001, expected an integer from 0 to 1000"],
    [group("pool", { buyOnlyWindow: 2592001 }), "pool.buyOnlyWindow is 2592001, expected an integer from 0 to 2592000"],
    [
      group("pool", { virtualReserve: "99" }),
      `pool.virtualReserve is "99", expected ${amountOf("100", "1000000000000", 6)}`,
    ],
    [group("pool", { initialPrice: "0" }), `pool.initialPrice is "0", expected ${amountOf("0.000001", "1000000", 6)}`],
    [{ expectedDeltaOnes: 101 }, "expectedDeltaOnes is 101, expected an integer from 0 to 100"],
    [
      group("pool", { fee: 1 }),
      "pool.fee is unknown, expected one of crr, initialPrice, tradeFee, buyOnlyWindow, virtualReserve",
    ],
    [{ pool: [] }, "pool is [], expected an object"],
  ];
  for (const [overrides, problem] of refusals) {
    it(`is refused: ${problem.slice(0, 90)}`, () => expectRefusal(overrides, problem));
  }

  it("says why a specification or evaluation data are refused", () => {
    const license = "licenses/credit-default.txt";

    expect(() => parse(group("benchmark", { spec: license }))).to.throw(
      /^[^;]*: benchmark\.spec: benchmark: .* JSON[^;]*$/,
    );
    expect(() => parse(group("benchmark", { evaluationData: license }))).to.throw(
      /^[^;]*: benchmark\.evaluationData: licenses\/credit-default\.txt[^;]*$/,
    );
  });

  describe("improvement", () => {
    const folder = join(DEPLOY, "benchmarks/credit-default");
    const improvement = {
      examples: "../benchmarks/credit-default/evaluation.csv",
      contribution: "../benchmarks/credit-default/contribution.md",
      contributors: "../benchmarks/credit-default/contributors.csv",
    };

    it("is read with the benchmark and every file that it names", () => {
      expect(parse({ improvement }).improvement).to.deep.equal({
        spec: parseSpec(readFileSync(join(folder, "benchmark.json"), "utf8")),
        examples: readExamples({
          name: "../benchmarks/credit-default/evaluation.csv",
          bytes: readFileSync(join(folder, "evaluation.csv")),
        }),
        contribution: readFileSync(join(folder, "contribution.md")),
        contributors: [
          { account: "0x2546BcD3c84621e976D8185a91A922aE77ECEc30", weight: 7n },
          { account: "0xbDA5747bFD65F08deb54cb465eB87D40e51B197E", weight: 3n },
        ],
      });
    });

    it("reports everything that is wrong with it", () => {
      expectRefusal(
        {
          improvement: {
            ...improvement,
            contribution: "absent.md",
            contributors: improvement.examples,
          },
        },
        "improvement.contribution: there is no file deploy/models/absent.md",
        `improvement.contributors: ${improvement.examples}: column "account" is missing, the header has id, label, baseline, candidate`,
      );
    });
  });

  it("reports everything that is wrong at once", () => {
    expectRefusal(
      { ...group("pool", { crr: 1 }), id: "", governor: undefined },
      `id is "", expected ${ID}`,
      "governor is missing, expected an address, not zero, in lower case or with its checksum",
      "pool.crr is 1, expected an integer from 50000 to 1000000",
    );
  });

  it("refuses development accounts, but only on public networks", () => {
    const overrides = { governor: DEVELOPMENT_ACCOUNT, beneficiary: DEVELOPMENT_ACCOUNT };
    const why = "a development account whose key everybody knows";

    expectRefusal(
      overrides,
      `governor is ${DEVELOPMENT_ACCOUNT}, ${why}`,
      `beneficiary is ${DEVELOPMENT_ACCOUNT}, ${why}`,
    );
    expectRefusal(
      { recipient: DEVELOPMENT_ACCOUNT, beneficiary: undefined },
      `recipient is ${DEVELOPMENT_ACCOUNT}, ${why}`,
    );
    expect(parse(overrides, true).governor).to.equal(DEVELOPMENT_ACCOUNT);
  });

  it("refuses what is not an object", () => {
    expect(() => parseModelFile([], PATH, true)).to.throw(Problem, `${FILE}: the file is [], expected an object`);
  });

  describe("shipped models", () => {
    for (const name of ["sentiment-v2", "credit-default"]) {
      it(`${name} has the baseline score that its evaluation data give`, async () => {
        const { benchmark, modelId } = await readModelFile(join(DEPLOY, `models/${name}.json`), true);
        const folder = join(DEPLOY, "benchmarks", name);
        const { baselineScore } = evaluate({
          spec: parseSpec(readFileSync(join(folder, "benchmark.json"), "utf8")),
          examples: readExamples({ name, bytes: readFileSync(join(folder, "evaluation.csv")) }),
        });

        expect(modelId).to.equal(name);
        expect(benchmark.baselineScore).to.equal(baselineScore);
      });
    }

    it("sentiment-v2 has the economics of the published script", async () => {
      const model = await readModelFile(join(DEPLOY, "models/sentiment-v2.json"), true);

      expect(model).to.include({ name: "Sentiment Model", symbol: "SENT", infrastructureAccrualBps: 5000 });
      expect(model.supplierAllocation).to.equal(parseUnits("400000", 18));
      expect(model.investorAllocation).to.equal(parseUnits("600000", 18));
      expect(model.tokensPerDeltaOne).to.equal(parseUnits("100000", 18));
      expect(model.pricePerThousandCalls).to.equal(0n);
    });
  });
});
