import { Injectable } from '@nestjs/common';
import { Metrics } from '@muster/service-kit';
import type { Step } from '../sections/section-state';

/** What became of inventory reports, in the Prometheus text format. */
@Injectable()
export class StoreMetrics {
  private readonly reports;
  private readonly mismatches;
  private readonly changes;

  constructor(metrics: Metrics) {
    this.reports = metrics.counter(
      'muster_inventory_reports_total',
      'Inventory reports by what became of them: applied, unfit (a difference to something else), stale, repeated.',
      ['outcome'],
    );
    this.mismatches = metrics.counter(
      'muster_inventory_digest_mismatches_total',
      "Sections that were not what the device's digest says and are asked for again.",
      [],
    );
    this.changes = metrics.counter('muster_inventory_changes_total', 'Lines of history that were written.', []);
  }

  step(kind: Step['kind']): void {
    this.reports.inc({ outcome: kind === 'apply' ? 'applied' : kind });
  }

  repeated(reports: number): void {
    this.reports.inc({ outcome: 'repeated' }, reports);
  }

  mismatched(): void {
    this.mismatches.inc();
  }

  changed(lines: number): void {
    this.changes.inc(lines);
  }
}
