import type { Bus } from '@muster/bus';
import type { LogsFollowed, Permission, Principal } from '@muster/contracts';
import { newId } from '@muster/database';
import { createLog } from '@muster/service-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperationsConfig } from '../operations/operations.config';
import type { LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';
import { LogFollowing } from './log-following';

const said: LogsFollowed[] = [];
let lost: boolean;
let reconnected: () => void;
const bus: Pick<Bus, 'publish' | 'onReconnect'> = {
  publish: async (_event, payload) => {
    if (lost) throw new Error('NATS is away');
    said.push(payload as unknown as LogsFollowed);
  },
  onReconnect: (listener) => (reconnected = listener),
};

let connections: LiveConnections;
let following: LogFollowing;
beforeEach(() => {
  vi.useFakeTimers();
  said.length = 0;
  lost = false;
  connections = new LiveConnections(new OperationsConfig());
  following = new LogFollowing(connections, bus as Bus, createLog('web', 'fatal', { write: () => undefined }));
  following.onApplicationBootstrap();
});
afterEach(async () => {
  await following.beforeApplicationShutdown();
  vi.useRealTimers();
});

/** A console that follows these devices; `close` ends it. */
function connect(organisationId: string, followed: string[]): { close: () => void; begin: () => void } {
  const one = { close: (): void => undefined, begin: (): void => undefined };
  const permissions: Permission[] = ['monitoring.read'];
  connections.add({
    principal: { organisationId, permissions } as unknown as Principal,
    followed,
    onClosed: (listener: () => void) => (one.close = listener),
    onFollowing: (listener: () => void) => (one.begin = listener),
  } as unknown as LiveConnection);
  return one;
}

describe('whose logs are followed', () => {
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
});
