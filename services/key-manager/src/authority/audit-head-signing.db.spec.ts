import 'reflect-metadata';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Instance, RunningKeyManager } from '../testing/running-key-manager';

let service: RunningKeyManager;
beforeAll(async () => {
  service = await RunningKeyManager.start();
});
afterAll(() => service?.stop());

const file = (name: string): string => join(service.caDir, name);
const removeDelegation = async (): Promise<void> => {
  for (const kind of ['key', 'crt']) await rm(file(`signing/audit-head.${kind}`));
};
const readinessOf = async ({ app }: Instance) => {
  const reply = await app.inject({ method: 'GET', url: '/-/health/ready' });
  return { status: reply.statusCode, details: (JSON.parse(reply.body) as { details: object }).details };
};

it('comes to an older authority at the start, while the key of the root is at hand', async () => {
  await removeDelegation();
  const instance = await service.addInstance();
  expect((await stat(file('signing/audit-head.key'))).mode & 0o777).toBe(0o600);
  expect(await readinessOf(instance)).toEqual({
    status: 200,
    details: { 'audit-head-signing': true, email: true, 'release-signing': true },
  });
});

it('is missed, and said to be, without keeping the service from its work, while the root is offline', async () => {
  await removeDelegation();
  for (const name of await readdir(file('roots'))) if (name.endsWith('.key')) await rm(file(join('roots', name)));
  const instance = await service.addInstance();
  expect(await readinessOf(instance)).toEqual({
    status: 200,
    details: { 'audit-head-signing': false, email: true, 'release-signing': true },
  });
  const warnings = instance.lines.filter((line) => line.includes('Audit heads stay unsigned'));
  expect(warnings.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['warn']);
});
