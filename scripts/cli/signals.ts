// Stops a command that runs until a signal tells it to stop.

import { constants } from "node:os";

/** Milliseconds within which a repeated signal counts as one: a terminal sends it to every process, and npm forwards its own. */
const ECHO = 500;

/** Added to a signal's number to give the exit code, as in shells. */
const SIGNAL_EXIT = 128;

/**
 * The first signal calls `stop`, which lets the command finish its present work. A second signal ends the process at once, and so does the
 * end of `longest` milliseconds.
 */
export function stopOnSignals(stop: (signal: NodeJS.Signals) => void, longest: number): void {
  let first: { readonly signal: NodeJS.Signals; readonly time: number } | undefined;
  const hear = (signal: NodeJS.Signals) => {
    const time = Date.now();
    const end = () => process.exit(SIGNAL_EXIT + constants.signals[signal]);
    if (first !== undefined) {
      if (signal !== first.signal || time - first.time > ECHO) end();
      return;
    }
    first = { signal, time };
    stop(signal);
    setTimeout(end, longest).unref(); // the timer does not keep the process running
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, hear);
}
