import { Recent } from './recent';

/** Twice the devices of a large suite; about 15 MB when all are there. */
const MOST_REMEMBERED = 200_000;

interface Bucket {
  /** Less than none when more was taken at once than there may be. */
  left: number;
  at: number;
}

/**
 * So much a minute for each one who asks, as a token bucket: a burst may use up a whole minute's worth. Who has not asked
 * for longest is forgotten when too many are remembered.
 */
export class Allowance {
  private readonly buckets: Recent<Bucket>;

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
    mostRemembered = MOST_REMEMBERED,
  ) {
    this.buckets = new Recent(mostRemembered);
  }

  /**
   * Takes so many. More than a minute's worth is given to who has a whole minute's worth left, and owed.
   * @returns 0 when there were so many, else the seconds until there are, and nothing is taken
   */
  take(who: string, count = 1): number {
    const now = this.now();
    const known = this.buckets.get(who);
    const left = known ? this.refilled(known, now) : this.perMinute;
    const needed = Math.min(count, this.perMinute);
    if (left < needed) return Math.ceil(((needed - left) * 60) / this.perMinute);
    if (known) {
      known.left = left - count;
      known.at = now;
    } else this.buckets.set(who, { left: left - count, at: now });
    return 0;
  }

  private refilled({ left, at }: Bucket, now: number): number {
    return Math.min(this.perMinute, left + ((now - at) / 60_000) * this.perMinute);
  }
}
