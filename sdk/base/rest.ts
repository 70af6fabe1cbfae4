// The pauses of a client between two attempts.

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;

/**
 * Waits longer after each failure: 250 ms at first, at most 30 s, of which a random part between half and all. `signal` ends the waiting.
 */
export function restAfter(failures: number, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 16));
  return sleep(longest * (0.5 + Math.random() / 2), signal);
}

/** Waits the given number of milliseconds. If `signal` is aborted, throws the signal's reason at once. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
