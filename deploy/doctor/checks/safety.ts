// SPDX-License-Identifier: MIT
// What is unsafe though it is declared: see the plan of a deployment, which refuses the same where tokens have value.

import { isMainnet } from "../../network";
import { plainProposers, unsafePoints } from "../../safety";
import { Check } from "../report";
import type { Subject } from "../subject";

const FIX = "declare it otherwise and let roles:apply change it";

/**
 * Checks for long delays, several signatures and separate powers. On a test network a shortcoming is only noted, and on a local chain not
 * reported at all.
 */
export async function checkSafety({ chain, declared }: Subject): Promise<Check[]> {
  const { network, parameters } = declared;
  if (network.isLocal) return [];
  const check = new Check("roles", "powers that are apart");
  // The payout delay has a check of its own, because it cannot be changed.
  const points = unsafePoints(parameters).filter(({ what }) => what !== "Models.payoutDelay");
  const plain = await plainProposers(parameters, (address) => chain.code(address));
  check.looked++;
  for (const { what, actual, expected } of [...points, ...plain]) {
    if (isMainnet(network)) check.holds(false, what, actual, expected, FIX);
    else check.note(what, actual, `expected ${expected} where tokens have value`);
  }
  return [check];
}
