import { listLogs } from '@muster/contracts';
import { ListTools } from '../lists/list-tools';
import { useListState } from '../ui/list-state';
import { logFilterOf } from './log-filter';
import { LogView } from './log-view';

/** What one device's agent wrote, as it writes it. */
export function DeviceLogs({ deviceId }: { deviceId: string }) {
  const list = useListState();
  const filter = logFilterOf(list.get, deviceId);
  return (
    <LogView
      list={list}
      filter={filter}
      tools={<ListTools list="devices/logs" route={listLogs} args={{ query: filter }} />}
    />
  );
}
