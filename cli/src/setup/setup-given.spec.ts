import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { decodeJoin, encodeJoin } from './join-token';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = testFolder();
const BASIC = ['--address', '192.0.2.10', '--xmpp-address', '192.0.2.11', '--no-start', '--force'];
const setup = (...words: string[]) => muster('setup', ...words);

describe('setup with a given certificate', () => {
  const make = new CertificateMaker(testFolder());
  const DOMAIN = ['--domain', 'itsm.company.test', ...BASIC];
  const folder = (name: string) => join(root, name);

  beforeAll(() => {
    make.authority('root', 'Company root');
    make.authority('issuing', 'Company issuing', 'root');
    make.server('wild', ['*.company.test', 'itsm.company.test', '192.0.2.10'], 'issuing');
    make.protect('wild.key', 'open sesame');
    make.write('passphrase', 'open sesame\n');
  });

  it('stores the chain in order and the key without its passphrase, and hands the root on', async () => {
    const files = [
      '--certificate',
      make.file('wild.crt'),
      '--chain',
      make.file('issuing.crt'),
      '--root',
      make.file('root.crt'),
    ];
    const key = ['--key', make.file('wild.key'), '--key-passphrase-file', make.file('passphrase')];
    const done = await setup('itsm', '--dir', folder('given'), ...DOMAIN, ...files, ...key);
    expect(done).toMatchObject({ code: 0 });
    // It is used, and what it means for devices is said.
    expect(done.told).toContain('[certificate-foreign]');
    const served = readFileSync(join(folder('given'), 'certs/cert.crt'), 'utf8');
    expect(served).toBe(make.read('wild.crt') + make.read('issuing.crt'));
    expect(readFileSync(join(folder('given'), 'certs/cert.key'), 'utf8')).toContain('BEGIN PRIVATE KEY');
    const token = decodeJoin(readFileSync(join(folder('given'), 'join/token'), 'utf8'));
    expect(token.certificate).toBeUndefined();
    const refused = await setup(
      'xmpp',
      '--join',
      encodeJoin(token),
      '--dir',
      folder('given-xmpp'),
      '--no-start',
      '--force',
    );
    expect(refused).toMatchObject({ code: 64 });
    expect(refused.told).toContain('Give one for xmpp.company.test');
  });

  it.each([
    ['without the passphrase', () => ['--key', make.file('wild.key')], 'is protected by a passphrase'],
    ['with another key', () => ['--key', make.key('other.key')], 'does not belong to the certificate'],
    ['with a key that is not there', () => ['--key', '/nowhere.key'], '/nowhere.key'],
  ])('refuses one %s, and writes nothing', async (_what, key, sentence) => {
    const target = folder('refused');
    const files = [
      '--certificate',
      make.file('wild.crt'),
      '--chain',
      make.file('issuing.crt'),
      '--root',
      make.file('root.crt'),
    ];
    const refused = await setup('itsm', '--dir', target, ...DOMAIN, ...files, ...key());
    expect([65, 66]).toContain(refused.code);
    expect(refused.told).toContain(sentence);
    expect(existsSync(join(target, '.env'))).toBe(false);
    expect(existsSync(join(target, 'secrets'))).toBe(false);
  });
});
