import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import { certificatesIn, signedBy } from './pem';

/** A certificate of the own authority, as it lies in its folder. */
export interface AuthorityPart {
  /** `current`: the newest root; `old`: one beside it, while a root rolls over; the others by their folder. */
  kind: 'current' | 'old' | 'retired' | 'cross' | 'issuing' | 'signing';
  /** Path within the folder, such as `roots/root-2.crt`. */
  file: string;
  certificate: X509Certificate;
}

const FOLDERS = ['roots', 'retired', 'cross', 'issuing', 'signing'] as const;

/** Everything that can be read in the authority's folder, newest root first. */
export function authorityParts(folder: string): AuthorityPart[] {
  const found = FOLDERS.flatMap((part) => namesIn(join(folder, part)).flatMap((name) => read(folder, part, name)));
  const roots = found.filter(({ kind }) => kind === 'old').sort(newestFirst);
  const [newest] = roots;
  if (newest) newest.kind = 'current';
  return [...roots, ...found.filter((part) => !roots.includes(part))];
}

const newestFirst = (one: AuthorityPart, other: AuthorityPart): number =>
  Date.parse(other.certificate.validFrom) - Date.parse(one.certificate.validFrom) ||
  other.file.localeCompare(one.file, 'en', { numeric: true });

const namesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.crt'))
        .sort()
    : [];

function read(folder: string, part: (typeof FOLDERS)[number], name: string): AuthorityPart[] {
  const file = `${part}/${name}`;
  try {
    const [certificate] = certificatesIn(readFileSync(join(folder, file), 'utf8'));
    return certificate ? [{ kind: part === 'roots' ? 'old' : part, file, certificate }] : [];
  } catch {
    return []; // the key manager names what it cannot read
  }
}

/** The root that devices are to trust from now on. */
export const currentRoot = (parts: readonly AuthorityPart[]): AuthorityPart | undefined =>
  parts.find(({ kind }) => kind === 'current');

/** Roots that devices may still hang on, newest first. */
export const earlierRoots = (parts: readonly AuthorityPart[]): AuthorityPart[] =>
  parts.filter(({ kind }) => kind === 'old' || kind === 'retired');

/** Whether a root is being replaced: two are trusted at once, or the change was cut off half-way. */
export const isRolling = (folder: string, parts: readonly AuthorityPart[]): boolean =>
  isHalfMade(folder) || parts.some(({ kind }) => kind === 'old');

/** `make-certs.sh roll` died while it moved the new parts in. */
export const isHalfMade = (folder: string): boolean => existsSync(join(folder, '.rolling'));

/** The root that a chain (leaf first) was issued under, leaving its cross certificates aside. */
export function rootAbove(
  chain: readonly X509Certificate[],
  parts: readonly AuthorityPart[],
): AuthorityPart | undefined {
  const roots = parts.filter(({ kind }) => ['current', 'old', 'retired'].includes(kind));
  // In the chain's order: what issued the leaf comes before what leads from one root to another.
  for (const link of chain) {
    const root = roots.find(({ certificate }) => signedBy(link, certificate));
    if (root) return root;
  }
  return undefined;
}
