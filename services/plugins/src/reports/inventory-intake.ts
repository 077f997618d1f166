import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { InventoryReport, inventoryReported, type Reported, type ReportsTaken } from '@muster/contracts';
import { Database } from '@muster/database';
import { type BatchCall, Log, reportKind, takeReports } from '@muster/service-kit';
import { PluginsConfig } from '../config';
import { checkReport } from './check-report';
import { noteWaiting } from './waiting.store';

type Taken = { report: InventoryReport; at: string };

/** Takes inventory reports of devices in: answered when JetStream has them. */
@Injectable()
export class InventoryIntake {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly config: PluginsConfig,
    private readonly log: Log,
  ) {}

  take(call: BatchCall): Promise<ReportsTaken> {
    const handing = new Handing(this.bus, (head, reports) => this.note(head, reports));
    const inventory = reportKind(InventoryReport, {
      maxBytes: this.config.MAX_REPORT_BYTES,
      oldestDays: this.config.REPORT_OLDEST_DAYS,
      check: checkReport,
      publish: (head, reports) => handing.publish(head, reports),
    });
    return takeReports(call, { inventory });
  }

  /**
   * Whether reports wait is worth knowing, but not worth refusing them while only the database is away: a device that
   * is not told sends a difference that may not fit, and then the section whole.
   */
  private async note({ organisationId, deviceId, spool }: Reported, reports: readonly Taken[]): Promise<void> {
    const numbers = reports.map(({ report }) => ({ deviceId, spool, sequence: report.sequence }));
    const bounds = { reports: this.config.PENDING_REPORTS, milliseconds: this.config.PENDING_LOCK_MS };
    try {
      await this.database.inOrganisation(organisationId, (manager) =>
        noteWaiting(manager, organisationId, numbers, bounds),
      );
    } catch (error) {
      this.log.warn({ err: error, deviceId }, 'Reports are taken, but not noted as waiting.');
    }
  }
}

/**
 * The reports of one batch on their way to the stream: noted together and before the first, so that none is stored before
 * it is noted; published one after the other, since a difference follows on the one before.
 */
class Handing {
  private readonly reports: Taken[] = [];
  private last?: Promise<void>;

  constructor(
    private readonly bus: Bus,
    private readonly note: (head: Reported, reports: readonly Taken[]) => Promise<void>,
  ) {}

  /** Called for all reports of the batch before the first is noted. */
  publish(head: Reported, reports: readonly Taken[]): Promise<void> {
    this.reports.push(...reports);
    this.last ??= Promise.resolve().then(() => this.note(head, this.reports));
    this.last = this.last.then(async () => {
      for (const { report, at } of reports) {
        await this.bus.publish(inventoryReported, { ...head, inventory: [{ ...report, at }] });
      }
    });
    return this.last;
  }
}
