import { useCallback } from 'react';
import { NativeSelect } from '@mantine/core';
import { listSoftware, SOFTWARE_SOURCES, type SoftwareProduct } from '@muster/contracts';
import { IconPackage, IconSearch } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useRead } from '../api/use-api';
import { ListTools } from '../lists/list-tools';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { installationsAddress, productAddress } from './addresses';
import { sourceChoices } from './software-source';

const SORTS = ['name', 'installations'] as const;

/** Every product that some device has. */
export function SoftwarePage() {
  const t = useText();
  const list = useListState();
  const { set } = list;
  const sort = known(SORTS, list.get('sort')) ?? 'name';
  const query = {
    page: list.page,
    size: list.size,
    search: list.get('search')?.slice(0, 200),
    source: known(SOFTWARE_SOURCES, list.get('source')),
    sort,
    direction: known(['ascending', 'descending'], list.get('direction')) ?? 'ascending',
  };
  const software = useRead(listSoftware, { query }, { keepPrevious: true });
  const search = useCallback((text: string) => set({ search: text }), [set]);
  const filtered = Boolean(query.search ?? query.source);
  return (
    <Page
      title={t('software.title')}
      description={t('software.text')}
      actions={
        <>
          <ListTools list="software" route={listSoftware} args={{ query }} />
          <LinkButton to="/software/devices" leftSection={<IconSearch size={16} aria-hidden />}>
            {t('software.findDevices')}
          </LinkButton>
        </>
      }
    >
      <div className={form.toolbar} role="search" aria-label={t('software.filters')}>
        <SearchField label={t('software.search')} value={query.search ?? ''} onSearch={search} />
        <NativeSelect
          aria-label={t('software.source')}
          value={query.source ?? ''}
          data={sourceChoices(t)}
          onChange={(event) => set({ source: event.currentTarget.value })}
        />
      </div>
      <Panel flush>
        <Loaded query={software} lines={10}>
          {(page) => (
            <>
              <DataTable
                caption={t('software.title')}
                columns={columns(t)}
                rows={page.products}
                keyOf={({ source, name }) => `${source}\n${name}`}
                stale={software.isPlaceholderData}
                sort={{ by: sort, direction: query.direction, onSort: (by, direction) => set({ sort: by, direction }) }}
                empty={
                  <Empty icon={<IconPackage />} title={t(filtered ? 'lists.noneMatch' : 'software.none')}>
                    {!filtered && t('software.noneText')}
                  </Empty>
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

const columns = (t: TextOf): Column<SoftwareProduct>[] => [
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
  { id: 'source', header: t('software.source'), tight: true, cell: ({ source }) => t(`software.source.${source}`) },
  {
    id: 'publisher',
    header: t('software.publisher'),
    cell: ({ publisher }) => (publisher ? <Plain text={publisher} most={80} /> : '–'),
  },
  {
    id: 'versions',
    header: t('software.versions'),
    align: 'end',
    cell: ({ versions }) => t('table.number', { value: versions }),
  },
  {
    id: 'installations',
    header: t('software.installations'),
    sortable: true,
    cell: ({ source, name, installations }) => (
      <Link className="link" to={installationsAddress(source, name)}>
        {t('table.number', { value: installations })}
      </Link>
    ),
  },
];
