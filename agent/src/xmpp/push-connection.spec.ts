import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PushDependencies } from './push-connection';
import { PushConnection } from './push-connection';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A device whose push server does not answer. */
function cutOff(): { connection: PushConnection; causes: string[]; attempts: () => number } {
  let attempts = 0;
  const parts = {
    dialler: { dial: () => Promise.reject(new Error(`refused ${++attempts}`)) },
    trust: { map: { xmppDomain: 'xmpp.example.test' }, endpoints: () => [{}] },
    identity: { credential: {} },
    log: { info: () => undefined, warn: () => undefined },
  } as unknown as PushDependencies;
  const causes: string[] = [];
  return { connection: new PushConnection(parts, (cause) => causes.push(cause)), causes, attempts: () => attempts };
}

it('asks by itself while nobody can wake it, after a while and no more than once a minute', async () => {
  const { connection, causes, attempts } = cutOff();
  connection.connect();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(attempts()).toBeGreaterThan(2);
  expect(causes).toEqual([]);
  // Attempts are at most 5 minutes and a half second apart.
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(new Set(causes)).toEqual(new Set(['cut off']));
  expect(causes.length).toBeGreaterThanOrEqual(11);
  expect(causes.length).toBeLessThanOrEqual(60);
  connection.stop();
  const asked = causes.length;
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(causes).toHaveLength(asked);
});
