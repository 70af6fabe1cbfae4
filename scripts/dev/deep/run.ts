import type { DeepOutcome } from "./forge";
import type { DeepPart } from "./plan";
import type { DeepResults } from "./results";

export interface DeepFailure {
  readonly part: DeepPart;
  readonly reason: string;
}

export interface DeepSchedule {
  readonly atOnce: number;
  readonly run: (part: DeepPart) => Promise<DeepOutcome>;
  /** Whether the time is over: running parts are then completed, and no new ones are started. */
  readonly isOver: () => boolean;
  /** Is called with each part that has ended. */
  readonly told: (part: DeepPart, outcome: DeepOutcome) => void;
}

/** Runs the parts that have not passed yet. If one fails, the others run all the same. */
export async function runParts(
  parts: readonly DeepPart[],
  results: DeepResults,
  { atOnce, run, isOver, told }: DeepSchedule,
): Promise<DeepFailure[]> {
  const queue = parts.filter((part) => !results.find(part));
  const failures: DeepFailure[] = [];
  const work = async () => {
    while (!isOver()) {
      const part = queue.shift();
      if (!part) return;
      const outcome = await run(part);
      if ("passed" in outcome) results.add(part, outcome.passed);
      else failures.push({ part, reason: outcome.failed });
      told(part, outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failures;
}
