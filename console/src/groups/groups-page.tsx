import { useCallback } from 'react';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { createGroup, type Group, listGroups } from '@muster/contracts';
import { IconFolders, IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useRead } from '../api/use-api';
import { ListTools } from '../lists/list-tools';
import { type TextOf, useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { SearchField } from '../ui/search-field';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { GroupDialog } from './group-dialog';
import { Plain } from '../ui/plain';

export function GroupsPage() {
  const t = useText();
  const may = useMay();
  const list = useListState();
  const { set } = list;
  const [opened, { open, close }] = useDisclosure();
  const search = list.get('search');
  const groups = useRead(listGroups, { query: { page: list.page, size: list.size, search } }, { keepPrevious: true });
  const find = useCallback((text: string) => set({ search: text }), [set]);
  const create = may(createGroup) && (
    <Button onClick={open} leftSection={<IconPlus size={16} aria-hidden />}>
      {t('groups.create')}
    </Button>
  );
  return (
    <Page
      title={t('groups.title')}
      description={t('groups.text')}
      actions={
        <>
          <ListTools list="groups" route={listGroups} args={{ query: { search } }} />
          {create}
        </>
      }
    >
      <div className={form.toolbar} role="search">
        <SearchField label={t('groups.search')} value={search ?? ''} onSearch={find} />
      </div>
      <Panel flush>
        <Loaded query={groups}>
          {(page) => (
            <>
              <DataTable
                caption={t('groups.title')}
                columns={columns(t)}
                rows={page.groups}
                keyOf={({ id }) => id}
                stale={groups.isPlaceholderData}
                empty={
                  <Empty
                    icon={<IconFolders />}
                    title={t(search ? 'groups.noneFound' : 'groups.none')}
                    action={!search && create}
                  >
                    {!search && t('groups.noneText')}
                  </Empty>
                }
              />
              <Pager list={list} total={page.total} />
            </>
          )}
        </Loaded>
      </Panel>
      <GroupDialog opened={opened} onClose={close} />
    </Page>
  );
}

const columns = (t: TextOf): Column<Group>[] => [
  {
    id: 'name',
    header: t('groups.name'),
    cell: ({ id, name }) => (
      <Link to={`/groups/${id}`} className="link">
        <Plain text={name} most={120} short />
      </Link>
    ),
  },
  {
    id: 'description',
    header: t('groups.description'),
    text: true,
    cell: ({ description }) => <Plain text={description || '–'} />,
  },
  { id: 'devices', header: t('devices.title'), align: 'end', cell: ({ deviceCount }) => deviceCount },
  { id: 'created', header: t('groups.created'), tight: true, cell: ({ createdAt }) => <When at={createdAt} /> },
];
