import { loadFixture, setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { Groth16Harness } from "../../../.build/typechain";
import { CAPACITIES, FIELD } from "../../../sdk/proofs/circuit";
import { verifyWithSnarkjs } from "../../../sdk/node/prover";
import { encodeKey, readKey, type VerifyingKey } from "../../../sdk/node/circuitKeys";
import { Random } from "../../helpers/random";
import { BASE_FIELD, g1Times, g2Times, inverse, negated } from "../../../scripts/dev/world/bn254";
import { readProven } from "./proven.support";
import { keyOf, SECRETS, simulate, toSnarkjsKey, toSnarkjsProof } from "../../../scripts/dev/world/simulator";

const INPUTS = [3n, 5n, 7n, 11n, 13n];
const POINTS = ["alpha", "beta", "gamma", "delta"] as const;
const COORDINATES = ["A.x", "A.y", "B.x1", "B.x0", "B.y1", "B.y0", "C.x", "C.y"];

/** On the curve of G2 but outside its group: its x is 1. */
const OUTSIDE_G2 = [
  0n,
  1n,
  5912654199736721486680175016176231956195085055698687135131307249486702594212n,
  18278151005453108793778860132295291098363647455926340152056652516292830556603n,
];

type Inputs = [bigint, bigint, bigint, bigint, bigint];
type Points = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

const deploy = (key: VerifyingKey) => ethers.deployContract("Groth16Harness", [key]);

/** A verifier with a key whose secrets are known, and a proof of {@link INPUTS}. */
async function simulated() {
  const harness = await deploy(keyOf(SECRETS));
  return { harness, proof: simulate(SECRETS, INPUTS) };
}

/** A verifier with the recorded key of a circuit, and what the prover proved. */
async function proven(capacity: number) {
  const { verificationKey } = readKey(capacity);
  const { proof, publicSignals } = readProven(capacity);
  const { alpha: a, beta: b } = encodeKey({
    ...verificationKey,
    vk_alpha_1: proof.pi_a,
    vk_beta_2: proof.pi_b,
  });
  const c = encodeKey({ ...verificationKey, vk_alpha_1: proof.pi_c }).alpha;
  const harness = await deploy(encodeKey(verificationKey));
  return { harness, proof: [...a, ...b, ...c], inputs: publicSignals.map(BigInt), verificationKey };
}
const proven64 = () => proven(64);

const isValid = (harness: Groth16Harness, proof: readonly bigint[], inputs: readonly bigint[]) =>
  harness.isValid(proof as Points, inputs as Inputs);

const replaced = (values: readonly bigint[], index: number, value: bigint) =>
  values.map((old, i) => (i === index ? value : old));

describe("Groth16", () => {
  describe("V2: with the prover's own proofs", () => {
    for (const capacity of CAPACITIES) {
      it(`accepts a proof of the circuit for ${capacity} rows`, async () => {
        const { harness, proof, inputs } = await proven(capacity);
        expect(await isValid(harness, proof, inputs)).to.equal(true);
      });
    }

    it("refuses a proof for any other public input", async () => {
      const { harness, proof, inputs } = await loadFixture(proven64);
      for (const [i, input] of inputs.entries()) {
        for (const other of [(input + 1n) % FIELD, (input + FIELD - 1n) % FIELD, FIELD - input, 0n, FIELD - 1n]) {
          expect(await isValid(harness, proof, replaced(inputs, i, other)), `input ${i}`).to.equal(false);
        }
      }
    });

    it("refuses a public input plus the order of the field, and the order itself", async () => {
      const { harness, proof, inputs } = await loadFixture(proven64);
      for (const [i, input] of inputs.entries()) {
        for (const value of [input + FIELD, FIELD, ethers.MaxUint256]) {
          await expect(isValid(harness, proof, replaced(inputs, i, value)))
            .to.be.revertedWithCustomError(harness, "InputOutOfField")
            .withArgs(i, value);
        }
        expect(await isValid(harness, proof, replaced(inputs, i, FIELD - 1n))).to.equal(false);
      }
    });

    it("refuses a proof under another circuit's key", async () => {
      const { proof, inputs } = await loadFixture(proven64);
      const { harness } = await proven(1_024);
      expect(await isValid(harness, proof, inputs)).to.equal(false);
    });
  });

  describe("V2: with other points", () => {
    it("refuses every coordinate plus one, which is off the curve", async () => {
      const { harness, proof } = await loadFixture(simulated);
      expect(await isValid(harness, proof, INPUTS)).to.equal(true);
      for (const [i, value] of proof.entries())
        expect(await isValid(harness, replaced(proof, i, value + 1n), INPUTS), COORDINATES[i]).to.equal(false);
    });

    it("refuses every coordinate plus the size of its field, and 2^256 − 1", async () => {
      const { harness, proof } = await loadFixture(simulated);
      for (const [i, value] of proof.entries()) {
        for (const other of [value + BASE_FIELD, ethers.MaxUint256])
          expect(await isValid(harness, replaced(proof, i, other), INPUTS), COORDINATES[i]).to.equal(false);
      }
    });

    it("refuses points at infinity, one, two or all of them", async () => {
      const { harness, proof } = await loadFixture(simulated);
      for (const names of ["A", "B", "C", "AB", "AC", "BC", "ABC"]) {
        const points = proof.map((value, i) => (names.includes(COORDINATES[i]![0]!) ? 0n : value));
        expect(await isValid(harness, points, INPUTS), names).to.equal(false);
      }
    });

    it("refuses a B that is on the curve but outside the group", async () => {
      const { harness, proof } = await loadFixture(simulated);
      const [a, c] = [proof.slice(0, 2), proof.slice(6)];
      for (const b of [OUTSIDE_G2, negated(OUTSIDE_G2)])
        expect(await isValid(harness, [...a, ...b, ...c], INPUTS)).to.equal(false);
    });

    it("refuses other points of the groups in place of A, B and C", async () => {
      const { harness, proof } = await loadFixture(simulated);
      const [a, b, c] = [proof.slice(0, 2), proof.slice(2, 6), proof.slice(6)];
      for (const points of [
        [g1Times(99n), b, c],
        [a, g2Times(99n), c],
        [a, b, g1Times(99n)],
        [negated(a), b, c],
        [a, negated(b), c],
        [a, b, negated(c)],
        [c, b, a],
      ])
        expect(await isValid(harness, points.flat(), INPUTS)).to.equal(false);
    });

    it("accepts a proof that anybody derived from another, so that nothing may depend on a proof's bytes", async () => {
      const { harness, proof } = await loadFixture(simulated);
      const [a, b, c] = [proof.slice(0, 2), proof.slice(2, 6), proof.slice(6)];
      expect(await isValid(harness, [...negated(a), ...negated(b), ...c], INPUTS)).to.equal(true);
      const scaled = simulate(SECRETS, INPUTS, [5n * 9n, 7n * inverse(9n, FIELD)]);
      expect(scaled.slice(6)).to.deep.equal(c);
      expect(await isValid(harness, scaled, INPUTS)).to.equal(true);
    });

    it("accepts public inputs at both ends of the field", async () => {
      const { harness } = await loadFixture(simulated);
      for (const inputs of [INPUTS.map(() => 0n), INPUTS.map(() => FIELD - 1n)])
        expect(await isValid(harness, simulate(SECRETS, inputs), inputs)).to.equal(true);
    });
  });

  describe("agrees with snarkjs", () => {
    it("on hundreds of good and corrupted proofs", async () => {
      const { harness } = await loadFixture(simulated);
      const cases: { points: bigint[]; inputs: bigint[] }[] = [];
      const random = new Random("groth16");
      const draw = () => random.between(1n, FIELD - 1n);
      for (let i = 0; i < 40; ++i) {
        const inputs = INPUTS.map(draw);
        const [a, b, other] = [draw(), draw(), draw()];
        const points = simulate(SECRETS, inputs, [a, b]);
        const [spot, bit] = [i % 8, 1n << BigInt(i)];
        cases.push(
          { points, inputs },
          { points, inputs: replaced(inputs, i % 5, other) },
          { points: replaced(points, spot, points[spot]! ^ bit), inputs },
          { points: [...negated(points.slice(0, 2)), ...negated(points.slice(2, 6)), ...points.slice(6)], inputs },
          { points: [...points.slice(0, 6), ...g1Times(other)], inputs },
          { points: [...g1Times(BigInt(i) + 2n), ...points.slice(2)], inputs },
          { points: [...points.slice(0, 2), ...g2Times(BigInt(i) + 2n), ...points.slice(6)], inputs },
          { points: [...points.slice(0, 2), ...OUTSIDE_G2, ...points.slice(6)], inputs },
        );
      }
      const verdicts = await verifyWithSnarkjs(
        toSnarkjsKey(SECRETS),
        cases.map(({ points, inputs }) => toSnarkjsProof(points, inputs)),
      );
      expect(verdicts.filter((verdict) => verdict)).to.have.length(80);
      expect(verdicts.filter((verdict) => !verdict)).to.have.length(240);
      for (const [i, { points, inputs }] of cases.entries())
        expect(await isValid(harness, points, inputs), `case ${i}`).to.equal(verdicts[i]);
    });

    it("except on coordinates that are not reduced, which snarkjs accepts", async () => {
      const { harness, proof } = await loadFixture(simulated);
      const unreduced = proof.map((value, i) => replaced(proof, i, value + BASE_FIELD));
      const verdicts = await verifyWithSnarkjs(
        toSnarkjsKey(SECRETS),
        unreduced.map((points) => toSnarkjsProof(points, INPUTS)),
      );
      expect(verdicts).to.deep.equal(COORDINATES.map(() => true));
      for (const [i, points] of unreduced.entries())
        expect(await isValid(harness, points, INPUTS), COORDINATES[i]).to.equal(false);
    });

    it("on the prover's own proofs", async () => {
      for (const capacity of CAPACITIES) {
        const { proof, publicSignals } = readProven(capacity);
        const key = readKey(capacity).verificationKey;
        expect(await verifyWithSnarkjs(key, [{ proof, publicSignals }])).to.deep.equal([true]);
      }
    });
  });

  describe("key", () => {
    const key = keyOf(SECRETS);
    const withPoint = (index: number, change: (point: readonly bigint[]) => readonly bigint[]): VerifyingKey => {
      const name = POINTS[index];
      if (name) return { ...key, [name]: change(key[name]) };
      const inputs = key.inputs.map((point, i) => (i === index - 4 ? change(point) : point));
      return { ...key, inputs: inputs as VerifyingKey["inputs"] };
    };
    const indices = Array.from({ length: 10 }, (_, i) => i);

    it("has the hash of its 26 words", async () => {
      const { harness } = await loadFixture(simulated);
      const { alpha, beta, gamma, delta, inputs } = key;
      const words = [alpha, beta, gamma, delta, inputs].flat(2);
      const encoded = ethers.concat(words.map((word) => ethers.toBeHex(word, 32)));
      expect(words).to.have.length(26);
      expect(await harness.keyHash()).to.equal(ethers.keccak256(encoded));
    });

    for (const index of indices) {
      it(`is refused when point ${index} is zero, off its curve, or not reduced`, async () => {
        const factory = await ethers.getContractFactory("Groth16Harness");
        const refuse = async (changed: VerifyingKey, error: string) =>
          expect(factory.deploy(changed)).to.be.revertedWithCustomError(factory, error).withArgs(index);
        await refuse(
          withPoint(index, (point) => point.map(() => 0n)),
          "KeyPointZero",
        );
        for (let i = 0; i < (index > 0 && index < 4 ? 4 : 2); ++i) {
          await refuse(
            withPoint(index, (point) => replaced(point, i, point[i]! + 1n)),
            "KeyPointInvalid",
          );
          await refuse(
            withPoint(index, (point) => replaced(point, i, point[i]! + BASE_FIELD)),
            "KeyPointInvalid",
          );
        }
      });
    }

    it("is refused when a point of G2 is on the curve but outside the group", async () => {
      const factory = await ethers.getContractFactory("Groth16Harness");
      for (const index of [1, 2, 3]) {
        await expect(factory.deploy(withPoint(index, () => OUTSIDE_G2)))
          .to.be.revertedWithCustomError(factory, "KeyPointInvalid")
          .withArgs(index);
      }
    });

    it("is refused when γ = δ or γ = −δ", async () => {
      const factory = await ethers.getContractFactory("Groth16Harness");
      for (const delta of [SECRETS.gamma, FIELD - SECRETS.gamma]) {
        const changed = { ...key, delta: g2Times(delta) as VerifyingKey["delta"] };
        await expect(factory.deploy(changed)).to.be.revertedWithCustomError(factory, "KeyGammaIsDelta");
      }
    });

    it("with γ = δ would let anybody forge proofs", async () => {
      const { harness } = await loadFixture(simulated);
      const { alpha, beta, gamma, delta, inputs } = key;
      const address = await harness.getAddress();
      // The code of a verifier that did not check: −δ replaced by −γ.
      const word = (value: bigint) => ethers.toBeHex(value, 32).slice(2);
      let code = await ethers.provider.getCode(address);
      for (const [i, value] of negated(delta).entries()) {
        expect(code).to.include(word(value));
        code = code.replaceAll(word(value), word(negated(gamma)[i]!));
      }

      // A = α, B = β, C = −Σ: made from the key alone.
      const combined = INPUTS.reduce((sum, input, i) => sum + input * SECRETS.inputs[i + 1]!, SECRETS.inputs[0]!);
      const forged = [...alpha, ...beta, ...negated(g1Times(combined))];
      expect(inputs).to.have.length(INPUTS.length + 1);
      expect(await isValid(harness, forged, INPUTS)).to.equal(false);
      await setCode(address, code);
      expect(await isValid(harness, forged, INPUTS)).to.equal(true);
      const unsafe = toSnarkjsKey({ ...SECRETS, delta: SECRETS.gamma });
      expect(await verifyWithSnarkjs(unsafe, [toSnarkjsProof(forged, INPUTS)])).to.deep.equal([true]);
    });
  });

  it("accepts nothing if a precompile does not answer @uninstrumented", async () => {
    const { harness, proof } = await loadFixture(simulated);
    const address = await harness.getAddress();
    const code = await ethers.provider.getCode(address);
    // PUSH1 6, 7 or 8, GAS, STATICCALL: the call of one of them goes to an empty account instead.
    for (const precompile of ["06", "07", "08"]) {
      const call = `60${precompile}5afa`;
      expect(code.split(call).length, `calls of ${precompile}`).to.be.greaterThan(1);
      await setCode(address, code.replaceAll(call, "60ee5afa"));
      expect(await isValid(harness, proof, INPUTS), `without ${precompile}`).to.equal(false);
    }
    await setCode(address, code);
    expect(await isValid(harness, proof, INPUTS)).to.equal(true);
  });

  it("costs at most 220,000 gas @uninstrumented", async () => {
    const { harness, proof, inputs } = await loadFixture(proven64);
    const { valid, gas } = await harness.gasOf(proof as Points, inputs as Inputs);
    expect(valid).to.equal(true);
    expect(gas).to.be.lessThanOrEqual(220_000n);
  });
});
