import { Button } from '@mantine/core';
import { runProcedure } from '@muster/contracts';
import { IconDeviceDesktop } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { DeviceFilters } from './device-filters';
import { DeviceTable } from './device-table';
import { SelectionBar } from './selection-bar';
import { useDeviceList } from './use-device-list';

/** All devices: paged, sorted and filtered by the server, as the address says. */
export function DevicesPage() {
  const t = useText();
  const may = useMay();
  const { list, query, devices } = useDeviceList();
  const filtered = Boolean(query.search || query.presence || query.platform || query.groupId || query.attention);
  const reset = () =>
    list.set({ search: undefined, presence: undefined, platform: undefined, group: undefined, attention: undefined });
  const empty = (
    <Empty
      icon={<IconDeviceDesktop />}
      title={t(filtered ? 'devices.noneMatch' : 'devices.none')}
      action={
        filtered && (
          <Button variant="default" onClick={reset}>
            {t('devices.resetFilters')}
          </Button>
        )
      }
    >
      {!filtered && t('devices.noneText')}
    </Empty>
  );
  return (
    <Page title={t('devices.title')}>
      <DeviceFilters list={list} query={query} />
      {may(runProcedure) && <SelectionBar query={query} total={devices.data?.total ?? 0} />}
      <Panel flush>
        <Loaded query={devices} lines={10}>
          {(page) => (
            <>
              <DeviceTable
                devices={page.devices}
                stale={devices.isPlaceholderData}
                selectable={may(runProcedure)}
                sort={{
                  by: query.sort,
                  direction: query.direction ?? 'ascending',
                  onSort: (sort, direction) => list.set({ sort, direction }),
                }}
                empty={empty}
              />
              <Pager list={list} total={page.total} />
            </>
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}
