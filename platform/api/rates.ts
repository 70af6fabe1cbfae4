// How often somebody may ask: a bucket that fills steadily.

/** Buckets that are kept at most: of the fullest the rest is forgotten first. */
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

  /** Takes one request of somebody's; answers 0, or the seconds after which the next is allowed. */
  take(who: string): number {
    const now = this.now();
    const { tokens: before, at } = this.buckets.get(who) ?? { tokens: this.perMinute, at: now };
    const tokens = Math.min(this.perMinute, before + ((now - at) * this.perMinute) / 60_000);
    this.buckets.delete(who); // so that the order is that of the last request
    this.buckets.set(who, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (this.buckets.size > MOST_BUCKETS) this.buckets.delete(this.buckets.keys().next().value as string);
    return tokens < 1 ? Math.ceil(((1 - tokens) * 60) / this.perMinute) : 0;
  }
}
