import { Injectable } from '@nestjs/common';
import { Metrics } from '@muster/service-kit';
import type { Counter } from 'prom-client';

export type Kind = 'sample' | 'log' | 'output';
/** `expired`: older (or newer) than what is kept. `repeated`: stored before. `limit`: beyond what is stored of an operation, or of an hour or day of a device. */
export type DropReason = 'expired' | 'repeated' | 'limit';

/** What happens to reports that were accepted, for Prometheus. */
@Injectable()
export class Storing {
  private readonly rows: Counter<'kind'>;
  private readonly batches: Counter<'kind'>;
  private readonly dropped: Counter<'kind' | 'reason'>;
  private readonly hours: Counter;
  private readonly newest = new Map<Kind, number>();

  constructor(metrics: Metrics) {
    this.rows = metrics.counter('muster_reports_stored_total', 'Rows stored, by kind (sample, log, output).', ['kind']);
    this.batches = metrics.counter(
      'muster_reports_batches_total',
      'Transactions that stored rows: with the rows stored, the size of a batch.',
      ['kind'],
    );
    this.dropped = metrics.counter(
      'muster_reports_dropped_total',
      'Accepted reports that are not stored, by kind and reason (expired, repeated, limit).',
      ['kind', 'reason'],
    );
    this.hours = metrics.counter('muster_sample_hours_rolled_up_total', 'Hours of devices that were rolled up.', []);
    metrics.gauge('muster_reports_lag_seconds', 'Age of the newest stored report, by kind.', ['kind'], (gauge) => {
      for (const [kind, at] of this.newest) gauge.set({ kind }, (Date.now() - at) / 1000);
    });
  }

  stored(kind: Kind, rows: number, receivedAt: readonly string[]): void {
    this.rows.inc({ kind }, rows);
    this.batches.inc({ kind });
    const newest = receivedAt.reduce((latest, at) => Math.max(latest, Date.parse(at)), this.newest.get(kind) ?? 0);
    this.newest.set(kind, newest);
  }

  drop(kind: Kind, reason: DropReason, count: number): void {
    if (count > 0) this.dropped.inc({ kind, reason }, count);
  }

  rolledUp(hours: number): void {
    this.hours.inc(hours);
  }
}
