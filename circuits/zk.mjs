// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that uses circom and snarkjs, as a program of its own: arguments or JSON on standard input; on standard output JSON, or
// with exit code 1 the reason why there is none; progress on the error stream.
//
//   zk.mjs setup <.circom> <folder> [<phase 1 .ptau>]    compiles the circuit and makes its keys
//   zk.mjs phase1 <power> <file .ptau>                   a phase 1 from numbers that everybody knows, for circuits of 2^power constraints
//   zk.mjs check <folder> <phase 1 .ptau> <final .zkey>  whether the key comes from the circuit, the phase 1 and contributions
//   zk.mjs key <.zkey>                                   the verification key of a proving key
//   zk.mjs witnesses                                     { wasm, inputs } → the witness of each, or null
//   zk.mjs prove                                         { wasm, zkey, input } → { proof, publicSignals }
//   zk.mjs verify                                        { verificationKey, proofs } → one true or false for each

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const snarkjs = require("snarkjs");
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What the development keys come from: everybody can forge proofs against them. */
const DEVELOPMENT_SEED = "Hokusai development setup";
const BEACON_ITERATIONS_EXP = 10;

const FIELD_BYTES = 32;
const POINT_BYTES = { G1: 64, G2: 128 };
const MAX_DIGIT = 255;
const CHUNK = 512;

const progress = (text) => process.stderr.write(`${text}\n`);

/** Compiles a circuit and makes its keys; without a phase 1 from a ceremony it makes one for development. */
async function setup(source, folder, ptau) {
  mkdirSync(folder, { recursive: true });
  const at = (name) => join(folder, name);
  compile(source, folder);
  const { nConstraints, nPubInputs, nOutputs } = await snarkjs.r1cs.info(at("score.r1cs"));
  progress(`${nConstraints} constraints`);
  const power = Math.floor(Math.log2(nConstraints + nPubInputs + nOutputs)) + 1;

  const phase1 = ptau ?? at("development.ptau");
  if (ptau === undefined) {
    progress(`development phase 1 for 2^${power} constraints`);
    await writeDevelopmentPhase1(power, phase1);
  }
  progress("phase 2");
  const [initial, draft] = [at("initial.zkey"), at("draft.zkey")];
  // Says so by -1 instead of an error when the phase 1 does not fit, and has begun the file by then.
  if ((await snarkjs.zKey.newZKey(at("score.r1cs"), phase1, draft)) === -1) {
    rmSync(draft, { force: true });
    throw new Error(`${phase1} is too small for the circuit, or not prepared for phase 2`);
  }
  renameSync(draft, initial);
  if (ptau === undefined) {
    await snarkjs.zKey.beacon(initial, at("score.zkey"), "development", seedHash("phase 2"), BEACON_ITERATIONS_EXP);
    rmSync(initial);
    rmSync(phase1);
    const key = await snarkjs.zKey.exportVerificationKey(at("score.zkey"));
    writeFileSync(at("verification-key.json"), `${JSON.stringify(key, null, 2)}\n`);
  } else {
    progress(`${initial} is ready for contributions: nobody may use it without`);
  }
  return { constraints: nConstraints };
}

/** Goes through all contributions of a key, from the circuit and the phase 1 on. */
async function check(folder, phase1, zkey) {
  const logger = { debug() {}, info: progress, warn: progress, error: progress };
  return { isValid: await snarkjs.zKey.verifyFromR1cs(join(folder, "score.r1cs"), phase1, zkey, logger) };
}

/** The compiler sees what is below the project alone. --O2 takes linear constraints out: without it Score(1024) would not fit into 2^13. */
function compile(source, folder) {
  const [compiler, name] = [require.resolve("circom2/cli.js"), basename(source, ".circom")];
  const [from, to] = [source, folder].map((path) => relative(ROOT, path));
  const args = [compiler, from, "--r1cs", "--wasm", "--O2", "-l", "node_modules", "-o", to];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`circom refused the circuit: ${stderr}${stdout}`);
  renameSync(join(folder, `${name}.r1cs`), join(folder, "score.r1cs"));
  renameSync(join(folder, `${name}_js/${name}.wasm`), join(folder, "score.wasm"));
  rmSync(join(folder, `${name}_js`), { recursive: true });
}

const seedHash = (name) => createHash("sha256").update(`${DEVELOPMENT_SEED}: ${name}`).digest("hex");

/** A .ptau file as snarkjs reads it for a circuit of exactly 2^power constraints, computed from scalars that everybody knows. */
async function writeDevelopmentPhase1(power, path) {
  const curve = await snarkjs.curves.getCurveFromName("bn128");
  const r = curve.r;
  const mod = (value) => ((value % r) + r) % r;
  const [tau, alpha, beta] = ["tau", "alpha", "beta"].map((name) => mod(BigInt(`0x${seedHash(name)}`)));
  const n = 2 ** power;

  const lagrange = (size) => {
    const omega = curve.Fr.toObject(curve.Fr.w[Math.log2(size)]);
    const roots = powers(omega, size, mod);
    const scale = mod((powerOf(tau, BigInt(size), mod) - 1n) * powerOf(BigInt(size), r - 2n, mod));
    const inverses = inversesOf(
      roots.map((root) => mod(tau - root)),
      r,
      mod,
    );
    return roots.map((root, i) => mod(mod(root * scale) * inverses[i]));
  };
  const basis = lagrange(n);
  const times = (factor) => basis.map((value) => mod(value * factor));
  const multiples = { G1: await multiplesByDigit(curve.G1), G2: await multiplesByDigit(curve.G2) };
  const points = (group, scalars) => multiplyGenerator(curve, group, multiples[group], scalars);
  // Sections 12 to 15 hold the bases of all smaller sizes first; these stay empty.
  const g1 = (size) => Buffer.alloc(size * POINT_BYTES.G1);
  const header = Buffer.alloc(4 + FIELD_BYTES + 8);
  header.writeUInt32LE(FIELD_BYTES, 0);
  header.set(toBytes(curve.q), 4);
  header.writeUInt32LE(power, 4 + FIELD_BYTES);
  header.writeUInt32LE(power, 8 + FIELD_BYTES);
  writeSections(path, [
    [1, [header]],
    [2, [points("G1", powers(tau, 2 * n - 1, mod))]],
    [4, [points("G1", [alpha])]],
    [5, [points("G1", [beta])]],
    [6, [points("G2", [beta])]],
    [12, [g1(n - 1), points("G1", basis), points("G1", lagrange(2 * n))]],
    [13, [Buffer.alloc((n - 1) * POINT_BYTES.G2), points("G2", basis)]],
    [14, [g1(n - 1), points("G1", times(alpha))]],
    [15, [g1(n - 1), points("G1", times(beta))]],
  ]);
}

function powers(base, count, mod) {
  const values = [1n];
  while (values.length < count) values.push(mod(values[values.length - 1] * base));
  return values;
}

function powerOf(base, exponent, mod) {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n, square = mod(square * square))
    if (exponent & 1n) result = mod(result * square);
  return result;
}

/** All inverses for the price of one. */
function inversesOf(values, r, mod) {
  const products = [1n];
  for (const value of values) products.push(mod(products[products.length - 1] * value));
  let inverse = powerOf(products[values.length], r - 2n, mod);
  const inverses = new Array(values.length);
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = mod(inverse * products[i]);
    inverse = mod(inverse * values[i]);
  }
  return inverses;
}

function toBytes(value) {
  return Buffer.from(value.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex").reverse();
}

/** The generator times every scalar, affine, in the form of the file: a sum of one of the multiples for each byte of the scalar. */
function multiplyGenerator(curve, group, multiples, scalars) {
  const [prefix, affine] = [`${group.toLowerCase()}m`, POINT_BYTES[group]];
  const jacobian = (affine / 2) * 3;
  const { tm } = curve;
  const {
    [`${prefix}_zero`]: zero,
    [`${prefix}_addMixed`]: add,
    [`${prefix}_batchToAffine`]: toAffine,
  } = tm.instance.exports;
  const [free] = tm.u32; // where the memory of the curve's program is free; given back at the end
  const [table, sums] = [tm.allocBuff(multiples), tm.alloc(CHUNK * jacobian)];
  const results = [];
  for (let start = 0; start < scalars.length; start += CHUNK) {
    const chunk = scalars.slice(start, start + CHUNK);
    for (const [i, scalar] of chunk.entries()) {
      const sum = sums + i * jacobian;
      zero(sum);
      for (const [place, digit] of toBytes(scalar).entries())
        if (digit > 0) add(sum, table + (place * MAX_DIGIT + digit - 1) * affine, sum);
    }
    toAffine(sums, chunk.length, sums);
    results.push(tm.getBuff(sums, chunk.length * affine));
  }
  tm.u32[0] = free;
  return Buffer.concat(results);
}

/** digit · 256^place · generator, for every byte of a scalar and every digit above zero. */
async function multiplesByDigit(group) {
  const points = [];
  let unit = group.g;
  for (let place = 0; place < FIELD_BYTES; place++) {
    let multiple = unit;
    for (let digit = 1; digit <= MAX_DIGIT; digit++, multiple = group.add(multiple, unit)) points.push(multiple);
    unit = multiple;
  }
  return group.batchToAffine(new Uint8Array(Buffer.concat(points)));
}

/** iden3's binary container: magic, version, number of sections; each section with its type and length. */
function writeSections(path, sections) {
  const head = Buffer.alloc(12);
  head.write("ptau");
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(sections.length, 8);
  const parts = sections.flatMap(([type, buffers]) => {
    const start = Buffer.alloc(12);
    start.writeUInt32LE(type, 0);
    start.writeBigUInt64LE(BigInt(buffers.reduce((sum, { length }) => sum + length, 0)), 4);
    return [start, ...buffers];
  });
  writeFileSync(path, Buffer.concat([head, ...parts]));
}

async function witnesses({ wasm, inputs }) {
  const answers = [];
  for (const input of inputs) {
    const memory = { type: "mem" };
    const isWitness = await snarkjs.wtns.calculate(input, wasm, memory).then(
      () => true,
      (error) => refuseUnlessConstraint(error),
    );
    answers.push(isWitness ? (await snarkjs.wtns.exportJson(memory)).map(String) : null);
  }
  return answers;
}

/** False for an input that breaks a constraint; other errors are thrown on. */
function refuseUnlessConstraint(error) {
  if (!/Assert Failed/.test(error.message)) throw error;
  return false;
}

async function prove({ wasm, zkey, input }) {
  progress("computing the circuit's values");
  const values = { type: "mem" };
  await snarkjs.wtns.calculate(input, wasm, values);
  progress("proving");
  return snarkjs.groth16.prove(zkey, values);
}

async function verify({ verificationKey, proofs }) {
  const answers = [];
  for (const { proof, publicSignals } of proofs)
    answers.push(await snarkjs.groth16.verify(verificationKey, publicSignals, proof).catch(() => false));
  return answers;
}

const COMMANDS = {
  setup: () => setup(...process.argv.slice(3)),
  phase1: () => writeDevelopmentPhase1(Number(process.argv[3]), process.argv[4]),
  key: () => snarkjs.zKey.exportVerificationKey(process.argv[3]),
  check: () => check(...process.argv.slice(3)),
  witnesses: () => witnesses(JSON.parse(readFileSync(0, "utf8"))),
  prove: () => prove(JSON.parse(readFileSync(0, "utf8"))),
  verify: () => verify(JSON.parse(readFileSync(0, "utf8"))),
};

try {
  const result = await COMMANDS[process.argv[2]]();
  process.stdout.write(`${JSON.stringify(result ?? {})}\n`, () => process.exit(0)); // snarkjs leaves its workers running
} catch (error) {
  process.stdout.write(`${error.message.replaceAll("\n", " ")}\n`, () => process.exit(1));
}
