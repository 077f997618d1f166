import { UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import classes from './data-table.module.css';

export interface SortState {
  by: string;
  direction: 'ascending' | 'descending';
  onSort: (by: string, direction: 'ascending' | 'descending') => void;
}

/** A column header that sorts: a button inside of the header cell, whose `aria-sort` says how it is sorted now. */
export function SortHeader({ id, label, sort }: { id: string; label: string; sort: SortState }) {
  const active = sort.by === id;
  const Icon = !active ? IconArrowsSort : sort.direction === 'ascending' ? IconArrowUp : IconArrowDown;
  const next = active && sort.direction === 'ascending' ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={active ? sort.direction : 'none'}>
      <UnstyledButton className={classes.sort} data-active={active || undefined} onClick={() => sort.onSort(id, next)}>
        {label}
        <Icon size={13} aria-hidden />
      </UnstyledButton>
    </th>
  );
}
