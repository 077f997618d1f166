import { createHash } from 'node:crypto';
import { sectionText } from '@muster/contracts';

/** Digest of a section as both ends compute it (contract `sectionText`), from its items' keys and digests. */
export function sectionDigest(items: ReadonlyMap<string, string>): string {
  const sorted = [...items].sort(([left], [right]) => compareUtf8(left, right));
  const hash = createHash('sha256');
  const STEP = 1000;
  for (let start = 0; start < sorted.length; start += STEP)
    hash.update(sectionText(sorted.slice(start, start + STEP).map(([key, digest]) => ({ key, digest }))));
  return hash.digest('hex');
}

/**
 * Order of two texts' UTF-8 bytes. It is that of JavaScript's own comparison but for characters beyond U+FFFF, whose
 * surrogates are smaller than U+E000 to U+FFFF.
 */
export function compareUtf8(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return order(a) - order(b);
  }
  return left.length - right.length;
}

const order = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10_000 : unit);
