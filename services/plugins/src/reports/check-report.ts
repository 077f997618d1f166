import {
  type Fault,
  INVENTORY_SECTIONS,
  type InventoryItem,
  type InventoryReport,
  InvalidInput,
  parse,
} from '@muster/contracts';

/** Faults that are named; more of them say nothing new. */
const MOST_FAULTS = 10;

/**
 * Checks what the class of a report leaves open: each item against the class of the section, and what must hold between
 * the fields. Gives back the report with the declared fields of its items only.
 * @throws InvalidInput with the place of each fault
 */
export function checkReport(report: InventoryReport): InventoryReport {
  const faults = shapeFaults(report);
  const type = INVENTORY_SECTIONS[report.section];
  const items: InventoryItem[] = [];
  const keys = new Set<string>();
  for (const [place, given] of report.items.entries()) {
    if (faults.length >= MOST_FAULTS) break;
    try {
      const item: InventoryItem = parse<InventoryItem>(type, given, { unknown: 'drop' });
      if (keys.has(item.key))
        faults.push({ field: `items[${place}].key`, problem: 'is the key of an earlier item too' });
      keys.add(item.key);
      items.push(item);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      faults.push(...error.faults.map((fault) => ({ ...fault, field: `items[${place}].${fault.field}` })));
    }
  }
  for (const [place, key] of report.gone.entries()) {
    if (keys.has(key)) faults.push({ field: `gone[${place}]`, problem: 'is the key of an item of this report' });
  }
  if (faults.length > 0) throw new InvalidInput(faults.slice(0, MOST_FAULTS));
  report.items = items;
  return report;
}

function shapeFaults({ base, snapshot, part, parts, gone }: InventoryReport): Fault[] {
  const faults: Fault[] = [];
  if ((base === undefined) === (snapshot === undefined)) {
    faults.push({ field: 'base', problem: 'either base or snapshot is needed, and not both' });
  }
  if (part > parts) faults.push({ field: 'part', problem: `is after the last of ${parts}` });
  if (snapshot !== undefined && gone.length > 0) {
    faults.push({ field: 'gone', problem: 'must be empty in a snapshot: what it does not name is gone' });
  }
  return faults;
}
