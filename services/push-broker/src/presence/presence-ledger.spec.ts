import { describe, expect, it } from 'vitest';
import { PresenceLedger } from './presence-ledger';

const id = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const now = new Date('2026-11-21T00:00:00Z');

describe('PresenceLedger', () => {
  it('numbers every change and tells the newest of each device', () => {
    const ledger = new PresenceLedger('n', 7);
    ledger.online(id(1), '192.0.2.1', now);
    ledger.online(id(2), '192.0.2.2', now);
    ledger.offline(id(1), '192.0.2.1', now);
    ledger.online(id(1), '192.0.2.9', now);
    ledger.offline(id(3), '', now);
    expect(ledger.take()).toEqual([
      {
        node: 'n',
        epoch: 7,
        changes: [
          { deviceId: id(2), connected: true, sequence: 2, address: '192.0.2.2', at: now.toISOString() },
          { deviceId: id(1), connected: true, sequence: 4, address: '192.0.2.9', at: now.toISOString() },
        ],
      },
    ]);
    expect(ledger.take()).toEqual([]);
    expect(ledger.lease(10)).toEqual({ node: 'n', epoch: 7, sequence: 4, connected: 2, leaseSeconds: 10 });
  });

  it('does not lose what could not be sent, and does not overwrite what came since', () => {
    const ledger = new PresenceLedger('n', 7);
    ledger.online(id(1), '', now);
    ledger.online(id(2), '', now);
    const [batch] = ledger.take();
    ledger.offline(id(2), '', now);
    if (batch) ledger.putBack(batch);
    const again = ledger.take().flatMap(({ changes }) => changes);
    expect(again.map(({ deviceId, connected, sequence }) => [deviceId, connected, sequence])).toEqual([
      [id(1), true, 1],
      [id(2), false, 3],
    ]);
  });

  it('tells all who are connected again, with the numbers they have', () => {
    const ledger = new PresenceLedger('n', 7);
    for (let i = 1; i <= 3; i++) ledger.online(id(i), '', now);
    ledger.offline(id(2), '', now);
    ledger.take();
    ledger.retell();
    expect(ledger.take()[0]?.changes.map(({ sequence }) => sequence)).toEqual([1, 3]);
    expect(ledger.lease(10).sequence).toBe(4);
  });

  it('pages through thousands while devices come and go', () => {
    const ledger = new PresenceLedger('n', 7);
    for (let i = 2500; i >= 1; i--) ledger.online(id(i), '', now);
    expect(ledger.take().map(({ changes }) => changes.length)).toEqual([1000, 1000, 500]);
    const first = ledger.page(undefined);
    expect([first.devices.length, first.devices[0]?.deviceId, first.last]).toEqual([1000, id(1), false]);
    ledger.offline(id(1500), '', now);
    ledger.online(id(9000), '', now);
    const second = ledger.page(first.devices.at(-1)?.deviceId);
    expect(second.devices.some(({ deviceId }) => deviceId === id(1500))).toBe(false);
    expect(second.sequence).toBeGreaterThan(first.sequence);
    const third = ledger.page(id(2000));
    expect([third.devices.length, third.devices.at(-1)?.deviceId, third.last]).toEqual([500, id(2500), true]);
    // The next reader sees who came since.
    const last = ledger.page(id(2500));
    expect([last.devices.map(({ deviceId }) => deviceId), last.last]).toEqual([[id(9000)], true]);
    expect(new PresenceLedger('n', 7).page(undefined)).toEqual({ epoch: 7, sequence: 0, devices: [], last: true });
  });
});
