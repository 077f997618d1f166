import { expect, it } from 'vitest';
import type { OfflineLimits, OfflineMessage, OfflineStore } from '../../core/offline';

const LIMITS: OfflineLimits = { accountMessages: 3, accountBytes: 200, messages: 5, bytes: 1_048_576 };

/** What waits for an account. */
export async function waiting(store: OfflineStore, account: string): Promise<OfflineMessage[]> {
  const messages: OfflineMessage[] = [];
  for await (const message of store.take(account)) messages.push(message);
  return messages;
}

const texts = async (store: OfflineStore, account: string): Promise<string[]> =>
  (await waiting(store, account)).map(({ xml }) => xml);

/** What every store of offline messages does. @param make an empty store; @param pass lets time pass, for it */
export function offlineStoreConformance(
  make: (limits: OfflineLimits) => Promise<OfflineStore>,
  pass: (milliseconds: number) => Promise<void>,
): void {
  const later = (): Date => new Date(Date.now() + 365 * 86_400_000);

  it('keeps messages in order until they are removed, each account its own', async () => {
    const store = await make(LIMITS);
    const odd = 'jülièt.capulet@xmpp.test';
    expect(store.has(odd)).toBe(false);
    expect(await store.keep(odd, '<message id="1"><body>ü</body></message>', later())).toBe('stored');
    expect(await store.keep('b@xmpp.test', '<message id="2"/>', later())).toBe('stored');
    expect(await store.keep(odd, '<message id="3"/>', later())).toBe('stored');
    expect(store.has(odd)).toBe(true);
    const [first, second] = await waiting(store, odd);
    expect(first?.xml).toBe('<message id="1"><body>ü</body></message>');
    expect(first?.storedAt.getTime()).toBeGreaterThan(Date.parse('2026-01-01'));
    expect(second?.xml).toBe('<message id="3"/>');
    // Taken is not removed.
    expect(await texts(store, odd)).toHaveLength(2);
    await store.remove(odd, first?.id ?? 0);
    expect(await texts(store, odd)).toEqual(['<message id="3"/>']);
    await store.remove(odd, first?.id ?? 0);
    await store.remove(odd, second?.id ?? 0);
    expect(store.has(odd)).toBe(false);
    expect(await texts(store, 'b@xmpp.test')).toEqual(['<message id="2"/>']);
  });

  it('gives what is kept while it is read', async () => {
    const store = await make(LIMITS);
    await store.keep('a@xmpp.test', '<message id="1"/>', later());
    const seen: string[] = [];
    for await (const { xml } of store.take('a@xmpp.test')) {
      seen.push(xml);
      if (seen.length < 3) await store.keep('a@xmpp.test', `<message id="${seen.length + 1}"/>`, later());
    }
    expect(seen).toEqual(['<message id="1"/>', '<message id="2"/>', '<message id="3"/>']);
  });

  it('keeps what may come twice once, also when it has left since', async () => {
    const store = await make(LIMITS);
    const keep = (once?: string): Promise<string> => store.keep('a@xmpp.test', '<message/>', later(), once);
    expect(store.kept('push-1')).toBe(false);
    expect([await keep('push-1'), await keep('push-1'), await keep()]).toEqual(['stored', 'stored', 'stored']);
    const [first, ...more] = await waiting(store, 'a@xmpp.test');
    expect(more).toHaveLength(1);
    await store.remove('a@xmpp.test', first?.id ?? 0);
    expect([store.kept('push-1'), store.kept('push-2')]).toEqual([true, false]);
    expect(await keep('push-1')).toBe('stored');
    expect(await waiting(store, 'a@xmpp.test')).toHaveLength(1);
  });

  it('refuses beyond its limits, and takes again when there is room', async () => {
    const store = await make(LIMITS);
    const keep = (account: string, length = 20): Promise<string> =>
      store.keep(`${account}@xmpp.test`, `<message>${'x'.repeat(length - 19)}</message>`, later());
    expect(await keep('a', 181)).toBe('stored');
    expect(await keep('a', 20)).toBe('refused');
    expect([await keep('b'), await keep('b'), await keep('b')]).toEqual(['stored', 'stored', 'stored']);
    expect(await keep('b')).toBe('refused');
    expect(await keep('c')).toBe('stored');
    expect(await keep('d')).toBe('refused');
    const [first] = await waiting(store, 'b@xmpp.test');
    await store.remove('b@xmpp.test', first?.id ?? 0);
    expect(await keep('d')).toBe('stored');
  });

  it('keeps its limits also when many come at once', async () => {
    const store = await make(LIMITS);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => store.keep('a@xmpp.test', '<message/>', later())),
    );
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(3);
    expect(await texts(store, 'a@xmpp.test')).toHaveLength(3);
  });

  it('forgets what has expired', async () => {
    const store = await make({ ...LIMITS, accountMessages: 2 });
    await store.keep('a@xmpp.test', '<message id="1"/>', later());
    await store.keep('a@xmpp.test', '<message id="2"/>', new Date(Date.parse('2026-11-21T00:00:00Z')));
    await pass(1000);
    expect(await texts(store, 'a@xmpp.test')).toEqual(['<message id="1"/>']);
    // And it makes room.
    expect(await store.keep('a@xmpp.test', '<message id="3"/>', later())).toBe('stored');
    expect(await texts(store, 'a@xmpp.test')).toEqual(['<message id="1"/>', '<message id="3"/>']);
  });
}
