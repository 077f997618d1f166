import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EDGE_HEADERS } from '@muster/contracts';
import { eventually, freePort, startNats, type TestNats } from '@muster/testing';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyManagerFixture } from './testing/key-manager.fixture';
import { EDGE_SECRET } from './testing/running-service';

/** A cold start on a busy machine. */
const START = { within: 60_000 };

const root = fileURLToPath(new URL('..', import.meta.url));
let folder: string;
let packages: string[];
let nats: TestNats;
let keyManager: KeyManagerFixture;
let environment: Record<string, string>;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(root, '../../node_modules/.service-kit-process-'));
  nats = await startNats({ services: ['bip', 'key-manager'] });
  keyManager = await KeyManagerFixture.start(nats);
  const bundle = await rolldown({
    input: join(root, 'src/testing/main.fixture.ts'),
    platform: 'node',
    tsconfig: join(root, 'tsconfig.json'),
    external: (id) => !/^(@muster\/|@oxc-project\/|[./\0])/.test(id),
  });
  const { output } = await bundle.write({
    file: join(folder, 'main.mjs'),
    format: 'esm',
    codeSplitting: false,
    keepNames: true,
  });
  packages = output[0].imports;
  await bundle.close();
  const { url, user, password } = nats.credentials('bip');
  environment = { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password, EDGE_SECRET, SHUTDOWN_SECONDS: '10' };
});
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(async () => {
  await keyManager?.stop();
  await nats?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  port: number;
  output: () => string;
  code: Promise<number | null>;
}
async function start(more: Record<string, string> = {}, ...words: string[]): Promise<Started> {
  const port = await freePort();
  const env = { PATH: process.env['PATH'] ?? '', ...environment, SERVICE_PORT: String(port), ...more };
  const child = spawn(process.execPath, [join(folder, 'main.mjs'), ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = once(child, 'exit').then(([value]) => value as number | null);
  return { child, port, output: () => output, code };
}
const ready = (port: number): Promise<number> =>
  fetch(`http://127.0.0.1:${port}/-/health/ready`).then(
    (response) => response.status,
    () => 0,
  );
const slow = (port: number): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/fail`, {
    method: 'POST',
    headers: { [EDGE_HEADERS.secret]: EDGE_SECRET, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'slow' }),
  });

describe('a service process', { timeout: 120_000 }, () => {
  it('carries nothing of a database unless it asks for one', () => {
    expect(packages).toContain('@nestjs/core');
    expect(packages).not.toContain('typeorm');
    expect(packages).not.toContain('pg');
  });

  it('says all faults of its configuration and ends with 78', async () => {
    const { code, output } = await start({ NATS_URL: '', LOG_LEVEL: 'loud', EDGE_SECRET: '' });
    expect(await code).toBe(78);
    expect(output()).toMatch(/configuration of bip has 3 fault\(s\)/);
    for (const name of ['NATS_URL', 'LOG_LEVEL', 'EDGE_SECRET']) expect(output()).toContain(`${name}: `);
  });

  it('reads its configuration and ends when it is asked for no more, beside another that runs', async () => {
    const running = await start();
    await eventually(async () => (await ready(running.port)) === 200, START);
    const port = { SERVICE_PORT: String(running.port) };
    const well = await start(port, '--check-configuration');
    expect([await well.code, well.output()]).toEqual([0, '']);
    const faulty = await start({ ...port, LOG_LEVEL: 'loud' }, '--check-configuration');
    expect(await faulty.code).toBe(78);
    expect(faulty.output()).toMatch(/^ {2}LOG_LEVEL: /m);
    expect(await ready(running.port)).toBe(200);
  });

  it('finishes what runs when it is asked to stop, takes nothing new, and ends with 0', async () => {
    const { child, port, output, code } = await start();
    await eventually(async () => (await ready(port)) === 200, START);
    const running = slow(port);
    await eventually(async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/-/metrics`)).text();
      return /^muster_http_requests_running\{service="bip"\} [2-9]/m.test(metrics);
    });
    child.kill('SIGTERM');
    const answer = await running;
    expect([answer.status, ((await answer.json()) as { title: string }).title]).toEqual([200, 'done']);
    expect(await code).toBe(0);
    expect(await ready(port)).toBe(0);
    expect(output()).toContain('"message":"Stopping."');
    expect(output()).not.toContain('"level":"error"');
  });

  it('starts without NATS, says that it is not ready, and is ready when NATS comes', async () => {
    await nats.crash();
    const { child, port, code } = await start();
    await eventually(async () => (await ready(port)) === 503, START);
    await nats.start();
    await eventually(async () => (await ready(port)) === 200, START);
    child.kill('SIGTERM');
    expect(await code).toBe(0);
  });

  it('ends with 1 and a reason when it cannot listen', async () => {
    const first = await start();
    await eventually(async () => (await ready(first.port)) === 200, START);
    const second = await start({ SERVICE_PORT: String(first.port) });
    expect(await second.code).toBe(1);
    expect(second.output()).toMatch(/"level":"fatal".*EADDRINUSE/);
  });
});
