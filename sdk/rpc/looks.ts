// Looking for what ought to be there. A node that lags behind, or whose chain is being reorganised, answers as if there were nothing.

import { pause } from "./answers.ts";

/** How often is looked for what does not seem to be there: four seconds in all. */
const LOOKS = 5;

/** Looks until something is found, a few times with longer and longer pauses between; answers what was seen last. */
export async function lookUntil<T>(isFound: (seen: T) => boolean, look: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks++) {
    const seen = await look();
    if (isFound(seen) || looks === LOOKS) return seen;
    await pause(looks);
  }
}
