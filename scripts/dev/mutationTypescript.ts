/**
 * Puts faults into the statements, the evaluation and the operator's duties with Stryker, one at a time, and expects the tests of the same
 * part to kill each of them: either a sample that a seed draws, or all. Each mutant that survives needs an answer in
 * test/mutation/typescript.json.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { compareSurvivors, type MutantAnswer } from "./mutation/answers";
import { decisiveTests, digestBehind, digestOf, Results } from "./mutation/results";
import type { MutantFate, MutantVerdict } from "./mutation/work";
import { describeMutants, withMutant, type DescribedMutant, type ListedMutant } from "./stryker/mutants";
import { codeOf, MUTATED_PARTS, testsOf, type MutatedPart } from "./stryker/parts";
import { LISTER, runStryker } from "./stryker/run";
import { TypeChecker } from "./stryker/types";

const ROOT = join(__dirname, "../..");
const FOLDER = ".build/mutants";
const ANSWERS = "test/mutation/typescript.json";
/** Everything that the tests are compiled and run with. */
const BEHIND = [
  ...["circuits", "contracts", "deploy", "ignition", "operator", "scripts", "sdk", "test"],
  ...["hardhat.config.ts", "package-lock.json", ".ci/mutants/package-lock.json"],
];
const LEAST_KILLED = 0.9; // only checked for all mutants: a sample is too small to tell

const USAGE = `npm run test:mutation:typescript -- [options]

  --part <name>      only mutants of this part: ${Object.keys(MUTATED_PARTS).join(", ")} (default all three)
  --sample <count>   runs this many mutants, drawn at random (default 60)
  --seed <text>      the seed of the sample (default 1)
  --file <path>      runs every mutant of this file
  --all              runs every mutant
  --list             lists the chosen mutants and runs nothing`;

/**
 * The fate of a mutant: an `invalid` one survives the tests but has type errors; a `static` one takes effect when a module is loaded,
 * and is not run; of an `unjudged` one Stryker says nothing.
 */
type Fate = MutantFate | "static" | "unjudged";

const FATES: Readonly<Record<string, Exclude<Fate, "unjudged">>> = {
  Killed: "killed",
  Timeout: "killed",
  Survived: "survived",
  NoCoverage: "survived",
  RuntimeError: "survived", // the tests did not come to an end, so none has failed
  Ignored: "static",
};

const text = (path: string) => readFileSync(join(ROOT, path), "utf8");

function mutantsOfPart(part: MutatedPart): DescribedMutant[] {
  const files = codeOf(ROOT, part);
  const out = execFileSync(process.execPath, [LISTER, ...files], { cwd: ROOT, maxBuffer: 2 ** 30, encoding: "utf8" });
  const listed = JSON.parse(out) as ListedMutant[];
  return files.flatMap((file) =>
    describeMutants(
      text(file),
      listed.filter((mutant) => mutant.file === file),
    ),
  );
}

/** Draws by a digest of each mutant, so that mutants that did not change are drawn again. */
function draw(mutants: readonly DescribedMutant[], count: number, seed: string): DescribedMutant[] {
  const lots = mutants.map((mutant) => ({ mutant, lot: digestOf(seed, mutant.key) }));
  const drawn = lots.sort((a, b) => (a.lot < b.lot ? -1 : 1)).slice(0, count);
  return drawn.map(({ mutant }) => mutant);
}

/** Judges mutants of a part, and reuses verdicts of earlier runs of the same code and tests. */
async function judge(
  part: MutatedPart,
  chosen: readonly DescribedMutant[],
  told: (mutant: DescribedMutant, fate: Fate) => void,
): Promise<void> {
  const results = new Results(join(ROOT, FOLDER, "results.jsonl"));
  const tests = testsOf(ROOT, part);
  const base = digestBehind(ROOT, BEHIND);
  const nameOf = ({ key }: DescribedMutant) => digestOf(base, key);
  const decisiveFor = (verdict: MutantVerdict) =>
    digestOf(...decisiveTests(verdict, tests).flatMap((file) => [file, text(file)]));

  const open = new Map<string, DescribedMutant>();
  for (const mutant of chosen) {
    const known = results.find(nameOf(mutant));
    if (known && known.tests === decisiveFor(known)) told(mutant, known.outcome);
    else open.set(mutant.key, mutant);
  }
  if (open.size === 0) return;

  const types = new TypeChecker(ROOT);
  const hasTypes = (mutant: DescribedMutant) =>
    types.accepts(join(ROOT, mutant.file), withMutant(text(mutant.file), mutant));
  const folder = join(FOLDER, basename(part.code));
  mkdirSync(join(ROOT, folder), { recursive: true });
  await runStryker(ROOT, folder, { tests, mutants: [...open.values()], isOnChain: part.isOnChain }, (verdict) => {
    const [mutant, outcome] = [open.get(verdict.key), FATES[verdict.status]];
    if (!mutant || !outcome) throw new Error(`Stryker reports the status ${verdict.status} for ${verdict.key}`);
    open.delete(verdict.key);
    const fate = outcome === "survived" && !hasTypes(mutant) ? "invalid" : outcome;
    if (fate !== "static") {
      const { killer } = verdict;
      const judged = { outcome: fate, ...(killer && { killer: { ...killer, error: verdict.reason ?? "" } }) };
      results.add({ mutant: nameOf(mutant), tests: decisiveFor(judged), ...judged });
    }
    told(mutant, fate);
  });
  for (const mutant of open.values()) told(mutant, "unjudged");
}

function show({ file, start, within, kind, original, mutated }: DescribedMutant): string {
  const short = (line: string) => (line.length > 400 ? `${line.slice(0, 400)} …` : line);
  return `${file}:${start.line + 1} (${within}, ${kind})\n  - ${short(original)}\n  + ${short(mutated)}`;
}

function partNamed(name: string): MutatedPart {
  const part = MUTATED_PARTS[name];
  if (!part) throw new Error(`there is no part ${name}: see --help.`);
  return part;
}

const { values } = parseArgs({
  options: {
    part: { type: "string" },
    sample: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    file: { type: "string" },
    all: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const { part: name, file, sample, seed, all: isAll } = values;
  const parts = name === undefined ? Object.values(MUTATED_PARTS) : [partNamed(name)];
  const all = parts.flatMap(mutantsOfPart);
  const candidates = file === undefined ? all : all.filter((mutant) => mutant.file === file);
  const chosen = isAll || file !== undefined ? candidates : draw(candidates, Number(sample), seed);
  if (chosen.length === 0) throw new Error("no mutant was chosen: see --help.");
  if (values.list) return console.log(chosen.map(show).join("\n"));

  const start = performance.now();
  console.log(`${parts.map(({ code }) => code).join(", ")}: ${all.length} mutants; running ${chosen.length}.`);
  const judged: Record<Fate, DescribedMutant[]> = {
    killed: [],
    survived: [],
    equivalent: [],
    invalid: [],
    static: [],
    unjudged: [],
  };
  for (const part of parts) {
    const own = chosen.filter((mutant) => mutant.file.startsWith(`${part.code}/`));
    await judge(part, own, (mutant, fate) => {
      judged[fate].push(mutant);
      if (fate === "survived") console.log(show(mutant));
    });
  }

  const { killed, survived } = judged;
  const seconds = (performance.now() - start) / 1000;
  const answers = (JSON.parse(text(ANSWERS)) as MutantAnswer[]).filter((answer) =>
    parts.some(({ code }) => answer.file.startsWith(`${code}/`)),
  );
  const { unanswered, superfluous } = compareSurvivors(answers, { all, survived, killed });
  const rate = survived.length === 0 ? 1 : killed.length / (killed.length + survived.length);
  const left = `${judged.invalid.length} have type errors, ${judged.static.length} are static and were not run`;
  console.log(
    `${killed.length} were killed, ${survived.length} survived (${unanswered.length} without an answer), ${left}.`,
  );
  console.log(`${(rate * 100).toFixed(1)} % were killed, in ${seconds.toFixed(0)} s.`);
  for (const mutant of unanswered)
    console.error(
      `${show(mutant)}\n  survived: add a test that kills it, or add it to ${ANSWERS} with the reason why it is no gap.`,
    );
  for (const { file: home, within, original, mutated } of superfluous)
    console.error(
      `${home}, ${within}: ${original} → ${mutated}\n  has an answer in ${ANSWERS} that is no longer needed: remove it.`,
    );
  for (const mutant of judged.unjudged) console.error(`${show(mutant)}\n  was not judged by Stryker.`);
  const faults = unanswered.length + superfluous.length + judged.unjudged.length;
  if (faults > 0 || (isAll && rate < LEAST_KILLED)) process.exitCode = 1;
}

if (values.help) console.log(USAGE);
else
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
