import { Button, NativeSelect } from '@mantine/core';
import { listDevices, listOperations, OPERATION_STATES, readDevice, runProcedure } from '@muster/contracts';
import { IconListCheck, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useRead } from '../api/use-api';
import { ListTools } from '../lists/list-tools';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import form from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { OperationTable } from './operation-table';

/** Everything that was asked of devices, newest first. */
export function OperationsPage() {
  const t = useText();
  const may = useMay();
  const list = useListState();
  const { set } = list;
  const deviceId = list.get('device');
  const state = known(OPERATION_STATES, list.get('state'));
  const search = list.get('search');
  const filters = { search, state, deviceId };
  const operations = useRead(
    listOperations,
    { query: { page: list.page, size: list.size, ...filters } },
    { keepPrevious: true },
  );
  const keptDays = operations.data?.keptDays;
  const filtered = Boolean(search || state || deviceId);
  const find = useCallback((text: string) => set({ search: text }), [set]);
  const reset = () => set({ search: undefined, state: undefined, device: undefined });
  return (
    <Page
      title={t('operations.title')}
      description={keptDays === undefined ? undefined : t('operations.text', { days: keptDays })}
      actions={
        <>
          <ListTools list="operations" route={listOperations} args={{ query: filters }} />
          {may(runProcedure) && (
            <LinkButton to="/operations/run" leftSection={<IconPlayerPlay size={16} aria-hidden />}>
              {t('run.title')}
            </LinkButton>
          )}
        </>
      }
    >
      <div className={form.toolbar} role="search" aria-label={t('operations.filters')}>
        <SearchField label={t('operations.search')} value={search ?? ''} onSearch={find} />
        <NativeSelect
          aria-label={t('operations.state')}
          value={state ?? ''}
          data={[
            { value: '', label: t('operations.anyState') },
            ...OPERATION_STATES.map((value) => ({ value, label: t(`states.${value}`) })),
          ]}
          onChange={(event) => set({ state: event.currentTarget.value })}
        />
        {deviceId && may(listDevices) && <DeviceFilter id={deviceId} onClear={() => set({ device: undefined })} />}
      </div>
      <Panel flush>
        <Loaded query={operations} lines={10}>
          {(page) => (
            <>
              <OperationTable
                caption={t('operations.title')}
                operations={page.operations}
                stale={operations.isPlaceholderData}
                empty={
                  <Empty
                    icon={<IconListCheck />}
                    title={t(filtered ? 'operations.noneMatch' : 'operations.none')}
                    action={
                      filtered && (
                        <Button variant="default" onClick={reset}>
                          {t('devices.resetFilters')}
                        </Button>
                      )
                    }
                  />
                }
              />
              <Pager list={list} total={page.total} />
            </>
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}

function DeviceFilter({ id, onClear }: { id: string; onClear: () => void }) {
  const t = useText();
  const device = useRead(readDevice, { params: { id } });
  return (
    <Button variant="default" onClick={onClear}>
      {t('operations.onlyDevice', { name: device.data?.name ?? '…' })}
    </Button>
  );
}
