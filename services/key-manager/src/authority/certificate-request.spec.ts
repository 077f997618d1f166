import { generateKeyPairSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '@muster/contracts';
import { readCertificateRequest, readPublicKey } from './certificate-request';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-csr-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A request as an independent implementation makes it. */
function request(keyOptions: string[], extra: string[] = ['-subj', '/'], digest = '-sha256'): string {
  const key = join(dir, 'key.pem');
  execFileSync('openssl', ['genpkey', ...keyOptions, '-out', key], { stdio: 'pipe' });
  return execFileSync('openssl', ['req', '-new', digest, '-key', key, ...extra], { stdio: 'pipe' }).toString();
}
const ec = (curve: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const rsa = (bits: number) => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];
const refusal = async (pem: string): Promise<AppError> => {
  const error = await readCertificateRequest(pem).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
};

describe('readCertificateRequest', () => {
  it.each([
    ['P-256', ec('P-256')],
    ['P-384', ec('P-384')],
    ['P-521', ec('P-521')],
    ['RSA 3072', rsa(3072)],
  ])('takes a key on %s', async (_name, options) => {
    const requested = await readCertificateRequest(request(options));
    expect(requested.digest).toHaveLength(32);
    expect(readPublicKey(requested.spki).digest).toEqual(requested.digest);
  });

  it.each([
    ['a short RSA key', rsa(2048), undefined, undefined, /curve P-256/],
    ['a weak curve', ec('secp224r1'), undefined, undefined, /curve P-256|cannot be read/],
    ['a curve that TLS does not use', ec('secp256k1'), undefined, undefined, /curve P-256|cannot be read/],
    ['a name of its own', ec('P-256'), ['-subj', '/CN=somebody'], undefined, /subject must be empty/],
    [
      'an extension of its own',
      ec('P-256'),
      ['-subj', '/', '-addext', 'subjectAltName=DNS:a.example'],
      undefined,
      /no extensions/,
    ],
    ['SHA-1', ec('P-256'), undefined, '-sha1', /SHA-256 or stronger/],
  ])('refuses %s', async (_name, options, extra, digest, sentence) => {
    const error = await refusal(request(options, extra, digest));
    expect(error.code).toBe('invalid-input');
    expect(error.message).toMatch(sentence);
  });

  it('refuses a signature that is not by the key inside', async () => {
    const der = Buffer.from(request(ec('P-256')).replace(/-----[^-]+-----|\s/g, ''), 'base64');
    der[der.length - 3] = (der[der.length - 3] ?? 0) ^ 1;
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect((await refusal(pem)).message).toMatch(/not by its own key|cannot be read/);
  });

  it.each([
    ['text', 'hello'],
    ['an empty frame', '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----'],
    ['garbage in a frame', '-----BEGIN CERTIFICATE REQUEST-----\nAAAAAAAA\n-----END CERTIFICATE REQUEST-----'],
    ['another frame', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    [
      'a deep nest',
      `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.alloc(6000, 0x30).toString('base64')}\n-----END CERTIFICATE REQUEST-----`,
    ],
  ])('refuses %s', async (_name, pem) => {
    expect((await refusal(pem)).code).toBe('invalid-input');
  });
});

describe('readPublicKey', () => {
  it('sees one key behind different encodings of it', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const usual = publicKey.export({ format: 'der', type: 'spki' });
    const point = usual.subarray(-65);
    const compressed = Buffer.concat([Buffer.from([(point[64] ?? 0) % 2 ? 3 : 2]), point.subarray(1, 33)]);
    const header = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');
    expect(readPublicKey(Buffer.concat([header, compressed])).digest).toEqual(readPublicKey(usual).digest);
  });
});
