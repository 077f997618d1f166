/**
 * How the versions of one kind of software are ordered. Total and stable for any text: of two versions one is older, or
 * they are alike, and what is older than an older one is older.
 */
export interface VersionOrder {
  /** Negative when `a` is older, positive when it is newer, 0 when they are alike. */
  compare(a: string, b: string): number;
  /**
   * How an installed version stands to one that a person asks about, where the platform's tools let the asked one be
   * shorter: a release that is not given is not compared. `compare` where absent.
   */
  against?(installed: string, asked: string): number;
}

/** Compares text by its UTF-8 bytes. */
export const byBytes = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Compares texts of ASCII digits of any length as numbers. */
export function byNumber(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length === right.length ? byBytes(left, right) : Math.sign(left.length - right.length);
}

/** The first comparison that decides. */
export function firstOf(...comparisons: Array<() => number>): number {
  for (const compare of comparisons) {
    const result = compare();
    if (result !== 0) return result;
  }
  return 0;
}
