/** A fuzz test or an invariant of test/solidity. */
export interface DeepTest {
  readonly contract: string;
  readonly name: string;
}

/** What one process of forge does: one test with one seed. */
export interface DeepPart extends DeepTest {
  readonly seed: number;
  /** Inputs of a fuzz test; walks of an invariant. */
  readonly runs: number;
  /** Calls of a walk; 1 for a fuzz test. */
  readonly depth: number;
}

/** How much is done in all. */
export interface DeepTotals {
  readonly fuzzRuns: number;
  /** A multiple of {@link WALK}. */
  readonly invariantCalls: number;
}

/** The depth that `npm run test:deep` promises. */
export const DEEP_TOTALS: DeepTotals = { fuzzRuns: 25_000_000, invariantCalls: 20_000_000 };

/** Calls of a walk: more than in `npm test`, for states that take long to reach. */
export const WALK = 200;

/** Parts of each test, so that little is lost with one that is interrupted. */
const ROUNDS = 10;

/** Shares of the total, by what a run costs: one that deploys a pool first takes ten times as long as one of a pure function. */
const WEIGHTS: readonly (readonly [tests: RegExp, weight: number])[] = [
  [/^HokusaiAMM/, 2],
  [/^(UsageFeeRouterTest|FeesInvariantsTest)\.testFuzz_/, 4],
  [/\.testFuzz_G1_atMostFourteenDaysInAnyFortyTwo$/, 1],
  [/^TestTest\./, 1],
];
const USUAL_WEIGHT = 10;

export const isInvariant = ({ name }: DeepTest): boolean => name.startsWith("invariant_");

export const isFuzzTest = ({ name }: DeepTest): boolean => name.startsWith("testFuzz_");

/**
 * The parts whose runs and calls sum exactly to the totals. In each of the rounds every test has one, so that a run that ends early has
 * tried all of them. Each part has a seed of its own: with the same one, all invariants of a suite would be walked on the same ways.
 * @param seed What the seeds are made from: seed 7 gives 70000, 70001, …
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

/** How a part is repeated alone, with all that forge says of it. */
export function commandOf({ contract, name, seed, runs, depth }: DeepPart): string {
  const amount = depth === 1 ? `FUZZ_RUNS=${runs}` : `INVARIANT_RUNS=${runs} INVARIANT_DEPTH=${depth}`;
  return `FUZZ_SEED=${seed} ${amount} npm run test:solidity -- --match-contract '^${contract}$' --match-test '^${name}\\b'`;
}

/** The runs of each test in each round. */
function sharesOf(tests: readonly DeepTest[], total: number): [DeepTest, number[]][] {
  const weights = tests.map(
    ({ contract, name }) => WEIGHTS.find(([some]) => some.test(`${contract}.${name}`))?.[1] ?? USUAL_WEIGHT,
  );
  const runs = apportion(total, weights);
  return tests.map((test, i) => [test, apportion(runs[i] ?? 0, Array<number>(ROUNDS).fill(1))]);
}

/** Whole parts of a whole total, as near to their weights as they can be. */
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
