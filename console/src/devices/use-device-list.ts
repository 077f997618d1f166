import { type DeviceQuery, listDevices, PRESENCES, PROTECTION_STATES } from '@muster/contracts';
import { useRead } from '../api/use-api';
import { columnsOf } from './device-columns';
import { known, type ListState, useListState } from '../ui/list-state';

const SORTS = ['name', 'presence', 'osName', 'lastContactAt', 'enrolledAt'] as const;
const DIRECTIONS = ['ascending', 'descending'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The device list that the address asks for; what an address got wrong is left out. */
export function useDeviceList() {
  const list = useListState();
  const query = deviceQuery(list);
  const devices = useRead(listDevices, { query }, { keepPrevious: true });
  return { list, query, devices, columns: columnsOf(list.get('columns')) };
}

export function deviceQuery(list: Pick<ListState, 'page' | 'size' | 'get'>): DeviceQuery & { sort: string } {
  const group = list.get('group');
  return {
    page: list.page,
    size: list.size,
    search: list.get('search')?.slice(0, 200),
    sort: known(SORTS, list.get('sort')) ?? 'name',
    direction: known(DIRECTIONS, list.get('direction')) ?? 'ascending',
    presence: known(PRESENCES, list.get('presence')),
    platform: list.get('platform')?.slice(0, 64),
    groupId: group && UUID.test(group) ? group : undefined,
    attention: list.get('attention') === 'true' ? true : undefined,
    encryption: known(PROTECTION_STATES, list.get('encryption')),
    antivirus: known(PROTECTION_STATES, list.get('antivirus')),
    manufacturer: list.get('manufacturer')?.slice(0, 200),
    model: list.get('model')?.slice(0, 200),
  };
}
