import { type InventoryDigests, SECTION_NAMES } from '@muster/contracts';
import type { ReportSpool } from '../reports/report-spool';
import { type Log, reason } from '../state/log';
import { type CollectedSection, collectSection } from './collected-section';
import { thisMachine } from './machine/device-machine';
import type { Machine } from './machine/machine';
import { sectionDigest } from './section-digest';
import { differenceReports, digestsOf, snapshotReports, type UnnumberedReport } from './section-reports';
import { type SentSection, SentInventory } from './sent-inventory';
import { SourceMarks } from './source-marks';
import type { AnySource } from './source';
import { SOURCES } from './sources';

export interface InventoryParts {
  spool: Pick<ReportSpool, 'append' | 'waiting'>;
  /** What the server holds (route `readInventoryDigests`). Rejects when it cannot be reached. */
  digests: () => Promise<InventoryDigests>;
  /** Where the reporter keeps what it sent. */
  stateFile: string;
  log: Log;
  now: () => Date;
}
/** Another device than this one, for tests. */
export interface InventoryDevice {
  machine: Machine;
  sources: readonly AnySource[];
}

export interface Collection {
  /** Reports that were handed to the spool. */
  reports: number;
  /** Seconds until the next collection, as the server wants them; absent when it was not reached. */
  collectSeconds?: number;
}

/**
 * Collects the inventory and reports what changed. A section whose digest at the server is the one that was sent last
 * goes as a difference; any other goes whole. While reports are under way, or the server is away, what was sent last
 * counts. So each loss, on either side, heals at the next collection, and no crash between spool and state file does harm.
 */
export class InventoryReporter {
  private running?: Promise<Collection>;
  private readonly marks: SourceMarks;

  constructor(
    private readonly parts: InventoryParts,
    private readonly device: InventoryDevice = { machine: thisMachine(), sources: SOURCES },
  ) {
    this.marks = new SourceMarks(device.machine);
  }

  /** Collects all sections, one after the other. A call while one runs waits for that one. */
  collectNow(): Promise<Collection> {
    this.running ??= this.collect().finally(() => (this.running = undefined));
    return this.running;
  }

  /**
   * Whether files changed that much of an inventory is made from (package databases, accounts, sign-ins) since the last
   * collection: a reason to collect before it is time. Costs a few `stat` calls.
   */
  sourcesChanged(): Promise<boolean> {
    return this.marks.changed();
  }

  private async collect(): Promise<Collection> {
    const { log, stateFile, spool } = this.parts;
    const begun = performance.now();
    await this.marks.take();
    const server = await this.askServer();
    const settled = server && !server.pending && spool.waiting === 0 ? server : undefined;
    const sent = SentInventory.read(stateFile);
    let reports = 0;
    for (const section of SECTION_NAMES) {
      const collected = await collectSection(this.device.machine, section, this.device.sources);
      const handed = this.report(collected, sent, settled);
      if (handed === undefined) break;
      reports += handed;
    }
    log.info('inventory collected', { reports, milliseconds: Math.round(performance.now() - begun) });
    return { reports, collectSeconds: server?.collectSeconds };
  }

  /** @returns how many reports were handed over; undefined when the spool does not take more */
  private report(collected: CollectedSection, sent: SentInventory, settled?: InventoryDigests): number | undefined {
    const { section } = collected;
    const takenAt = this.parts.now().toISOString();
    const last = this.lastSent(collected, sent.of(section), settled);
    const unreadable = JSON.stringify(collected.unreadable);
    let reports: Iterable<UnnumberedReport>;
    let items: Map<string, string>;
    if (last) {
      const difference = differenceReports(collected, last, takenAt);
      items = new Map(last.items);
      for (const report of difference) apply(items, report);
      const changed = difference.some((report) => report.items.length + report.gone.length > 0);
      reports = changed || unreadable !== last.unreadable ? difference : [];
    } else {
      reports = snapshotReports(collected, takenAt);
      items = digestsOf(collected.items);
    }
    let handed = 0;
    for (const report of reports) {
      if (this.parts.spool.append(report) === 0) return undefined;
      handed++;
    }
    if (handed > 0 || last !== sent.of(section))
      sent.remember(section, { digest: sectionDigest(items), items, unreadable });
    return handed;
  }

  /** What a difference is made against; undefined when the section has to go whole. */
  private lastSent(
    collected: CollectedSection,
    own: SentSection | undefined,
    settled: InventoryDigests | undefined,
  ): SentSection | undefined {
    if (!settled) return own;
    const held = settled.sections.find(({ section }) => section === collected.section)?.digest;
    if (held === undefined) return undefined;
    if (held === own?.digest) return own;
    // A crash came between spool and state file: the server has what is there now.
    const items = digestsOf(collected.items);
    return held === sectionDigest(items) ? { digest: held, items, unreadable: own?.unreadable ?? '' } : undefined;
  }

  private async askServer(): Promise<InventoryDigests | undefined> {
    try {
      return await this.parts.digests();
    } catch (error) {
      this.parts.log.info('digests of the inventory not read', { why: reason(error) });
      return undefined;
    }
  }
}

function apply(items: Map<string, string>, report: UnnumberedReport): void {
  for (const key of report.gone) items.delete(key);
  for (const item of report.items as Array<{ key: string; digest: string }>) items.set(item.key, item.digest);
}
