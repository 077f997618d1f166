import { useState } from 'react';
import { useDebouncedValue } from '@mantine/hooks';
import { listDevices } from '@muster/contracts';
import { useRead } from '../api/use-api';

/** Devices that the server finds for what is typed, the first 25 by name. */
export function useDeviceSearch() {
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search, 250);
  const query = useRead(
    listDevices,
    { query: { search: wanted, sort: 'name', direction: 'ascending', size: 25 } },
    { keepPrevious: true },
  );
  return { search, setSearch, query, found: query.data?.devices ?? [], total: query.data?.total ?? 0 };
}
