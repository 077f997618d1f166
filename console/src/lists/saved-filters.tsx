import { lazy, Suspense, useState } from 'react';
import { Button, Menu } from '@mantine/core';
import { listSavedFilters } from '@muster/contracts';
import { IconBookmark, IconCheck, IconChevronDown } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Plain } from '../ui/plain';
import { filterQuery, shownFilter } from './filter-query';

const SaveFilterDialog = lazy(async () => ({ default: (await import('./save-filter-dialog')).SaveFilterDialog }));
const ManageFiltersDialog = lazy(async () => ({
  default: (await import('./manage-filters-dialog')).ManageFiltersDialog,
}));

type DialogName = 'save' | 'manage';

/** The viewer's own filters of one list, kept on the server: pick one, save the present address, tidy up. */
export function SavedFilters({ list }: { list: string }) {
  const t = useText();
  const [params, setParams] = useSearchParams();
  const [dialog, setDialog] = useState<DialogName>();
  const [used, setUsed] = useState<ReadonlySet<DialogName>>(new Set());
  const open = (name: DialogName) => {
    setUsed((now) => new Set([...now, name]));
    setDialog(name);
  };
  const saved = useRead(listSavedFilters, {});
  const filters = (saved.data?.filters ?? []).filter((filter) => filter.list === list);
  const shown = shownFilter(filters, params);
  const close = () => setDialog(undefined);
  const query = filterQuery(params);
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconBookmark size={15} aria-hidden />}
            rightSection={<IconChevronDown size={13} aria-hidden />}
          >
            {t('lists.saved')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={360}>
          {filters.map((filter) => (
            <Menu.Item
              key={filter.id}
              leftSection={filter === shown ? <IconCheck size={14} aria-hidden /> : <span />}
              aria-current={filter === shown || undefined}
              onClick={() => setParams(new URLSearchParams(filter.query), { preventScrollReset: true })}
            >
              <Plain text={filter.name} short />
            </Menu.Item>
          ))}
          {filters.length === 0 && <Menu.Label>{t(saved.error ? 'lists.savedUnread' : 'lists.savedNone')}</Menu.Label>}
          <Menu.Divider />
          <Menu.Item disabled={query === ''} onClick={() => open('save')}>
            {t('lists.saveAs')}
          </Menu.Item>
          <Menu.Item disabled={filters.length === 0} onClick={() => open('manage')}>
            {t('lists.manage')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {/* Their code comes when one is opened; from then on they stay, so that they close as dialogs do. */}
      <Suspense fallback={null}>
        {used.has('save') && (
          <SaveFilterDialog opened={dialog === 'save'} list={list} query={query} filters={filters} onClose={close} />
        )}
        {used.has('manage') && (
          <ManageFiltersDialog opened={dialog === 'manage'} filters={filters} query={query} onClose={close} />
        )}
      </Suspense>
    </>
  );
}
