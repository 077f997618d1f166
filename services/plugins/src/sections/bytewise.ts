import { createHash } from 'node:crypto';
import { sectionText } from '@muster/contracts';

/** Order of the UTF-8 bytes. JavaScript's own differs: it puts surrogates before U+E000. */
export const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Digest of a section: SHA-256, hex, of `sectionText`. */
export function sectionDigest(items: Iterable<{ key: string; digest: string }>): string {
  const sorted = [...items].map((item) => ({ item, bytes: Buffer.from(item.key) }));
  sorted.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return createHash('sha256')
    .update(sectionText(sorted.map(({ item }) => item)))
    .digest('hex');
}
