import { Button } from '@mantine/core';
import { type DeviceSummary, readDevice, type SoftwareSearch, searchSoftware } from '@muster/contracts';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ApiError } from '../api/api-error';
import { api } from '../api/client';
import { clearSelection, setSelected } from '../devices/selection';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';

/** Devices that can be chosen from here: each is looked up, to say how it is in reach. */
const MOST = 500;
const PAGE = 200;
const AT_ONCE = 6;

/** Chooses the devices that were found and goes to where a procedure is run on what is chosen. */
export function RunOnFound({ question }: { question: Omit<SoftwareSearch, 'page' | 'size'> }) {
  const t = useText();
  const navigate = useNavigate();
  const choose = useMutation<void, ApiError>({
    mutationFn: async () => {
      const devices = await readFound(question);
      clearSelection();
      setSelected(devices, true);
      await navigate('/operations/run');
    },
  });
  return (
    <>
      <Button
        size="compact-sm"
        leftSection={<IconPlayerPlay size={14} aria-hidden />}
        loading={choose.isPending}
        onClick={() => choose.mutate()}
      >
        {t('software.runOnThese', { most: MOST })}
      </Button>
      {choose.error && <Failure error={choose.error} />}
    </>
  );
}

async function readFound(question: Omit<SoftwareSearch, 'page' | 'size'>): Promise<DeviceSummary[]> {
  const ids = new Set<string>();
  for (let page = 1; ids.size < MOST; page++) {
    const { installations, total } = await api.call(searchSoftware, { query: { ...question, page, size: PAGE } });
    for (const { deviceId } of installations) ids.add(deviceId);
    if (page * PAGE >= total || installations.length === 0) break;
  }
  const devices: DeviceSummary[] = [];
  const waiting = [...ids].slice(0, MOST);
  const work = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const device = await api.call(readDevice, { params: { id } }).catch(passOverGone);
      if (device) devices.push(device);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return devices;
}

/** A device may have been retired since its inventory was searched. */
function passOverGone(error: unknown): undefined {
  if (error instanceof ApiError && error.code === 'not-found') return undefined;
  throw error;
}
