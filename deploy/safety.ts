// What makes a protocol unsafe however right its code is: short delays, one signature, one key with several powers, a plain account as admin.

import type { Parameters } from "./parameters";

/** Least delay of the admin, and least time that rewards wait, where tokens have value: two days, in seconds. */
export const LEAST_DELAY = 2 * 86_400;

/** Fewest attesters that must sign an improvement where tokens have value. */
const LEAST_THRESHOLD = 2;

/** Code of a plain account that lends itself a contract's begins so: see EIP-7702. */
const DELEGATION = "0xef0100";

/** Powers that no account may have two of: what one of them does wrong another is there to notice or to stop. */
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

/** What is unsafe in parameters by themselves; nothing where they are fit for tokens of value. */
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

/** Proposers that are plain accounts: whoever steals such a key is the admin. `codeOf` is what the chain has at an address. */
export async function plainProposers(
  { Governance: { proposers } }: Parameters,
  codeOf: (address: string) => Promise<string>,
): Promise<UnsafePoint[]> {
  const codes = await Promise.all(proposers.map(codeOf));
  return proposers
    .filter((_, index) => codes[index] === "0x" || codes[index]?.startsWith(DELEGATION))
    .map((account) => ({ what: `the proposer ${account}`, actual: "a plain account", expected: "a multisig" }));
}
