import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openSite } from '../site/site';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { changeEnvFile, readEnvFile } from './env-file';
import { expectedNames } from './ground';
import { decodeJoin, encodeJoin, type Join } from './join-token';
import { itsmNames, namesOf } from './plan';

// Names are looked up for real, which takes its time where no DNS server answers.
vi.setConfig({ testTimeout: 120_000 });
const DOMAIN = 'console.company.test';
const names = (addresses: string[] = []) =>
  namesOf({ domain: DOMAIN, addresses, xmppAddresses: [], turn: false, version: '1.0.0' });
const INSIDE = 'inside.company.test';

describe('a name of its own for devices', () => {
  it('is one that the certificate must carry', () => {
    const without = itsmNames(names());
    expect(itsmNames(names(), INSIDE).filter((name) => !without.includes(name))).toEqual([INSIDE]);
    for (const none of ['', DOMAIN]) expect(itsmNames(names(), none)).toEqual(without);
  });

  it.each(['itsm', 'xmpp'] as const)(
    'is looked up on the %s server, and needed where no address is known',
    (server) => {
      const found = (addresses: string[]) =>
        expectedNames(names(addresses), server, INSIDE).filter(({ name }) => name === INSIDE);
      expect(found([])).toEqual([{ name: INSIDE, addresses: [], needed: true }]);
      expect(found(['192.0.2.10'])).toEqual([{ name: INSIDE, addresses: ['192.0.2.10'], needed: false }]);
      expect(expectedNames(names(), server)).toEqual(expectedNames(names(), server, DOMAIN));
    },
  );

  it('frees the XMPP server from knowing the console’s name', () => {
    const known = (webHost?: string) => expectedNames(names(), 'xmpp', webHost).map(({ name }) => name);
    expect(known()).toEqual([DOMAIN, 'xmpp.company.test']);
    expect(known(INSIDE)).toEqual([INSIDE, 'xmpp.company.test']);
  });
});

describe('setup with such a name', () => {
  const root = testFolder();
  const [itsm, xmpp] = [join(root, 'itsm'), join(root, 'xmpp')];
  const places = ['--address', '192.0.2.10', '--xmpp-address', '192.0.2.11'];
  const setup = (server: 'itsm' | 'xmpp', dir: string, ...words: string[]) =>
    muster('setup', server, '--dir', dir, ...words, '--no-start', '--force');
  const webHostIn = (folder: string) => readEnvFile(join(folder, '.env'))['ITSM_WEB_HOST'];
  const token = (): Join => decodeJoin(readFileSync(join(itsm, 'join/token'), 'utf8'));

  it('hands it to the XMPP server by the token', async () => {
    const first = await setup('itsm', itsm, '--domain', DOMAIN, '--web-host', INSIDE.toUpperCase(), ...places);
    expect(first).toMatchObject({ code: 0 });
    expect(await setup('xmpp', xmpp, '--join', join(itsm, 'join/token'))).toMatchObject({ code: 0 });
    expect([webHostIn(itsm), token().webHost, webHostIn(xmpp)]).toEqual([INSIDE, INSIDE, INSIDE]);
    expect(readEnvFile(join(xmpp, '.env'))).toMatchObject({ ITSM_DOMAIN: DOMAIN });
  });

  it('is what doctor looks for on the XMPP server, and the domain on the other', () => {
    const seen = (dir: string) => {
      const { itsm: place, nats } = openSite({ dir });
      return { place, hub: nats.hub };
    };
    const [host, port] = ['192.0.2.10', 443];
    expect(seen(xmpp)).toEqual({ place: { host, port, name: INSIDE }, hub: INSIDE });
    expect(seen(itsm)).toEqual({ place: { host, port, name: DOMAIN }, hub: INSIDE });
  });

  it('hands on what somebody wrote into .env, and changes none that is there', async () => {
    changeEnvFile(join(itsm, '.env'), { ITSM_WEB_HOST: 'other.company.test' });
    expect(await setup('itsm', itsm)).toMatchObject({ code: 0 });
    expect(token().webHost).toBe('other.company.test');
    const refused = await setup('xmpp', xmpp, '--join', join(itsm, 'join/token'));
    expect(refused.code).toBe(78);
    expect(refused.told).toContain(`ITSM_WEB_HOST is "${INSIDE}" and would become "other.company.test"`);
  });

  it('reads a token of before, which has no such name', async () => {
    const { webHost: _none, ...before } = token();
    const old = join(root, 'old');
    expect(await setup('xmpp', old, '--join', encodeJoin(before))).toMatchObject({ code: 0 });
    expect(readEnvFile(join(old, '.env'))).not.toHaveProperty('ITSM_WEB_HOST');
    expect(await setup('xmpp', xmpp, '--join', encodeJoin(before))).toMatchObject({ code: 0 });
    expect(webHostIn(xmpp)).toBe(INSIDE);
  });

  it.each(['inside.elsewhere.test', 'work.company.test', 'two.labels.company.test'])('refuses %s', async (name) => {
    const refused = await setup('itsm', join(root, 'refused'), '--domain', DOMAIN, '--web-host', name, ...places);
    expect(refused.code).toBe(64);
    expect(refused.told).toContain(`"${name}" cannot be the name for devices`);
  });
});
