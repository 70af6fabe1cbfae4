// Rate limits: a bucket per caller that refills steadily.

/** The most buckets that are kept; beyond it, the one used least recently is dropped. */
const MOST_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts requests within this process. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts one request of a caller; returns 0, or the seconds until the next one is allowed. */
  take(who: string): number {
    const now = this.now();
    const { tokens: before, at } = this.buckets.get(who) ?? { tokens: this.perMinute, at: now };
    const tokens = Math.min(this.perMinute, before + ((now - at) * this.perMinute) / 60_000);
    this.buckets.delete(who); // keeps the map in the order of the last request
    this.buckets.set(who, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (this.buckets.size > MOST_BUCKETS) this.buckets.delete(this.buckets.keys().next().value as string);
    return tokens < 1 ? Math.ceil(((1 - tokens) * 60) / this.perMinute) : 0;
  }
}
