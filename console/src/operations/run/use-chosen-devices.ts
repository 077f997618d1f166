import { useState } from 'react';
import { type DeviceSummary, readDevice } from '@muster/contracts';
import type { ApiError } from '../../api/api-error';
import { useRead } from '../../api/use-api';
import { clearSelection, setSelected, useSelection } from '../../devices/selection';

export interface ChosenDevices {
  devices: readonly DeviceSummary[];
  choose: (device: DeviceSummary, chosen: boolean) => void;
  clear: () => void;
  /** Called when they were used. */
  used: () => void;
  error: ApiError | null;
}

/** The devices that are chosen to run on: the device list's selection, or one device and what is added to it here. */
export function useChosenDevices(openedFor: string | undefined): ChosenDevices {
  const selection = useSelection();
  const first = useRead(readDevice, { params: { id: openedFor ?? '' } }, { enabled: openedFor !== undefined });
  const [withFirst, setWithFirst] = useState(true);
  const [added, setAdded] = useState<readonly DeviceSummary[]>([]);
  if (openedFor === undefined) {
    return {
      devices: [...selection.values()],
      choose: (device, chosen) => setSelected([device], chosen),
      clear: clearSelection,
      used: clearSelection,
      error: null,
    };
  }
  // From a device's own page it is about this device; the selection of the list stays for later.
  return {
    devices: withFirst && first.data ? [first.data, ...added] : added,
    choose: (device, chosen) => {
      if (device.id === openedFor) return setWithFirst(chosen);
      setAdded((now) => [...now.filter(({ id }) => id !== device.id), ...(chosen ? [device] : [])]);
    },
    clear: () => {
      setWithFirst(false);
      setAdded([]);
    },
    used: () => undefined,
    error: first.error,
  };
}
