import { EMPTY_SECTION_DIGEST, type SoftwareItem } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { type ItemChange, itemChange } from '../sections/item-changes';
import type { Catalogue } from './catalogue';
import type { InstallationCounts } from './installation-counts';
import {
  type InstalledTitle,
  type InstalledWrite,
  removeInstalled,
  rowsOfTitles,
  softwareByKey,
  softwareDigests,
  titleNames,
  type TitleName,
  softwareOfDevices,
  writeInstalled,
} from './installed.store';

/** What a report says about the software of one device. */
export interface SoftwareWork {
  deviceId: string;
  at: string;
  items: readonly SoftwareItem[];
  gone: readonly string[];
  /** All keys of a snapshot that is now whole: whatever else is stored is gone. */
  others?: ReadonlySet<string>;
  /** The digest is asked for. */
  verify: boolean;
  /** What differs is told. */
  history: boolean;
}
export interface SoftwareOutcome {
  changes: ItemChange[];
  /** Rows more than before, or fewer. */
  grown: number;
  digest?: string;
}

/** Applies reports about the software of different devices, together. Outcomes are in the order of the work. */
export async function applySoftware(
  manager: EntityManager,
  organisationId: string,
  works: readonly SoftwareWork[],
  { catalogue, counts }: { catalogue: Catalogue; counts: InstallationCounts },
): Promise<SoftwareOutcome[]> {
  const stored = await storedRows(manager, organisationId, works);
  const plans = works.map((work) => planOf(work, stored.get(work.deviceId) ?? new Map<string, InstalledTitle>()));
  const told = plans.filter(({ work }) => work.history).flatMap(({ writes, removals }) => [...writes, ...removals]);
  const before = told.flatMap(({ before }) => (before ? [before.titleId] : []));
  const names = await titleNames(manager, organisationId, before);
  const tally = new TitleTally();
  const writes: InstalledWrite[] = [];
  for (const { work, ...plan } of plans) {
    const { deviceId, at: since } = work;
    for (const { item, before } of plan.writes) {
      const titleId = catalogue.idOf(item);
      writes.push({ deviceId, titleId, item, since });
      if (before) tally.add(deviceId, before.titleId, -1);
      tally.add(deviceId, titleId, 1);
    }
    for (const { before } of plan.removals) tally.add(deviceId, before.titleId, -1);
  }
  const removals = plans.flatMap((plan) => plan.removals.map(({ before }) => before));
  await removeInstalled(manager, organisationId, removals);
  await writeInstalled(manager, organisationId, writes);
  await tally.count(manager, organisationId, counts);
  const outcomes = plans.map((plan) => outcomeOf(plan, names));
  await addDigests(manager, organisationId, works, outcomes);
  return outcomes;
}

/** What a report changes: rows that are new or other than before, and rows that go. */
interface Plan {
  work: SoftwareWork;
  writes: Array<{ item: SoftwareItem; before?: InstalledTitle }>;
  removals: Array<{ before: InstalledTitle }>;
}

function planOf(work: SoftwareWork, rows: ReadonlyMap<string, InstalledTitle>): Plan {
  const writes = work.items.flatMap((item) => {
    const before = rows.get(item.key);
    if (before?.digest === item.digest) return [];
    return [before ? { item, before } : { item }];
  });
  return { work, writes, removals: goneOf(work, rows).map((before) => ({ before })) };
}

function outcomeOf({ work, writes, removals }: Plan, names: ReadonlyMap<string, TitleName>): SoftwareOutcome {
  const appeared = writes.filter(({ before }) => !before).length;
  const grown = appeared - removals.length;
  if (!work.history) return { changes: [], grown };
  const was = (row?: InstalledTitle) => row && { ...row, ...names.get(row.titleId) };
  const changes = [
    ...writes.map(({ item, before }) => itemChange('software', was(before), { ...item })),
    ...removals.map(({ before }) => itemChange('software', was(before))),
  ];
  return { changes: changes.flatMap((change) => change ?? []), grown };
}

/** Everything where a whole snapshot must find what is gone; else only what the report names. */
async function storedRows(
  manager: EntityManager,
  organisationId: string,
  works: readonly SoftwareWork[],
): Promise<Map<string, Map<string, InstalledTitle>>> {
  const whole = works.filter(({ others }) => others).map(({ deviceId }) => deviceId);
  const named = works.flatMap(({ deviceId, items, gone, others }) =>
    others ? [] : [...items.map(({ key }) => key), ...gone].map((key) => ({ deviceId, key })),
  );
  const rows = [
    ...(await softwareOfDevices(manager, organisationId, whole)),
    ...(await softwareByKey(manager, organisationId, named)),
  ];
  const byDevice = new Map(works.map(({ deviceId }) => [deviceId, new Map<string, InstalledTitle>()]));
  for (const row of rows) byDevice.get(row.deviceId)?.set(row.key, row);
  return byDevice;
}

function goneOf({ gone, others }: SoftwareWork, rows: ReadonlyMap<string, InstalledTitle>): InstalledTitle[] {
  if (others) return [...rows.values()].filter(({ key }) => !others.has(key));
  return gone.flatMap((key) => rows.get(key) ?? []);
}

async function addDigests(
  manager: EntityManager,
  organisationId: string,
  works: readonly SoftwareWork[],
  outcomes: readonly SoftwareOutcome[],
): Promise<void> {
  const asked = works.filter(({ verify }) => verify).map(({ deviceId }) => deviceId);
  if (asked.length === 0) return;
  const digests = await softwareDigests(manager, organisationId, asked);
  works.forEach(({ deviceId, verify }, place) => {
    const outcome = outcomes[place];
    if (verify && outcome) outcome.digest = digests.get(deviceId) ?? EMPTY_SECTION_DIGEST;
  });
}

/** Rows that titles gained or lost on devices. */
class TitleTally {
  private readonly pairs = new Map<string, { deviceId: string; titleId: string; grown: number }>();

  add(deviceId: string, titleId: string, rows: number): void {
    const name = `${deviceId} ${titleId}`;
    const pair = this.pairs.get(name) ?? { deviceId, titleId, grown: 0 };
    pair.grown += rows;
    this.pairs.set(name, pair);
  }

  /** After the rows were written: what is there now, less what was added, was there before. */
  async count(manager: EntityManager, organisationId: string, counts: InstallationCounts): Promise<void> {
    const pairs = [...this.pairs.values()];
    const now = new Map(
      (await rowsOfTitles(manager, organisationId, pairs)).map((one) => [`${one.deviceId} ${one.titleId}`, one.rows]),
    );
    for (const [name, { titleId, grown }] of this.pairs) {
      const after = now.get(name) ?? 0;
      counts.changed(titleId, after - grown, after);
    }
  }
}
