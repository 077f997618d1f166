import { startPostgres, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemasOf, setUpDatabase } from './database';

let postgres: TestPostgres;
let admin: URL;
beforeAll(async () => {
  postgres = await startPostgres();
  admin = new URL(postgres.adminUrl);
});
afterAll(() => postgres.stop());

const secrets = (password: string) =>
  new Map([
    ['postgres-admin', decodeURIComponent(admin.password)],
    ['database-core-app', password],
    ['database-core-owner', `${password}-owner`],
    ['database-rmm_logs-app', password],
    ['database-rmm_logs-owner', `${password}-owner`],
    ['nats-web', 'nothing of the database'],
  ]);
const withoutPassword = (): string => {
  const url = new URL(admin);
  url.password = '';
  return url.href;
};

/** Who signs in with a password, asked of the server. */
async function signIn(user: string, password: string): Promise<string> {
  const url = new URL(admin);
  [url.username, url.password] = [user, encodeURIComponent(password)];
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rows } = await client.query<{ user: string }>('SELECT current_user AS user');
    return rows[0]?.user ?? '';
  } finally {
    await client.end();
  }
}

describe('the database of a stack', () => {
  it('gets schemas and roles of each pair of secrets, and their new passwords at the next run', async () => {
    expect(await setUpDatabase(withoutPassword(), secrets('first'))).toEqual(['core', 'rmm_logs']);
    expect(await signIn('muster_core_app', 'first')).toBe('muster_core_app');
    expect(await signIn('muster_rmm_logs_owner', 'first-owner')).toBe('muster_rmm_logs_owner');
    await setUpDatabase(withoutPassword(), secrets("it's the second"));
    expect(await signIn('muster_core_app', "it's the second")).toBe('muster_core_app');
    await expect(signIn('muster_core_app', 'first')).rejects.toMatchObject({ code: '28P01' });
  });

  it('is left alone when the administrator’s password is wrong: at once, not after a minute', async () => {
    const wrong = new Map([...secrets('third'), ['postgres-admin', 'wrong']]);
    await expect(setUpDatabase(withoutPassword(), wrong, 3_600_000)).rejects.toMatchObject({ code: '28P01' });
    expect(await signIn('muster_core_app', "it's the second")).toBe('muster_core_app');
  });

  it('wants both roles of a schema', () => {
    const half = new Map([...secrets('x')].filter(([name]) => name !== 'database-core-owner'));
    expect(() => schemasOf(half)).toThrow('the secret database-core-owner is missing');
  });
});
