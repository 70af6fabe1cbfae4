/** A finding as the analyser describes it, with source locations. */
export interface StaticFinding {
  readonly detector: string;
  readonly description: string;
}

/** Why a finding is not a fault; `finding` is its description without source locations. */
export interface Answer {
  readonly detector: string;
  readonly finding: string;
  readonly reason: string;
}

/** Returns a description on one line without source locations, so that it stays the same when lines move. */
function withoutPlaces(description: string): string {
  return description
    .replace(/ \([^()\s]+\.sol#[\d-]+\)/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Returns the findings without an answer, each once, and the answers without a finding. An answer without a reason does not count. */
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
