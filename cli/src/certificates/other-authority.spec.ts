import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { eventually } from '@muster/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeJoin } from '../setup/join-token';
import { openSite } from '../site/site';
import { CertificateMaker } from '../testing/bad-certificates';
import { FollowingServer } from '../testing/following-server';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { digestOf } from './pem';
import { isTrustedUnder, shownBy } from './served';
import { serverRoots } from './server-trust';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = testFolder();
const [itsm, xmpp] = [join(root, 'itsm'), join(root, 'xmpp')];
const certs = { certificate: join(itsm, 'certs/cert.crt'), key: join(itsm, 'certs/cert.key') };
const pem = join(xmpp, 'certs/xmpp.company.test.pem');
const trusted = join(itsm, 'authority/server-roots');
const make = new CertificateMaker(testFolder());
let edge: FollowingServer;
let broker: FollowingServer;

const set = (folder: string, name: string, value: string): void =>
  appendFileSync(join(folder, '.env'), `\n${name}=${value}\n`);
const replace = (folder: string, ...words: string[]) =>
  muster('cert', 'replace', 'server', '--dir', folder, '--wait', '3', ...words);
const trust = (...words: string[]) => muster('cert', 'trust', ...words, '--dir', itsm);
const given = (name: string): string[] => ['--cert', make.file(`${name}.pem`), '--key', make.file(`${name}.key`)];
const shown = async (port: number, serverName: string): Promise<string> =>
  (await shownBy({ host: '127.0.0.1', port, serverName })).fingerprint256;
const fingerprint = (name: string): string => new X509Certificate(make.read(name)).fingerprint256;
const rootsOn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.crt'))
        .map((name) => new X509Certificate(readFileSync(join(folder, name))).subject)
    : [];
/** Whether devices accept the ITSM server, as far as a server knows whom they accept. */
function acceptedAt(folder: string): Promise<boolean> {
  const site = openSite({ dir: folder });
  const place = { host: '127.0.0.1', port: edge.port, serverName: 'work.company.test' };
  return isTrustedUnder(place, serverRoots(site.roots, site.trust));
}

/** A server's certificate under a company's two-tier CA, without addresses, with its chain. */
function company(name: string, ca: string, names: string[]): void {
  make.server(name, names, `${ca}-issuing`);
  make.write(`${name}.pem`, make.read(`${name}.crt`) + make.read(`${ca}-issuing.crt`));
}

beforeAll(async () => {
  const where = ['--domain', 'itsm.company.test', '--address', '127.0.0.1', '--xmpp-address', '127.0.0.2'];
  expect(await muster('setup', 'itsm', '--dir', itsm, ...where, '--no-start', '--force')).toMatchObject({ code: 0 });
  const token = join(itsm, 'join/token');
  expect(await muster('setup', 'xmpp', '--dir', xmpp, '--join', token, '--no-start', '--force')).toMatchObject({
    code: 0,
  });
  edge = await FollowingServer.start({ ...certs, roots: join(itsm, 'authority/roots') });
  broker = await FollowingServer.start(
    { certificate: pem, key: pem, roots: join(xmpp, 'certs/devices') },
    { host: '0.0.0.0' },
  );
  set(itsm, 'EDGE_PUBLISH', String(edge.port));
  set(itsm, 'XMPP_PORT', String(broker.port));
  set(xmpp, 'XMPP_PUBLISH', String(broker.port));
  for (const ca of ['first', 'second']) {
    make.authority(ca, `Company root ${ca}`);
    make.authority(`${ca}-issuing`, `Company issuing ${ca}`, ca);
    company(`${ca}-itsm`, ca, ['itsm.company.test', '*.company.test']);
    company(`${ca}-xmpp`, ca, ['xmpp.company.test']);
  }
});

describe('a certificate of a company CA on the ITSM server', () => {
  it('is refused without its root, and with a file that is no root', async () => {
    const alone = await replace(itsm, ...given('first-itsm'));
    expect(alone).toMatchObject({ code: 65 });
    expect(alone.told).toContain('is missing and no known root');
    const middle = await replace(itsm, ...given('first-itsm'), '--root', make.file('first-issuing.crt'));
    expect(middle).toMatchObject({ code: 65 });
    expect(middle.told).toContain('holds a certificate that is no root.');
    const other = await replace(itsm, ...given('first-itsm'), '--root', make.file('second.crt'));
    expect(other).toMatchObject({ code: 65 });
    expect(rootsOn(trusted)).toEqual([]);
  });

  it('leaves nothing behind when the edge does not take it', async () => {
    const stubborn = await FollowingServer.start(certs, { follow: false });
    set(itsm, 'EDGE_PUBLISH', String(stubborn.port));
    try {
      const refused = await replace(itsm, ...given('first-itsm'), '--root', make.file('first.crt'));
      expect(refused).toMatchObject({ code: 69 });
      expect(rootsOn(trusted)).toEqual([]);
    } finally {
      set(itsm, 'EDGE_PUBLISH', String(edge.port));
      stubborn.stop();
    }
  });

  it('is served with its root given: devices are told of it, and the XMPP server by the token', async () => {
    await eventually(() => acceptedAt(itsm));
    const done = await replace(itsm, ...given('first-itsm'), '--root', make.file('first.crt'));
    expect(done).toMatchObject({ code: 0 });
    expect(done.printed).toContain('devices accept servers under CN=Company root first.');
    expect(done.printed).toContain(`muster cert replace server --join ${join(itsm, 'join/token')}`);
    // It names no address, which is said and refuses nothing.
    expect(done.printed).toContain('[certificate-without-address]');
    expect(await shown(edge.port, 'itsm.company.test')).toBe(fingerprint('first-itsm.crt'));
    expect(rootsOn(trusted)).toEqual(['CN=Company root first']);
    const token = decodeJoin(readFileSync(join(itsm, 'join/token'), 'utf8'));
    expect(token.serverTrust?.roots.map((text) => new X509Certificate(text).subject)).toEqual([
      'CN=Company root first',
    ]);
    expect(token.hubRoots.map((text) => new X509Certificate(text).subject)).toContain('CN=Company root first');
    expect(token.deviceRoots).toHaveLength(1);
    expect(token.certificate).toBeUndefined();
  });

  it('is accepted as this server knows it, and as the XMPP server does once that was joined again', async () => {
    await eventually(() => acceptedAt(itsm));
    await eventually(async () => !(await acceptedAt(xmpp)));
    const before = readFileSync(pem, 'utf8');
    expect(await replace(xmpp, '--join', join(itsm, 'join/token'))).toMatchObject({ code: 0 });
    await eventually(() => acceptedAt(xmpp));
    expect(readFileSync(pem, 'utf8')).toBe(before);
  });

  it('is followed by the next one of the same CA without another word', async () => {
    company('next', 'first', ['itsm.company.test', '*.company.test']);
    const done = await replace(itsm, ...given('next'));
    expect(done).toMatchObject({ code: 0 });
    expect(done.printed).not.toContain('From now on');
    expect(rootsOn(trusted)).toHaveLength(1);
  });
});

describe('a certificate of a company CA on the XMPP server', () => {
  it('is taken where the ITSM server let its CA in, and refused else: the decision is not made here', async () => {
    const refused = await replace(xmpp, ...given('second-xmpp'), '--root', make.file('second.crt'));
    expect(refused).toMatchObject({ code: 65 });
    expect(refused.told).toContain('Let it in on the ITSM server with "muster cert trust add FILE"');
    expect(await replace(xmpp, ...given('first-xmpp'))).toMatchObject({ code: 0 });
    expect(await shown(broker.port, 'xmpp.company.test')).toBe(fingerprint('first-xmpp.crt'));
  });
});

describe('the roll-over of a company CA', () => {
  it('goes by two roots at once; the old one stays while a server needs it', async () => {
    const added = await trust('add', make.file('second.crt'));
    expect(added).toMatchObject({ code: 0 });
    expect(rootsOn(trusted).sort()).toEqual(['CN=Company root first', 'CN=Company root second']);
    expect((await trust('add', make.file('second.crt'))).printed).toContain('It was so before.');
    expect(await replace(xmpp, '--join', join(itsm, 'join/token'))).toMatchObject({ code: 0 });
    expect(rootsOn(join(xmpp, 'certs/server-roots'))).toHaveLength(2);

    const old = digestOf(new X509Certificate(make.read('first.crt')));
    const needed = await trust('remove', old);
    expect(needed).toMatchObject({ code: 75 });
    expect(needed.told).toContain('The ITSM server still shows a certificate under it');
    expect(await replace(itsm, ...given('second-itsm'))).toMatchObject({ code: 0 });
    const stillNeeded = await trust('remove', old.slice(0, 8));
    expect(stillNeeded).toMatchObject({ code: 75 });
    expect(stillNeeded.told).toContain('The XMPP server still shows a certificate under it');
    expect(await replace(xmpp, ...given('second-xmpp'))).toMatchObject({ code: 0 });
    expect(await trust('remove', old.slice(0, 8))).toMatchObject({ code: 0 });
    expect(rootsOn(trusted)).toEqual(['CN=Company root second']);
  });

  it('ends in the own CA again where that is wanted', async () => {
    expect(await replace(itsm, '--self')).toMatchObject({ code: 0 });
    const { printed } = await trust('list', '--json');
    const [{ sha256 }] = (JSON.parse(printed) as { trust: { roots: [{ sha256: string }] } }).trust.roots;
    expect(await trust('remove', sha256)).toMatchObject({ code: 75 });
    set(itsm, 'XMPP_PORT', '1');
    const unknown = await trust('remove', sha256);
    expect(unknown).toMatchObject({ code: 75 });
    expect(unknown.told).toContain('cannot be asked from here: it may show a certificate under it.');
    set(itsm, 'XMPP_PORT', String(broker.port));
    expect(await trust('remove', sha256, '--force')).toMatchObject({ code: 0 });
    expect(rootsOn(trusted)).toEqual([]);
    expect((await trust('list')).printed).toContain('under the own CA alone');
  });
});

describe('public authorities', () => {
  it('are let in and out by name', async () => {
    expect(await trust('add', 'public')).toMatchObject({ code: 0 });
    expect(existsSync(join(trusted, 'public'))).toBe(true);
    expect(openSite({ dir: itsm }).trust).toEqual({ roots: [], public: true });
    expect(decodeJoin(readFileSync(join(itsm, 'join/token'), 'utf8')).serverTrust?.public).toBe(true);
    expect((await muster('cert', 'show', '--dir', itsm)).printed).toContain('public authorities');
    expect(await trust('remove', 'public')).toMatchObject({ code: 0 });
    expect(existsSync(join(trusted, 'public'))).toBe(false);
  });

  it.each([
    [['remove', 'public'], 66, 'Nothing of "public" is let in for servers.'],
    [['add', '/nowhere.crt'], 66, 'There is no file /nowhere.crt.'],
    [['add'], 64, '"add" is not understood.'],
    [['forget', 'x'], 64, '"forget x" is not understood.'],
  ])('cert trust %j is explained', async (words, code, sentence) => {
    const refused = await trust(...words);
    expect(refused).toMatchObject({ code });
    expect(refused.told).toContain(sentence);
  });
});
