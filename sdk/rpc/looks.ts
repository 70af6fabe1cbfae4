// Looks repeatedly for what should exist. A node that lags behind, or whose chain is being reorganised, answers as if it did not.

import { pause } from "./answers.ts";

/** How often to look for something that seems not to exist: about four seconds in all. */
const LOOKS = 5;

/** Looks until something is found, a limited number of times with growing pauses. Returns what was seen last. */
export async function lookUntil<T>(isFound: (seen: T) => boolean, look: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks++) {
    const seen = await look();
    if (isFound(seen) || looks === LOOKS) return seen;
    await pause(looks);
  }
}
