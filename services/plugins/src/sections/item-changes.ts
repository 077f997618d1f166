import type { FieldChange, InventoryChange, InventorySection } from '@muster/contracts';
import { HISTORY_RULES } from './history-rules';

/** A line of history before it has an id. */
export interface ItemChange {
  change: InventoryChange['change'];
  key: string;
  title: string;
  fields: FieldChange[];
}
type Item = Readonly<Record<string, unknown>> & { key: string };

const LONGEST_VALUE = 1000;
const LONGEST_TITLE = 600;

/** What the way from one item to another adds to history; undefined when nothing that counts differs. */
export function itemChange(section: InventorySection, before?: Item, after?: Item): ItemChange | undefined {
  const rule = HISTORY_RULES[section];
  const item = after ?? before;
  if (!rule || !item || rule.passing?.(item)) return undefined;
  const about = { key: item.key, title: titleOf(section, item) };
  if (!before) return { change: 'appeared', ...about, fields: [] };
  if (!after) return { change: 'went', ...about, fields: [] };
  const fields = rule.fields.flatMap((field): FieldChange[] => {
    const [old, now] = [valueOf(field, before[field]), valueOf(field, after[field])];
    if (old === now) return [];
    return [{ field, ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) }];
  });
  return fields.length === 0 ? undefined : { change: 'changed', ...about, fields };
}

function titleOf(section: InventorySection, item: Item): string {
  const named = HISTORY_RULES[section]?.title.map((field) => item[field]);
  const name = named?.find((value): value is string => typeof value === 'string' && value.trim() !== '') ?? item.key;
  const version = section === 'software' && typeof item['version'] === 'string' ? ` ${item['version']}` : '';
  return cut(name + version, LONGEST_TITLE);
}

/** A field in words. Lists have no order of their own. */
function valueOf(field: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return cut(String(value), LONGEST_VALUE);
  const texts = value.map(String).filter((text) => field !== 'addresses' || !text.includes(':'));
  return texts.length === 0 ? undefined : cut(texts.toSorted().join(', '), LONGEST_VALUE);
}

/** At most so many UTF-16 code units, never half a character. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
