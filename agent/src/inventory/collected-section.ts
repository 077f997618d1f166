import { setImmediate as otherWork } from 'node:timers/promises';
import type { InventorySection, Unreadable } from '@muster/contracts';
import { reason } from '../state/log';
import { distinctKey, keyOf } from './item-keys';
import type { Machine } from './machine/machine';
import { cleanItem, cleanText, itemDigest } from './section-items';
import type { AnySource, Found, Source } from './source';

/** An item, ready to be sent: its fields in canonical JSON, which is what the digest is of. */
export interface CollectedItem {
  digest: string;
  json: string;
}
export interface CollectedSection {
  section: InventorySection;
  items: Map<string, CollectedItem>;
  unreadable: Unreadable[];
  /** What the keys of sources begin with that failed this time: their items are not gone. */
  failed: string[];
}

/** As many as a report can carry. */
const MOST_UNREADABLE = 50;
const SOURCE_TIMEOUT_MS = 5 * 60_000;
/** Items between two turns of the agent's other work. */
const TURN = 250;

/** Collects one section from all its sources on this device. Never throws. */
export async function collectSection(
  machine: Machine,
  section: InventorySection,
  sources: readonly AnySource[],
): Promise<CollectedSection> {
  const found: CollectedSection = { section, items: new Map(), unreadable: [], failed: [] };
  const unfit = { count: 0 };
  for (const source of sources) {
    if (source.section !== section || !source.platforms.includes(machine.platform)) continue;
    const own = new Map<string, CollectedItem>();
    try {
      const unreadable = await withinTime(collectSource(machine, source as Source<InventorySection>, own, unfit));
      found.unreadable.push(...unreadable);
      for (const [key, item] of own) found.items.set(key, item);
    } catch (error) {
      found.failed.push(source.keys ?? '');
      found.unreadable.push({ what: source.source, why: reason(error) });
    }
  }
  if (unfit.count > 0)
    found.unreadable.push({ what: 'some entries', why: `${unfit.count} without a name, or otherwise not usable` });
  found.unreadable = fitting(found.unreadable);
  return found;
}

async function collectSource(
  machine: Machine,
  source: Source<InventorySection>,
  into: Map<string, CollectedItem>,
  unfit: { count: number },
): Promise<Unreadable[]> {
  const { items, unreadable } = await source.collect(machine);
  let taken = 0;
  for await (const given of items) {
    const item = cleanItem(source.section, given);
    if (!item) unfit.count++;
    else {
      const json = JSON.stringify(item);
      const digest = itemDigest(json);
      const key = freeKey(into, keyOf(source.section, item as Found<InventorySection>), item, digest);
      if (key !== undefined) into.set(key, { digest, json });
    }
    if (++taken % TURN === 0) await otherWork();
  }
  return unreadable;
}

/** @returns a key that no other item has; undefined when the very same item is there already */
function freeKey(
  items: ReadonlyMap<string, CollectedItem>,
  key: string,
  item: object,
  digest: string,
): string | undefined {
  for (const candidate of [key, distinctKey(key, item, digest), distinctKey(key, {}, digest)]) {
    const holder = items.get(candidate);
    if (!holder) return candidate;
    if (holder.digest === digest) return undefined;
  }
  return undefined;
}

function fitting(unreadable: readonly Unreadable[]): Unreadable[] {
  const texts = new Map<string, Unreadable>();
  for (const { what, why } of unreadable) {
    const clean = { what: cleanText(what, 200) || 'something', why: cleanText(why, 1000) || 'no reason is known' };
    texts.set(`${clean.what}\0${clean.why}`, clean);
  }
  const all = [...texts.values()];
  if (all.length <= MOST_UNREADABLE) return all;
  const rest = all.length - MOST_UNREADABLE + 1;
  return [...all.slice(0, MOST_UNREADABLE - 1), { what: 'more', why: `${rest} more could not be read` }];
}

/** A network file system that hangs must not stop inventory for ever. */
async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${SOURCE_TIMEOUT_MS / 1000} s`)), SOURCE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
