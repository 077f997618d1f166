import { byNumber, firstOf, type VersionOrder } from './version-order';

interface Parts {
  epoch: string;
  upstream: string;
  revision: string;
}

/** `[epoch:]upstream[-revision]`, deb-version(7). What does not look so is all upstream. */
function partsOf(version: string): Parts {
  const [, epoch = '0', rest = version] = /^([0-9]+):(.*)$/s.exec(version) ?? [];
  const hyphen = rest.lastIndexOf('-');
  if (hyphen < 0) return { epoch, upstream: rest, revision: '' };
  return { epoch, upstream: rest.slice(0, hyphen), revision: rest.slice(hyphen + 1) };
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

/** Tilde before the end, the end and digits before letters, letters before everything else. */
function rankOf(byte: number | undefined): number {
  if (byte === undefined || isDigit(byte)) return 0;
  if (byte === 0x7e) return -1;
  return isLetter(byte) ? byte : byte + 256;
}

/** Stretches of other characters by rank and stretches of digits as numbers, in turn. */
function compareParts(left: string, right: string): number {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const difference = rankOf(a[i]) - rankOf(b[j]);
      if (difference !== 0) return Math.sign(difference);
      i += 1;
      j += 1;
    }
    const [startA, startB] = [i, j];
    while (isDigit(a[i])) i += 1;
    while (isDigit(b[j])) j += 1;
    const difference = byNumber(a.toString('latin1', startA, i), b.toString('latin1', startB, j));
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Debian and its relatives: as `dpkg --compare-versions` does, deb-version(7). */
export const dpkg: VersionOrder = {
  compare(left, right) {
    const [a, b] = [partsOf(left), partsOf(right)];
    return firstOf(
      () => byNumber(a.epoch, b.epoch),
      () => compareParts(a.upstream, b.upstream),
      () => compareParts(a.revision, b.revision),
    );
  },
};
