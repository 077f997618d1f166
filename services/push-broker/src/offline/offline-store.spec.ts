import { describe, expect, it } from 'vitest';
import { MemoryOfflineStore } from './memory-offline-store';
import { offlineStoreConformance } from './testing/conformance';

describe('offline messages in memory', () => {
  let now = Date.parse('2026-11-21T00:00:00Z');
  offlineStoreConformance(
    async (limits) => new MemoryOfflineStore(limits, () => now),
    async (milliseconds) => void (now += milliseconds),
  );

  it('are looked through for expired ones no more than once a minute', async () => {
    const limits = { accountMessages: 10, accountBytes: 1000, messages: 1, bytes: 1000 };
    const store = new MemoryOfflineStore(limits, () => now);
    await store.keep('a@x', '<message/>', new Date(now + 10));
    now += 1000;
    expect(await store.keep('b@x', '<message/>', new Date(now + 10))).toBe('stored');
    now += 1000;
    expect(await store.keep('c@x', '<message/>', new Date(now + 10))).toBe('refused');
    now += 60_000;
    expect(await store.keep('c@x', '<message/>', new Date(now + 10))).toBe('stored');
  });
});
