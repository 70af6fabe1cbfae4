/**
 * Gives the fuzz tests 25 million inputs and makes 20 million calls of invariants, in parts that take about ten seconds of processor time
 * each. Parts that passed are kept in .build/deep, and with --record in test/solidity/deep.jsonl, and count until the bytecode of their
 * test changes. So the work can be interrupted, and done on several machines.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { digestsOfBuild, Forge } from "./deep/forge";
import { DEEP_TOTALS, deepPlan } from "./deep/plan";
import { deepReport, deepFigures, unreachedIn } from "./deep/report";
import { DeepResults } from "./deep/results";
import { runParts } from "./deep/run";

const ROOT = join(__dirname, "../..");

/** The parts that have passed anywhere, for whoever wants to know or to go on. */
const RECORD = "test/solidity/deep.jsonl";

const USAGE = `npm run test:deep -- [options]

  --minutes <count>   starts no part after this many minutes, and prints what is left
  --seed <number>     the number from which the seeds of all parts are made (default 1)
  --record            at the end, writes the parts with these seeds that have passed to ${RECORD}`;

async function main(seed: number, minutes: number, isRecorded: boolean) {
  const start = performance.now();
  const forge = new Forge(ROOT);
  const parts = deepPlan(await forge.tests(), DEEP_TOTALS, seed);
  const builds = digestsOfBuild(
    ROOT,
    parts.map(({ contract }) => contract),
  );
  const results = new DeepResults(join(ROOT, ".build/deep/results.jsonl"), join(ROOT, RECORD), builds);
  const open = parts.filter((part) => !results.find(part)).length;
  console.log(`${parts.length} parts, of which ${parts.length - open} passed in earlier runs.`);

  let ended = 0;
  const failures = await runParts(parts, results, {
    atOnce: availableParallelism(),
    run: (part) => forge.run(part),
    isOver: () => performance.now() - start > minutes * 60_000,
    told: ({ contract, name, seed: used }, outcome) => {
      const said = "passed" in outcome ? `${outcome.passed.seconds.toFixed(0)} s` : `FAILED: ${outcome.failed}`;
      console.log(`${++ended}/${open} ${contract}.${name}, seed ${used}: ${said}`);
    },
  });

  const figures = deepFigures(parts, results);
  const unreached = unreachedIn(figures);
  console.log(
    `\n${deepReport(
      figures,
      parts.map((part) => part.seed),
    )}\n`,
  );
  for (const { part, reason } of failures) console.error(`${part.contract}.${part.name} failed: ${reason}`);
  for (const state of unreached) console.error(`${state} was never reached.`);
  if (isRecorded) results.keep(parts);
  const left = parts.filter((part) => !results.find(part)).length - failures.length;
  console.log(`${parts.length - left - failures.length} parts passed, ${failures.length} failed, ${left} are left.`);
  if (failures.length + unreached.length > 0) process.exitCode = 1;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
if (values.help) console.log(USAGE);
else if (!Number.isSafeInteger(seed * 10_000) || seed < 0 || !(minutes > 0)) {
  console.error(`--seed must be a whole number, at least 0, and --minutes a number above 0.\n\n${USAGE}`);
  process.exitCode = 1;
} else
  main(seed, minutes, values.record).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
