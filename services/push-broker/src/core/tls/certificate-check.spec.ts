import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertifiedFiles, TestAuthority } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../../testing/test-broker';
import { examine } from './certificate-check';
import { checkCredentials, readCredentials } from './credentials';

const DAY = 24 * 3600 * 1000;
const folder = mkdtempSync(join(tmpdir(), 'muster-certificates-'));
let authority: TestAuthority;
let own: CertifiedFiles;
let leaf: string;
let issuing: string;

beforeAll(async () => {
  authority = await TestAuthority.create();
  own = await authority.server([TEST_DOMAIN]);
  [leaf = '', issuing = ''] = own.chain.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----\n?/g) ?? [];
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  authority.remove();
});

/** What is said, as `severity: text`. */
const said = (certificate: string, key = own.key, now = Date.now()): string[] =>
  examine(certificate, key, now, TEST_DOMAIN).map(({ severity, text }) => `${severity}: ${text}`);

/** A self-signed certificate as OpenSSL makes it with these arguments. */
function selfSigned(...options: string[]): string[] {
  const [key, crt] = [join(folder, 'made.key'), join(folder, 'made.crt')];
  const subject = ['-subj', '/CN=made', '-days', '100', '-addext', `subjectAltName=DNS:${TEST_DOMAIN}`];
  const files = ['-nodes', '-keyout', key, '-out', crt, '-addext', 'basicConstraints=critical,CA:FALSE'];
  execFileSync('openssl', ['req', '-x509', ...options, ...subject, ...files], { stdio: 'pipe' });
  return said(readFileSync(crt, 'utf8'), readFileSync(key, 'utf8'));
}

describe('of a certificate', () => {
  it('nothing is said when it is as it should be, with or without the root, in one file with its key', () => {
    expect(said(own.chain)).toEqual([]);
    expect(said(own.chain + authority.rootPem)).toEqual([]);
    const file = `${own.key}\n${own.chain}`;
    expect(said(file, file)).toEqual([]);
  });

  it('it is told that it has expired, will soon, or is not valid yet', () => {
    const [expired] = said(own.chain, own.key, Date.now() + 20 * 366 * DAY);
    expect(expired).toMatch(/^error: “CN=.*” has expired on .*: renew it$/);
    expect(said(own.chain, own.key, Date.now() - DAY)[0]).toMatch(/^error: .* is not valid before .* clock right\?$/);
    const end = Date.parse(/notAfter=(.*)/.exec(dates(leaf))?.[1] ?? '');
    expect(said(own.chain, own.key, end - DAY)).toEqual([expect.stringMatching(/^warning: .* expires on/)]);
  });

  it('it is told for which names it is, when that is not the one', async () => {
    const other = await authority.server(['other.test']);
    expect(said(other.chain, other.key)).toEqual([
      `error: the certificate is not for ${TEST_DOMAIN} but for DNS:other.test: clients will refuse it`,
    ]);
    const device = await authority.device('x', { xmppDomain: TEST_DOMAIN });
    expect(said(device.chain, device.key).join()).toContain('may not be used for servers');
    const key = readFileSync(join(authority.dir, 'issuing/servers.key'), 'utf8');
    expect(said(issuing + authority.rootPem, key).join()).toContain('is the certificate of an authority');
  });

  it('it is told what is wrong with the chain and its order', async () => {
    const stranger = await TestAuthority.create();
    expect(said(leaf)).toEqual([
      expect.stringMatching(/^warning: the file has no chain: clients must know “CN=.*servers/),
    ]);
    expect(said(leaf + authority.rootPem + issuing)).toEqual([
      expect.stringMatching(/^error: wrong order: .* must be followed by its issuer, which is certificate 3$/),
    ]);
    expect(said(leaf + stranger.rootPem)).toEqual([expect.stringMatching(/^error: wrong chain: .* did not issue/)]);
    expect(said(own.chain + authority.rootPem + stranger.rootPem)).toEqual([
      expect.stringMatching(/^warning: .* has nothing to do with the chain before it$/),
    ]);
    expect(said(issuing + leaf)).toEqual([
      expect.stringMatching(/^fatal: wrong order: the key belongs to certificate 2, .* which must come first/),
    ]);
    stranger.remove();
  });

  it('it is told which key would be better', () => {
    expect(selfSigned('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256')).toEqual([]);
    expect(selfSigned('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384')).toEqual([
      expect.stringMatching(/^warning: the key is on secp384r1/),
    ]);
    expect(selfSigned('-newkey', 'rsa:2048')).toEqual([expect.stringMatching(/^warning: an RSA key costs/)]);
    expect(selfSigned('-newkey', 'rsa:1024')).toEqual(['error: an RSA key of 1024 bits is too weak: use P-256']);
    expect(selfSigned('-newkey', 'ed25519')).toEqual([expect.stringContaining('kind ed25519')]);
    expect(selfSigned('-newkey', 'rsa:2048', '-sha1').join()).toContain('signed with MD5 or SHA-1');
  });
});

describe('of a key', () => {
  it('it is told that it belongs elsewhere, is missing, damaged, or asks for a passphrase', async () => {
    const other = await authority.server([TEST_DOMAIN]);
    expect(said(own.chain, other.key)).toEqual([expect.stringMatching(/^fatal: the private key does not belong to/)]);
    expect(said(own.chain, own.chain)).toEqual([expect.stringMatching(/^fatal: there is no private key/)]);
    expect(said(own.chain, own.key.replace(/.{20}\n-----END/, '\n-----END'))).toEqual([
      expect.stringMatching(/^fatal: the private key is damaged/),
    ]);
    const plain = join(folder, 'plain.key');
    writeFileSync(plain, own.key);
    for (const form of [[], ['-traditional']]) {
      const locked = execFileSync('openssl', ['pkey', '-in', plain, '-aes256', '-passout', 'pass:secret', ...form]);
      expect(said(own.chain, locked.toString())).toEqual([expect.stringMatching(/^fatal: .* passphrase; take it off/)]);
    }
  });
});

it('of a file without certificates, or with damaged ones, it is told which', () => {
  expect(said('', own.key)).toEqual([expect.stringMatching(/^fatal: there is no certificate in the file/)]);
  const damaged = leaf + issuing.replace(/\n(.{30})/, '\nAAAA');
  expect(said(damaged)).toEqual(['fatal: certificate 2 of 2 in the file is damaged']);
  const joined = own.key + own.chain;
  expect(said(joined, joined)[0]).toBe(
    'fatal: two parts of the file share a line: there must be a line break between END and BEGIN',
  );
});

it('what cannot work stops the start with the reason and the name of the file', async () => {
  const certificate = join(folder, `${TEST_DOMAIN}.pem`);
  const other = await authority.server([TEST_DOMAIN]);
  writeFileSync(certificate, `${other.key}\n${own.chain}`);
  const anchors = [join(authority.dir, 'roots')];
  const wrong = readCredentials({ certificate, anchors });
  expect(() => checkCredentials(wrong, certificate)).toThrow(`${certificate}: the private key does not belong to`);
  writeFileSync(certificate, `${own.key}\n${own.chain}`);
  const right = readCredentials({ certificate, anchors });
  expect(right.digest).not.toBe(wrong.digest);
  expect(checkCredentials(right, certificate, { domain: 'other.test' }).findings).toHaveLength(1);
});

function dates(certificate: string): string {
  return execFileSync('openssl', ['x509', '-noout', '-dates'], { input: certificate }).toString();
}
