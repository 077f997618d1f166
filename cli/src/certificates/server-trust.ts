import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { FileChange } from './kept-files';
import { certificatesIn, digestOf, selfIssued, signedBy } from './pem';

/** Whom devices accept as servers besides those under the own CA (ADR 20). */
export interface ServerTrust {
  /** PEM of roots of other CAs. */
  roots: string[];
  /** Whether public authorities count. */
  public: boolean;
}

/** File whose being there lets public authorities in. */
const PUBLIC = 'public';
/** Most roots of other CAs that devices take. */
export const ROOTS_AT_MOST = 4;

export const noTrust: ServerTrust = { roots: [], public: false };

/** What a folder `server-roots` says: that of the authority, or its copy on the XMPP server. */
export function serverTrustIn(folder: string): ServerTrust {
  const roots = rootFilesIn(folder).flatMap((name) => rootIn(folder, name) ?? []);
  return { roots: roots.map(String), public: existsSync(join(folder, PUBLIC)) };
}

/** The changes after which a folder says this. What it says already stays in the files in which it is. */
export function trustFiles(folder: string, wanted: ServerTrust): FileChange[] {
  const roots = new Map(wanted.roots.flatMap((pem) => certificatesIn(pem)).map((root) => [nameOf(root), root]));
  const gone: string[] = [];
  for (const name of rootFilesIn(folder)) {
    const root = rootIn(folder, name);
    if (!root || !roots.delete(nameOf(root))) gone.push(name);
  }
  const flag = join(folder, PUBLIC);
  return [
    ...[...roots].map(([name, root]) => ({ file: join(folder, name), text: root.toString() })),
    ...gone.map((name) => ({ file: join(folder, name) })),
    ...(wanted.public === existsSync(flag) ? [] : [{ file: flag, ...(wanted.public ? { text: PUBLIC_ABOUT } : {}) }]),
  ];
}
const PUBLIC_ABOUT = 'While this file is here, devices accept servers with certificates of public authorities.\n';

const rootFilesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.crt'))
        .sort()
    : [];
const nameOf = (root: X509Certificate): string => `${digestOf(root).slice(0, 16)}.crt`;

/** The first certificate of a file, as the key manager reads it, which also names what it cannot read. */
function rootIn(folder: string, name: string): X509Certificate | undefined {
  try {
    return certificatesIn(readFileSync(join(folder, name), 'utf8'))[0];
  } catch {
    return undefined;
  }
}

/** Both, each root once. */
export const joined = (one: ServerTrust, other: ServerTrust): ServerTrust => ({
  roots: [...new Set([...one.roots, ...other.roots].flatMap((pem) => certificatesIn(pem).map(String)))],
  public: one.public || other.public,
});

/**
 * PEM of everything that devices verify servers against.
 * @param listed public roots: those of this Node.js, as agents have them, when left out
 */
export const serverRoots = (
  own: readonly string[],
  { roots, public: open }: ServerTrust,
  listed: readonly string[] = rootCertificates,
): string[] => [...own, ...roots, ...(open ? listed : [])];

/** What has to be let in for devices to accept a chain. */
export type Acceptance =
  /** Nothing; `adds` is empty then. */
  { accepted: true; adds: ServerTrust } | { accepted: false };

/**
 * How devices come to accept a server's chain (leaf first).
 * @param own PEM of the own CA's roots
 * @param known what they accept already
 * @param offered what the administrator lets in with it: a root by its file, public authorities by name
 */
export function acceptance(
  pem: string,
  { own, known, offered }: { own: readonly string[]; known: ServerTrust; offered: ServerTrust },
  listed: readonly string[] = rootCertificates,
): Acceptance {
  const chain = certificatesIn(pem);
  const leadsTo = (roots: readonly string[]): string | undefined =>
    roots.find((text) => certificatesIn(text).some((root) => chain.some((link) => signedBy(link, root))));
  if (leadsTo(serverRoots(own, known, listed)) !== undefined) return { accepted: true, adds: noTrust };
  const named = leadsTo(offered.roots.flatMap((text) => certificatesIn(text).filter(selfIssued).map(String)));
  if (named !== undefined) return { accepted: true, adds: { roots: [named], public: false } };
  if (offered.public && leadsTo(listed) !== undefined) {
    return { accepted: true, adds: { roots: [], public: true } };
  }
  return { accepted: false };
}
