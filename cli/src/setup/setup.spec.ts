import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { muster } from '../testing/muster';
import { testFolder } from '../testing/folder';
import { decodeJoin, encodeJoin } from './join-token';
import { readEnvFile } from './env-file';

// Names are looked up for real, which takes its time where no DNS server answers.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = testFolder();
const itsm = join(root, 'itsm');
const xmpp = join(root, 'xmpp');
const BASIC = ['--address', '192.0.2.10', '--xmpp-address', '192.0.2.11', '--no-start', '--force'];

const setup = (...words: string[]) => muster('setup', ...words);

/** Every file below a folder with its content's digest, mode and time. */
function pictureOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => {
      const { mode, mtimeMs } = statSync(join(folder, name));
      return [
        name,
        mode,
        mtimeMs,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ].join(' ');
    })
    .sort();
}

beforeAll(async () => {
  const done = await setup('itsm', '--domain', '192.0.2.10', '--turn', '--dir', itsm, ...BASIC);
  expect(done).toMatchObject({ code: 0 });
});

describe('setup of the ITSM server, by address', () => {
  it('needs no DNS: names of its own, and the console at the address', () => {
    expect(readEnvFile(join(itsm, '.env'))).toMatchObject({
      MUSTER_VERSION: '1.2.3',
      ITSM_DOMAIN: 'itsm.muster.internal',
      CONSOLE_ORIGIN: 'https://192.0.2.10',
      ITSM_WEB_IP: '192.0.2.10',
      ITSM_XMPP_IP: '192.0.2.11',
      ITSM_TURN_SERVERS: 'turn:192.0.2.11:3478?transport=udp,turn:192.0.2.11:3478?transport=tcp',
    });
  });

  it('makes every secret that the compose file lists, none twice the same, for the containers alone', () => {
    const listed = [...readFileSync(join(itsm, 'docker-compose.yml'), 'utf8').matchAll(/file: \.\/secrets\/([\w-]+)/g)];
    const names = listed.map(([, name = '']) => name).sort();
    expect(readdirSync(join(itsm, 'secrets')).sort()).toEqual(names);
    const values = names.map((name) => readFileSync(join(itsm, 'secrets', name), 'utf8'));
    expect(new Set(values).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(statSync(join(itsm, 'secrets', name)).mode & 0o337).toBe(0);
    expect(readFileSync(join(itsm, 'secrets/first-admin-password'), 'utf8')).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
  });

  it('sets every variable that the compose files demand', () => {
    const demanded = [...readFileSync(join(itsm, 'docker-compose.yml'), 'utf8').matchAll(/\$\{(\w+):\?/g)];
    const known = readEnvFile(join(itsm, '.env'));
    for (const [, name = ''] of demanded) expect(known[name], name).toBeTruthy();
  });

  it('makes a CA, and a certificate under it for every name and address', () => {
    const leaf = new X509Certificate(readFileSync(join(itsm, 'certs/cert.crt')));
    for (const name of ['itsm.muster.internal', 'work.muster.internal', 'rtdc-relay-07.muster.internal'])
      expect(leaf.checkHost(name), name).toBeTruthy();
    expect(leaf.checkIP('192.0.2.10')).toBeTruthy();
    const verify = ['verify', '-CAfile', join(itsm, 'authority/roots/root-1.crt')];
    const chain = ['-untrusted', join(itsm, 'certs/cert.crt'), join(itsm, 'certs/cert.crt')];
    expect(execFileSync('openssl', [...verify, ...chain], { encoding: 'utf8' })).toContain('OK');
  });

  it('changes nothing the second time', async () => {
    const before = pictureOf(itsm).filter((line) => !line.startsWith('join/token'));
    const again = await setup('itsm', '--dir', itsm, '--no-start', '--force', '--json');
    expect(again.code).toBe(0);
    expect((JSON.parse(again.printed) as { changed: string[] }).changed).toEqual([]);
    expect(pictureOf(itsm).filter((line) => !line.startsWith('join/token'))).toEqual(before);
  });

  it('refuses to contradict what is there, and says where to change it', async () => {
    const before = pictureOf(itsm);
    const other = await setup('itsm', '--domain', 'itsm.elsewhere.test', '--dir', itsm, ...BASIC);
    expect(other.code).toBe(78);
    expect(other.told).toContain('ITSM_DOMAIN is "itsm.muster.internal" and would become "itsm.elsewhere.test"');
    expect(pictureOf(itsm)).toEqual(before);
  });

  it('shows neither password nor token to a pipe', async () => {
    const { printed, told } = await setup('itsm', '--dir', itsm, '--no-start', '--force');
    const password = readFileSync(join(itsm, 'secrets/first-admin-password'), 'utf8');
    const token = readFileSync(join(itsm, 'join/token'), 'utf8').trim();
    for (const secret of [password, token]) expect(printed + told).not.toContain(secret);
    expect(printed).toContain(join(itsm, 'join/token'));
    expect(statSync(join(itsm, 'join/token')).mode & 0o077).toBe(0);
  });
});

describe('setup of the XMPP server, by the token', () => {
  const token = () => readFileSync(join(itsm, 'join/token'), 'utf8').trim();

  it('gets names, link, anchors and a certificate', async () => {
    expect(await setup('xmpp', '--join', token(), '--dir', xmpp, '--no-start', '--force')).toMatchObject({ code: 0 });
    const read = (path: string) => readFileSync(join(xmpp, path), 'utf8');
    expect(read('secrets/nats-leaf')).toBe(readFileSync(join(itsm, 'secrets/nats-leaf'), 'utf8'));
    expect(read('secrets/edge-secret')).not.toBe(readFileSync(join(itsm, 'secrets/edge-secret'), 'utf8'));
    expect(read('certs/devices/root-1.crt')).toBe(readFileSync(join(itsm, 'authority/roots/root-1.crt'), 'utf8'));
    expect(new X509Certificate(read('certs/hub.pem')).subject).toContain('root CA');
    expect(new X509Certificate(read('certs/xmpp.muster.internal.pem')).checkIP('192.0.2.11')).toBeTruthy();
    expect(readEnvFile(join(xmpp, '.env'))).toMatchObject({ COMPOSE_PROFILES: 'turn', ITSM_WEB_IP: '192.0.2.10' });
  });

  it('changes nothing the second time, and takes the token from a file', async () => {
    const before = pictureOf(xmpp);
    const again = await setup('xmpp', '--join', join(itsm, 'join/token'), '--dir', xmpp, '--no-start', '--force');
    expect(again.printed).toContain('Nothing had to be changed.');
    expect(pictureOf(xmpp)).toEqual(before);
  });

  it('refuses a token that is cut, of something else, or over', async () => {
    const decoded = decodeJoin(token());
    const over = encodeJoin({ ...decoded, expiresAt: new Date(Date.now() - 1000).toISOString() });
    for (const [given, sentence] of [
      [token().slice(0, -9), 'damaged'],
      ['hello', 'not a join token'],
      [over, 'ended at'],
    ] as const) {
      const refused = await setup('xmpp', '--join', given, '--dir', join(root, 'none'), '--no-start');
      expect(refused).toMatchObject({ code: 65, printed: '' });
      expect(refused.told).toContain(sentence);
    }
    expect(existsSync(join(root, 'none'))).toBe(false);
  });

  it('does not change sides by itself', async () => {
    const other = encodeJoin({ ...decodeJoin(token()), natsLeaf: 'another password of another server' });
    const refused = await setup('xmpp', '--join', other, '--dir', xmpp, '--no-start', '--force');
    expect(refused.code).toBe(78);
    expect(refused.told).toContain('belongs to another ITSM server');
    expect(refused.told).not.toContain('another password');
  });
});

describe('what is asked', () => {
  it('can come from a file; what is no question is refused', async () => {
    const file = join(root, 'answers.yml');
    writeFileSync(file, 'domain: itsm.company.test\naddress: [192.0.2.10]\nxmpp-address: 192.0.2.11\nturn: true\n');
    const target = join(root, 'answered');
    expect(await setup('itsm', '--answers', file, '--dir', target, '--no-start', '--force')).toMatchObject({ code: 0 });
    expect(readEnvFile(join(target, '.env'))).toMatchObject({
      XMPP_DOMAIN: 'xmpp.company.test',
      ITSM_XMPP_IP: '192.0.2.11',
    });
    writeFileSync(file, 'domian: itsm.company.test\nturn: maybe\n');
    const refused = await setup('itsm', '--answers', file, '--dir', target);
    expect(refused).toMatchObject({ code: 65 });
    expect(refused.told).toContain('"domian" is no question; "turn" has the wrong kind of value');
  });

  it.each([
    [['--domain', 'nodots'], 'neither a host name'],
    [['--domain', '192.0.2.10'], 'address of the XMPP server must be known'],
    [['--domain', 'a.b', '--xmpp-address', 'xmpp.b'], 'is not an IP address'],
    [['--domain', 'a.b', '--address', '192.0.2.1', '--xmpp-address', '192.0.2.1'], 'cannot have the same addresses'],
    [[], 'is not given'],
  ])('%j: one sentence, nothing written', async (words, sentence) => {
    const target = join(root, 'asked');
    const refused = await setup('itsm', ...words, '--dir', target, '--no-start', '--force');
    expect(refused).toMatchObject({ code: 64, printed: '' });
    expect(refused.told).toContain(sentence);
    expect(existsSync(target)).toBe(false);
  });

  it('stops on a ground that is not ready, and changes nothing', async () => {
    const target = join(root, 'unready');
    const bin = join(root, 'bin');
    mkdirSync(bin);
    // A docker program whose engine does not run.
    writeFileSync(join(bin, 'docker'), '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n');
    chmodSync(join(bin, 'docker'), 0o755);
    const before = process.env['PATH'];
    process.env['PATH'] = `${bin}:${before}`;
    try {
      const refused = await setup('itsm', '--domain', '192.0.2.10', '--xmpp-address', '192.0.2.11', '--dir', target);
      expect(refused.code).toBe(78);
      expect(refused.told).toContain('[docker-stopped]');
      expect(existsSync(target)).toBe(false);
    } finally {
      process.env['PATH'] = before;
    }
  });
});
