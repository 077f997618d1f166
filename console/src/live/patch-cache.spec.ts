import { QueryClient } from '@tanstack/react-query';
import {
  type DevicePage,
  type DeviceQuery,
  type DeviceSummary,
  listDevices,
  listOperations,
  type Operation,
  type OperationDetail,
  type OperationPage,
  readBatch,
  readDashboard,
  readDevice,
  readOperation,
} from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../api/use-api';
import { patchCache } from './patch-cache';
import { Refresher } from './refresher';

class Noted extends Refresher {
  readonly keys: string[] = [];
  constructor() {
    super({ invalidateQueries: () => Promise.resolve() });
  }
  override soon(queryKey: readonly unknown[]): void {
    this.keys.push(JSON.stringify(queryKey));
  }
}
const device = (id: string, change: Partial<DeviceSummary> = {}): DeviceSummary => ({
  id,
  name: id,
  hostName: id,
  presence: 'offline',
  platform: 'linux',
  osName: 'Debian',
  agentVersion: '1',
  enrolledAt: '2026-11-21T00:00:00.000Z',
  attention: false,
  ...change,
});
const operation = (id: string, change: Partial<Operation> = {}): Operation => ({
  id,
  batchId: 'batch',
  deviceId: 'd',
  deviceName: 'd',
  kind: 'procedure',
  title: 'T',
  state: 'PENDING',
  reason: '',
  requestedBy: 'x',
  createdAt: '2026-11-21T00:00:00.000Z',
  changedAt: '2026-11-21T00:00:00.000Z',
  expiresAt: '2026-11-22T00:00:00.000Z',
  cancelRequested: false,
  outputTruncated: false,
  ...change,
});

function withDevices(query: DeviceQuery, ...devices: DeviceSummary[]) {
  const cache = new QueryClient();
  const key = keyOf(listDevices, { query });
  cache.setQueryData<DevicePage>(key, { devices, total: devices.length });
  const refresher = new Noted();
  return {
    cache,
    refresher,
    asks: refresher.keys.includes.bind(refresher.keys, JSON.stringify(key)),
    change: (changed: DeviceSummary) =>
      patchCache(cache, refresher, { type: 'device.changed', id: changed.id, device: changed }),
    rows: () => cache.getQueryData<DevicePage>(key)?.devices,
  };
}

describe('a changed device', () => {
  it('is put into the lists that show it; their order and number stay, so nothing is read again', () => {
    const list = withDevices({ sort: 'name' }, device('a'), device('b'));
    list.change(device('b', { presence: 'online' }));
    expect(list.rows()).toEqual([device('a'), device('b', { presence: 'online' })]);
    expect(list.asks()).toBe(false);
    expect(list.refresher.keys).toContain(JSON.stringify([readDashboard.path]));
  });

  it.each([
    ['is sorted by what changed', { sort: 'presence' }],
    ['is filtered by what changed', { sort: 'name', presence: 'offline' }],
  ] as const)('has a list read again that %s', (_, query) => {
    const list = withDevices(query, device('a'));
    list.change(device('a', { presence: 'online' }));
    expect(list.rows()?.[0]?.presence).toBe('online');
    expect(list.asks()).toBe(true);
  });

  it('that a list does not show may belong there now', () => {
    const list = withDevices({ sort: 'name' }, device('a'));
    list.change(device('new'));
    expect(list.rows()).toEqual([device('a')]);
    expect(list.asks()).toBe(true);
  });

  it('is put into its own page without losing what only that page has', () => {
    const { cache, change } = withDevices({});
    const key = keyOf(readDevice, { params: { id: 'a' } });
    cache.setQueryData(key, { ...device('a'), factsAt: 'then' });
    change(device('a', { presence: 'online' }));
    expect(cache.getQueryData(key)).toMatchObject({ presence: 'online', factsAt: 'then' });
    expect(cache.getQueryData(keyOf(readDevice, { params: { id: 'b' } }))).toBeUndefined();
  });
});

it('a removed device has the lists read again that show it', () => {
  const list = withDevices({}, device('a'));
  patchCache(list.cache, list.refresher, { type: 'device.removed', id: 'b' });
  expect(list.asks()).toBe(false);
  patchCache(list.cache, list.refresher, { type: 'device.removed', id: 'a' });
  expect(list.asks()).toBe(true);
});

describe('a changed operation', () => {
  function withOperations(query: { state?: Operation['state']; batchId?: string }, ...operations: Operation[]) {
    const cache = new QueryClient();
    const key = keyOf(listOperations, { query });
    cache.setQueryData<OperationPage>(key, { operations, total: operations.length });
    const refresher = new Noted();
    patchCache(cache, refresher, {
      type: 'operation.changed',
      id: 'o',
      operation: operation('o', { state: 'COMPLETED' }),
    });
    return { rows: cache.getQueryData<OperationPage>(key)?.operations, keys: refresher.keys, key: JSON.stringify(key) };
  }

  it('is put into the lists that show it', () => {
    const { rows, keys, key } = withOperations({}, operation('o'), operation('p'));
    expect(rows?.map(({ state }) => state)).toEqual(['COMPLETED', 'PENDING']);
    expect(keys).not.toContain(key);
    expect(keys).toContain(JSON.stringify([readBatch.path, { id: 'batch' }]));
  });

  it('has a list by state read again', () => {
    const { keys, key } = withOperations({ state: 'PENDING' }, operation('o'));
    expect(keys).toContain(key);
  });

  it('leaves the list of another request alone', () => {
    const { keys, key } = withOperations({ batchId: 'other' });
    expect(keys).not.toContain(key);
  });

  it('is put into its own page, whose history is read again', () => {
    const cache = new QueryClient();
    const key = keyOf(readOperation, { params: { id: 'o' } });
    cache.setQueryData<OperationDetail>(key, { ...operation('o'), transitions: [], script: 's', parameters: [] });
    const refresher = new Noted();
    const changed = operation('o', { state: 'IN_PROGRESS' });
    patchCache(cache, refresher, { type: 'operation.changed', id: 'o', operation: changed });
    expect(cache.getQueryData(key)).toMatchObject({ state: 'IN_PROGRESS', script: 's' });
    expect(refresher.keys).toContain(JSON.stringify(key));
  });
});
