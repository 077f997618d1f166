import { readOperation } from '@muster/contracts';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { enrolledDevice } from './harness/devices';
import { asAdmin } from './harness/people';
import { localDevice, start, untilEnded } from './harness/procedures';
import { kill, status, until, untilReady } from './harness/stack';

let api: Api;
let device: string;
beforeAll(async () => {
  api = await asAdmin();
  device = (await localDevice(api)).id;
});

/** A file that any user may append to: what really ran, whatever anybody reports. */
function witness(): { path: string; lines: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'muster-witness-'));
  const path = join(folder, 'log');
  writeFileSync(path, '');
  chmodSync(folder, 0o777);
  chmodSync(path, 0o666);
  return { path, lines: () => readFileSync(path, 'utf8').split('\n').filter(Boolean) };
}

const OPERATIONS = 6;

describe.each([
  'web-manager',
  'web-worker',
  'key-manager',
  'push-broker',
  'bip',
  'nats-hub',
  'nats-leaf',
  'postgres',
  'edge',
])('kill -9 of %s while operations run', (part) => {
  it('loses no operation and runs none twice', async () => {
    const { path, lines } = witness();
    const operations = [];
    for (let number = 0; number < OPERATIONS; number++) {
      operations.push(await start(api, device, `echo ${number} >> ${path}; sleep 0.5; echo ${number} done`));
    }
    const pid = await kill(part);
    await untilReady(part, pid);
    for (const { id } of operations) expect((await untilEnded(api, id, 80)).state).toBe('COMPLETED');
    expect(lines().sort()).toEqual([...Array(OPERATIONS).keys()].map(String));
    await until('the device is green', async () => (await status()).devices.online > 0);
  });
});

describe('kill -9 of the agent', () => {
  it('in the middle of an operation: reported as interrupted, not run again, the next ones run', async () => {
    const { path, lines } = witness();
    const running = await start(api, device, `echo begun >> ${path}; sleep 30; echo finished >> ${path}`);
    const waiting = await start(api, device, `echo second >> ${path}`);
    await until('it has begun', async () => lines().includes('begun'));
    const pid = await kill('agent');
    await untilReady('agent', pid);
    expect(await untilEnded(api, running.id)).toMatchObject({
      state: 'ERROR',
      reason: expect.stringMatching(/interrupted/i),
    });
    expect((await untilEnded(api, waiting.id)).state).toBe('COMPLETED');
    expect(lines()).toEqual(['begun', 'second']);
  });

  it('in its sleep: what was asked meanwhile runs when it wakes', async () => {
    const { path, lines } = witness();
    const pid = await kill('agent', 'SIGSTOP');
    const asked = await start(api, device, `echo ran >> ${path}`);
    process.kill(pid, 'SIGCONT');
    expect((await untilEnded(api, asked.id)).state).toBe('COMPLETED');
    expect(lines()).toEqual(['ran']);
  });
});

describe('a device that was offline when asked', () => {
  it('gets the operation once when it returns, and its reports may repeat', async () => {
    const sleeper = await enrolledDevice();
    const { id } = await start(api, sleeper.id, 'true');
    expect((await api.call(readOperation, { params: { id } })).state).toBe('PENDING');
    const { operations } = await sleeper.sync();
    expect(operations.map(({ operationId }) => operationId)).toEqual([id]);
    await sleeper.sync({ holding: [id] });
    await sleeper.report(id, 'started');
    const last = await sleeper.report(id, 'completed', { exitCode: 0, chunks: 0 });
    expect(last.operations).toEqual([]);
    expect((await sleeper.report(id, 'completed', { exitCode: 0, chunks: 0 })).reply.settled).toContain(id);
    expect(await untilEnded(api, id)).toMatchObject({ state: 'COMPLETED', exitCode: 0 });
  });
});

describe('the broker restarts with devices connected', () => {
  it('they are green again', async () => {
    const pid = await kill('push-broker', 'SIGTERM');
    await untilReady('push-broker', pid);
    await until('the device is green', async () => (await status()).devices.online > 0);
  });
});
