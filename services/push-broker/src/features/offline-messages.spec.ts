import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Jid } from '../core/jid';
import { CLIENT_NS } from '../core/namespaces';
import { element } from '../core/xml/element';
import { MemoryOfflineStore } from '../offline/memory-offline-store';
import { OfflineMessages } from './offline-messages';

it('stops when all that it was given is stored, also what waited for whether its account exists', async () => {
  const store = new MemoryOfflineStore({ accountMessages: 10, accountBytes: 1000, messages: 10, bytes: 1000 });
  const exists = async (): Promise<boolean> => pause(50, true);
  const messages = new OfflineMessages({ store, exists, seconds: 60, queueLength: 100, queueBytes: 10_000 });
  const [from, to] = ['tool@example.test', 'device@example.test'].map((text) => Jid.parse(text));
  if (!from || !to) throw new Error('these are JIDs');
  const kept = [1, 2].map((id) =>
    messages.keep({ name: 'message', from, to, stanza: element('message', CLIENT_NS, { id: String(id) }) }),
  );
  await messages.stop();
  expect(store.has(to.bare)).toBe(true);
  expect(await Promise.all(kept)).toEqual(['stored', 'stored']);
});
