// SPDX-License-Identifier: MIT
// What the doctor found, for people and for programs.

import { bold, green, yellow } from "../../scripts/cli/terminal";

/** Something that is not as declared. */
export interface Finding {
  readonly what: string;
  readonly actual: string;
  readonly declared: string;
  readonly fix: string;
}

/** Something that is allowed to be so, and that somebody should know of. */
export interface Note {
  readonly what: string;
  readonly actual: string;
  /** What comes of it, or who can do what about it. */
  readonly next: string;
}

export type Verdict = "ok" | "WRONG" | "notable";

/** One thing that must hold, over all it was looked at in. */
export class Check {
  readonly wrong: Finding[] = [];
  readonly notable: Note[] = [];
  looked = 0;

  constructor(
    readonly group: string,
    readonly name: string,
  ) {}

  /** Both are the same, compared as they are printed. */
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

/** Who can call what: an account, why it may, and what that comes to. */
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

/** Whether nothing is wrong. What is notable is not. */
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

/** The tables for people. */
export function toText(diagnosis: Diagnosis): string {
  const { network, block, models, checks } = diagnosis;
  const wrong = checks.filter(({ verdict }) => verdict === "WRONG").length;
  const notable = checks.filter(({ verdict }) => verdict === "notable").length;
  const outcome =
    wrong === 0 ? `${checks.length} checks pass` : `${wrong} of ${checks.length} checks find something WRONG`;
  return [
    bold(`${network.name}, chain ${network.chainId}, block ${block}: ${count(models, "model")}`),
    ...groupsOf(checks, ({ group }) => group).flatMap(([group, members]) => [
      "",
      bold(group),
      ...members.flatMap(lines),
    ]),
    "",
    ...authorityLines(diagnosis.authorities),
    "",
    bold(`${outcome}${notable > 0 ? `; ${count(notable, "check")} with something notable` : ""}`),
  ].join("\n");
}

const SHOWN = {
  ok: () => green("ok     "),
  notable: () => yellow("notable"),
  WRONG: () => bold(yellow("WRONG  ")),
} as const;

function lines({ name, verdict, looked, wrong, notable }: Check): string[] {
  return [
    `  ${SHOWN[verdict]()}  ${name} (${looked})`,
    ...wrong.flatMap(({ what, actual, declared, fix }) => [
      `             ${what}`,
      `               is ${actual}`,
      `               declared ${declared}`,
      `               → ${fix}`,
    ]),
    ...notable.map((note) => `             ${noteInWords(note)}`),
  ];
}

/** By account, then by what makes it able: the functions, and what each must wait for. */
function authorityLines(authorities: readonly Authority[]): string[] {
  return [
    bold("who can do what"),
    ...groupsOf(authorities, ({ account }) => account).flatMap(([account, powers]) => [
      `  ${account}`,
      ...groupsOf(powers, ({ as, contract, delay }) => `${as} on ${contract}, delay ${delay}`).map(
        ([title, members]) => `    ${title}: ${members.map((power) => power.function).join(", ")}`,
      ),
    ]),
  ];
}

function groupsOf<T>(entries: readonly T[], keyOf: (entry: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const entry of entries) groups.set(keyOf(entry), [...(groups.get(keyOf(entry)) ?? []), entry]);
  return [...groups];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
