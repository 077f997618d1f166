import { AppError, ReportBatch } from '@muster/contracts';
import { type Admitted, BeforeCall } from '../routes/call-steps';
import type { Allowance } from './allowance';
import type { SpoolLimit } from './spool-limit';

/** Stops a device that sends too many reports, or too many spools of them, before any of a batch is looked at. */
export class ReportLimits extends BeforeCall {
  constructor(
    private readonly reports: Allowance,
    private readonly spools: SpoolLimit,
  ) {
    super();
  }

  before({ route, call, principal }: Admitted): void | Promise<void> {
    if (route.body !== ReportBatch || !principal) return;
    const batch = call.body as ReportBatch;
    const retryAfterSeconds = this.reports.take(principal.id, batch.reports.length);
    if (retryAfterSeconds > 0) {
      throw new AppError('too-many-requests', 'Too many reports in a short time. Slow down.', { retryAfterSeconds });
    }
    const spool = batch.spool.toLowerCase();
    if (!this.spools.admits(principal, spool)) return this.spools.admit(principal, spool);
  }
}
