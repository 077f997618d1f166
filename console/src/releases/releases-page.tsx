import { useCallback } from 'react';
import { NativeSelect } from '@mantine/core';
import { listReleases, type Release, RELEASE_STATES } from '@muster/contracts';
import { IconCloudDownload } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { Link } from 'react-router';
import { formatBytes } from '../devices/units';
import { ExportMenu } from '../lists/export-menu';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { ReleaseActions } from './release-actions';
import { countsOf, movesByItself, ReleaseStateMark } from './release-state';
import { useLiveRead } from './use-live-read';

const SORTS = ['created', 'version'] as const;

/** Versions of the agent and how far each is rolled out. */
export function ReleasesPage() {
  const t = useText();
  const intl = useIntl();
  const list = useListState();
  const { set } = list;
  const sort = known(SORTS, list.get('sort')) ?? 'created';
  const query = {
    page: list.page,
    size: list.size,
    search: list.get('search')?.slice(0, 200),
    state: known(RELEASE_STATES, list.get('state')),
    sort,
    direction: known(['ascending', 'descending'], list.get('direction')) ?? 'descending',
  };
  const releases = useLiveRead(listReleases, { query }, (page) => page.releases.some(movesByItself), {
    keepPrevious: true,
  });
  const search = useCallback((text: string) => set({ search: text }), [set]);
  const filtered = Boolean(query.search ?? query.state);
  return (
    <Page
      title={t('releases.title')}
      description={t('releases.text')}
      actions={<ExportMenu route={listReleases} args={{ query }} />}
    >
      <div className={form.toolbar} role="search" aria-label={t('releases.filters')}>
        <SearchField label={t('releases.search')} value={query.search ?? ''} onSearch={search} />
        <NativeSelect
          aria-label={t('releases.state')}
          value={query.state ?? ''}
          data={[
            { value: '', label: t('releases.anyState') },
            ...RELEASE_STATES.map((value) => ({ value, label: t(`releases.state.${value}`) })),
          ]}
          onChange={(event) => set({ state: event.currentTarget.value })}
        />
      </div>
      <Panel flush>
        <Loaded query={releases} lines={6}>
          {(page) => (
            <>
              <DataTable
                caption={t('releases.title')}
                columns={columns(t, intl)}
                rows={page.releases}
                keyOf={({ id }) => id}
                stale={releases.isPlaceholderData}
                sort={{ by: sort, direction: query.direction, onSort: (by, direction) => set({ sort: by, direction }) }}
                empty={
                  <Empty icon={<IconCloudDownload />} title={t(filtered ? 'lists.noneMatch' : 'releases.none')}>
                    {!filtered && t('releases.noneText')}
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

const columns = (t: TextOf, intl: ReturnType<typeof useIntl>): Column<Release>[] => [
  {
    id: 'version',
    header: t('releases.version'),
    sortable: true,
    tight: true,
    cell: ({ id, version }) => (
      <Link className="link" to={`/releases/${id}`}>
        {version}
      </Link>
    ),
  },
  {
    id: 'platform',
    header: t('releases.platform'),
    tight: true,
    cell: ({ platform }) => t(`releases.platform.${platform}`),
  },
  { id: 'state', header: t('releases.state'), cell: ({ state }) => <ReleaseStateMark state={state} /> },
  {
    id: 'channel',
    header: t('releases.channel'),
    tight: true,
    cell: ({ rollOut }) => t(`releases.channel.${rollOut.channel}`),
  },
  {
    id: 'percentage',
    header: t('releases.percentage'),
    align: 'end',
    tight: true,
    cell: ({ rollOut }) => intl.formatNumber(rollOut.percentage / 100, { style: 'percent' }),
  },
  {
    id: 'progress',
    header: t('releases.progress'),
    cell: (release) =>
      release.state === 'uploading'
        ? t('releases.received', {
            received: formatBytes(intl, release.receivedBytes) ?? '0',
            size: formatBytes(intl, release.sizeBytes) ?? '',
          })
        : t('releases.counts', countsOf(release)),
  },
  {
    id: 'created',
    header: t('releases.created'),
    sortable: true,
    tight: true,
    cell: ({ createdAt }) => <When at={createdAt} />,
  },
  {
    id: 'actions',
    header: t('table.actions'),
    quiet: true,
    align: 'end',
    tight: true,
    cell: (release) => <ReleaseActions release={release} />,
  },
];
