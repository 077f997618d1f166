import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertifiedFiles, TestAuthority } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../../testing/test-broker';
import { HELPDESK, KEY, PushUnderTest, sha256 } from '../testing/push-under-test';

const HELLO = { to: ['d1'], message: { body: 'Hello' } };
const SERVICE = { name: 'reports', certificate: 'reports.muster.test', targets: ['*'] };
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let authority: TestAuthority;
let folder: string;
let push: PushUnderTest;
beforeAll(async () => {
  authority = await TestAuthority.create();
  folder = mkdtempSync(join(tmpdir(), 'muster-push-certificates-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  push = await PushUnderTest.start(authority, {
    keys: [HELPDESK, SERVICE],
    settings: { PUSH_FAILURES_PER_MINUTE: '5' },
  });
});
afterEach(() => push.stop());

/** A client certificate for a DNS name, from one of the test's authorities. */
function certified(name: string, issuer: 'devices' | 'stranger' = 'devices'): CertifiedFiles {
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  openssl('req', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
  writeFileSync(join(folder, 'extensions'), `subjectAltName=DNS:${name}\nextendedKeyUsage=clientAuth\n`);
  const own = join(authority.dir, 'issuing/devices');
  const signer = issuer === 'devices' ? ['-CA', `${own}.crt`, '-CAkey', `${own}.key`] : ['-signkey', `${name}.key`];
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signer,
    '-days',
    '1',
    '-extfile',
    'extensions',
    '-out',
    `${name}.crt`,
  );
  const chain = readFileSync(join(folder, `${name}.crt`), 'utf8') + readFileSync(`${own}.crt`, 'utf8');
  return { chain, key: readFileSync(join(folder, `${name}.key`), 'utf8') };
}

describe('a key', () => {
  it.each([
    ['a bearer token', `Bearer ${KEY}`],
    ['a password', basic('helpdesk', KEY)],
    ['the password of an address', basic(`helpdesk@${TEST_DOMAIN}`, KEY)],
  ])('is taken as %s', async (_, authorization) => {
    expect(await push.post('/push', HELLO, { authorization })).toMatchObject({ status: 200 });
  });

  it.each([
    ['none', ''],
    ['a wrong one', 'Bearer helpdesk-key-of-the-test'],
    ['its digest', `Bearer ${sha256(KEY)}`],
    ['another scheme', `Digest ${KEY}`],
    ['no colon', `Basic ${Buffer.from(KEY).toString('base64')}`],
    ['another name', basic('reports', KEY)],
    ['another domain', basic('helpdesk@elsewhere.test', KEY)],
  ])('is refused: %s', async (_, authorization) => {
    const answer = await push.post('/push', HELLO, { authorization });
    expect(answer).toMatchObject({ status: 401, body: { code: 'not-signed-in' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer, Basic realm="push"');
  });

  it('is good no more, on open connections too, once the file has another', async () => {
    expect((await push.post('/push', HELLO)).status).toBe(200);
    push.writeKeys([{ ...HELPDESK, sha256: sha256('another') }]);
    expect(push.service.reload()).toEqual(['keys']);
    expect((await push.post('/push', HELLO)).status).toBe(401);
    expect((await push.post('/push', HELLO, { authorization: 'Bearer another' })).status).toBe(200);
  });

  it.each([
    ['{', 'is not JSON'],
    ['{"keys":[{"name":"a","targets":["*"]}]}', 'a needs sha256'],
    [`{"keys":[${JSON.stringify(HELPDESK)},${JSON.stringify(HELPDESK)}]}`, 'two keys are called helpdesk'],
    [
      `{"keys":[${JSON.stringify(HELPDESK)},${JSON.stringify({ ...HELPDESK, name: 'a' })}]}`,
      'helpdesk and a have one key',
    ],
    [`{"keys":[{"name":"a","sha256":"${sha256('a')}","target":["*"]}]}`, 'keys[0].target'],
    [`{"keys":[{"name":"a","sha256":"a","targets":["*"]}]}`, 'keys.0.sha256'],
    [
      `{"keys":[{"name":"a","sha256":"${sha256('a')}","targets":["*"],"from":["x@y.test"]}]}`,
      'a cannot send as x@y.test',
    ],
  ])('stays when the file becomes %s', async (text, fault) => {
    push.writeKeys(text);
    expect(() => push.service.reload()).toThrow(fault);
    expect((await push.post('/push', HELLO)).status).toBe(200);
  });

  it('is never kept out, while wrong ones from its address have to wait', async () => {
    const wrong = { authorization: 'Bearer guess' };
    for (let n = 0; n < 5; n++) expect((await push.post('/push', HELLO, wrong)).status).toBe(401);
    const answer = await push.post('/push', HELLO, wrong);
    expect(answer).toMatchObject({ status: 429, body: { code: 'locked-out' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await push.post('/push', HELLO)).status).toBe(200);
  });
});

describe('a client certificate', () => {
  const ask = (credential: CertifiedFiles) => push.post('/push', HELLO, { authorization: '', credential });

  it('stands for the key that names it, until it is revoked', async () => {
    const device = await push.device('d1');
    const credential = certified('reports.muster.test');
    expect(await ask(credential)).toMatchObject({ status: 200, body: { delivered: 1 } });
    expect(device.output).toContain(`from="reports@${TEST_DOMAIN}"`);
    const { fingerprint256 } = new X509Certificate(credential.chain);
    push.revoked.add(`certificate ${fingerprint256.replaceAll(':', '').toLowerCase()}`);
    expect((await ask(credential)).status).toBe(401);
  });

  it('is refused when nobody names it, when it is from elsewhere, and when it is a device’s', async () => {
    expect((await ask(certified('other.muster.test'))).status).toBe(401);
    expect((await ask(certified('reports.muster.test', 'stranger'))).status).toBe(401);
    const device = await authority.device('reports.muster.test', { xmppDomain: TEST_DOMAIN });
    expect((await ask(device)).status).toBe(401);
  });
});
