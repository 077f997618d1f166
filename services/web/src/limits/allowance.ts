/** Who has not asked for so long that nothing is owed is forgotten when this many are remembered. */
const MOST_REMEMBERED = 50_000;

interface Bucket {
  left: number;
  at: number;
}

/** So many requests a minute for each one who asks, as a token bucket: a burst may use up a whole minute's worth. */
export class Allowance {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes one. @returns 0 when there was one, else the seconds until there is */
  take(who: string): number {
    const now = this.now();
    const known = this.buckets.get(who);
    const left = known ? this.refilled(known, now) : this.perMinute;
    if (left < 1) return Math.ceil(((1 - left) * 60) / this.perMinute);
    if (!known && this.buckets.size >= MOST_REMEMBERED) this.forgetIdle(now);
    this.buckets.set(who, { left: left - 1, at: now });
    return 0;
  }

  private refilled({ left, at }: Bucket, now: number): number {
    return Math.min(this.perMinute, left + ((now - at) / 60_000) * this.perMinute);
  }

  private forgetIdle(now: number): void {
    for (const [who, bucket] of this.buckets) {
      if (this.refilled(bucket, now) >= this.perMinute) this.buckets.delete(who);
    }
  }
}
