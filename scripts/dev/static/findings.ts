/** A finding as the analyser words it, with the lines of the source. */
export interface StaticFinding {
  readonly detector: string;
  readonly description: string;
}

/** Why a finding is no fault; `finding` is its description without lines of the source. */
export interface Answer {
  readonly detector: string;
  readonly finding: string;
  readonly reason: string;
}

/** A description that stays the same when lines move: one line, without places in files. */
function withoutPlaces(description: string): string {
  return description
    .replace(/ \([^()\s]+\.sol#[\d-]+\)/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/**
 * What is found and not answered, and what is answered and not found, each once. An answer without a reason counts as none.
 */
export function compareFindings(
  findings: readonly StaticFinding[],
  answers: readonly Answer[],
): { unanswered: Omit<Answer, "reason">[]; superfluous: Omit<Answer, "reason">[] } {
  const key = ({ detector, finding }: Omit<Answer, "reason">) => `${detector}\n${finding}`;
  const found = new Map(
    findings
      .map(({ detector, description }) => ({ detector, finding: withoutPlaces(description) }))
      .map((finding) => [key(finding), finding]),
  );
  const answered = new Set(answers.filter(({ reason }) => reason.trim() !== "").map(key));
  return {
    unanswered: [...found].filter(([name]) => !answered.has(name)).map(([, finding]) => finding),
    superfluous: answers.filter((answer) => !found.has(key(answer))),
  };
}
