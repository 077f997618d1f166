import 'reflect-metadata';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createService, drain, loadConfig } from '@muster/service-kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppModule } from '../app.module';
import { Listener } from '../core/tls/listener';
import { PushNode } from '../push/push-node';
import { PushBrokerConfig } from '../push-broker.config';
import { readArguments } from './arguments';
import { makeSurroundings, type Surroundings } from './surroundings';

let folder: string;
let made: Surroundings | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-standalone-'));
  writeFileSync(join(folder, 'users'), 'romeo:pencil\n', { mode: 0o600 });
  writeFileSync(join(folder, 'keys'), 'bench:some key\n');
});
afterEach(async () => {
  await made?.remove();
  made = undefined;
  rmSync(folder, { recursive: true });
});

it('makes all that the service needs, and takes it away again', async () => {
  const users = join(folder, 'users');
  made = await makeSurroundings(readArguments(['--users', users, '--push-keys', join(folder, 'keys')]));
  const config = loadConfig(PushBrokerConfig, 'push-broker', made.environment);
  const app = await createService({ service: 'push-broker', module: AppModule, config: PushBrokerConfig }, config);
  try {
    expect(app.get(Listener).port).toBeGreaterThan(0);
    expect(app.get(Listener).starttlsPort).toBeGreaterThan(0);
    expect(app.get(PushNode).service?.server.port).toBeGreaterThan(0);
    expect(made.told).toMatchObject({ domain: 'xmpp.muster.test' });
    expect(made.told).not.toHaveProperty('pushKey');
    expect(readFileSync(String(made.told['ca']), 'utf8')).toContain('BEGIN CERTIFICATE');
  } finally {
    await drain(app);
  }
  const { ca } = made.told;
  await made.remove();
  made = undefined;
  expect(existsSync(String(ca))).toBe(false);
});

it('tells the key that it made, and does not begin without its files', async () => {
  made = await makeSurroundings(readArguments(['--users', join(folder, 'users')]));
  expect(made.told['pushKey']).toMatch(/^[\w-]{32}$/);
  await expect(makeSurroundings(readArguments(['--users', join(folder, 'none')]))).rejects.toThrow('ENOENT');
});
