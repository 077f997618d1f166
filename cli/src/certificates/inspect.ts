import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Check, Finding } from '../checks/finding';
import { isMadeUp } from '../setup/plan';
import { certificateMessages as messages } from './certificate-messages';
import { chainFault } from './chain';
import { certificatesIn, isFor, readKey } from './pem';

const DAY_MS = 86_400_000;

/** A server's certificate as it lies on disk. */
export interface ServerCertificate {
  /** PEM: server certificate, intermediate ones, perhaps the root. */
  file: string;
  /** PEM with the private key; may be the same file. */
  keyFile: string;
  /** Every host name and address that clients call this server by. */
  names: readonly string[];
  /** PEM of roots that clients are given besides the public ones. */
  roots: readonly string[];
  /** Of the key, where it has one. */
  passphrase?: string;
}

/** Looks at one server's certificate from every side. */
export const certificateCheck = (server: ServerCertificate, warnDays = 30): Check => ({
  name: 'certificates',
  run: () => inspectCertificate(server, new Date(), warnDays),
});

export async function inspectCertificate(server: ServerCertificate, now: Date, warnDays = 30): Promise<Finding[]> {
  const { file, names, roots } = server;
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof pem !== 'string') {
    if (pem.code === 'ENOENT') return [messages.say('certificate-missing', { file })];
    return [messages.say('certificate-unreadable', { file, reason: pem.code ?? pem.message })];
  }
  let chain: X509Certificate[];
  try {
    chain = certificatesIn(pem);
  } catch {
    return [messages.say('certificate-unreadable', { file, reason: 'what is between its marks is damaged' })];
  }
  const [leaf] = chain;
  if (!leaf) return [messages.say('certificate-unreadable', { file, reason: 'there is none in it' })];
  const found = [
    ...dateFaults(file, leaf, now, warnDays),
    ...nameFaults(file, leaf, names),
    ...chainFault(file, chain, roots),
    ...(await keyFaults(server, leaf)),
  ];
  if (found.length > 0) return found;
  const others = names.length > 1 ? ` and ${names.length - 1} other names` : '';
  return [messages.ok(`${file} is for ${names[0]}${others}, until ${day(new Date(leaf.validTo))}.`)];
}

function dateFaults(file: string, leaf: X509Certificate, now: Date, warnDays: number): Finding[] {
  const [start, end] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
  if (end <= now) return [messages.say('certificate-expired', { file, end: day(end) })];
  if (start > now) return [messages.say('certificate-not-yet-valid', { file, start: start.toISOString() })];
  const days = Math.floor((end.getTime() - now.getTime()) / DAY_MS);
  return days >= warnDays ? [] : [messages.say('certificate-ends-soon', { file, end: day(end), days })];
}

function nameFaults(file: string, leaf: X509Certificate, names: readonly string[]): Finding[] {
  const lacking = names.filter((name) => !isFor(leaf, name));
  if (lacking.length === 0) return [];
  // Public authorities certify no addresses of private networks, and whoever has names needs none.
  if (lacking.every((name) => isIP(name) > 0) && !names.some(isMadeUp)) {
    return [messages.say('certificate-without-address', { file, addresses: lacking.join(', ') })];
  }
  const has = (leaf.subjectAltName ?? 'no name').replaceAll(/(DNS|IP Address):/g, '');
  return [messages.say('certificate-wrong-name', { file, names: lacking.join(', '), has })];
}

async function keyFaults({ file, keyFile, passphrase }: ServerCertificate, leaf: X509Certificate): Promise<Finding[]> {
  const pem = await readFile(keyFile, 'utf8').catch(() => '');
  const read = readKey(pem, passphrase);
  if ('key' in read) {
    return leaf.checkPrivateKey(read.key) ? [] : [messages.say('key-mismatch', { key: keyFile, file })];
  }
  const code = (
    {
      none: 'key-missing',
      encrypted: 'key-encrypted',
      'wrong-passphrase': 'key-wrong-passphrase',
      unreadable: 'key-unreadable',
    } as const
  )[read.problem];
  return [messages.say(code, { file: keyFile })];
}

const day = (date: Date): string => date.toISOString().slice(0, 10);
