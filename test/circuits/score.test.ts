import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Domain, FIELD, type Opening } from "../../sdk/proofs/circuit";
import { commit } from "../../sdk/proofs/commitment";
import { countRows, packCounts } from "../../sdk/proofs/counts";
import {
  circuitInput,
  prove,
  publicInputsOf,
  verifyWithSnarkjs,
  witnessesOf,
  type Claim,
  type SnarkjsProof,
} from "../../sdk/node/prover";
import { readKey, setupFolder } from "../../sdk/node/circuitKeys";
import { readProven } from "../verification/zk/proven.support";
import { useSetup } from "./setup";
import { encodeWitness, holds, otherValueOf, rankOf, readConstraints, type Constraint } from "./r1cs";

const CAPACITY = 64;
const PUBLIC_INPUTS = 5;
/** Wires are counted from the constant 1; the statement is the last public input. */
const STATEMENT = 5;
const SNARKJS = resolve(__dirname, "../../node_modules/snarkjs/build/cli.cjs");

/** Of an input that the circuit must refuse: what it is, and how it comes from one that it accepts. */
type Wrong = [string, (input: ReturnType<typeof circuitInput>) => object];

const plusOne = (value: unknown) => String((BigInt(String(value)) + 1n) % FIELD);
const withRow = (rows: readonly number[], index: number, value: number | string) =>
  rows.map((row, i) => (i === index ? value : row));

describe("Score(64) @uninstrumented", () => {
  const { claim } = readProven(CAPACITY);
  const n = claim.labels.bits.length;

  useSetup(CAPACITY);

  it("proves a claim with the public inputs that the library computes", async () => {
    const other = { ...claim, digest: `0x${"ff".repeat(32)}` };
    const proven = await prove(other);
    expect(proven.publicSignals).to.deep.equal(publicInputsOf(other).map(String));
    const wrong = { ...proven, publicSignals: publicInputsOf(claim).map(String) };
    expect(await verifyWithSnarkjs(readKey(CAPACITY).verificationKey, [proven, wrong])).to.deep.equal([true, false]);
  });

  it("accepts any number of rows up to its capacity, with the library's commitments", async () => {
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

  /** The wires' values for a claim, and the constraints that they satisfy. */
  async function satisfied(proven: Claim) {
    const [witness] = await witnessesOf(CAPACITY, [circuitInput(proven)]);
    const values = witness!.map(BigInt);
    const constraints = readConstraints(readFileSync(join(setupFolder(CAPACITY), "score.r1cs")));
    expect(constraints).to.have.length(readKey(CAPACITY).constraints);
    expect(constraints.every((constraint) => holds(constraint, values))).to.equal(true);
    return { values, constraints };
  }

  it("leaves no wire free but the sign of the statement, which the proof fixes", async () => {
    const { values, constraints } = await satisfied(claim);
    const constraintsOf = values.map((): Constraint[] => []);
    for (const constraint of constraints) {
      const wires = new Set([constraint.a, constraint.b, constraint.c].flat().map(([wire]) => wire));
      for (const wire of wires) constraintsOf[wire]!.push(constraint);
    }
    expect(values.slice(1, 1 + PUBLIC_INPUTS)).to.deep.equal(publicInputsOf(claim));
    const others = [...values.keys()]
      .map((wire) => [wire, otherValueOf(wire, constraintsOf[wire]!, values)] as const)
      .filter(([, other]) => other !== undefined);
    // The statement is whatever the verifier says, and enters by its square alone.
    const opposite = FIELD - values[STATEMENT]!;
    expect(others).to.deep.equal([[STATEMENT, opposite]]);
    const { proof, publicSignals } = readProven(CAPACITY);
    const moved = publicSignals.map((signal, i) => (i === STATEMENT - 1 ? String(opposite) : signal));
    expect(
      await verifyWithSnarkjs(readKey(CAPACITY).verificationKey, [
        { proof, publicSignals },
        { proof, publicSignals: moved },
      ]),
    ).to.deep.equal([true, false]);
  });

  it("leaves no combination of wires free: the public inputs determine all others", async () => {
    const more = Array.from({ length: CAPACITY - n }, (_, i) => i % 2);
    const fill = (rows: Opening) => ({ ...rows, bits: [...rows.bits, ...more] });
    // A full circuit: the rows beyond n are fixed by squares, which have no derivative at zero.
    const full = {
      ...claim,
      labels: fill(claim.labels),
      baseline: fill(claim.baseline),
      candidate: fill(claim.candidate),
    };
    const { values, constraints } = await satisfied(full);
    const isPrivate = (wire: number) => wire > PUBLIC_INPUTS;
    expect(rankOf(constraints, values, isPrivate)).to.equal([...values.keys()].filter(isPrivate).length);
  });

  it("yields no valid proof from a wrong witness, whoever makes it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "witness-"));
    const { labels, candidate } = claim;
    const wrongRow = candidate.bits.findIndex((bit, row) => bit !== labels.bits[row]);
    const better = {
      ...claim,
      candidate: { ...candidate, bits: [...withRow(candidate.bits, wrongRow, labels.bits[wrongRow]!)].map(Number) },
    };
    const [honest, improved] = (await witnessesOf(CAPACITY, [claim, better].map(circuitInput))).map((values) =>
      values!.map(BigInt),
    ) as [bigint[], bigint[]];
    const [candidateCommitment, counts] = [3, 4];
    const replaced = (values: bigint[], wire: number, value: bigint) =>
      values.map((old, i) => (i === wire ? value : old));
    const witnesses = [
      honest,
      replaced(honest, counts, honest[counts]! + (1n << 64n)), // one more is right
      replaced(improved, candidateCommitment, honest[candidateCommitment]!), // other rows than were committed to
      replaced(honest, STATEMENT, honest[STATEMENT]! + 1n), // another statement
    ];
    try {
      const proofs = witnesses.map((values, i) => {
        const at = (name: string) => join(folder, `${i}.${name}`);
        writeFileSync(at("wtns"), encodeWitness(values));
        const zkey = join(setupFolder(CAPACITY), "score.zkey");
        execFileSync(process.execPath, [SNARKJS, "groth16", "prove", zkey, at("wtns"), at("proof"), at("public")]);
        const publicSignals = JSON.parse(readFileSync(at("public"), "utf8")) as string[];
        expect(publicSignals).to.deep.equal(values.slice(1, 1 + PUBLIC_INPUTS).map(String));
        return { proof: JSON.parse(readFileSync(at("proof"), "utf8")) as SnarkjsProof, publicSignals };
      });
      const verdicts = await verifyWithSnarkjs(readKey(CAPACITY).verificationKey, proofs);
      expect(verdicts).to.deep.equal([true, false, false, false]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has at most 7,400 constraints for 1,024 rows, and a proving key on disk", () => {
    expect(readKey(1_024).constraints).to.be.lessThanOrEqual(7_400);
    expect(existsSync(join(setupFolder(CAPACITY), "score.zkey"))).to.equal(true);
  });
});
