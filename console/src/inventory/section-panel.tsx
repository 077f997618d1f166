import { useState } from 'react';
import { Button } from '@mantine/core';
import type { InventorySection, InventorySectionView } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { FactList } from '../ui/fact-list';
import { Panel } from '../ui/panel';
import { SearchField } from '../ui/search-field';
import { Empty } from '../ui/states';
import { When } from '../ui/when';
import { FieldValue } from './field-value';
import { type AnyField, SECTION_FIELDS, SINGULAR } from './section-fields';
import { Unreadables } from './unreadables';
import classes from './inventory.module.css';

/** Rows of a section that are shown at once. */
const SHOWN = 20;
type Item = Readonly<Record<string, unknown>>;
type Shown = Exclude<InventorySection, 'software'>;

/** One section: what the device told, when, and what it could not read. */
export function SectionPanel({ section, view }: { section: Shown; view: InventorySectionView }) {
  const t = useText();
  const items = view.items as Item[];
  const fields: readonly AnyField[] = SECTION_FIELDS[section];
  const singular = SINGULAR.has(section) && items.length === 1;
  return (
    <Panel
      title={t(`inventory.section.${section}`)}
      flush={!singular}
      actions={
        <span className="dim">
          {t('inventory.collected')} <When at={view.collectedAt} />
        </span>
      }
    >
      {singular ? (
        <FactList
          facts={fields.map(([field, kind]) => [
            t(`inventory.field.${field}`),
            <FieldValue key={field} kind={kind} value={items[0]?.[field]} />,
          ])}
        />
      ) : (
        <Items section={section} items={items} fields={fields} />
      )}
      <Unreadables unreadable={view.unreadable} />
    </Panel>
  );
}

function Items({ section, items, fields }: { section: Shown; items: Item[]; fields: readonly AnyField[] }) {
  const t = useText();
  const [search, setSearch] = useState('');
  const [all, setAll] = useState(false);
  const title = t(`inventory.section.${section}`);
  const found = search
    ? items.filter((item) => JSON.stringify(item).toLowerCase().includes(search.toLowerCase()))
    : items;
  // A column that no item has is left out.
  const used = fields.filter(([field], index) => index === 0 || items.some((item) => item[field] !== undefined));
  const columns = used.map(([field, kind]): Column<Item> => ({
    id: field,
    header: t(`inventory.field.${field}`),
    align: kind === 'bytes' ? 'end' : undefined,
    cell: (item) => <FieldValue kind={kind} value={item[field]} />,
  }));
  return (
    <>
      {items.length > SHOWN && (
        <div className={classes.search}>
          <SearchField label={t('inventory.search', { section: title })} value={search} onSearch={setSearch} />
        </div>
      )}
      <DataTable
        caption={title}
        columns={columns}
        rows={all ? found : found.slice(0, SHOWN)}
        keyOf={({ key }) => String(key)}
        empty={<Empty title={t(search ? 'lists.noneMatch' : 'inventory.nothing')} />}
      />
      {found.length > SHOWN && (
        <div className={classes.more}>
          <Button size="compact-sm" variant="default" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t('plain.less') : t('inventory.showAll', { count: found.length })}
          </Button>
        </div>
      )}
    </>
  );
}
