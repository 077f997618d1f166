import type { InventorySection } from '@muster/contracts';
import { type ItemChange, itemChange } from './item-changes';
import type { StoredItem } from './section.entity';

/** What a report says about the items of a section. */
export interface ItemWork {
  items: readonly StoredItem[];
  gone: readonly string[];
  /** All keys of a snapshot that is now whole: whatever else is stored is gone. */
  others?: ReadonlySet<string>;
}

/** The items of a section after a report, and what that adds to history. */
export function applyItems(section: InventorySection, stored: readonly StoredItem[], work: ItemWork) {
  const items = new Map(stored.map((item) => [item.key, item]));
  const changes: ItemChange[] = [];
  const tell = (before?: StoredItem, after?: StoredItem): void => {
    const change = itemChange(section, before, after);
    if (change) changes.push(change);
  };
  for (const item of work.items) {
    const before = items.get(item.key);
    if (before?.digest !== item.digest) tell(before, item);
    items.set(item.key, item);
  }
  const { others } = work;
  const gone = others ? [...items.keys()].filter((key) => !others.has(key)) : work.gone;
  for (const key of gone) {
    const before = items.get(key);
    if (before) tell(before);
    items.delete(key);
  }
  return { items: [...items.values()], changes };
}
