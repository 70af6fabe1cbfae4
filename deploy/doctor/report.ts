// SPDX-License-Identifier: MIT
// What the doctor found.

/** Something that is not as declared. */
export interface Finding {
  readonly what: string;
  readonly actual: string;
  readonly declared: string;
  readonly fix: string;
}

/** Something that is allowed but worth knowing. */
export interface Note {
  readonly what: string;
  readonly actual: string;
  /** What follows from it, or who can do something about it. */
  readonly next: string;
}

export type Verdict = "ok" | "WRONG" | "notable";

/** One thing that must hold, with all its findings. */
export class Check {
  readonly wrong: Finding[] = [];
  readonly notable: Note[] = [];
  looked = 0;

  constructor(
    readonly group: string,
    readonly name: string,
  ) {}

  /** Compares two values by their text. */
  same(what: string, actual: unknown, declared: unknown, fix: string): void {
    this.holds(String(actual) === String(declared), what, String(actual), String(declared), fix);
  }

  holds(isRight: boolean, what: string, actual: string, declared: string, fix: string): void {
    this.looked++;
    if (!isRight) this.wrong.push({ what, actual, declared, fix });
  }

  note(what: string, actual: string, next: string): void {
    this.notable.push({ what, actual, next });
  }

  get verdict(): Verdict {
    if (this.wrong.length > 0) return "WRONG";
    return this.notable.length > 0 ? "notable" : "ok";
  }
}

/** What an account can call, why it may, and what a stolen key could do with it. */
export interface Authority {
  readonly account: string;
  readonly as: string;
  readonly contract: string;
  readonly function: string;
  readonly delay: string;
  readonly worst: string;
}

/** Everything that was found. */
export interface Diagnosis {
  readonly network: { readonly name: string; readonly chainId: number };
  readonly block: number;
  readonly models: number;
  readonly contracts: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  readonly authorities: readonly Authority[];
}

/** Whether nothing is wrong. Notes do not count as wrong. */
export function isHealthy({ checks }: Diagnosis): boolean {
  return checks.every(({ verdict }) => verdict !== "WRONG");
}

/** A finding in one line. */
export function inWords({ what, actual, declared, fix }: Finding): string {
  return `${what} is ${actual}, declared ${declared}: ${fix}`;
}

/** A note in one line. */
export function noteInWords({ what, actual, next }: Note): string {
  return `${what}: ${actual}; ${next}`;
}

/** One document with everything, for programs. */
export function toDocument(diagnosis: Diagnosis) {
  const { checks, ...rest } = diagnosis;
  return {
    isHealthy: isHealthy(diagnosis),
    ...rest,
    checks: checks.map((check) => ({ ...check, verdict: check.verdict })),
  };
}
