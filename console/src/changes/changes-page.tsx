import { useCallback } from 'react';
import { Button, NativeSelect } from '@mantine/core';
import { type ChangeQuery, type InventoryChange, listInventoryChanges, SECTION_NAMES } from '@muster/contracts';
import { IconHistory } from '@tabler/icons-react';
import { useCursorList } from '../api/use-cursor-list';
import { DeviceFilter, deviceIdOf } from '../devices/device-filter';
import { DeviceName } from '../devices/device-name';
import { ListTools } from '../lists/list-tools';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { known, type ListState, useListState } from '../ui/list-state';
import { LoadOlder } from '../ui/load-older';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { instantOf, PeriodFields } from '../ui/period-fields';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { ChangeKind, ChangeText } from './change-text';

const CHANGES = ['appeared', 'changed', 'went'] as const;

/** What appeared, changed or went in the inventories of all devices. */
export function ChangesPage() {
  const t = useText();
  const list = useListState();
  const query: ChangeQuery = {
    deviceId: deviceIdOf(list.get('device')),
    section: known(SECTION_NAMES, list.get('section')),
    change: known(CHANGES, list.get('change')),
    search: list.get('search')?.slice(0, 200),
    from: instantOf(list.get('from')),
    to: instantOf(list.get('to')),
  };
  const changes = useCursorList(listInventoryChanges, query);
  const filtered = Object.values(query).some((value) => value !== undefined);
  return (
    <Page
      title={t('changes.title')}
      description={t('changes.text')}
      actions={<ListTools list="changes" route={listInventoryChanges} args={{ query }} />}
    >
      <ChangeFilters list={list} query={query} />
      <Panel flush>
        <Loaded query={changes} lines={10}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.changes);
            return (
              <>
                <DataTable
                  caption={t('changes.title')}
                  columns={columns(t)}
                  rows={rows}
                  keyOf={({ id }) => id}
                  stale={changes.isPlaceholderData}
                  empty={
                    <Empty
                      icon={<IconHistory />}
                      title={t(filtered ? 'lists.noneMatch' : 'changes.none')}
                      action={filtered && <ResetFilters list={list} />}
                    />
                  }
                />
                <LoadOlder query={changes} count={rows.length} />
              </>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function ResetFilters({ list }: { list: ListState }) {
  const t = useText();
  const none = {
    device: undefined,
    section: undefined,
    change: undefined,
    search: undefined,
    from: undefined,
    to: undefined,
  };
  return (
    <Button variant="default" onClick={() => list.set(none)}>
      {t('lists.resetFilters')}
    </Button>
  );
}

function ChangeFilters({ list, query }: { list: ListState; query: ChangeQuery }) {
  const t = useText();
  const { set } = list;
  const search = useCallback((text: string) => set({ search: text }), [set]);
  return (
    <div className={form.toolbar} role="search" aria-label={t('changes.filters')}>
      <SearchField label={t('changes.search')} value={query.search ?? ''} onSearch={search} />
      <NativeSelect
        aria-label={t('changes.section')}
        value={query.section ?? ''}
        data={[
          { value: '', label: t('changes.anySection') },
          ...SECTION_NAMES.map((section) => ({ value: section, label: t(`inventory.section.${section}`) })),
        ]}
        onChange={(event) => set({ section: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label={t('changes.change')}
        value={query.change ?? ''}
        data={[
          { value: '', label: t('changes.anyChange') },
          ...CHANGES.map((change) => ({ value: change, label: t(`changes.${change}`) })),
        ]}
        onChange={(event) => set({ change: event.currentTarget.value })}
      />
      <DeviceFilter value={query.deviceId} onChange={(device) => set({ device })} />
      <PeriodFields list={list} />
    </div>
  );
}

const columns = (t: TextOf): Column<InventoryChange>[] => [
  {
    id: 'device',
    header: t('devices.device'),
    cell: ({ deviceId, deviceName }) => <DeviceName id={deviceId} name={deviceName} tab="timeline" />,
  },
  { id: 'at', header: t('changes.at'), tight: true, cell: ({ at }) => <When at={at} /> },
  { id: 'change', header: t('changes.change'), tight: true, cell: ({ change }) => <ChangeKind change={change} /> },
  {
    id: 'section',
    header: t('changes.section'),
    tight: true,
    cell: ({ section }) => t(`inventory.section.${section}`),
  },
  { id: 'what', header: t('changes.what'), cell: (change) => <ChangeText change={change} /> },
];
