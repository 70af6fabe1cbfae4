// How much of the faults is tried.

/** Whether every fault is tried, at every step: FAULTS=all in the environment asks for it. Some are tried without. */
export const isComplete = process.env.FAULTS === "all";

/** A test that only runs when every fault is tried. */
export const inFull: (title: string, test: () => Promise<void>) => void = isComplete ? it : () => undefined;

/** Transactions of a deployment: one that Ignition sends, one of a model. */
export const SENT_BY = { Ignition: 4, "a launch": 11 } as const;
