import type { Bus } from '@muster/bus';
import {
  type LogsFollowed,
  logsFollowed,
  type OutputFollowed,
  type Permission,
  type Principal,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { createLog } from '@muster/service-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperationsConfig } from '../operations/operations.config';
import type { LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';
import { Following } from './following';

const said: LogsFollowed[] = [];
const saidOfOutput: OutputFollowed[] = [];
let lost: boolean;
let reconnected: () => void;
const bus: Pick<Bus, 'publish' | 'onReconnect'> = {
  publish: async (event, payload) => {
    if (lost) throw new Error('NATS is away');
    if (event.subject === logsFollowed.subject) said.push(payload as unknown as LogsFollowed);
    else saidOfOutput.push(payload as unknown as OutputFollowed);
  },
  onReconnect: (listener) => (reconnected = listener),
};

let connections: LiveConnections;
let following: Following;
beforeEach(() => {
  vi.useFakeTimers();
  said.length = 0;
  saidOfOutput.length = 0;
  lost = false;
  connections = new LiveConnections(new OperationsConfig());
  following = new Following(connections, bus as Bus, createLog('web', 'fatal', { write: () => undefined }));
  following.onApplicationBootstrap();
});
afterEach(async () => {
  await following.beforeApplicationShutdown();
  vi.useRealTimers();
});

/** A console that follows these devices and operations; `close` ends it. */
function connect(
  organisationId: string,
  devices: string[],
  operations: string[] = [],
): { close: () => void; begin: () => void } {
  const one = { close: (): void => undefined, begin: (): void => undefined };
  const permissions: Permission[] = ['monitoring.read'];
  connections.add({
    principal: { organisationId, permissions } as unknown as Principal,
    followed: { devices: new Set(devices), operations: new Set(operations) },
    onClosed: (listener: () => void) => (one.close = listener),
    onFollowing: (listener: () => void) => (one.begin = listener),
  } as unknown as LiveConnection);
  return one;
}

describe('what consoles follow', () => {
  it('is said again for as long as a console is connected, each device once', async () => {
    const [ours, theirs] = [newId(), newId()];
    const [a, b, c] = [newId(), newId(), newId()];
    const first = connect(ours, [a, b]);
    connect(ours, [b]);
    connect(theirs, [c]);
    connect(theirs, []);
    await vi.advanceTimersByTimeAsync(30_000);
    const all = [
      { organisationId: ours, deviceIds: [a, b], seconds: 60 },
      { organisationId: theirs, deviceIds: [c], seconds: 60 },
    ];
    expect(said).toEqual(all);
    first.close();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(said.slice(2)).toEqual([{ ...all[0], deviceIds: [b] }, all[1]]);
  });

  it('is said in parts, by the console that begins alone, and anew when the bus is back', async () => {
    const organisationId = newId();
    connect(organisationId, [newId()]);
    const many = Array.from({ length: 1100 }, newId);
    const one = connect(organisationId, many);
    one.begin();
    await vi.advanceTimersByTimeAsync(1);
    expect(said.map(({ deviceIds }) => deviceIds.length)).toEqual([500, 500, 100]);
    expect(said.flatMap(({ deviceIds }) => deviceIds)).toEqual(many);
    lost = true;
    one.begin();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(said).toHaveLength(3);
    lost = false;
    reconnected();
    await vi.advanceTimersByTimeAsync(1);
    expect(said.slice(3).map(({ deviceIds }) => deviceIds.length)).toEqual([500, 500, 101]);
  });

  it('is said of output as it is of logs', async () => {
    const organisationId = newId();
    const [device, one, other] = [newId(), newId(), newId()];
    const first = connect(organisationId, [], [one]);
    connect(organisationId, [device], [other, one]);
    first.begin();
    await vi.advanceTimersByTimeAsync(1);
    expect(saidOfOutput).toEqual([{ organisationId, operationIds: [one], seconds: 60 }]);
    first.close();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(saidOfOutput.slice(1)).toEqual([{ organisationId, operationIds: [other, one], seconds: 60 }]);
    expect(said).toEqual([{ organisationId, deviceIds: [device], seconds: 60 }]);
  });
});
