import { listDeviceSoftware, listDevices, type SavedFilter } from '@muster/contracts';
import { expect, it } from 'vitest';
import { exportAddress } from './export-address';
import { filterQuery, shownFilter } from './filter-query';

it('an export has the filters and the order of the list, and all of its pages', () => {
  const query = { page: 7, size: 25, search: 'a&b', sort: 'name', presence: undefined, attention: true } as const;
  expect(exportAddress(listDevices, { query }, 'csv')).toBe(
    '/api/devices?search=a%26b&sort=name&attention=true&format=csv',
  );
  expect(exportAddress(listDeviceSoftware, { params: { id: 'a/b' } }, 'json')).toBe(
    '/plugins/devices/a%2Fb/software?format=json',
  );
});

it('a saved filter is the address without the page, whatever the order of its parts', () => {
  expect(filterQuery(new URLSearchParams('presence=online&page=3&attention=true'))).toBe(
    'attention=true&presence=online',
  );
  const filter = (name: string, query: string): SavedFilter => ({ id: name, list: 'devices', name, query });
  const filters = [filter('one', 'search=x'), filter('two', 'presence=online&attention=true')];
  expect(shownFilter(filters, new URLSearchParams('attention=true&presence=online&page=2'))?.name).toBe('two');
  expect(shownFilter(filters, new URLSearchParams('attention=true'))).toBeUndefined();
});
