import { describe, expect, it } from 'vitest';
import { published, variablesCheck } from './variables';

const say = async (server: 'itsm' | 'xmpp', variables: Record<string, string>): Promise<string[]> =>
  (await variablesCheck(server, variables).run()).map(({ sentence }) => sentence);

describe('variables of the .env file', () => {
  it('fit together, also when none is there or they are empty', async () => {
    const well = ['The variables of the .env file fit together.'];
    expect(await say('itsm', {})).toEqual(well);
    expect(await say('itsm', { EDGE_PUBLISH: '', CONSOLE_ORIGIN: '', ITSM_WEB_IP: '' })).toEqual(well);
    const full = {
      ...{ EDGE_PUBLISH: '192.0.2.10:443', EDGE_HTTP_PUBLISH: '192.0.2.10:80', EDGE_PORT: '443', XMPP_PORT: '5223' },
      ...{ ITSM_WEB_IP: '192.0.2.10, 2001:db8::1', ITSM_XMPP_IP: '192.0.2.11' },
      CONSOLE_ORIGIN: 'https://itsm.company.test:8443',
    };
    expect(await say('itsm', full)).toEqual(well);
  });

  it.each([
    ['EDGE_PUBLISH', 'https', 'a port or ADDRESS:PORT'],
    ['EDGE_PUBLISH', '99999', 'a port or ADDRESS:PORT'],
    ['EDGE_HTTP_PUBLISH', '300.1.1.1:80', 'a port or ADDRESS:PORT'],
    ['EDGE_PORT', '0', 'a port'],
    ['XMPP_PORT', '443/tcp', 'a port'],
    ['ITSM_WEB_IP', 'itsm.company.test', 'a list of IP addresses with commas'],
    ['ITSM_XMPP_IP', '192.0.2.1;192.0.2.2', 'a list of IP addresses with commas'],
    ['CONSOLE_ORIGIN', 'itsm.company.test', 'an origin such as https://itsm.company.local'],
    ['CONSOLE_ORIGIN', 'http://itsm.company.test', 'an origin such as https://itsm.company.local'],
    ['CONSOLE_ORIGIN', 'https://itsm.company.test/', 'an origin such as https://itsm.company.local'],
  ])('%s cannot be "%s"', async (name, value, wanted) => {
    const sentence = `${name} is "${value}", which is not ${wanted}.`;
    expect(await variablesCheck('itsm', { [name]: value }).run()).toMatchObject([
      { code: 'variable-faulty', sentence },
    ]);
  });

  it('have a name of its own for devices, which the certificate covers and no function has', async () => {
    const names = { ITSM_DOMAIN: 'console.company.test', BASE_DOMAIN: 'company.test' };
    for (const server of ['itsm', 'xmpp'] as const) {
      expect(await variablesCheck(server, { ...names, ITSM_WEB_HOST: 'inside.company.test' }).run()).toMatchObject([
        { verdict: 'ok' },
      ]);
      for (const host of ['inside.elsewhere.test', 'work.company.test']) {
        expect(await say(server, { ...names, ITSM_WEB_HOST: host })).toEqual([
          `ITSM_WEB_HOST is "${host}", which is not ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN.`,
        ]);
      }
    }
  });

  it('contradict each other where two publish one port of an address', async () => {
    expect(await variablesCheck('itsm', { EDGE_PUBLISH: '80' }).run()).toMatchObject([{ code: 'variables-same-port' }]);
    expect(await say('itsm', { EDGE_PUBLISH: '80' })).toEqual([
      'EDGE_PUBLISH and EDGE_HTTP_PUBLISH both publish port 80.',
    ]);
    expect(await say('xmpp', { PUSH_PUBLISH: '192.0.2.11:443' })).toEqual([
      'XMPP_PUBLISH and PUSH_PUBLISH both publish port 443.',
    ]);
    const turn = { COMPOSE_PROFILES: 'turn', PUSH_PUBLISH: '192.0.2.11:5349' };
    expect(await say('xmpp', turn)).toEqual(['PUSH_PUBLISH and coturn both publish port 5349.']);
    expect(await say('xmpp', { ...turn, COMPOSE_PROFILES: '' })).toEqual([
      'The variables of the .env file fit together.',
    ]);
    const apart = { XMPP_PUBLISH: '192.0.2.11:443', PUSH_PUBLISH: '192.0.2.12:443' };
    expect(await say('xmpp', apart)).toEqual(['The variables of the .env file fit together.']);
  });

  it('that say where Docker publishes are read as Docker reads them', () => {
    expect(published('8443')).toEqual({ address: '', port: 8443 });
    expect(published('[2001:db8::1]:443')).toEqual({ address: '2001:db8::1', port: 443 });
    expect(published('443-445')).toBeUndefined();
  });
});
