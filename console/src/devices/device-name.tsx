import { listDevices, readDevice } from '@muster/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { ApiError } from '../api/api-error';
import { api } from '../api/client';
import { useMay } from '../session/session-context';
import { Plain } from '../ui/plain';

interface DeviceNameProps {
  id: string;
  /** Where it is known already. */
  name?: string;
  /** Part of its page that the link opens. */
  tab?: string;
  /** Without the link. */
  plain?: boolean;
}

/** A device by name, with the way to its page. Names that are not known are read once each. */
export function DeviceName({ id, name, tab, plain = false }: DeviceNameProps) {
  const may = useMay();
  const device = useQuery<string, ApiError>({
    // Not the key of the device's own page: a name of some minutes ago will do here.
    queryKey: ['device-name', id],
    queryFn: async ({ signal }) => (await api.call(readDevice, { params: { id } }, signal)).name,
    enabled: name === undefined && may(listDevices),
    staleTime: 600_000,
    retry: false,
  });
  const shown = <Plain text={name ?? device.data ?? id.slice(-12)} most={80} short />;
  if (plain || !may(listDevices)) return shown;
  return (
    <Link to={`/devices/${id}${tab ? `?tab=${tab}` : ''}`} className="link">
      {shown}
    </Link>
  );
}
