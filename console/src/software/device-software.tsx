import { useCallback } from 'react';
import { NativeSelect } from '@mantine/core';
import { type InstalledSoftware, listDeviceSoftware, SOFTWARE_SOURCES } from '@muster/contracts';
import { IconPackage } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { Link } from 'react-router';
import { useRead } from '../api/use-api';
import { formatBytes } from '../devices/units';
import { ListTools } from '../lists/list-tools';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { known, useListState } from '../ui/list-state';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { productAddress } from './addresses';
import { sourceChoices } from './software-source';

const SORTS = ['name', 'since'] as const;

/** What is installed on one device. */
export function DeviceSoftware({ deviceId }: { deviceId: string }) {
  const t = useText();
  const intl = useIntl();
  const list = useListState();
  const { set } = list;
  const params = { id: deviceId };
  const query = {
    page: list.page,
    size: list.size,
    search: list.get('search')?.slice(0, 200),
    source: known(SOFTWARE_SOURCES, list.get('source')),
    sort: known(SORTS, list.get('sort')) ?? 'name',
    direction: known(['ascending', 'descending'], list.get('direction')) ?? 'ascending',
  };
  const software = useRead(listDeviceSoftware, { params, query }, { keepPrevious: true });
  const search = useCallback((text: string) => set({ search: text }), [set]);
  const filtered = Boolean(query.search ?? query.source);
  return (
    <>
      <div className={form.toolbar} role="search" aria-label={t('software.filters')}>
        <SearchField label={t('software.search')} value={query.search ?? ''} onSearch={search} />
        <NativeSelect
          aria-label={t('software.source')}
          value={query.source ?? ''}
          data={sourceChoices(t)}
          onChange={(event) => set({ source: event.currentTarget.value })}
        />
        <ListTools list="devices/software" route={listDeviceSoftware} args={{ params, query }} />
      </div>
      <Panel flush>
        <Loaded query={software} lines={10}>
          {(page) => (
            <>
              <DataTable
                caption={t('software.title')}
                columns={columns(t, intl)}
                rows={page.software}
                keyOf={(row) => [row.source, row.name, row.architecture, row.scope, row.version].join('\n')}
                stale={software.isPlaceholderData}
                sort={{
                  by: query.sort,
                  direction: query.direction,
                  onSort: (sort, direction) => set({ sort, direction }),
                }}
                empty={
                  <Empty icon={<IconPackage />} title={t(filtered ? 'lists.noneMatch' : 'software.noneHere')}>
                    {!filtered && t('inventory.noneText')}
                  </Empty>
                }
              />
              <Pager list={list} total={page.total} />
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

const columns = (t: TextOf, intl: ReturnType<typeof useIntl>): Column<InstalledSoftware>[] => [
  {
    id: 'name',
    header: t('software.name'),
    sortable: true,
    cell: ({ source, name }) => (
      <Link className="link" to={productAddress(source, name)}>
        <Plain text={name} most={120} short />
      </Link>
    ),
  },
  {
    id: 'version',
    header: t('software.version'),
    tight: true,
    cell: ({ version }) => <Plain text={version} most={40} code />,
  },
  { id: 'source', header: t('software.source'), tight: true, cell: ({ source }) => t(`software.source.${source}`) },
  {
    id: 'architecture',
    header: t('facts.architecture'),
    tight: true,
    cell: ({ architecture }) => (architecture ? <Plain text={architecture} /> : '–'),
  },
  {
    id: 'publisher',
    header: t('software.publisher'),
    cell: ({ publisher }) => (publisher ? <Plain text={publisher} most={80} /> : '–'),
  },
  {
    id: 'scope',
    header: t('software.scope'),
    cell: ({ scope }) => (scope ? <Plain text={scope} most={80} code /> : t('software.wholeDevice')),
  },
  {
    id: 'size',
    header: t('facts.size'),
    align: 'end',
    tight: true,
    cell: ({ sizeBytes }) => formatBytes(intl, sizeBytes) ?? '–',
  },
  { id: 'since', header: t('software.since'), sortable: true, tight: true, cell: ({ since }) => <When at={since} /> },
];
