import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { validFrom, validTo } from './x509';

/** Folder of `CA_DIR` with what devices accept as servers besides what is under the authority's own roots. */
export const SERVER_ROOTS = 'server-roots';
/** File whose being there says that public authorities count too. */
const PUBLIC = 'public';
/** Most roots of other CAs that a device is given. */
const AT_MOST = 4;

/** What counts for certificates of servers and for nothing else. */
export interface ServerRoots {
  /** Roots of other CAs that are valid now, in the order of their files. */
  roots: X509Certificate[];
  public: boolean;
  /** Files that are left out, with the reason. */
  problems: string[];
}

/** Reads the folder, which may be absent. Never throws: a file that is none leaves the others and the authority as they are. */
export async function readServerRoots(dir: string): Promise<ServerRoots> {
  const folder = join(dir, SERVER_ROOTS);
  const names = await readdir(folder).catch(() => [] as string[]);
  const found: ServerRoots = { roots: [], public: names.includes(PUBLIC), problems: [] };
  for (const name of names.filter((one) => one.endsWith('.crt')).sort()) {
    const root = await readFile(join(folder, name))
      .then((pem) => new X509Certificate(pem))
      .catch((error: Error) => error.message);
    const problem = typeof root === 'string' ? root : faultOfRoot(root, found.roots.length);
    if (problem !== undefined) found.problems.push(`${SERVER_ROOTS}/${name}: ${problem}`);
    else if (typeof root !== 'string') found.roots.push(root);
  }
  return found;
}

function faultOfRoot(root: X509Certificate, before: number): string | undefined {
  const now = new Date();
  if (!root.ca || !root.checkIssued(root) || !root.verify(root.publicKey)) return 'it is not a root certificate';
  if (validTo(root) <= now) return `it expired on ${validTo(root).toISOString()}`;
  if (validFrom(root) > now) return `it is valid from ${validFrom(root).toISOString()} only`;
  return before >= AT_MOST ? `devices take ${AT_MOST} such roots` : undefined;
}
