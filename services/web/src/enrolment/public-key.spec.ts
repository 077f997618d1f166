import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { certificateRequest } from '../testing/certificates';
import { publicKeyOf } from './public-key';

const request = certificateRequest();
const body = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
const pem = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;

describe('publicKeyOf', () => {
  it('reads what OpenSSL reads', () => {
    const expected = execFileSync('openssl', ['req', '-pubkey', '-noout'], { input: request, encoding: 'utf8' });
    expect(publicKeyOf(request)).toBe(expected.replace(/-----[^-]+-----|\s/g, ''));
  });
  it('reads the header that old tools write', () => {
    expect(publicKeyOf(request.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'))).toBe(
      publicKeyOf(request),
    );
  });
  it('refuses a request that is cut off anywhere', () => {
    const keyEnds = body.indexOf(Buffer.from(publicKeyOf(request), 'base64')) + 91;
    for (let length = 0; length < keyEnds; length++) {
      expect(() => publicKeyOf(pem(body.subarray(0, length)))).toThrow(/PKCS #10/);
    }
  });
  it('survives any damaged byte', () => {
    for (let at = 0; at < body.length; at++) {
      const damaged = Buffer.from(body);
      damaged[at] = 0xff;
      try {
        expect(publicKeyOf(pem(damaged))).toMatch(/^[A-Za-z0-9+/]+=*$/);
      } catch (error) {
        expect(error).toMatchObject({ code: 'request-refused' });
      }
    }
  });
});
