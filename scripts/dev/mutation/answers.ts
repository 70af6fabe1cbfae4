import type { Mutant } from "./mutants";

/** Why a mutant that no test kills is no gap; it is named by what it changes, wherever its line is. */
export interface MutantAnswer {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

type Named = Omit<MutantAnswer, "reason">;

const nameOf = ({ file, within, original, mutated }: Named) => [file, within, original, mutated].join("\n");

/** Whether each survivor has an answer, and each answer a mutant that needs it. An answer without a reason counts as none. */
export function compareSurvivors(
  answers: readonly MutantAnswer[],
  mutants: {
    /** Every mutant of the contracts. */
    readonly all: readonly Mutant[];
    readonly survived: readonly Mutant[];
    readonly killed: readonly Mutant[];
  },
): { unanswered: Mutant[]; superfluous: MutantAnswer[] } {
  const [all, survived, killed] = [mutants.all, mutants.survived, mutants.killed].map(
    (each) => new Set(each.map(nameOf)),
  );
  const answered = new Set(answers.filter(({ reason }) => reason.trim() !== "").map(nameOf));
  return {
    unanswered: mutants.survived.filter((mutant) => !answered.has(nameOf(mutant))),
    // Two places of a function can read alike: one that lives needs the answer.
    superfluous: answers.filter(
      (answer) => !all?.has(nameOf(answer)) || (killed?.has(nameOf(answer)) && !survived?.has(nameOf(answer))),
    ),
  };
}
