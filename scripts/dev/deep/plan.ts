/** A fuzz test or an invariant of test/solidity. */
export interface DeepTest {
  readonly contract: string;
  readonly name: string;
}

/** The work of one process of forge: one test with one seed. */
export interface DeepPart extends DeepTest {
  readonly seed: number;
  /** Inputs of a fuzz test, or walks of an invariant. */
  readonly runs: number;
  /** Calls of a walk, or 1 for a fuzz test. */
  readonly depth: number;
}

/** The amount of work in all parts together. */
export interface DeepTotals {
  readonly fuzzRuns: number;
  /** A multiple of {@link WALK}. */
  readonly invariantCalls: number;
}

/** The totals of `npm run test:deep`. */
export const DEEP_TOTALS: DeepTotals = { fuzzRuns: 25_000_000, invariantCalls: 20_000_000 };

/** Calls of a walk: more than in `npm test`, so that walks reach states that take many calls. */
export const WALK = 200;

/** Parts of each test, so that an interruption loses little. */
const ROUNDS = 10;

/** Weights by the cost of a run: one that deploys a pool takes ten times as long as one of a pure function. */
const WEIGHTS: readonly (readonly [tests: RegExp, weight: number])[] = [
  [/^HokusaiAMM/, 2],
  [/^(UsageFeeRouterTest|FeesInvariantsTest)\.testFuzz_/, 4],
  [/\.testFuzz_G1_atMostFourteenDaysInAnyFortyTwo$/, 1],
  [/^TestTest\./, 1],
];
const USUAL_WEIGHT = 10;

export const isInvariant = ({ name }: DeepTest): boolean => name.startsWith("invariant_");

const isFuzzTest = ({ name }: DeepTest): boolean => name.startsWith("testFuzz_");

/**
 * Returns parts whose runs and calls add up exactly to the totals. Every test has a part in each round, so that a run that ends early has
 * tried all tests. Each part has a seed of its own: with the same seed, all invariants of a suite would be checked on the same walks.
 * @param seed The number from which the seeds are made: 7 gives 70000, 70001, …
 */
export function deepPlan(tests: readonly DeepTest[], totals: DeepTotals, seed: number): DeepPart[] {
  const shares = [
    ...sharesOf(tests.filter(isInvariant), totals.invariantCalls / WALK),
    ...sharesOf(tests.filter(isFuzzTest), totals.fuzzRuns),
  ];
  return Array.from({ length: ROUNDS }, (_, round) =>
    shares.map(([test, runs]) => ({ ...test, runs: runs[round] ?? 0, depth: isInvariant(test) ? WALK : 1 })),
  )
    .flat()
    .filter(({ runs }) => runs > 0)
    .map((part, i) => ({ ...part, seed: seed * 10_000 + i }));
}

/** Returns the command that repeats a part alone, with the full output of forge. */
export function commandOf({ contract, name, seed, runs, depth }: DeepPart): string {
  const amount = depth === 1 ? `FUZZ_RUNS=${runs}` : `INVARIANT_RUNS=${runs} INVARIANT_DEPTH=${depth}`;
  return `FUZZ_SEED=${seed} ${amount} npm run test:solidity -- --match-contract '^${contract}$' --match-test '^${name}\\b'`;
}

/** Returns the number of runs of each test in each round. */
function sharesOf(tests: readonly DeepTest[], total: number): [DeepTest, number[]][] {
  const weights = tests.map(
    ({ contract, name }) => WEIGHTS.find(([some]) => some.test(`${contract}.${name}`))?.[1] ?? USUAL_WEIGHT,
  );
  const runs = apportion(total, weights);
  return tests.map((test, i) => [test, apportion(runs[i] ?? 0, Array<number>(ROUNDS).fill(1))]);
}

/** Divides a whole number into whole parts, as close to the weights as possible. */
function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  let [weighed, given] = [0, 0];
  return weights.map((weight) => {
    weighed += weight;
    const before = given;
    given = Math.round((total * weighed) / sum);
    return given - before;
  });
}
