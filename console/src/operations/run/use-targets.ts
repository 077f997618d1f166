import { type DeviceSummary, listDevices } from '@muster/contracts';
import { useQueries } from '@tanstack/react-query';
import type { ApiError } from '../../api/api-error';
import { readAllDevices } from '../../devices/read-all-devices';

/** Members of one group that are looked at one by one; of a bigger group only the number is known exactly. */
const LOOKED_AT = 2000;

export interface Targets {
  /** Known devices, each once, by name. */
  devices: DeviceSummary[];
  /** How many it will be, at most. */
  count: number;
  /** A group is too big to know whether its members are chosen twice. */
  atMost: boolean;
  offline: DeviceSummary[];
  pending: boolean;
  error: ApiError | null;
  retry: () => void;
}

type Members = Awaited<ReturnType<typeof readAllDevices>>;

/** All devices that the chosen devices and groups come to. */
export function useTargets(chosen: Iterable<DeviceSummary>, groupIds: readonly string[]): Targets {
  const groups = useQueries({
    queries: groupIds.map((groupId) => ({
      queryKey: [listDevices.path, 'members', { groupId }],
      queryFn: ({ signal }: { signal: AbortSignal }): Promise<Members> =>
        readAllDevices({ groupId }, LOOKED_AT, signal),
    })),
  });
  const failed = groups.find(({ error }) => error);
  return {
    ...unite(
      chosen,
      groups.flatMap(({ data }) => data ?? []),
    ),
    pending: groups.some(({ isPending }) => isPending),
    error: (failed?.error as ApiError | null | undefined) ?? null,
    retry: () => void failed?.refetch(),
  };
}

export function unite(chosen: Iterable<DeviceSummary>, groups: readonly Members[]) {
  const united = new Map<string, DeviceSummary>();
  for (const device of chosen) united.set(device.id, device);
  for (const { devices } of groups) for (const device of devices) united.set(device.id, device);
  const unseen = groups.reduce((sum, { total, devices }) => sum + Math.max(0, total - devices.length), 0);
  const devices = [...united.values()].sort((a, b) => a.name.localeCompare(b.name));
  return {
    devices,
    count: devices.length + unseen,
    atMost: unseen > 0,
    offline: devices.filter(({ presence }) => presence === 'offline' || presence === 'unknown'),
  };
}
