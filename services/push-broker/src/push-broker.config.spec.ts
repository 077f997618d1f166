import 'reflect-metadata';
import { fieldsOf } from '@muster/contracts';
import { ConfigFaults, configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { PushBrokerConfig } from './push-broker.config';

const REQUIRED = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_USER: 'push-broker',
  NATS_PASSWORD: 'x',
  EDGE_SECRET: 'sixteen characters at least',
  XMPP_DEVICE_ANCHORS_FILE: '/ca/roots, /ca/extra.pem',
};

describe('the configuration', () => {
  it('is what the documentation says', () =>
    expect(
      `# Configuration of the push broker\n\n<!-- prettier-ignore -->\n${configurationTable(PushBrokerConfig)}`,
    ).toMatchFileSnapshot('../../../docs/configuration/push-broker.md'));

  it('says for every variable what it means', () => {
    const silent = [...fieldsOf(PushBrokerConfig)].filter(([, field]) => !field.schema['description']);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('takes what is required and derives the rest', () => {
    const config = loadConfig(PushBrokerConfig, 'push-broker', { ...REQUIRED, ITSM_DOMAIN: 'itsm.company.test' });
    expect(config).toMatchObject({
      XMPP_DOMAIN: 'xmpp.company.test',
      XMPP_CERT_FILE: '/opt/ejabberd/certs/xmpp.company.test.pem',
    });
    expect(config.NODE_NAME).not.toBe('');
    expect(config.listening().credentials.anchors).toEqual(['/ca/roots', '/ca/extra.pem']);
    expect(config.limits().connectionsPerAddress).toBeGreaterThan(10_000);
  });

  it('tells of the relays of the suite, or of its own, and without the secret of STUN alone', () => {
    const told = (env: Record<string, string>): string[] =>
      loadConfig(PushBrokerConfig, 'push-broker', { ...REQUIRED, ...env })
        .externalServices()
        .services.map(({ type, host, port }) => `${type} ${host} ${port}`);
    const ITSM_TURN_SERVERS = 'turn:turn.suite.test, stun:turn.suite.test:3479';
    expect(told({})).toEqual([]);
    expect(told({ ITSM_TURN_SERVERS })).toEqual(['stun turn.suite.test 3479']);
    expect(told({ ITSM_TURN_SERVERS, TURN_SECRET: 's' })).toEqual([
      'turn turn.suite.test 3478',
      'stun turn.suite.test 3479',
    ]);
    expect(told({ ITSM_TURN_SERVERS, TURN_SERVERS: 'turns:own.test', TURN_SECRET: 's' })).toEqual([
      'turns own.test 5349',
    ]);
    expect(() => told({ TURN_SERVERS: 'turn.test:3478' })).toThrow('TURN_SERVERS');
    expect(() => told({ TURN_KINDS: 'everybody' })).toThrow('TURN_KINDS');
  });

  it('tells all faults at once', () => {
    const load = () => loadConfig(PushBrokerConfig, 'push-broker', { XMPP_PORT: 'x', XMPP_STANZA_BYTES: '9999' });
    expect(load).toThrow(ConfigFaults);
    for (const name of ['XMPP_DEVICE_ANCHORS_FILE', 'XMPP_PORT', 'XMPP_STANZA_BYTES']) expect(load).toThrow(name);
  });
});
