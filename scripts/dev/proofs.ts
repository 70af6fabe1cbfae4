/**
 * Proves lemmas about the production contracts: with solc's model checker and z3 those in test/proofs/smt, and with intervals the two
 * error constants of the curve. With `--mutants`, puts a fault into the code of each lemma and expects that it is no longer proved.
 * `z3` must be on the PATH: `pip install --requirement test/proofs/requirements.txt`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelErrors } from "./proofs/kernel";
import { checkModel } from "./proofs/modelChecker";
import { PROOF_MUTANTS } from "./proofs/mutants";
import type { ReadSource } from "./proofs/splice";

const ROOT = join(__dirname, "../..");
const SPECIFICATIONS = "test/proofs/smt";
const CURVE = "contracts/market/BondingCurve.sol";
/** The largest error constants that the kernel's real errors do not allow. */
const TOO_SMALL = { LOG2_ERROR: 974, EXP2_ERROR: 580 };
const SECONDS_OF_A_QUERY = 300; // most take less than one

const read: ReadSource = (path) => readFileSync(join(ROOT, path), "utf8");
const counts = { passing: 0, failing: 0 };

function report(isGood: boolean, text: string) {
  counts[isGood ? "passing" : "failing"]++;
  console.log(`  ${isGood ? "✔" : "✗"} ${text}`);
}

function timed<T>(name: string, work: () => T): T {
  const start = performance.now();
  const result = work();
  console.log(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

function prove() {
  const errors = timed("curve", () => kernelErrors(read(CURVE)));
  for (const { name, error, bound } of errors) report(error <= bound, `${name}: at most ${error} of ${bound}`);

  for (const file of readdirSync(join(ROOT, SPECIFICATIONS)).sort()) {
    const path = `${SPECIFICATIONS}/${file}`;
    if (!read(path).includes("function lemma_")) continue;
    const verdicts = timed(file, () => checkModel(path, read, SECONDS_OF_A_QUERY));
    for (const { name, isProved } of verdicts) report(isProved, name);
  }
}

function proveThatMutantsFail() {
  for (const { name, error } of kernelErrors(read(CURVE)))
    report(error > TOO_SMALL[name], `${name}: ${TOO_SMALL[name]} would be too small`);

  for (const { specification, lemma, file, from, to } of PROOF_MUTANTS) {
    if (read(file).split(from).length !== 2) throw new Error(`${file}: expected once: ${from}`);
    const mutated: ReadSource = (path) => (path === file ? read(path).replace(from, to) : read(path));
    const verdicts = checkModel(`${SPECIFICATIONS}/${specification}.sol`, mutated, SECONDS_OF_A_QUERY);
    const verdict = verdicts.find(({ name }) => name === lemma);
    report(verdict?.isProved === false, `${lemma}: ${to}`);
  }
}

if (process.argv.includes("--mutants")) proveThatMutantsFail();
else prove();
console.log(`\n  ${counts.passing} passing`);
if (counts.failing > 0) {
  console.log(`  ${counts.failing} failing`);
  process.exitCode = 1;
}
