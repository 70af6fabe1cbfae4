/** States why a surviving mutant is no gap in the tests. It names the mutant by its text, so that lines may move. */
export interface MutantAnswer {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

type Named = Omit<MutantAnswer, "reason">;

const nameOf = ({ file, within, original, mutated }: Named) => [file, within, original, mutated].join("\n");

/**
 * Returns the survivors without an answer, and the answers whose mutant was killed or no longer exists. An answer without a reason counts
 * as none.
 */
export function compareSurvivors<M extends Named>(
  answers: readonly MutantAnswer[],
  mutants: Readonly<Record<"all" | "survived" | "killed", readonly M[]>>,
): { unanswered: M[]; superfluous: MutantAnswer[] } {
  const names = (list: readonly Named[]) => new Set(list.map(nameOf));
  const [all, survived, killed] = [names(mutants.all), names(mutants.survived), names(mutants.killed)];
  const answered = names(answers.filter(({ reason }) => reason.trim() !== ""));
  return {
    unanswered: mutants.survived.filter((mutant) => !answered.has(nameOf(mutant))),
    // Two mutants of a function can have the same text: the answer is needed while one of them survives.
    superfluous: answers.filter((answer) => {
      const name = nameOf(answer);
      return !all.has(name) || (killed.has(name) && !survived.has(name));
    }),
  };
}
