/**
 * Puts faults into the production contracts, one at a time, and expects the tests of the same folder to kill each of them: either a
 * sample that a seed draws, or all. Each mutant that survives needs an answer in test/mutation/answers.json.
 */
import { config } from "hardhat";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareSurvivors, type MutantAnswer } from "./mutation/answers";
import { ContractCompiler, dependantsAmong } from "./mutation/compiler";
import { mutantsOf, withFault, type Mutant } from "./mutation/mutants";
import { testsFor } from "./mutation/plan";
import { decisiveTests, digestBehind, digestOf, Results } from "./mutation/results";
import { Worker, type Job, type MutantFate, type MutantVerdict, type TestName } from "./mutation/work";

const ROOT = join(__dirname, "../..");
const ANSWERS = "test/mutation/answers.json";
const MOCKS = "contracts/mocks/";
/** Everything that the tests are compiled and run with. */
const BEHIND = [
  ...["circuits", "contracts", "deploy", "ignition", "scripts", "sdk", "test"],
  ...["hardhat.config.ts", "package-lock.json"],
];
const LEAST_KILLED = 0.97; // only checked for all mutants: a sample is too small to tell
const LONGEST = 900_000; // ms
const MOST_FIRST = 6; // tests that killed other mutants of the same function
const JOBS_OF_A_PROCESS = 25; // by then it uses two gigabytes

const USAGE = `npm run test:mutation -- [options]

  --sample <count>   runs this many mutants, drawn at random (default 80)
  --seed <text>      the seed of the sample (default 1)
  --file <path>      runs every mutant of this file
  --all              runs every mutant
  --list             lists the chosen mutants and runs nothing`;

const read = (path: string) => readFileSync(join(ROOT, path));
const text = (path: string) => read(path).toString("utf8");
const compiler = new ContractCompiler(ROOT, config.solidity.compilers[0]?.settings as object);
const trees = compiler.trees();
const dependants = dependantsAmong(trees);
const mutants = compiler.files
  .filter((file) => !file.startsWith(MOCKS))
  .flatMap((file) => {
    const tree = trees.get(file);
    return tree ? mutantsOf(file, read(file), tree) : [];
  });

interface Choice {
  readonly sample: number;
  readonly seed: string;
  readonly file?: string;
  readonly isAll: boolean;
}

/** Chooses by a digest of each mutant, so that mutants that did not change are chosen again. */
function choose({ sample, seed, file, isAll }: Choice): Mutant[] {
  const candidates = file === undefined ? mutants : mutants.filter((mutant) => mutant.file === file);
  if (isAll) return candidates;
  const lot = ({ file: home, within, original, mutated, start }: Mutant) =>
    digestOf(seed, home, within, original, mutated, String(start));
  const drawn = candidates
    .map((mutant) => ({ mutant, place: lot(mutant) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .slice(0, sample);
  const chosen = new Set(drawn.map(({ mutant }) => mutant));
  return candidates.filter((mutant) => chosen.has(mutant));
}

/**
 * Judges mutants on every core and calls `told` with each verdict. First, each set of tests must pass without a mutant: a test that
 * fails anyway proves nothing about a mutant.
 */
async function judgeAll(
  chosen: readonly Mutant[],
  told: (mutant: Mutant, verdict: MutantVerdict) => void,
): Promise<void> {
  const results = new Results(join(ROOT, ".build/mutation/results.jsonl"));
  const base = digestBehind(ROOT, BEHIND);
  /** By function: tests that killed a mutant of it and also pass when they run alone. */
  const killers = new Map<string, TestName[]>();

  /** Returns the verdict of an earlier run if nothing behind it has changed, and otherwise runs the job. */
  async function judge(job: Job, worker: Worker): Promise<MutantVerdict> {
    const tests = [...new Set([...job.first.map(({ file }) => file), ...job.tests.flat()])].sort();
    const testsOf = (verdict: MutantVerdict) =>
      digestOf(...decisiveTests(verdict, tests).flatMap((file) => [file, text(file)]));
    const key = digestOf(base, job.file, job.text);
    const known = results.find(key);
    if (known && known.tests === testsOf(known)) return known;

    const verdict = await worker.judge(job);
    results.add({ mutant: key, tests: testsOf(verdict), ...verdict });
    return verdict;
  }

  const control = (tests: Job["tests"]) => async (worker: Worker) => {
    const job = { file: "", text: tests.flat().join(), contracts: [], first: [], tests };
    const { killer } = await judge(job, worker);
    if (killer) throw new Error(`${killer.file}: ${killer.test} fails without a mutant: ${killer.error}`);
  };
  const passesAlone = async ({ file, test }: TestName, worker: Worker) => {
    if (/"(before|after) all" hook/.test(test)) return false; // a hook cannot run alone
    const job = { file: "", text: `${file} ${test}`, contracts: [], first: [{ file, test }], tests: [] };
    return (await judge(job, worker)).outcome === "survived";
  };
  const trial = (mutant: Mutant) => async (worker: Worker) => {
    const { file, within, declaration } = mutant;
    const contracts = dependants.get(declaration) ?? [];
    if (contracts.length === 0) return told(mutant, { outcome: "equivalent" });
    const first = killers.get(within) ?? [];
    const job = { file, text: withFault(read(file), mutant), contracts, first, tests: testsFor(ROOT, file) };
    const verdict = await judge(job, worker);
    const { killer } = verdict;
    if (killer?.file && first.every(({ test }) => test !== killer.test) && (await passesAlone(killer, worker)))
      killers.set(within, [killer, ...first].slice(0, MOST_FIRST));
    told(mutant, verdict);
  };

  const sets = new Map(
    chosen.map(({ file }) => testsFor(ROOT, file)).map((tests) => [tests.flat().sort().join(), tests]),
  );
  const work = async (queue: ((worker: Worker) => Promise<void>)[]) => {
    const worker = new Worker(LONGEST, JOBS_OF_A_PROCESS);
    try {
      for (let next = queue.shift(); next; next = queue.shift()) await next(worker);
    } finally {
      queue.length = 0; // if one worker fails, the others stop too
      worker.stop();
    }
  };
  for (const queue of [[...sets.values()].map(control), chosen.map(trial)])
    await Promise.all(Array.from({ length: availableParallelism() }, async () => work(queue)));
}

async function main(chosen: readonly Mutant[], isAll: boolean) {
  const start = performance.now();
  const judged: Record<MutantFate, Mutant[]> = { killed: [], survived: [], equivalent: [], invalid: [] };
  console.log(`The contracts have ${mutants.length} mutants; running ${chosen.length}.`);
  await judgeAll(chosen, (mutant, { outcome }) => {
    judged[outcome].push(mutant);
    if (outcome === "survived") console.log(show(mutant));
  });

  const answers = JSON.parse(text(ANSWERS)) as MutantAnswer[];
  const { killed, survived, equivalent, invalid } = judged;
  const { unanswered, superfluous } = compareSurvivors(answers, { all: mutants, survived, killed });
  const seconds = (performance.now() - start) / 1000;
  const rate = survived.length === 0 ? 1 : killed.length / (killed.length + survived.length);
  const left = `${equivalent.length} compile to the same code, ${invalid.length} do not compile`;
  console.log(
    `${killed.length} were killed, ${survived.length} survived (${unanswered.length} without an answer), ${left}.`,
  );
  console.log(`${(rate * 100).toFixed(1)} % were killed, in ${seconds.toFixed(0)} s.`);
  for (const mutant of unanswered)
    console.error(
      `${show(mutant)}\n  survived: add a test that kills it, or add it to ${ANSWERS} with the reason why it is no gap.`,
    );
  for (const { file, within, original, mutated } of superfluous)
    console.error(
      `${file}, ${within}: ${original} → ${mutated}\n  has an answer in ${ANSWERS} that is no longer needed: remove it.`,
    );
  if (unanswered.length + superfluous.length > 0 || (isAll && rate < LEAST_KILLED)) process.exitCode = 1;
}

function show({ file, line, within, kind, original, mutated }: Mutant): string {
  return `${file}:${line} (${within}, ${kind})\n  - ${original}\n  + ${mutated}`;
}

const { values } = parseArgs({
  options: {
    sample: { type: "string", default: "80" },
    seed: { type: "string", default: "1" },
    file: { type: "string" },
    all: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const { sample, seed, file, all } = values;
const chosen = choose({
  sample: Number(sample),
  seed,
  isAll: all || file !== undefined,
  ...(file !== undefined && { file }),
});
if (values.help) console.log(USAGE);
else if (chosen.length === 0) {
  console.error("no mutant was chosen: see --help.");
  process.exitCode = 1;
} else if (values.list) console.log(chosen.map(show).join("\n"));
else
  main(chosen, all).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
