import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { openSite } from '../site/site';
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
    // Its root is given, so devices are told to accept servers under it.
    expect(done.told).not.toContain('[certificate-foreign]');
    const { trust, roots } = openSite({ dir: folder('given') });
    expect(trust).toEqual({ roots: [make.read('root.crt')], public: false });
    expect(roots).toHaveLength(1);
    const served = readFileSync(join(folder('given'), 'certs/cert.crt'), 'utf8');
    expect(served).toBe(make.read('wild.crt') + make.read('issuing.crt'));
    expect(readFileSync(join(folder('given'), 'certs/cert.key'), 'utf8')).toContain('BEGIN PRIVATE KEY');
    const token = decodeJoin(readFileSync(join(folder('given'), 'join/token'), 'utf8'));
    expect(token.certificate).toBeUndefined();
    expect(token.serverTrust).toEqual(trust);
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

    make.server('xmpp', ['xmpp.company.test'], 'issuing');
    const own = [
      '--certificate',
      make.file('xmpp.crt'),
      '--chain',
      make.file('issuing.crt'),
      '--key',
      make.file('xmpp.key'),
    ];
    const target = ['--dir', folder('given-xmpp'), '--no-start', '--force'];
    const joined = await setup('xmpp', '--join', encodeJoin(token), ...own, ...target);
    expect(joined).toMatchObject({ code: 0 });
    expect(joined.told).not.toContain('[certificate-foreign]');
    expect(openSite({ dir: folder('given-xmpp') })).toMatchObject({ trust, roots });
  });

  it('says that devices refuse one of a CA that nobody let in, which is used nevertheless', async () => {
    make.write('whole.crt', make.read('wild.crt') + make.read('issuing.crt') + make.read('root.crt'));
    const key = ['--key', make.file('wild.key'), '--key-passphrase-file', make.file('passphrase')];
    const certificate = ['--certificate', make.file('whole.crt'), ...key];
    const done = await setup('itsm', '--dir', folder('foreign'), ...DOMAIN, ...certificate);
    expect(done).toMatchObject({ code: 0 });
    expect(done.told).toContain('[certificate-foreign]');
    expect(openSite({ dir: folder('foreign') }).trust).toEqual({ roots: [], public: false });
    const flagged = await setup('itsm', '--dir', folder('foreign'), ...DOMAIN, ...certificate, '--public-ca');
    expect(flagged.told).toContain('[certificate-foreign]');
    expect(openSite({ dir: folder('foreign') }).trust.public).toBe(false);
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
