import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startNats, startPostgres, type TestNats, type TestPostgres } from './index';

let postgres: TestPostgres;
let nats: TestNats;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
});
afterAll(async () => {
  await Promise.all([postgres?.stop(), nats?.stop()]);
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it('gives each schema an owner and an app role that owns nothing', async () => {
  const { urls } = await postgres.createDatabase(['core', 'identity']);
  expect(await query(urls.core.url, 'SELECT current_user')).toEqual([{ current_user: 'muster_core_app' }]);
  await expect(query(urls.core.url, 'CREATE TABLE core.x ()')).rejects.toThrow(/permission denied/);
  await expect(query(urls.core.url, 'CREATE TABLE public.x ()')).rejects.toThrow(/permission denied/);
  await query(urls.identity.ownerUrl, 'CREATE TABLE identity.x ()');
  await expect(query(urls.core.ownerUrl, 'CREATE TABLE identity.y ()')).rejects.toThrow(/permission denied/);
});

it('comes back with its data after a crash', async () => {
  const { urls } = await postgres.createDatabase(['core']);
  await query(urls.core.ownerUrl, 'CREATE TABLE core.kept AS SELECT 7 AS value');
  await postgres.crash();
  await expect(query(urls.core.url, 'SELECT 1')).rejects.toThrow();
  await postgres.start();
  expect(await query(urls.core.ownerUrl, 'SELECT value FROM core.kept')).toEqual([{ value: 7 }]);
});

it('has a NATS user for each service', () => {
  expect(nats.credentials('web')).toMatchObject({ user: 'web', url: nats.url });
});
