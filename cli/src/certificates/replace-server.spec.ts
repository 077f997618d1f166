import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateMaker } from '../testing/bad-certificates';
import { FollowingServer } from '../testing/following-server';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { shownBy } from './served';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = testFolder();
const itsm = join(root, 'itsm');
const certs = join(itsm, 'certs');
const make = new CertificateMaker(testFolder());
const NAMES = ['itsm.company.test', '*.company.test', '127.0.0.1'];
let edge: FollowingServer;

/** `.env` is read anew by each command; the last line of a name counts. */
const set = (name: string, value: string): void => appendFileSync(join(itsm, '.env'), `\n${name}=${value}\n`);
const replace = (...words: string[]) => muster('cert', 'replace', 'server', '--dir', itsm, '--wait', '3', ...words);
const shown = async () =>
  (await shownBy({ host: '127.0.0.1', port: edge.port, serverName: NAMES[0] ?? '' })).fingerprint256;
const onDisk = () => new X509Certificate(readFileSync(join(certs, 'cert.crt'))).fingerprint256;

/** Each file with its owner, mode and content. */
const picture = () =>
  readdirSync(certs)
    .sort()
    .map((name) => {
      const { mode, uid, gid } = statSync(join(certs, name));
      return { name, mode, uid, gid, text: readFileSync(join(certs, name), 'utf8') };
    });

beforeAll(async () => {
  const where = ['--domain', 'itsm.company.test', '--address', '127.0.0.1', '--xmpp-address', '127.0.0.2'];
  const done = await muster('setup', 'itsm', '--dir', itsm, ...where, '--no-start', '--force');
  expect(done).toMatchObject({ code: 0 });
  edge = await FollowingServer.start({ certificate: join(certs, 'cert.crt'), key: join(certs, 'cert.key') });
  set('EDGE_PUBLISH', String(edge.port));
  // The own CA's issuing key, as somebody uses it who keeps it elsewhere.
  const issuing = readFileSync(join(itsm, 'authority/issuing/servers.crt'), 'utf8');
  make.write('issuing.crt', issuing);
  make.write('issuing.key', readFileSync(join(itsm, 'authority/issuing/servers.key'), 'utf8'));
  make.server('good', NAMES, 'issuing');
  make.write('good.pem', make.read('good.crt') + issuing);
  make.authority('stranger', 'Company root');
});

describe('a given certificate', () => {
  it('is served to new connections; those that are open stay, and the files from before are kept', async () => {
    const [held, before] = [await edge.connection(), picture()];
    const done = await replace('--cert', make.file('good.pem'), '--key', make.file('good.key'), '--json');
    expect(done).toMatchObject({ code: 0 });
    const { served, kept } = JSON.parse(done.printed) as { served: boolean; kept: string };
    expect(served).toBe(true);
    expect(await shown()).toBe(new X509Certificate(make.read('good.crt')).fingerprint256);
    expect(readFileSync(join(certs, 'cert.crt'), 'utf8')).toBe(make.read('good.pem'));
    expect(readFileSync(join(kept, 'cert.key'), 'utf8')).toBe(before.find(({ name }) => name === 'cert.key')?.text);
    expect([statSync(kept).mode & 0o077, statSync(join(kept, 'cert.key')).mode & 0o077]).toEqual([0, 0]);
    held.write('still there');
    expect(String((await once(held, 'data'))[0])).toBe('still there');
    held.destroy();
  });

  const bad: [string, () => string[], number, RegExp][] = [
    [
      'for another name',
      () => {
        make.server('other', ['elsewhere.test'], 'issuing');
        make.write('other.pem', make.read('other.crt') + make.read('issuing.crt'));
        return ['--cert', make.file('other.pem'), '--key', make.file('other.key')];
      },
      65,
      /is not for itsm\.company\.test, .*; it is for elsewhere\.test\./,
    ],
    [
      'without the CA that issued it',
      () => ['--cert', make.file('good.crt'), '--key', make.file('good.key')],
      65,
      /breaks off: ".*issuing CA: servers", which signed/,
    ],
    [
      'with the chain in the wrong order',
      () => {
        make.write('turned.pem', make.read('good.crt') + make.read('stranger.crt') + make.read('issuing.crt'));
        return ['--cert', make.file('turned.pem'), '--key', make.file('good.key')];
      },
      65,
      /are in the wrong order/,
    ],
    [
      'with another key',
      () => ['--cert', make.file('good.pem'), '--key', make.key('another.key')],
      65,
      /The private key in \S+another\.key does not belong to the certificate \S+good\.pem\./,
    ],
    [
      'that expired',
      () => {
        make.server('old', NAMES, 'issuing', { from: '20240101000000Z', to: '20240201000000Z' });
        make.write('old.pem', make.read('old.crt') + make.read('issuing.crt'));
        return ['--cert', make.file('old.pem'), '--key', make.file('old.key')];
      },
      65,
      /expired on 2024-02-01\./,
    ],
    [
      'whose key has a passphrase, with a wrong one',
      () => {
        make.write('secret.key', make.read('good.key'));
        make.protect('secret.key', 'open sesame');
        const wrong = make.write('wrong', 'close\n');
        return ['--cert', make.file('good.pem'), '--key', make.file('secret.key'), '--key-passphrase-file', wrong];
      },
      65,
      /The given passphrase does not open the private key in \S+secret\.key\./,
    ],
    ['that is not there', () => ['--cert', '/nowhere.crt'], 66, /There is no file \/nowhere\.crt\./],
    [
      'of a CA that devices do not know',
      () => {
        make.server('foreign', NAMES, 'stranger');
        make.write('foreign.pem', make.read('foreign.crt') + make.read('stranger.crt'));
        return ['--cert', make.file('foreign.pem'), '--key', make.file('foreign.key')];
      },
      65,
      /Devices would not connect any more: .* leads to "CN=Company root", which is not among those that they accept\./,
    ],
  ];

  it.each(bad)('%s is refused in one sentence, and nothing changes', async (_what, words, code, sentence) => {
    const [files, before] = [words(), picture()];
    const refused = await replace(...files);
    expect(refused.code).toBe(code);
    expect(refused.told).toMatch(sentence);
    expect(refused.told.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect(picture()).toEqual(before);
    expect(await shown()).toBe(onDisk());
  });
});

describe('a new certificate of the own CA', () => {
  it('is for the same names, under the same root', async () => {
    const before = await shown();
    expect(await replace('--self')).toMatchObject({ code: 0 });
    expect(await shown()).not.toBe(before);
    expect(await shown()).toBe(onDisk());
    const leaf = new X509Certificate(readFileSync(join(certs, 'cert.crt')));
    for (const name of ['itsm.company.test', 'work.company.test']) expect(leaf.checkHost(name)).toBeTruthy();
    expect(leaf.checkIP('127.0.0.1')).toBeTruthy();
  });

  it('is put back for the one before when the server does not take it', async () => {
    const stubborn = await FollowingServer.start(
      { certificate: join(certs, 'cert.crt'), key: join(certs, 'cert.key') },
      { follow: false },
    );
    set('EDGE_PUBLISH', String(stubborn.port));
    try {
      const before = picture();
      const refused = await replace('--self');
      expect(refused.code).toBe(69);
      expect(refused.told).toMatch(
        /web did not take the new certificate within 3 seconds; the files from before are back and served\.\n/,
      );
      expect(picture()).toEqual(before);
    } finally {
      set('EDGE_PUBLISH', String(edge.port));
      stubborn.stop();
    }
  });

  it('waits in its place for a server that does not run', async () => {
    const gone = await FollowingServer.start({ certificate: join(certs, 'cert.crt'), key: join(certs, 'cert.key') });
    set('EDGE_PUBLISH', String(gone.port));
    gone.stop();
    try {
      const before = onDisk();
      const done = await replace('--self');
      expect(done).toMatchObject({ code: 0 });
      expect(done.printed).toContain('web does not run, and takes it when it does');
      expect(onDisk()).not.toBe(before);
    } finally {
      set('EDGE_PUBLISH', String(edge.port));
    }
  });

  it('cannot be made without the issuing key, and then nothing changes', async () => {
    const key = join(itsm, 'authority/issuing/servers.key');
    const [text, before] = [readFileSync(key, 'utf8'), picture()];
    rmSync(key);
    try {
      const refused = await replace('--self');
      expect(refused).toMatchObject({ code: 73 });
      expect(picture()).toEqual(before);
    } finally {
      appendFileSync(key, text);
    }
  });
});

it.each([
  [['server'], 'Where does the new certificate come from?'],
  [['server', '--self', '--cert', 'x'], 'Where does the new certificate come from?'],
  [['everything', '--self'], '"everything" cannot be replaced.'],
])('cert replace %j is explained', async (words, sentence) => {
  const refused = await muster('cert', 'replace', ...words, '--dir', itsm);
  expect(refused).toMatchObject({ code: 64 });
  expect(refused.told).toContain(sentence);
});
