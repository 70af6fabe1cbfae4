// SPDX-License-Identifier: MIT
// What the doctor found, for people.

import { noteInWords, type Authority, type Check, type Diagnosis } from "../../../deploy/doctor/report";
import { bold, green, yellow } from "../terminal";

/** The diagnosis as tables for people. */
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

/** The functions that each account may call, grouped by what entitles it, and the delay of each. */
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
