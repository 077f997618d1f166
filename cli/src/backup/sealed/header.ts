import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { CliError, EXIT } from '../../core/exit-codes';
import type { ServerKind } from '../archive/entries';

/** The first bytes of every backup. The digit is the format's version: another one is another file. */
export const MAGIC = Buffer.from('muster-backup-1\n');
/** The last bytes. They prove nothing: they tell a file that was cut off from one that was altered. */
export const END_MARK = Buffer.from('muster-end-of-1\n');
export const CHUNK_BYTES = 256 * 1024;
export const TAG_BYTES = 16;
export const MAC_BYTES = 32;
const MOST_HEADER_BYTES = 16 * 1024;

/** What stands before the encrypted part, readable without the passphrase and authenticated with it. */
export interface Header {
  /** Version of the suite that was backed up. */
  version: string;
  /** ISO 8601, UTC. */
  takenAt: string;
  server: ServerKind;
  /** Tells backups of different installations apart: a digest of the domain. */
  installation: string;
  /** scrypt (RFC 7914) with a salt of this file's own, base64. */
  kdf: { name: 'scrypt'; N: number; r: number; p: number; salt: string };
}
export type HeaderFacts = Omit<Header, 'kdf'>;

/** 128 MiB and some tenths of a second for each guess. */
export const COST = { N: 2 ** 17, r: 8, p: 1 };
/** What a file may ask of the machine that reads it: 1 GiB. */
const MOST_COST = { N: 2 ** 20, r: 8, p: 4 };

export interface Keys {
  encryption: Buffer;
  /** SHA-256 of the header: additional data of every chunk, which so belong to this header. */
  binding: Buffer;
}

/** @returns the header's bytes with its authentication code, and the keys of the chunks */
export async function newHeader(
  facts: HeaderFacts,
  passphrase: string,
  cost = COST,
): Promise<{ bytes: Buffer; keys: Keys }> {
  const header: Header = { ...facts, kdf: { name: 'scrypt', ...cost, salt: randomBytes(16).toString('base64') } };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const bytes = Buffer.concat([MAGIC, length, text]);
  const { mac, keys } = await deriveKeys(header, bytes, passphrase);
  return { bytes: Buffer.concat([bytes, mac]), keys };
}

/** Where a header ends, from the first 20 bytes of a file. @throws CliError when it is no backup */
export function headerBytes(start: Buffer, file: string): number {
  if (start.length < MAGIC.length + 4 || !start.subarray(0, MAGIC.length).equals(MAGIC)) {
    const newer = /^muster-backup-\d+\n$/.test(start.subarray(0, MAGIC.length).toString('latin1'));
    throw newer
      ? new CliError(EXIT.data, `${file} is a backup of a newer version of muster.`, 'Use that version to read it.')
      : new CliError(EXIT.data, `${file} is not a backup of muster.`);
  }
  const length = start.readUInt32BE(MAGIC.length);
  if (length === 0 || length > MOST_HEADER_BYTES) throw damagedHeader(file);
  return MAGIC.length + 4 + length;
}

/** @throws CliError when it cannot be one */
export function parseHeader(bytes: Buffer, file: string): Header {
  let header: Header;
  try {
    header = JSON.parse(bytes.subarray(MAGIC.length + 4).toString()) as Header;
  } catch {
    throw damagedHeader(file);
  }
  const { name, N, r, p } = header.kdf ?? {};
  const sane = name === 'scrypt' && [N, r, p].every((one) => Number.isSafeInteger(one) && one > 0);
  if (!sane || N > MOST_COST.N || r > MOST_COST.r || p > MOST_COST.p) throw damagedHeader(file);
  return header;
}

/** @throws CliError for a wrong passphrase, which a changed header cannot be told from */
export async function openHeader(bytes: Buffer, mac: Buffer, passphrase: string, file: string): Promise<Keys> {
  const derived = await deriveKeys(parseHeader(bytes, file), bytes, passphrase);
  if (derived.mac.length === mac.length && timingSafeEqual(derived.mac, mac)) return derived.keys;
  throw new CliError(
    EXIT.data,
    `The passphrase is not that of ${file}, or the beginning of the file was altered.`,
    'Nothing was changed. Without its passphrase a backup cannot be read by anybody.',
  );
}

async function deriveKeys({ kdf }: Header, bytes: Buffer, passphrase: string): Promise<{ mac: Buffer; keys: Keys }> {
  const { N, r, p, salt } = kdf;
  const derived = await new Promise<Buffer>((resolve, reject) =>
    // As normalised text, so that a letter with an accent is one however it was typed.
    scrypt(
      passphrase.normalize('NFKC'),
      Buffer.from(salt, 'base64'),
      64,
      { N, r, p, maxmem: 256 * N * r },
      (error, key) => (error ? reject(error) : resolve(key)),
    ),
  );
  const mac = createHmac('sha256', derived.subarray(32)).update(bytes).digest();
  const binding = createHash('sha256').update(bytes).digest();
  return { mac, keys: { encryption: derived.subarray(0, 32), binding } };
}

/**
 * As in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", 2015): the number of the chunk, and whether it is the last. The key is of one file alone.
 */
export function nonceOf(chunk: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(chunk), 3);
  nonce[0] = last ? 1 : 0;
  return nonce;
}

const damagedHeader = (file: string): CliError =>
  new CliError(EXIT.data, `${file} is damaged: its beginning cannot be read.`);
