import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramHash, ScramVerifier } from '../core/accounts';

const derive = promisify(pbkdf2);

/** Node.js' name of each hash function, and the bytes of its output. */
export const DIGESTS: Record<ScramHash, { name: string; bytes: number }> = {
  'SHA-1': { name: 'sha1', bytes: 20 },
  'SHA-256': { name: 'sha256', bytes: 32 },
  'SHA-512': { name: 'sha512', bytes: 64 },
};

/** Derives what a server keeps of a password (RFC 5802, section 3). Off the main thread. */
export async function scramVerifier(
  hash: ScramHash,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramVerifier> {
  const { name, bytes } = DIGESTS[hash];
  const salted = await derive(password, salt, iterations, bytes, name);
  const clientKey = createHmac(name, salted).update('Client Key').digest();
  return {
    salt,
    iterations,
    storedKey: createHash(name).update(clientKey).digest(),
    serverKey: createHmac(name, salted).update('Server Key').digest(),
  };
}

const VERIFIER =
  /^SCRAM-(SHA-(?:1|256|512))\$(\d{1,7}):([A-Za-z\d+/]+={0,2})\$([A-Za-z\d+/]+={0,2}):([A-Za-z\d+/]+={0,2})$/;
const MIN_ITERATIONS = 4096;
/** A client would be kept busy for longer than it waits. */
const MAX_ITERATIONS = 1_000_000;

/**
 * Reads `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803, as PostgreSQL writes it), base64 inside.
 * @returns why it is not one, where it is not
 */
export function parseVerifier(text: string): { hash: ScramHash; verifier: ScramVerifier } | string {
  const [, hash, count = '', salt = '', stored = '', server = ''] = VERIFIER.exec(text) ?? [];
  if (!isScramHash(hash)) return 'not SCRAM-<hash>$<iterations>:<salt>$<StoredKey>:<ServerKey>';
  const iterations = Number(count);
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
    return `a verifier has ${MIN_ITERATIONS} to ${MAX_ITERATIONS} iterations`;
  const [storedKey, serverKey] = [Buffer.from(stored, 'base64'), Buffer.from(server, 'base64')];
  const { bytes } = DIGESTS[hash];
  if (storedKey.length !== bytes || serverKey.length !== bytes) return `the keys of SCRAM-${hash} have ${bytes} bytes`;
  return { hash, verifier: { salt: Buffer.from(salt, 'base64'), iterations, storedKey, serverKey } };
}

/** The form that `parseVerifier` reads. */
export function formatVerifier(hash: ScramHash, { iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  const [salted, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `SCRAM-${hash}$${iterations}:${salted}$${stored}:${server}`;
}

const isScramHash = (text: string | undefined): text is ScramHash => text !== undefined && text in DIGESTS;
