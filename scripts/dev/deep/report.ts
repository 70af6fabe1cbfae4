import { addCounters, type Counters } from "./counters";
import { isInvariant, type DeepPart } from "./plan";
import type { DeepResult, DeepResults } from "./results";

/** The progress of all parts of one contract and one kind of test. */
export interface DeepFigures {
  readonly contract: string;
  readonly kind: "fuzz runs" | "invariant calls";
  readonly tests: number;
  readonly planned: number;
  readonly done: number;
  /** The time of all processes together. */
  readonly seconds: number;
  /** Sums over all walks; empty for fuzz tests. */
  readonly reached: Counters;
  /** Whether every test has passed with at least one seed. */
  readonly isRepresentative: boolean;
}

export function deepFigures(parts: readonly DeepPart[], results: DeepResults): DeepFigures[] {
  const groups = new Map<string, DeepPart[]>();
  for (const part of parts) {
    const key = `${part.contract} ${isInvariant(part)}`;
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return [...groups.values()].map((group) => {
    const passed = group.flatMap((part): [DeepPart, DeepResult][] => {
      const result = results.find(part);
      return result ? [[part, result]] : [];
    });
    const sum = (each: (result: DeepResult) => number) => passed.reduce((total, [, result]) => total + each(result), 0);
    const namesOf = (some: readonly DeepPart[]) => new Set(some.map(({ name }) => name)).size;
    const [first] = group;
    return {
      contract: first?.contract ?? "",
      kind: first && isInvariant(first) ? "invariant calls" : "fuzz runs",
      tests: namesOf(group),
      planned: group.reduce((total, { runs, depth }) => total + runs * depth, 0),
      done: sum(({ done }) => done),
      seconds: sum(({ seconds }) => seconds),
      reached: addCounters(passed.map(([, { reached }]) => reached)),
      isRepresentative: namesOf(passed.map(([part]) => part)) === namesOf(group),
    };
  });
}

/** Returns the states that no walk of a suite reached although each of its invariants has passed: such a state is not tested. */
export function unreachedIn(figures: readonly DeepFigures[]): string[] {
  return figures
    .filter(({ isRepresentative }) => isRepresentative)
    .flatMap(({ contract, reached }) =>
      Object.entries(reached)
        .filter(([, count]) => count === 0)
        .map(([state]) => `${contract}: ${state}`),
    );
}

/** Returns the figures as a table, with sums and with the number of times that each state was reached. */
export function deepReport(figures: readonly DeepFigures[], seeds: readonly number[]): string {
  const rows = figures.map(({ contract, kind, tests, done, planned, seconds }) => [
    contract,
    kind,
    String(tests),
    grouped(done),
    grouped(planned),
    seconds.toFixed(0),
    seconds > 0 ? grouped(Math.round(done / seconds)) : "",
  ]);
  const sums = (["fuzz runs", "invariant calls"] as const).map((kind) => {
    const some = figures.filter((figure) => figure.kind === kind);
    const sum = (each: (figure: DeepFigures) => number) => some.reduce((total, figure) => total + each(figure), 0);
    const [done, planned, seconds] = [sum((f) => f.done), sum((f) => f.planned), sum((f) => f.seconds)];
    return `${grouped(done)} of ${grouped(planned)} ${kind} in ${seconds.toFixed(0)} seconds of processes`;
  });
  const states = figures
    .filter(({ reached }) => Object.keys(reached).length > 0)
    .map(
      ({ contract, reached }) =>
        `${contract} reached ${Object.entries(reached)
          .map(([state, count]) => `${state} ${grouped(count)}`)
          .join(", ")}`,
    );
  const head = ["contract", "what", "tests", "done", "planned", "seconds", "a second"];
  return [
    ...aligned([head, ...rows]),
    "",
    ...sums,
    `seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}`,
    "",
    ...states,
  ].join("\n");
}

/** Aligns columns, the first two to the left and the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

const grouped = (count: number): string => count.toLocaleString("en-GB");
