// SPDX-License-Identifier: MIT
// An end for what might never come.

import { Problem } from "./problem.ts";

/**
 * What a promise answers, unless that takes too long.
 * @param milliseconds How long is waited.
 * @param what What the problem then says has not happened, as in "the key has not signed".
 * @param signal Ends the waiting at once, with its reason.
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
