import 'reflect-metadata';
import { fieldsOf } from '@muster/contracts';
import { ConfigFaults, configurationTable, loadConfig } from '@muster/service-kit';
import { DatabaseConfigFields } from '@muster/service-kit/database';
import { describe, expect, it } from 'vitest';
import { KeyManagerConfig } from './key-manager.config';

const REQUIRED = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_USER: 'key-manager',
  NATS_PASSWORD: 'x',
  EDGE_SECRET: 'sixteen characters at least',
  KEY_MANAGER_DATABASE_URL: 'postgres://x',
  CA_DIR: '/var/lib/muster/ca',
};

/** One line of meaning and one line to edit for each variable; what has a default or may be absent is commented out. */
function example(): string {
  const defaults = new KeyManagerConfig() as unknown as Record<string, unknown>;
  const own = ['DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_POOL_SIZE'];
  const lines = [...fieldsOf(KeyManagerConfig)].map(([name, field]) => {
    const variable = own.includes(name) ? `KEY_MANAGER_${name}` : name;
    const value = defaults[name];
    const required = value === undefined && !field.optional;
    return `# ${String(field.schema['description'])}\n${required ? '' : '# '}${variable}=${value === undefined ? '' : String(value)}\n`;
  });
  return [
    '# Configuration of the key manager. Each variable may be given as <NAME>_FILE instead: a file with the value.\n',
    ...lines,
  ].join('\n');
}

describe('the configuration', () => {
  it('is what .env.example says', () => expect(example()).toMatchFileSnapshot('../.env.example'));

  it('is what the documentation says', () =>
    expect(
      `# Configuration of the key manager\n\n<!-- prettier-ignore -->\n${configurationTable(KeyManagerConfig)}`,
    ).toMatchFileSnapshot('../../../docs/configuration/key-manager.md'));

  it('says for every variable what it means', () => {
    const silent = [...fieldsOf(KeyManagerConfig)].filter(([, field]) => !field.schema['description']);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('takes what is required, derives the rest, and cannot be changed', () => {
    const config = loadConfig(KeyManagerConfig, 'key-manager', { ...REQUIRED, ITSM_DOMAIN: 'itsm.company.test' });
    expect(config).toMatchObject({ XMPP_DOMAIN: 'xmpp.company.test', BASE_DOMAIN: 'company.test', CA_CREATE: false });
    expect(config).toBeInstanceOf(DatabaseConfigFields);
    expect(Object.isFrozen(config)).toBe(true);
    const addresses = loadConfig(KeyManagerConfig, 'key-manager', { ...REQUIRED, ITSM_WEB_IP: '192.0.2.1,192.0.2.2' });
    expect(addresses.ITSM_WEB_IP).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(addresses.ITSM_WEB_HOST).toBe('itsm.muster.localhost');
  });

  it('tells all faults at once', () => {
    const load = () => loadConfig(KeyManagerConfig, 'key-manager', { CERTIFICATE_DAYS: 'many', LOCK_OUT_AFTER: '1' });
    expect(load).toThrow(ConfigFaults);
    for (const name of ['CA_DIR', 'DATABASE_URL', 'CERTIFICATE_DAYS', 'LOCK_OUT_AFTER']) expect(load).toThrow(name);
  });
});
