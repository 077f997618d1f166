import { listLogs } from '@muster/contracts';
import { ListTools } from '../lists/list-tools';
import { DeviceFilter, deviceIdOf } from '../devices/device-filter';
import { useText } from '../messages/use-text';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { logFilterOf } from './log-filter';
import { LogView } from './log-view';

/** What the agents of all devices wrote. */
export function LogsPage() {
  const t = useText();
  const list = useListState();
  const filter = logFilterOf(list.get, deviceIdOf(list.get('device')));
  return (
    <Page
      title={t('logs.pageTitle')}
      description={t('logs.text')}
      actions={<ListTools list="logs" route={listLogs} args={{ query: filter }} />}
    >
      <LogView
        list={list}
        filter={filter}
        tools={<DeviceFilter value={filter.deviceId} onChange={(device) => list.set({ device })} />}
      />
    </Page>
  );
}
