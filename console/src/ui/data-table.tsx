import { type ReactNode, useId } from 'react';
import { Checkbox } from '@mantine/core';
import { useText } from '../messages/use-text';
import { type SortState, SortHeader } from './sort-header';
import classes from './data-table.module.css';

export interface Column<T> {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** The server can sort by it. */
  sortable?: boolean;
  align?: 'end';
  /** Its text may not break. */
  tight?: boolean;
  /** Sentences, which want room. */
  text?: boolean;
  /** The header is for screen readers only (buttons of a row). */
  quiet?: boolean;
}
export interface RowSelection<T> {
  has: (row: T) => boolean;
  toggle: (rows: readonly T[], chosen: boolean) => void;
  label: (row: T) => string;
}
interface DataTableProps<T> {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  sort?: SortState;
  selection?: RowSelection<T>;
  /** Rows of an earlier page are shown while the asked one loads. */
  stale?: boolean;
  empty: ReactNode;
}

/** A real table: caption, column headers, sort buttons, optional check boxes. The first column names the row. */
export function DataTable<T>({ caption, columns, rows, keyOf, sort, selection, stale, empty }: DataTableProps<T>) {
  const captionId = useId();
  if (rows.length === 0) return <>{empty}</>;
  return (
    <div className={classes.scroller} role="group" aria-labelledby={captionId} tabIndex={0}>
      <table className={classes.table} data-stale={stale || undefined} aria-busy={stale || undefined}>
        <caption id={captionId} className="visually-hidden">
          {caption}
        </caption>
        <thead>
          <tr>
            {selection && <SelectPage rows={rows} selection={selection} />}
            {columns.map((column) =>
              column.sortable && sort ? (
                <SortHeader key={column.id} id={column.id} label={column.header} sort={sort} />
              ) : (
                <th key={column.id} scope="col" data-align={column.align}>
                  {column.quiet ? <span className="visually-hidden">{column.header}</span> : column.header}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-selected={selection?.has(row) || undefined}>
              {selection && (
                <td className={classes.check}>
                  <Checkbox
                    size="xs"
                    aria-label={selection.label(row)}
                    checked={selection.has(row)}
                    onChange={(event) => selection.toggle([row], event.currentTarget.checked)}
                  />
                </td>
              )}
              {columns.map((column, index) => (
                <Cell key={column.id} column={column} row={row} header={index === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<T>({ column, row, header }: { column: Column<T>; row: T; header: boolean }) {
  const layout = {
    'data-align': column.align,
    'data-tight': column.tight || undefined,
    'data-text': column.text || undefined,
  };
  if (!header) return <td {...layout}>{column.cell(row)}</td>;
  return (
    <th scope="row" {...layout}>
      {column.cell(row)}
    </th>
  );
}

function SelectPage<T>({ rows, selection }: { rows: readonly T[]; selection: RowSelection<T> }) {
  const t = useText();
  const chosen = rows.filter((row) => selection.has(row)).length;
  return (
    <td className={classes.check}>
      <Checkbox
        size="xs"
        aria-label={t('table.selectPage')}
        checked={chosen === rows.length}
        indeterminate={chosen > 0 && chosen < rows.length}
        onChange={() => selection.toggle(rows, chosen < rows.length)}
      />
    </td>
  );
}
