/**
 * Proves lemmas about the production contracts: with solc's model checker and z3 those in test/proofs/smt, and with intervals the widths
 * and the two error constants of the curve. With `--mutants`, puts a fault into the code of each lemma and expects that the lemma is no
 * longer proved. `z3` must be on the PATH: `pip install --requirement test/proofs/requirements.txt`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelErrors } from "./proofs/kernel";
import { isProved, lemmasOf } from "./proofs/modelChecker";
import { PROOF_MUTANTS } from "./proofs/mutants";
import type { ReadSource } from "./proofs/splice";
import { isProvedByRanges, LEMMAS_OF_RANGES } from "./proofs/widths";

const ROOT = join(__dirname, "../..");
const SPECIFICATIONS = "test/proofs/smt";
const RANGES = "widths";
const CURVE = "contracts/market/BondingCurve.sol";
/** The largest values of the error constants that would be too small for the kernel's real errors. */
const TOO_SMALL = { LOG2_ERROR: 974, EXP2_ERROR: 580 };
const SECONDS_OF_A_QUERY = 300; // most take less than one
const SECONDS_OF_A_MUTANT = 30; // a lemma that is not decided by then is not proved either

const read: ReadSource = (path) => readFileSync(join(ROOT, path), "utf8");
const counts = { passing: 0, failing: 0 };

function report(isGood: boolean, text: string) {
  counts[isGood ? "passing" : "failing"]++;
  console.log(`  ${isGood ? "✔" : "✗"} ${text}`);
}

/** Reports the outcome of the work, with the seconds that it took. */
function reportTimed(work: () => boolean, text: string) {
  const start = performance.now();
  const isGood = work();
  report(isGood, `${text} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

function prove() {
  for (const { name, error, bound } of kernelErrors(read(CURVE)))
    report(error <= bound, `${name}: at most ${error} of ${bound}`);
  for (const lemma of LEMMAS_OF_RANGES)
    reportTimed(() => isProvedByRanges(lemma, read(CURVE)), `${RANGES}.ts: ${lemma}`);

  for (const file of readdirSync(join(ROOT, SPECIFICATIONS)).sort()) {
    const path = `${SPECIFICATIONS}/${file}`;
    for (const lemma of lemmasOf(read(path)))
      reportTimed(() => isProved(path, lemma, read, SECONDS_OF_A_QUERY), `${file}: ${lemma}`);
  }
}

function proveThatMutantsFail() {
  for (const { name, error } of kernelErrors(read(CURVE)))
    report(error > TOO_SMALL[name], `${name}: ${TOO_SMALL[name]} would be too small`);

  for (const { specification, lemma, file, from, to } of PROOF_MUTANTS) {
    if (read(file).split(from).length !== 2) throw new Error(`${file}: expected once: ${from}`);
    const mutated: ReadSource = (path) => (path === file ? read(path).replace(from, to) : read(path));
    const path = `${SPECIFICATIONS}/${specification}.sol`;
    const isStillProved =
      specification === RANGES
        ? () => isProvedByRanges(lemma, mutated(file))
        : () => isProved(path, lemma, mutated, SECONDS_OF_A_MUTANT);
    reportTimed(() => !isStillProved(), `${specification}: ${lemma}: ${to}`);
  }
}

if (process.argv.includes("--mutants")) proveThatMutantsFail();
else prove();
console.log(`\n  ${counts.passing} passing`);
if (counts.failing > 0) {
  console.log(`  ${counts.failing} failing`);
  process.exitCode = 1;
}
