// What makes a protocol unsafe even if its code is right: short delays, a single signature, one key with several powers, a plain account as
// admin.

import type { Parameters } from "./parameters";

/** The least admin delay and payout delay where tokens have value: two days, in seconds. */
export const LEAST_DELAY = 2 * 86_400;

/** The least number of attesters that must sign an improvement where tokens have value. */
const LEAST_THRESHOLD = 2;

/** How the code of a plain account begins that has delegated to a contract: see EIP-7702. */
const DELEGATION = "0xef0100";

/** Powers of which no account may have two, so that somebody else is there to notice or stop what one of them does wrong. */
const POWERS: Readonly<Record<string, (parameters: Parameters) => readonly string[]>> = {
  "the deploying key": ({ $global }) => [$global.deployer],
  "the multisig behind the timelock": ({ Governance, Market }) => [
    ...Governance.proposers,
    ...Governance.executors,
    Market.treasury,
  ],
  guardian: ({ $global }) => $global.guardians,
  attester: ({ Methods }) => Methods.attesters,
  "the backend": ({ Models, Tokens }) => [
    ...[...Models.registrars, ...Models.poolCreators, ...Models.payers],
    ...[...Tokens.operators, ...Tokens.deployers, ...Tokens.distributors],
  ],
};

/** A point in which parameters are unsafe. */
export interface UnsafePoint {
  readonly what: string;
  readonly actual: string;
  readonly expected: string;
}

/** A point in one line. */
export const pointInWords = ({ what, actual, expected }: UnsafePoint) => `${what} is ${actual}, expected ${expected}`;

/** What is unsafe in the parameters by themselves; empty if they are fit for tokens of value. */
export function unsafePoints(parameters: Parameters): UnsafePoint[] {
  const { $global, Models, Methods } = parameters;
  const least = [
    ["$global.adminDelay", $global.adminDelay, LEAST_DELAY],
    ["Models.payoutDelay", Models.payoutDelay, LEAST_DELAY],
    ["Methods.threshold", Methods.threshold, LEAST_THRESHOLD],
  ] as const;
  return [
    ...least
      .filter(([, value, bound]) => value < bound)
      .map(([what, value, bound]) => ({ what, actual: String(value), expected: `at least ${bound}` })),
    ...sharedPowers(parameters),
  ];
}

function sharedPowers(parameters: Parameters): UnsafePoint[] {
  const powersOf = new Map<string, string[]>();
  for (const [power, holders] of Object.entries(POWERS)) {
    for (const account of new Set(holders(parameters)))
      powersOf.set(account, [...(powersOf.get(account) ?? []), power]);
  }
  return [...powersOf]
    .filter(([, powers]) => powers.length > 1)
    .map(([what, powers]) => ({ what, actual: `${powers.join(", ")} at once`, expected: "an account for each" }));
}

/** Proposers that are plain accounts, any of whose keys would make its thief the admin. `codeOf` returns the code at an address. */
export async function plainProposers(
  { Governance: { proposers } }: Parameters,
  codeOf: (address: string) => Promise<string>,
): Promise<UnsafePoint[]> {
  const codes = await Promise.all(proposers.map(codeOf));
  return proposers
    .filter((_, index) => codes[index] === "0x" || codes[index]?.startsWith(DELEGATION))
    .map((account) => ({ what: `the proposer ${account}`, actual: "a plain account", expected: "a multisig" }));
}
