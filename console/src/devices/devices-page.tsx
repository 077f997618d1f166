import { Button } from '@mantine/core';
import { listDevices, runProcedure } from '@muster/contracts';
import { IconDeviceDesktop } from '@tabler/icons-react';
import { ListTools } from '../lists/list-tools';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { ColumnChooser } from './column-chooser';
import { DeviceFilters } from './device-filters';
import { DeviceTable } from './device-table';
import { SelectionBar } from './selection-bar';
import { useDeviceList } from './use-device-list';

const FILTERS = [
  'search',
  'presence',
  'platform',
  'groupId',
  'attention',
  'encryption',
  'antivirus',
  'manufacturer',
  'model',
] as const;

/** All devices: paged, sorted and filtered by the server, as the address says. */
export function DevicesPage() {
  const t = useText();
  const may = useMay();
  const { list, query, devices, columns } = useDeviceList();
  const filtered = FILTERS.some((name) => query[name] !== undefined);
  const reset = () => list.set(Object.fromEntries([...FILTERS, 'group'].map((name) => [name, undefined])));
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
    <Page
      title={t('devices.title')}
      actions={
        <>
          <ListTools list="devices" route={listDevices} args={{ query }} />
          <ColumnChooser columns={columns} onChange={(text) => list.set({ columns: text, page: list.page })} />
        </>
      }
    >
      <DeviceFilters list={list} query={query} />
      {may(runProcedure) && <SelectionBar query={query} total={devices.data?.total ?? 0} />}
      <Panel flush>
        <Loaded query={devices} lines={10}>
          {(page) => (
            <>
              <DeviceTable
                devices={page.devices}
                columns={columns}
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
