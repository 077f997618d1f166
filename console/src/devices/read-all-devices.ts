import { type DeviceQuery, type DeviceSummary, listDevices } from '@muster/contracts';
import { api } from '../api/client';

const PAGE = 200;

/** Reads all devices that match, page by page, up to `limit`. `total` is how many there are in fact. */
export async function readAllDevices(
  query: DeviceQuery,
  limit: number,
  signal?: AbortSignal,
): Promise<{ devices: DeviceSummary[]; total: number }> {
  const found = new Map<string, DeviceSummary>();
  for (let page = 1; ; page++) {
    // By name, so that devices that come and go do not move the others from page to page.
    const sorted = { ...query, sort: 'name', direction: 'ascending', page, size: PAGE } as const;
    const reply = await api.call(listDevices, { query: sorted }, signal);
    for (const device of reply.devices) found.set(device.id, device);
    const last = reply.devices.length < PAGE || page * PAGE >= reply.total;
    if (last || found.size >= limit) return { devices: [...found.values()].slice(0, limit), total: reply.total };
  }
}
