/**
 * What somebody wants for now: each until its time, by any clock that only goes forward. Where more is wanted than can be
 * remembered, all is, so that nobody misses anything.
 */
export class Leases {
  private readonly untils = new Map<string, number>();
  private allUntil = -Infinity;

  constructor(private readonly most: number) {}

  take(key: string, until: number, now: number): void {
    const known = this.untils.get(key);
    if (known === undefined && this.untils.size >= this.most) {
      this.sweep(now);
      if (this.untils.size >= this.most) return this.takeAll(until);
    }
    this.untils.set(key, Math.max(until, known ?? until));
  }

  takeAll(until: number): void {
    this.allUntil = Math.max(this.allUntil, until);
  }

  has(key: string, now: number): boolean {
    if (now < this.allUntil) return true;
    const until = this.untils.get(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.untils.delete(key);
    return false;
  }

  private sweep(now: number): void {
    for (const [key, until] of this.untils) if (until <= now) this.untils.delete(key);
  }
}
