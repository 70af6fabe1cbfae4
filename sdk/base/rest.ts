// The pauses of a client between two attempts.

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;

/** Waits for a random time from half of the pause to all of it. The pause doubles with each failure, from 250 ms to 30 s. `signal` ends it. */
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
