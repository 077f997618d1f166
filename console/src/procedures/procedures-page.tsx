import { useCallback } from 'react';
import { createProcedure, listProcedures, type Procedure } from '@muster/contracts';
import { IconPlus, IconTerminal2 } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useRead } from '../api/use-api';
import { ListTools } from '../lists/list-tools';
import { type TextOf, useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { Plain } from '../ui/plain';

/** The stored scripts. */
export function ProceduresPage() {
  const t = useText();
  const may = useMay();
  const list = useListState();
  const { set } = list;
  const search = list.get('search');
  const procedures = useRead(
    listProcedures,
    { query: { page: list.page, size: list.size, search } },
    { keepPrevious: true },
  );
  const find = useCallback((text: string) => set({ search: text }), [set]);
  const create = may(createProcedure) && (
    <LinkButton to="/procedures/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t('procedures.create')}
    </LinkButton>
  );
  return (
    <Page
      title={t('procedures.title')}
      description={t('procedures.text')}
      actions={
        <>
          <ListTools list="procedures" route={listProcedures} args={{ query: { search } }} />
          {create}
        </>
      }
    >
      <div className={form.toolbar} role="search">
        <SearchField label={t('procedures.search')} value={search ?? ''} onSearch={find} />
      </div>
      <Panel flush>
        <Loaded query={procedures}>
          {(page) => (
            <>
              <DataTable
                caption={t('procedures.title')}
                columns={columns(t)}
                rows={page.procedures}
                keyOf={({ id }) => id}
                stale={procedures.isPlaceholderData}
                empty={
                  <Empty
                    icon={<IconTerminal2 />}
                    title={t(search ? 'procedures.noneMatch' : 'procedures.none')}
                    action={!search && create}
                  >
                    {!search && t('procedures.noneText')}
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

const columns = (t: TextOf): Column<Procedure>[] => [
  {
    id: 'name',
    header: t('procedures.name'),
    cell: ({ id, name }) => (
      <Link to={`/procedures/${id}`} className="link">
        {name}
      </Link>
    ),
  },
  {
    id: 'description',
    header: t('procedures.description'),
    text: true,
    cell: ({ description }) => <Plain text={description || '–'} />,
  },
  { id: 'language', header: t('procedures.language'), tight: true, cell: ({ language }) => t(`languages.${language}`) },
  { id: 'version', header: t('procedures.version'), align: 'end', cell: ({ version }) => version },
  { id: 'updatedBy', header: t('procedures.updatedBy'), cell: ({ updatedBy }) => updatedBy },
  { id: 'updatedAt', header: t('procedures.updated'), tight: true, cell: ({ updatedAt }) => <When at={updatedAt} /> },
];
