import type { InventorySection, ProtectionState } from '@muster/contracts';
import type { ToldFacts } from '../devices/device.entity';
import { cut } from '../sections/item-changes';
import type { StoredItem } from '../sections/section.entity';

/** Sections that facts are made of. */
export const FACT_SECTIONS = [
  'system',
  'sign-ins',
  'antivirus',
  'encryption',
  'software',
] as const satisfies readonly InventorySection[];
export type FactSection = (typeof FACT_SECTIONS)[number];

export interface KnownSection {
  items: readonly StoredItem[];
  itemCount: number;
  /** Something of it could not be read. */
  partial?: boolean;
}
const LONGEST = 200;

/** What groups and lists use of an inventory. A section that never came whole says nothing. */
export function factsOf(sections: Partial<Record<FactSection, KnownSection>>): ToldFacts {
  const [system] = sections.system?.items ?? [];
  const texts = ['manufacturer', 'model', 'serialNumber', 'chassis'] as const;
  const lastUser = lastUserOf(sections['sign-ins']?.items ?? []);
  return {
    ...Object.fromEntries(texts.flatMap((name) => (textOf(system, name) ? [[name, textOf(system, name)]] : []))),
    encryption: encryptionOf(sections.encryption?.items),
    antivirus: antivirusOf(sections.antivirus),
    ...(lastUser ? { lastUser } : {}),
    softwareCount: sections.software?.itemCount ?? 0,
  };
}

/**
 * Over the volumes of the operating system; over all where none is said to be one. `on` and `off` when all are; `off` also
 * when the others are not known, since one that is known to be off is enough to act on; `partly` when some are on.
 */
export function encryptionOf(items: readonly StoredItem[] | undefined): ProtectionState {
  const volumes = items ?? [];
  const system = volumes.filter((item) => item['system'] === true);
  const states = new Set((system.length > 0 ? system : volumes).map((item) => item['state']));
  if (states.size === 0) return 'unknown';
  if (states.has('partly') || (states.has('on') && states.size > 1)) return 'partly';
  return states.has('on') ? 'on' : states.has('off') ? 'off' : 'unknown';
}

/** One product that is on protects. A section that names none says that there is none, if all of it could be read. */
export function antivirusOf(section: Pick<KnownSection, 'items' | 'partial'> | undefined): ProtectionState {
  if (!section) return 'unknown';
  const states = new Set(section.items.map((item) => item['state']));
  if (states.size === 0 && section.partial) return 'unknown';
  for (const state of ['on', 'partly', 'unknown'] as const) if (states.has(state)) return state;
  return 'off';
}

/** Who is signed in, the newest of them; else who was signed in last. */
function lastUserOf(items: readonly StoredItem[]): string | undefined {
  const present = items.filter((item) => !item['endedAt']);
  const times = (present.length > 0 ? present : items).map((item) => ({
    user: textOf(item, 'user'),
    at: Date.parse(textOf(item, 'endedAt') ?? textOf(item, 'startedAt') ?? '') || 0,
  }));
  return times.toSorted((a, b) => b.at - a.at).find(({ user }) => user)?.user;
}

function textOf(item: StoredItem | undefined, name: string): string | undefined {
  const value = item?.[name];
  return typeof value === 'string' && value !== '' ? cut(value, LONGEST) : undefined;
}
