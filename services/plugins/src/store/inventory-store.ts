import { Injectable } from '@nestjs/common';
import { type InventoryReported, type InventorySection, type SoftwareItem, type Unreadable } from '@muster/contracts';
import { Database, Outbox, takeNew } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { addChanges, type DeviceChange } from '../changes/changes.store';
import { lockDevices, nameFromInventory } from '../devices/devices.store';
import { FACT_SECTIONS } from '../facts/facts';
import { tellFacts } from '../facts/tell-facts';
import { forgetWaiting } from '../reports/waiting.store';
import { applyItems } from '../sections/apply-items';
import { sectionDigest } from '../sections/bytewise';
import type { ItemChange } from '../sections/item-changes';
import { forgetParts, keepPart, takeParts } from '../sections/parts.store';
import type { StoredItem } from '../sections/section.entity';
import { nextStep, type SpooledReport, type Step } from '../sections/section-state';
import { nameOf, openSections, type OpenSection, saveSections, type SectionKey } from '../sections/sections.store';
import { applySoftware } from '../software/apply-software';
import { Catalogue } from '../software/catalogue';
import { InstallationCounts } from '../software/installation-counts';
import { StoreMetrics } from './store-metrics';

/** A report of a device about one of its sections. */
export type DeviceReport = SpooledReport & { deviceId: string };
type Apply = Extract<Step, { kind: 'apply' }>;
interface Task {
  open: OpenSection;
  report: DeviceReport;
  step: Apply;
  others?: ReadonlySet<string>;
}
const FACTS: ReadonlySet<InventorySection> = new Set(FACT_SECTIONS);

/** Stores reports of one organisation in one transaction: items, digests, counts, history and facts, or nothing of it. */
@Injectable()
export class InventoryStore {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly metrics: StoreMetrics,
  ) {}

  store(organisationId: string, events: readonly InventoryReported[]): Promise<void> {
    const reports = events.flatMap(({ deviceId, spool, inventory }) =>
      inventory.map((one): DeviceReport => ({ ...one, deviceId, spool })),
    );
    return this.database.inOrganisation(organisationId, async (manager) => {
      const fresh = await takeNew(manager, 'plugins', organisationId, reports);
      const deviceIds = reports.map(({ deviceId }) => deviceId);
      const inUse = await lockDevices(manager, organisationId, deviceIds);
      await forgetWaiting(manager, organisationId, reports);
      this.metrics.repeated(reports.length - fresh.length);
      const wanted = fresh.filter(({ deviceId }) => inUse.has(deviceId));
      if (wanted.length > 0) await new Storing(manager, organisationId, this.outbox, this.metrics).run(wanted);
    });
  }
}

/** The work of one transaction. */
class Storing {
  private readonly counts = new InstallationCounts();
  private readonly changes: DeviceChange[] = [];
  private readonly touched = new Map<string, Set<InventorySection>>();

  constructor(
    private readonly manager: EntityManager,
    private readonly organisationId: string,
    private readonly outbox: Outbox,
    private readonly metrics: StoreMetrics,
  ) {}

  async run(reports: readonly DeviceReport[]): Promise<void> {
    const { manager, organisationId } = this;
    const wanted = new Map<string, SectionKey>(reports.map((report) => [nameOf(report), report]));
    const sections = await openSections(manager, organisationId, [...wanted.values()]);
    const software = reports.flatMap((one) => (one.section === 'software' ? (one.items as SoftwareItem[]) : []));
    const catalogue = await Catalogue.of(manager, organisationId, software);
    for (const round of roundsOf(reports)) await this.round(round, sections, catalogue);
    await saveSections(manager, organisationId, sections.values());
    await this.counts.write(manager, organisationId);
    await addChanges(manager, organisationId, this.changes);
    this.metrics.changed(this.changes.length);
    await this.follow(sections);
  }

  /** Reports about different sections: each on what the round before left. */
  private async round(
    reports: readonly DeviceReport[],
    sections: ReadonlyMap<string, OpenSection>,
    catalogue: Catalogue,
  ): Promise<void> {
    const tasks: Task[] = [];
    for (const report of reports) {
      const open = sections.get(nameOf(report));
      if (!open) continue;
      const step = nextStep(open.state, report);
      this.metrics.step(step.kind);
      if (step.kind === 'stale') continue;
      open.touched = true;
      if (step.kind === 'apply') tasks.push({ open, report, step, ...(await this.othersOf(open, report, step)) });
      else open.state = step.state;
    }
    const software = tasks.filter(({ report }) => report.section === 'software');
    for (const task of tasks) if (task.report.section !== 'software') this.applyItems(task);
    if (software.length > 0) await this.applySoftware(software, catalogue);
  }

  /** Keys of the whole snapshot; of one that is not whole yet, they are kept. */
  private async othersOf(open: OpenSection, report: DeviceReport, step: Apply): Promise<{ others?: Set<string> }> {
    const { manager, organisationId } = this;
    if (report.snapshot === undefined) return {};
    const keys = (report.items as StoredItem[]).map(({ key }) => key);
    const alone = report.parts === 1;
    if (step.begins && open.state?.series?.kind === 'snapshot') await forgetParts(manager, organisationId, open);
    if (!step.removesOthers) {
      await keepPart(manager, organisationId, open, report.part, keys);
      return {};
    }
    return { others: new Set(alone ? keys : [...(await takeParts(manager, organisationId, open)), ...keys]) };
  }

  private applyItems({ open, report, step, others }: Task): void {
    const items = report.items as StoredItem[];
    const { items: now, changes } = applyItems(report.section, open.items, { items, gone: report.gone, others });
    const digest = step.expected === undefined ? undefined : sectionDigest(now);
    open.items = now;
    this.settle(open, report, step, { changes, itemCount: now.length, digest });
  }

  private async applySoftware(tasks: readonly Task[], catalogue: Catalogue): Promise<void> {
    const works = tasks.map(({ open, report, step, others }) => ({
      deviceId: report.deviceId,
      at: report.at,
      items: report.items as SoftwareItem[],
      gone: report.gone,
      verify: step.expected !== undefined,
      history: open.state?.complete ?? false,
      ...(others ? { others } : {}),
    }));
    const { counts } = this;
    const outcomes = await applySoftware(this.manager, this.organisationId, works, { catalogue, counts });
    tasks.forEach(({ open, report, step }, place) => {
      const { changes, grown, digest } = outcomes[place] ?? { changes: [], grown: 0 };
      this.settle(open, report, step, { changes, itemCount: open.itemCount + grown, digest });
    });
  }

  /** What holds for every section: the digest counts only if it is the device's, the first whole one is no history. */
  private settle(
    open: OpenSection,
    report: DeviceReport,
    { state, expected }: Apply,
    done: { changes: ItemChange[]; itemCount: number; digest: string | undefined },
  ): void {
    const known = open.state?.complete ?? false;
    const healed = expected === undefined || done.digest === expected;
    if (!healed) this.metrics.mismatched();
    open.itemCount = done.itemCount;
    open.unreadable = unreadableAfter(open.unreadable, report);
    open.state = healed ? state : { ...state, digest: undefined };
    const at = new Date(report.at);
    const { deviceId, section } = report;
    if (known) for (const change of done.changes) this.changes.push({ ...change, deviceId, section, at });
    const sections = this.touched.get(deviceId) ?? new Set();
    this.touched.set(deviceId, sections.add(section));
  }

  /** What follows from the new inventory elsewhere: names of devices that nobody described, and facts. */
  private async follow(sections: ReadonlyMap<string, OpenSection>): Promise<void> {
    const { manager, organisationId } = this;
    for (const { deviceId, section, items, touched } of sections.values()) {
      const hostName = section === 'operating-system' && touched ? items[0]?.['hostName'] : undefined;
      if (typeof hostName === 'string') await nameFromInventory(manager, organisationId, deviceId, hostName);
    }
    const devices = [...this.touched].filter(([, names]) => [...names].some((name) => FACTS.has(name)));
    const ids = devices.map(([deviceId]) => deviceId);
    await tellFacts(manager, this.outbox, organisationId, ids, new Date());
  }
}

/** The n-th round has the n-th report about each section. */
function roundsOf(reports: readonly DeviceReport[]): DeviceReport[][] {
  const rounds: DeviceReport[][] = [];
  const seen = new Map<string, number>();
  for (const report of reports) {
    const place = seen.get(nameOf(report)) ?? 0;
    seen.set(nameOf(report), place + 1);
    (rounds[place] ??= []).push(report);
  }
  return rounds;
}

/** Each part says what it could not read; the first part of a report begins anew. */
function unreadableAfter(before: readonly Unreadable[], { part, unreadable }: DeviceReport): Unreadable[] {
  if (part === 1) return unreadable;
  const said = new Set(before.map(({ what }) => what));
  return [...before, ...unreadable.filter(({ what }) => !said.has(what))].slice(0, 50);
}
