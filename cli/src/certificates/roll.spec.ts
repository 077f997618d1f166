import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeJoin, encodeJoin } from '../setup/join-token';
import { FollowingServer } from '../testing/following-server';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { acceptedRoots } from './accepted-roots';
import type { RollStatus } from './roll-status';
import { isTrustedUnder, type TlsPlace } from './served';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = testFolder();
const [itsm, xmpp] = [join(root, 'itsm'), join(root, 'xmpp')];
const authority = join(itsm, 'authority');
let edge: FollowingServer;
let broker: FollowingServer;

const set = (folder: string, name: string, value: string): void =>
  appendFileSync(join(folder, '.env'), `\n${name}=${value}\n`);
const roll = (...words: string[]) => muster('cert', 'roll', ...words, '--dir', itsm, '--wait', '10');
const status = async (): Promise<RollStatus> => JSON.parse((await roll('status', '--json')).printed) as RollStatus;
const joinAgain = () =>
  muster('cert', 'replace', 'server', '--dir', xmpp, '--wait', '10', '--join', join(itsm, 'join/token'));
const rootFile = (name: string): string => readFileSync(join(authority, name), 'utf8');
const places = (): Record<'edge' | 'broker', TlsPlace> => ({
  edge: { host: '127.0.0.1', port: edge.port, serverName: 'work.company.test' },
  broker: { host: '127.0.0.1', port: broker.port, serverName: 'xmpp.company.test' },
});
/** Which of these roots, known alone, make a client trust each of both servers. */
async function trustedUnder(...names: string[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [server, place] of Object.entries(places())) {
    const flags = await Promise.all(names.map((name) => isTrustedUnder(place, [rootFile(name)])));
    found[server] = names.filter((_name, index) => flags[index]);
  }
  return found;
}
const picture = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(crt|key|pem)$/.test(name))
    .map((name) => `${name} ${readFileSync(join(folder, name), 'utf8')}`)
    .sort();

beforeAll(async () => {
  const where = ['--domain', 'itsm.company.test', '--address', '127.0.0.1', '--xmpp-address', '127.0.0.2'];
  const made = await muster('setup', 'itsm', '--dir', itsm, ...where, '--no-start', '--force');
  expect(made).toMatchObject({ code: 0 });
  const token = join(itsm, 'join/token');
  expect(await muster('setup', 'xmpp', '--dir', xmpp, '--join', token, '--no-start', '--force')).toMatchObject({
    code: 0,
  });
  const certs = { certificate: join(itsm, 'certs/cert.crt'), key: join(itsm, 'certs/cert.key') };
  edge = await FollowingServer.start({ ...certs, roots: join(authority, 'roots') });
  const pem = join(xmpp, 'certs/xmpp.company.test.pem');
  const files = { certificate: pem, key: pem, roots: join(xmpp, 'certs/devices') };
  broker = await FollowingServer.start(files, { host: '0.0.0.0' });
  set(itsm, 'EDGE_PUBLISH', String(edge.port));
  set(itsm, 'XMPP_PORT', String(broker.port));
  set(xmpp, 'XMPP_PUBLISH', String(broker.port));
});

describe('a roll-over of the root', () => {
  it('is not under way at first', async () => {
    expect(await status()).toMatchObject({
      state: 'steady',
      roots: [{ file: 'roots/root-1.crt', state: 'current' }],
      servers: [
        { server: 'itsm', own: true, underCurrent: true, accepts: ['roots/root-1.crt'] },
        { server: 'xmpp', own: true, underCurrent: true, accepts: ['roots/root-1.crt'] },
      ],
    });
    expect((await roll('finish')).printed).toContain('No roll-over is under way.');
  });

  it('needs the key of the old root, and changes nothing without it', async () => {
    const key = join(authority, 'roots/root-1.key');
    renameSync(key, join(root, 'elsewhere.key'));
    const before = [picture(authority), picture(join(itsm, 'certs'))];
    const refused = await roll('root');
    expect(refused).toMatchObject({ code: 73 });
    expect(refused.told).toContain('the key of root-1.crt is not here');
    expect([picture(authority), picture(join(itsm, 'certs'))]).toEqual(before);
    renameSync(join(root, 'elsewhere.key'), key);
  });

  it('puts a second root beside the first; the ITSM server is trusted under either, with no connection cut', async () => {
    const held = await edge.connection();
    const done = await roll('root');
    expect(done).toMatchObject({ code: 0 });
    expect(done.printed).toContain(`muster cert replace server --join ${join(itsm, 'join/token')}`);
    expect(readdirSync(join(authority, 'roots')).filter((name) => name.endsWith('.crt'))).toHaveLength(2);
    expect(await trustedUnder('roots/root-1.crt', 'roots/root-2.crt')).toEqual({
      edge: ['roots/root-1.crt', 'roots/root-2.crt'],
      broker: ['roots/root-1.crt'],
    });
    const now = await status();
    expect(now).toMatchObject({
      state: 'rolling',
      roots: [
        { file: 'roots/root-2.crt', state: 'current' },
        { file: 'roots/root-1.crt', state: 'old' },
      ],
      servers: [
        { underCurrent: true, accepts: ['roots/root-2.crt', 'roots/root-1.crt'] },
        { underCurrent: false, accepts: ['roots/root-1.crt'] },
      ],
    });
    expect(now.roots[1]?.followUntil?.slice(0, 4)).toBe(now.roots[1]?.until.slice(0, 4));
    held.write('still there');
    expect(String((await once(held, 'data'))[0])).toBe('still there');
    held.destroy();
  });

  it('is the same one when it is begun again', async () => {
    const before = [picture(authority), picture(join(itsm, 'certs')), picture(join(itsm, 'join'))];
    const again = await roll('root');
    expect(again).toMatchObject({ code: 0 });
    expect(again.printed).toContain('What was to be made is there.');
    expect([picture(authority), picture(join(itsm, 'certs')), picture(join(itsm, 'join'))]).toEqual(before);
  });

  it('does not end while the XMPP server hangs on the old root, and says so', async () => {
    const before = picture(authority);
    const refused = await roll('finish');
    expect(refused).toMatchObject({ code: 75 });
    expect(refused.told).toContain('The XMPP server still shows a certificate under it.');
    expect(refused.told).toContain('The XMPP server does not know the new root yet.');
    expect(refused.told).toContain('The database does not answer');
    expect(picture(authority)).toEqual(before);
  });

  it('reaches the XMPP server by one line there, with no connection cut', async () => {
    const held = await broker.connection();
    const done = await joinAgain();
    expect(done).toMatchObject({ code: 0 });
    const under = ['roots/root-1.crt', 'roots/root-2.crt'];
    expect(await trustedUnder(...under)).toEqual({ edge: under, broker: under });
    expect(await acceptedRoots(places().broker)).toHaveLength(2);
    expect(readFileSync(join(xmpp, 'certs/hub.pem'), 'utf8')).toContain(rootFile('roots/root-2.crt'));
    held.write('still there');
    expect(String((await once(held, 'data'))[0])).toBe('still there');
    held.destroy();
    expect((await roll('finish')).told).not.toContain('XMPP server');
  });

  it('ends: the old root is trusted by nobody, and who knows nothing else still trusts both servers', async () => {
    const done = await roll('finish', '--force', '--json');
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.printed)).toMatchObject({ retired: ['roots/root-1.crt'], takenUp: true });
    expect(await acceptedRoots(places().edge)).toEqual(['CN=Muster company.test root CA 2']);
    expect(await joinAgain()).toMatchObject({ code: 0 });
    expect(await acceptedRoots(places().broker)).toEqual(['CN=Muster company.test root CA 2']);
    expect(readdirSync(join(xmpp, 'certs/devices'))).toEqual(['root-1.crt']);
    const under = ['retired/root-1.crt', 'roots/root-2.crt'];
    expect(await trustedUnder(...under)).toEqual({ edge: under, broker: under });
    expect(await status()).toMatchObject({ state: 'steady', roots: [{ state: 'current' }, { state: 'retired' }] });
  });

  it('that was cut off is named, cannot be ended, and goes on', async () => {
    const whole = join(root, 'whole');
    cpSync(authority, whole, { recursive: true });
    const moved = ['roots/root-2.crt', 'roots/root-2.key'];
    mkdirSync(join(authority, '.rolling/roots'), { recursive: true });
    for (const name of moved) renameSync(join(authority, name), join(authority, '.rolling', name));
    cpSync(join(authority, 'retired'), join(authority, 'roots'), { recursive: true });
    rmSync(join(authority, 'retired'), { recursive: true });
    expect(await status()).toMatchObject({ state: 'cut off' });
    expect(await roll('finish', '--force')).toMatchObject({ code: 75 });
    expect(await roll('root')).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ state: 'rolling' });
    expect(existsSync(join(authority, '.rolling'))).toBe(false);
    rmSync(authority, { recursive: true });
    renameSync(whole, authority);
  });
});

describe('an issuing CA', () => {
  it('for devices is replaced without a new root', async () => {
    const before = rootFile('issuing/devices.crt');
    const done = await roll('devices');
    expect(done).toMatchObject({ code: 0 });
    expect(done.printed).toContain('those that they have stay valid');
    expect(rootFile('issuing/devices.crt')).not.toBe(before);
    expect(await status()).toMatchObject({
      state: 'steady',
      servers: [{ underCurrent: true }, { underCurrent: true }],
    });
  });

  it('for servers is replaced together with both servers’ certificates', async () => {
    const before = [join(itsm, 'certs'), join(xmpp, 'certs')].map(picture);
    expect(await roll('servers')).toMatchObject({ code: 0 });
    expect(await joinAgain()).toMatchObject({ code: 0 });
    const after = [join(itsm, 'certs'), join(xmpp, 'certs')].map(picture);
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    const issuing = rootFile('issuing/servers.crt');
    for (const server of after) expect(server.join('\n')).toContain(issuing);
    expect(await trustedUnder('roots/root-2.crt')).toEqual({
      edge: ['roots/root-2.crt'],
      broker: ['roots/root-2.crt'],
    });
  });

  it('is shown with what ends when', async () => {
    const shown = await muster('cert', 'show', '--dir', itsm);
    expect(shown.printed).toMatch(
      /issuing\/devices\.crt +CN=Muster company\.test issuing CA: devices +CN=Muster company\.test root CA 2/,
    );
    expect(shown.printed).toMatch(/cross\/root-2\.crt/);
    expect(shown.printed).toMatch(/CN=Muster company\.test root CA +retired/);
    const there = await muster('cert', 'show', '--dir', xmpp, '--json');
    expect(JSON.parse(there.printed)).toMatchObject({ hubRoots: [{ subject: 'CN=Muster company.test root CA 2' }] });
  });
});

describe('a token that does not fit', () => {
  const token = () => decodeJoin(readFileSync(join(itsm, 'join/token'), 'utf8'));
  it.each([
    ['is of another installation', () => ({ ...token(), natsLeaf: 'another' }), 78, /belongs to another ITSM server/],
    ['is for another name', () => ({ ...token(), xmppDomain: 'xmpp.elsewhere.test' }), 65, /for xmpp\.elsewhere\.test/],
    ['is too old', () => ({ ...token(), expiresAt: '2024-01-01T00:00:00Z' }), 65, /ended at 2024-01-01/],
    [
      'carries a certificate for another name',
      () => ({
        ...token(),
        certificate: readFileSync(join(itsm, 'certs/cert.key'), 'utf8') + rootFile('issuing/servers.crt'),
      }),
      65,
      /does not belong|is not for/,
    ],
  ])('because it %s changes nothing', async (_why, bad, code, sentence) => {
    const before = picture(join(xmpp, 'certs'));
    writeFileSync(join(root, 'bad-token'), encodeJoin(bad()));
    const refused = await muster('cert', 'replace', 'server', '--dir', xmpp, '--join', join(root, 'bad-token'));
    expect(refused).toMatchObject({ code });
    expect(refused.told).toMatch(sentence);
    expect(picture(join(xmpp, 'certs'))).toEqual(before);
  });

  it('is not taken by the ITSM server, whose CA the XMPP server does not have', async () => {
    const words = ['cert', 'replace', 'server', '--join', join(itsm, 'join/token')];
    expect(await muster(...words, '--dir', itsm)).toMatchObject({ code: 64 });
    expect((await muster('cert', 'roll', 'root', '--dir', xmpp)).told).toContain('The own CA is on the ITSM server');
  });
});
