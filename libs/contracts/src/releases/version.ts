/**
 * Versions of our own programs: Semantic Versioning 2.0.0 without build metadata, of which nothing could say which is
 * newer.
 */
export const VERSION_PATTERN =
  /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Precedence (Semantic Versioning 2.0.0, section 11): negative when `left` is older, 0 when they are equal. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  for (let place = 0; place < 3; place++) {
    const difference = Number(a.core[place]) - Number(b.core[place]);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(a.pre, b.pre);
}

function partsOf(version: string): { core: string[]; pre: string[] } {
  const dash = version.indexOf('-');
  const [core, pre] = dash < 0 ? [version, ''] : [version.slice(0, dash), version.slice(dash + 1)];
  return { core: core.split('.'), pre: pre === '' ? [] : pre.split('.') };
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let place = 0; place < Math.max(a.length, b.length); place++) {
    const [left, right] = [a[place], b[place]];
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareIdentifiers(left: string, right: string): number {
  const numeric = [left, right].map((one) => /^\d+$/.test(one));
  if (numeric[0] && numeric[1]) return Number(left) - Number(right);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
