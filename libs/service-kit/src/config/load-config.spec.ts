import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Flag, List, OneOf, text, Whole } from '@muster/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { DatabaseConfigFields } from '../database/database.config';
import { BaseConfig } from './base.config';
import { configurationTable } from './configuration-table';
import { ConfigFaults, type Environment, loadConfig } from './load-config';

class TestConfig extends DatabaseConfigFields {
  @OneOf(['manager', 'worker', 'all'], { about: 'Faces that are served.' }) WEB_ROLE = 'all';
  @List(text({ max: 64 }), { max: 9, optional: true, about: 'Addresses.' }) ITSM_WEB_IP: string[] = [];
  @Whole({ min: 1, max: 90 }) CERTIFICATE_DAYS = 90;
  @Flag({ about: 'Make an authority.' }) CA_CREATE = false;
}

const folder = mkdtempSync(join(tmpdir(), 'muster-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (content: string): string => {
  const path = join(folder, 'secret');
  writeFileSync(path, content);
  return path;
};

const good: Environment = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_USER: 'web',
  NATS_PASSWORD: 'secret-1',
  EDGE_SECRET: 'a-secret-of-the-edge',
  WEB_DATABASE_URL: 'postgres://127.0.0.1/muster',
};
const load = (more: Environment = {}): Readonly<TestConfig> => loadConfig(TestConfig, 'web', { ...good, ...more });
const faultsOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigFaults) return error.message;
    throw error;
  }
  return '';
};

describe('loadConfig', () => {
  it('reads types, lists, defaults and what follows from them', () => {
    const config = load({ CERTIFICATE_DAYS: '30', CA_CREATE: 'true', ITSM_WEB_IP: '10.0.0.1, 10.0.0.2' });
    expect(config).toMatchObject({ CERTIFICATE_DAYS: 30, CA_CREATE: true, WEB_ROLE: 'all', SERVICE_PORT: 0 });
    expect(config.ITSM_WEB_IP).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(config.DATABASE_URL).toBe('postgres://127.0.0.1/muster');
    const named = load({ ITSM_DOMAIN: 'on-premise.company.local' });
    expect(named).toMatchObject({ BASE_DOMAIN: 'company.local', CONSOLE_ORIGIN: 'https://on-premise.company.local' });
    expect(load({ CONSOLE_ORIGIN: 'https://itsm.x:8443' }).CONSOLE_ORIGIN).toBe('https://itsm.x:8443');
  });

  it('prefers the variable with the name of the service', () => {
    expect(load({ SERVICE_PORT: '1', WEB_SERVICE_PORT: '2', KEY_MANAGER_SERVICE_PORT: '3' }).SERVICE_PORT).toBe(2);
  });

  it('reads secrets from files without the line end', () => {
    expect(load({ NATS_PASSWORD: '', NATS_PASSWORD_FILE: file('from-file\n') }).NATS_PASSWORD).toBe('from-file');
  });

  it('names all faults at once, by variable, and no value', () => {
    const message = faultsOf(() =>
      loadConfig(TestConfig, 'web', {
        NATS_PASSWORD: 'secret-1',
        NATS_PASSWORD_FILE: file('secret-2'),
        EDGE_SECRET: 'short-secret',
        WEB_ROLE: 'boss',
        CERTIFICATE_DAYS: 'many',
        SERVICE_PORT: '70000',
        NATS_USER_FILE: '/nowhere/user',
      }),
    );
    expect(
      message
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(':')[0])
        .sort(),
    ).toEqual([
      'CERTIFICATE_DAYS',
      'DATABASE_URL',
      'EDGE_SECRET',
      'NATS_PASSWORD',
      'NATS_URL',
      'NATS_USER',
      'SERVICE_PORT',
      'WEB_ROLE',
    ]);
    expect(message).toMatch(/NATS_URL: is not set/);
    expect(message).toMatch(/NATS_PASSWORD: both NATS_PASSWORD and NATS_PASSWORD_FILE are set/);
    expect(message).toMatch(/NATS_USER: the file that NATS_USER_FILE names cannot be read \(ENOENT\)/);
    expect(message).not.toMatch(/secret-1|secret-2|short-secret/);
  });

  it('puts the passwords of the database into its addresses', () => {
    const urls = {
      WEB_DATABASE_URL: 'postgres://app@db/muster',
      WEB_DATABASE_OWNER_URL: 'postgres://owner:own@db/muster',
    };
    const config = load({ ...urls, WEB_DATABASE_PASSWORD_FILE: file('a/b@c%d\n') });
    expect(new URL(config.DATABASE_URL).host).toBe('db');
    expect(decodeURIComponent(new URL(config.DATABASE_URL).password)).toBe('a/b@c%d');
    expect(config.DATABASE_OWNER_URL).toBe('postgres://owner:own@db/muster');
    expect(faultsOf(() => load({ ...urls, DATABASE_OWNER_PASSWORD: 'twice' }))).toMatch(
      /1 fault\(s\):\n {2}DATABASE_OWNER_PASSWORD: is set, but the address holds a password already/,
    );
    expect(faultsOf(() => load({ DATABASE_PASSWORD: 'nobody' }))).toMatch(/DATABASE_PASSWORD: belongs to an address/);
  });

  it('is frozen', () => {
    const config: { SERVICE_PORT: number } = load();
    expect(() => (config.SERVICE_PORT = 1)).toThrow(TypeError);
  });
});

describe('configurationTable', () => {
  it('documents every variable with default and meaning', () => {
    const table = configurationTable(BaseConfig);
    expect(table).toContain('| `SERVICE_HOST` | `127.0.0.1` | Address to listen on. |');
    expect(table).toContain('| `NATS_URL` | required | Address of NATS; several with commas. |');
    expect(table).toContain('| `BASE_DOMAIN` | – |');
  });
});
