import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startNats, startPostgres, type TestNats, type TestPostgres } from './index';

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

it('leaves neither process nor folder behind when the test process is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-child-'));
  const bundle = await rolldown({ input: join(import.meta.dirname, 'process/child.ts'), platform: 'node' });
  await bundle.write({ file: join(folder, 'child.mjs'), format: 'esm' });
  await bundle.close();
  const script = `
    import { Child } from ${JSON.stringify(pathToFileURL(join(folder, 'child.mjs')).href)};
    console.log(new Child('sleep', ['600'], { folder: ${JSON.stringify(folder)} }).pid);
    setInterval(() => undefined, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  owner.kill('SIGKILL');
  await eventually(() => !isAlive(pid) && !existsSync(folder));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
