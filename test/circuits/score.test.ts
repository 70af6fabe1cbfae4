import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commit, Domain, FIELD, type Opening } from "../../scripts/zk/commitment";
import { countRows, packCounts } from "../../scripts/zk/counts";
import {
  circuitInput,
  prove,
  publicInputsOf,
  readKey,
  setupFolder,
  verifyWithSnarkjs,
  witnessesOf,
  type Claim,
} from "../../scripts/zk/prover";
import { readProven } from "../verification/zk/fixtures";
import { useSetup } from "./setup";
import { readConstraints, type Constraint } from "./r1cs";

const CAPACITY = 64;
const PUBLIC_INPUTS = 5;

/** Of an input that the circuit must refuse: what it is, and how it comes from one that it accepts. */
type Wrong = [string, (input: ReturnType<typeof circuitInput>) => object];

const plusOne = (value: unknown) => String((BigInt(String(value)) + 1n) % FIELD);
const withRow = (rows: readonly number[], index: number, value: number | string) =>
  rows.map((row, i) => (i === index ? value : row));

describe("Score(64) @uninstrumented", () => {
  const { claim } = readProven(CAPACITY);
  const n = claim.labels.bits.length;

  useSetup(CAPACITY);

  it("proves a claim, with the public inputs that the tools compute", async () => {
    const other = { ...claim, digest: `0x${"ff".repeat(32)}` };
    const proven = await prove(other);
    expect(proven.publicSignals).to.deep.equal(publicInputsOf(other).map(String));
    const wrong = { ...proven, publicSignals: publicInputsOf(claim).map(String) };
    expect(await verifyWithSnarkjs(readKey(CAPACITY).verificationKey, [proven, wrong])).to.deep.equal([true, false]);
  });

  it("accepts any number of rows up to its capacity, and the tools' commitments", async () => {
    const rows = (count: number, seed: number) => Array.from({ length: count }, (_, i) => ((i * seed) % 7) % 2);
    const opening = (domain: Domain, bits: number[], salt: bigint): Opening => ({
      domain,
      capacity: CAPACITY,
      bits,
      salt,
    });
    const claims = [1, 2, 63, 64].map((count): Claim => ({
      labels: opening(Domain.Labels, rows(count, 3), 0n),
      baseline: opening(Domain.Predictions, rows(count, 5), FIELD - 1n),
      candidate: opening(Domain.Predictions, rows(count, 2), 1n),
      digest: claim.digest,
    }));
    const witnesses = await witnessesOf(CAPACITY, claims.map(circuitInput));
    for (const [i, witness] of witnesses.entries())
      expect(witness?.slice(1, 1 + PUBLIC_INPUTS)).to.deep.equal(publicInputsOf(claims[i]!).map(String));
  });

  it("refuses every wrong public input, count, row and salt", async () => {
    const good = circuitInput(claim);
    const { labels, baseline, candidate } = claim;
    const counts = countRows(labels.bits, baseline.bits, candidate.bits);
    const recounted = (change: Partial<typeof counts>) => ({ counts: String(packCounts({ ...counts, ...change })) });
    const recommitted = (name: "labels" | "baseline" | "candidate", index: number, value: number) => ({
      [name]: withRow(good[name], index, value),
    });
    const wrongs: Wrong[] = [
      ...(["labelsCommitment", "baselineCommitment", "candidateCommitment", "counts"] as const).map((name): Wrong => [
        name,
        (input) => ({ ...input, [name]: plusOne(input[name]) }),
      ]),
      ...(["labelsSalt", "baselineSalt", "candidateSalt"] as const).map((name): Wrong => [
        name,
        (input) => ({ ...input, [name]: plusOne(input[name]) }),
      ]),
      ...(["labels", "baseline", "candidate"] as const).flatMap((name): Wrong[] => [
        [`${name}: another row`, (input) => ({ ...input, ...recommitted(name, 0, 1 - good[name][0]!) })],
        [`${name}: a row beyond n`, (input) => ({ ...input, ...recommitted(name, n, 1) })],
        [`${name}: a row of 2`, (input) => ({ ...input, ...recommitted(name, 0, 2) })],
      ]),
      ["n + 1", (input) => ({ ...input, n: n + 1 })],
      ["n − 1", (input) => ({ ...input, n: n - 1 })],
      ["n = 0", (input) => ({ ...input, n: 0 })],
      ["n beyond the capacity", (input) => ({ ...input, n: CAPACITY + 1 })],
      ["one more right", (input) => ({ ...input, ...recounted({ candidateCorrect: counts.candidateCorrect + 1 }) })],
      ["one less right", (input) => ({ ...input, ...recounted({ baselineCorrect: counts.baselineCorrect - 1 }) })],
      ["fewer disagreements", (input) => ({ ...input, ...recounted({ disagreements: counts.disagreements - 1 }) })],
      ["predictions swapped", (input) => ({ ...input, baseline: input.candidate, candidate: input.baseline })],
      [
        "labels committed as predictions",
        (input) => ({ ...input, labelsCommitment: String(BigInt(commit({ ...labels, domain: Domain.Predictions }))) }),
      ],
    ];
    const witnesses = await witnessesOf(CAPACITY, [good, ...wrongs.map(([, make]) => make(good))]);
    expect(witnesses[0]).to.have.length.greaterThan(PUBLIC_INPUTS);
    for (const [i, [name]] of wrongs.entries()) expect(witnesses[i + 1], name).to.equal(null);
  });

  it("leaves no wire free: whichever is changed alone breaks a constraint", async () => {
    const [witness] = await witnessesOf(CAPACITY, [circuitInput(claim)]);
    const values = witness!.map(BigInt);
    const constraints = readConstraints(readFileSync(join(setupFolder(CAPACITY), "score.r1cs")));
    expect(constraints).to.have.length(readKey(CAPACITY).constraints);
    const holds = ({ a, b, c }: Constraint) => {
      const [left, right, result] = [a, b, c].map((terms) =>
        terms.reduce((total, [wire, factor]) => total + factor * values[wire]!, 0n),
      ) as [bigint, bigint, bigint];
      return (left * right - result) % FIELD === 0n;
    };
    expect(constraints.every(holds)).to.equal(true);

    const constraintsOf = values.map((): Constraint[] => []);
    for (const constraint of constraints) {
      const wires = new Set([constraint.a, constraint.b, constraint.c].flat().map(([wire]) => wire));
      for (const wire of wires) constraintsOf[wire]!.push(constraint);
    }
    const free: number[] = [];
    for (const [wire, value] of values.entries()) {
      for (const change of [1n, FIELD - 1n, 2n]) {
        values[wire] = (value + change) % FIELD;
        if (constraintsOf[wire]!.every(holds)) free.push(wire);
      }
      values[wire] = value;
    }
    expect(free).to.deep.equal([]);
  });

  it("fits the sizes that were promised", () => {
    expect(readKey(1_024).constraints).to.be.lessThanOrEqual(7_400);
    expect(existsSync(join(setupFolder(CAPACITY), "score.zkey"))).to.equal(true);
  });
});
