/**
 * Waits until no other process holds the lock, holds it while the action runs, and returns the action's result.
 * @param lock Path of the lock's file; its folder is made.
 * @param onWait Called once if the lock is not free within ten seconds.
 */
export function withLock<T>(lock: string, onWait: () => void, action: () => Promise<T>): Promise<T>;
