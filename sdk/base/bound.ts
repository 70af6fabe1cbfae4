// SPDX-License-Identifier: MIT
// A time limit for promises that might never settle.

import { Problem } from "./problem.ts";

/**
 * Returns what the promise resolves to, unless it takes too long.
 * @param milliseconds The longest time to wait.
 * @param what What has not happened, for the message of the `BUSY` problem: "the key has not signed".
 * @param signal Ends the waiting at once and rejects with its reason.
 */
export async function within<T>(
  milliseconds: number,
  what: string,
  promise: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => end(() => reject(signal?.reason as Error));
    const late = () => {
      reject(new Problem("BUSY", `${what} within ${milliseconds / 1_000} s: check whether it is available.`));
    };
    const timer = setTimeout(() => end(late), milliseconds);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      settle();
    };
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    promise.then(
      (value) => end(() => resolve(value)),
      (error: Error) => end(() => reject(error)),
    );
  });
}
