import { cancelOperation, readOperation } from '@muster/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Api } from './harness/api';
import { asAdmin } from './harness/people';
import { localDevice, outputOf, start, untilEnded } from './harness/procedures';
import { until } from './harness/stack';
import { witness } from './harness/witness';

let api: Api;
let device: string;
beforeAll(async () => {
  api = await asAdmin();
  device = (await localDevice(api)).id;
});

describe('an operation on a real device', () => {
  it('runs, streams its output and tells how it ended', async () => {
    const { id } = await start(api, device, 'echo to stdout; echo to stderr >&2; exit 3');
    const ended = await untilEnded(api, id);
    expect(ended).toMatchObject({ state: 'ERROR', exitCode: 3 });
    const output = await outputOf(api, id);
    expect(output).toContain('to stdout');
    expect(output).toContain('to stderr');
    const { transitions } = await api.call(readOperation, { params: { id } });
    const states = transitions.map(({ state }) => state).filter((state) => state !== 'NOTIFIED');
    expect(states).toEqual(['PENDING', 'IN_PROGRESS', 'ERROR']);
  });

  it('shows output while it still runs', async () => {
    const { id } = await start(api, device, 'echo early; sleep 20; echo late');
    await until('early output is there', async () => (await outputOf(api, id)).includes('early'), 15);
    expect((await api.call(readOperation, { params: { id } })).state).toBe('IN_PROGRESS');
    await api.call(cancelOperation, { params: { id } });
    expect((await untilEnded(api, id)).state).toBe('CANCELLED');
    expect(await outputOf(api, id)).not.toContain('late');
  });

  it('is ended with its whole process group at the time limit', async () => {
    const { id } = await start(api, device, "sh -c 'trap \"\" TERM; sleep 61' & trap '' TERM; sleep 61", 2);
    expect(await untilEnded(api, id)).toMatchObject({ state: 'ERROR' });
    const left = await start(api, device, 'ps ax -o args | grep -c "[s]leep 61" || true');
    await untilEnded(api, left.id);
    expect((await outputOf(api, left.id)).trim()).toBe('0');
  });

  it('runs in the order in which it was asked, each exactly once', async () => {
    const { path, lines } = witness();
    const operations = [];
    for (let number = 0; number < 10; number++) operations.push(await start(api, device, `echo ${number} >> ${path}`));
    for (const { id } of operations) expect((await untilEnded(api, id)).state).toBe('COMPLETED');
    expect(lines()).toEqual([...Array(10).keys()].map(String));
  });
});
