import { NativeSelect, Pagination } from '@mantine/core';
import { useText } from '../messages/use-text';
import { type ListState, PAGE_SIZES } from './list-state';
import classes from './pager.module.css';

/** How many there are, which part is shown, and the way to the others. */
export function Pager({ list, total }: { list: Pick<ListState, 'page' | 'size' | 'set'>; total: number }) {
  const t = useText();
  const pages = Math.max(1, Math.ceil(total / list.size));
  const from = (list.page - 1) * list.size + 1;
  if (total === 0) return null;
  return (
    <div className={classes.pager}>
      <p className={classes.range} role="status">
        {t('table.range', { from, to: Math.min(total, from + list.size - 1), total })}
      </p>
      <NativeSelect
        size="xs"
        aria-label={t('table.pageSize')}
        value={String(list.size)}
        data={PAGE_SIZES.map((size) => ({ value: String(size), label: t('table.perPage', { size }) }))}
        onChange={(event) => list.set({ size: Number(event.currentTarget.value) })}
      />
      {pages > 1 && (
        <nav aria-label={t('table.pages')}>
          <Pagination
            size="sm"
            total={pages}
            value={Math.min(list.page, pages)}
            onChange={(page) => list.set({ page })}
            getControlProps={(control) => ({ 'aria-label': t(`table.${control}`) })}
            getItemProps={(page) => ({ 'aria-label': t('table.page', { page: String(page) }) })}
          />
        </nav>
      )}
    </div>
  );
}
