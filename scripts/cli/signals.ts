// How a command that runs until it is told to stop hears of it.

import { constants } from "node:os";

/** The same signal within so many milliseconds is one: a terminal gives it to every process, and npm hands on its own. */
const ECHO = 500;

/** Exit codes above this one name the signal, as shells do. */
const SIGNAL_EXIT = 128;

/**
 * The first signal calls `stop`, which lets the command finish what it is at; a second ends the process at once, and so do
 * `longest` milliseconds.
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
    setTimeout(end, longest).unref(); // what something leaves open keeps no process
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, hear);
}
