import type { QueryClient } from '@tanstack/react-query';
import {
  type DeviceDetail,
  type DevicePage,
  type DeviceQuery,
  type DeviceSummary,
  listDevices,
  listMergeQuestions,
  listOperations,
  type LiveMessage,
  type Operation,
  type OperationDetail,
  type OperationPage,
  readBatch,
  readDashboard,
  readDevice,
  readOperation,
} from '@muster/contracts';
import type { Refresher } from './refresher';

/** Puts a live message into every cached reply that shows the thing it is about; what cannot be patched is read anew. */
export function patchCache(cache: QueryClient, refresher: Refresher, message: LiveMessage): void {
  if (message.type === 'device.changed' && message.device) deviceChanged(cache, refresher, message.device);
  if (message.type === 'device.removed' && message.id) deviceRemoved(cache, refresher, message.id);
  if (message.type === 'operation.changed' && message.operation) operationChanged(cache, refresher, message.operation);
  if (message.type === 'merge-question.changed') {
    refresher.soon([listMergeQuestions.path]);
    refresher.soon([readDashboard.path]);
    refresher.soon([readDevice.path]);
  }
}

function deviceChanged(cache: QueryClient, refresher: Refresher, device: DeviceSummary): void {
  refresher.soon([readDashboard.path]);
  for (const [key, page] of cache.getQueriesData<DevicePage>({ queryKey: [listDevices.path] })) {
    if (!page) continue;
    const before = page.devices.find(({ id }) => id === device.id);
    if (before) cache.setQueryData<DevicePage>(key, { ...page, devices: replace(page.devices, device) });
    if (!before || moves(before, device, (key[2] ?? {}) as DeviceQuery)) refresher.soon(key);
  }
  cache.setQueryData<DeviceDetail>([readDevice.path, { id: device.id }, {}], (old) => old && { ...old, ...device });
}

const INVENTORY_FILTERS = ['encryption', 'antivirus', 'manufacturer', 'model'] as const;

/** The change may put the device on another page of this list, or off it. */
function moves(before: DeviceSummary, after: DeviceSummary, query: DeviceQuery): boolean {
  const filtered =
    (query.presence !== undefined && before.presence !== after.presence) ||
    (query.attention !== undefined && before.attention !== after.attention) ||
    (query.search !== undefined && before.name !== after.name) ||
    INVENTORY_FILTERS.some((name) => query[name] !== undefined && before.inventory?.[name] !== after.inventory?.[name]);
  const sort = query.sort ?? 'name';
  return filtered || before[sort] !== after[sort];
}

function deviceRemoved(cache: QueryClient, refresher: Refresher, id: string): void {
  refresher.soon([readDashboard.path]);
  refresher.soon([listMergeQuestions.path]);
  refresher.soon([readDevice.path, { id }]);
  for (const [key, page] of cache.getQueriesData<DevicePage>({ queryKey: [listDevices.path] })) {
    if (page?.devices.some((device) => device.id === id)) refresher.soon(key);
  }
}

function operationChanged(cache: QueryClient, refresher: Refresher, operation: Operation): void {
  refresher.soon([readDashboard.path]);
  refresher.soon([readBatch.path, { id: operation.batchId }]);
  for (const [key, page] of cache.getQueriesData<OperationPage>({ queryKey: [listOperations.path] })) {
    if (!page) continue;
    const before = page.operations.find(({ id }) => id === operation.id);
    if (before) {
      cache.setQueryData<OperationPage>(key, { ...page, operations: replace(page.operations, operation) });
    }
    const { state, batchId, deviceId } = (key[2] ?? {}) as { state?: string; batchId?: string; deviceId?: string };
    const concerned = (!batchId || batchId === operation.batchId) && (!deviceId || deviceId === operation.deviceId);
    if (concerned && (!before || (state && before.state !== operation.state))) refresher.soon(key);
  }
  const detail = [readOperation.path, { id: operation.id }, {}];
  cache.setQueryData<OperationDetail>(detail, (old) => old && { ...old, ...operation });
  // The transitions, with their reasons, are only in the full reply.
  refresher.soon(detail);
}

const replace = <T extends { id: string }>(rows: T[], row: T): T[] =>
  rows.map((old) => (old.id === row.id ? row : old));
