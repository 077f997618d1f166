import { readOperation } from '@muster/contracts';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { presenceOf, takeAgentAway, untilConnected } from './harness/agent';
import type { Api } from './harness/api';
import { enrolledDevice } from './harness/devices';
import { asAdmin } from './harness/people';
import { localDevice, outputOf, start, untilEnded } from './harness/procedures';
import { kill, lives, pidOf, until, untilAllReady, untilReady } from './harness/stack';
import { witness } from './harness/witness';

let api: Api;
let device: string;
beforeAll(async () => {
  api = await asAdmin();
  device = (await localDevice(api)).id;
});

beforeEach(untilAllReady);

const stateOf = async (id: string): Promise<string> => (await api.call(readOperation, { params: { id } })).state;

/** Whether any process of this machine has the text in its command line. */
const runsAnywhere = (text: string): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text);
      } catch {
        return false; // ended meanwhile
      }
    });

const OPERATIONS = 3;

describe.each([
  'web-manager',
  'web-worker',
  'key-manager',
  'push-broker',
  'bip',
  'rmm-logs',
  'plugins',
  'audit-logs',
  'downloads',
  'nats-hub',
  'nats-leaf',
  'postgres',
  'edge',
])('kill -9 of %s while operations run', (part) => {
  it('loses no operation and runs none twice', async () => {
    const { path, lines } = witness();
    const gate = `${path}.gate`;
    const first = await start(api, device, `echo 0 >> ${path}; until [ -e ${gate} ]; do sleep 0.1; done; echo on`);
    const ids = [first.id];
    for (let number = 1; number < OPERATIONS; number++) {
      ids.push((await start(api, device, `echo ${number} >> ${path}; echo ${number} done`)).id);
    }
    await until('the first runs', async () => (await stateOf(first.id)) === 'IN_PROGRESS');
    const pid = await kill(part);
    expect(lines(), 'one runs, the others wait').toEqual(['0']);
    writeFileSync(gate, '');
    await untilReady(part, pid);
    for (const id of ids) expect((await untilEnded(api, id, 80)).state).toBe('COMPLETED');
    expect(await Promise.all(ids.map((id) => outputOf(api, id)))).toEqual(['on\n', '1 done\n', '2 done\n']);
    expect(lines()).toEqual([...Array(OPERATIONS).keys()].map(String));
    await until('the device is green', async () => (await presenceOf(api, device)) === 'online');
  });
});

describe('kill -9 of the agent', () => {
  it('in the middle of an operation: reported as interrupted, ended, not run again, the next ones run', async () => {
    const { path, lines } = witness();
    const nap = `sleep 30.${Math.floor(Math.random() * 1e6)}`;
    const running = await start(api, device, `echo begun >> ${path}; ${nap}; echo finished >> ${path}`);
    const waiting = await start(api, device, `echo second >> ${path}`);
    await until('it has begun', async () => lines().includes('begun') && runsAnywhere(nap));
    const since = new Date();
    const pid = await kill('agent');
    await untilConnected(api, { since, notPid: pid });
    expect(await untilEnded(api, running.id)).toMatchObject({
      state: 'ERROR',
      reason: expect.stringMatching(/interrupted/i),
    });
    expect((await untilEnded(api, waiting.id)).state).toBe('COMPLETED');
    expect(lines()).toEqual(['begun', 'second']);
    expect(runsAnywhere(nap)).toBe(false);
  });

  it('and its absence: what is asked meanwhile waits, and runs once when it is back', async () => {
    const { path, lines } = witness();
    const since = new Date();
    const letBack = await takeAgentAway();
    let id: string;
    try {
      await until('the device is not online', async () => (await presenceOf(api, device)) !== 'online');
      ({ id } = await start(api, device, `echo ran >> ${path}`));
      await sleep(1000); // time in which a wrong server would fail it or a wrong device would run it
      expect(await stateOf(id)).toBe('PENDING');
      expect(lines()).toEqual([]);
    } finally {
      letBack();
    }
    await untilConnected(api, { since });
    expect((await untilEnded(api, id)).state).toBe('COMPLETED');
    expect(lines()).toEqual(['ran']);
  });
});

describe('an agent that is frozen', () => {
  it('runs what was asked meanwhile when it goes on', async () => {
    const { path, lines } = witness();
    const pid = await kill('agent', 'SIGSTOP');
    let id: string;
    try {
      ({ id } = await start(api, device, `echo ran >> ${path}`));
      await until('the broker has woken it', async () => (await stateOf(id)) === 'NOTIFIED');
      expect(lines()).toEqual([]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await untilEnded(api, id)).state).toBe('COMPLETED');
    expect(lines()).toEqual(['ran']);
    expect(await pidOf('agent')).toBe(pid);
  });
});

describe('a device that was offline when asked', () => {
  it('gets the operation once when it returns, and its reports may repeat', async () => {
    const sleeper = await enrolledDevice();
    const { id } = await start(api, sleeper.id, 'true');
    expect(await stateOf(id)).toBe('PENDING');
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
  it('they connect anew, are green, and are woken', async () => {
    const pid = await kill('push-broker', 'SIGTERM');
    const since = new Date();
    expect(lives(pid)).toBe(false);
    await untilReady('push-broker', pid);
    await untilConnected(api, { since });
    const { id } = await start(api, device, 'true');
    expect((await untilEnded(api, id, 15)).state).toBe('COMPLETED');
  });
});
