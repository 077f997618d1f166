import { Whole } from '@muster/contracts';
import { DatabaseConfigFields } from '../database/database.config';

/** Days that a report which was taken in may wait for being stored (the stream's age), and one to spare. */
const WAITING_DAYS = 9;

/** For services that take in reports. Their tables of receipts are in their own schema. */
export class ReportLimitsConfigFields extends DatabaseConfigFields {
  @Whole({
    min: 1,
    max: 100_000_000,
    about:
      'Reports that are taken of one device in a minute, and at once; then it is told when to come again. Each process counts for itself.',
  })
  DEVICE_REPORTS_PER_MINUTE = 100_000;
  @Whole({
    min: 1,
    max: 10_000,
    about: 'Spools that one device may have within RECEIPT_DAYS: a new one beyond is told to come later.',
  })
  DEVICE_SPOOLS = 20;
  @Whole({
    min: 1,
    max: 36_500,
    about:
      'Days that a spool is remembered after its last new report. Reports that are sent again after that would double, so that it is at least as long as reports may be old, and 9 days more.',
  })
  RECEIPT_DAYS = 400;

  /** Receipts outlast what may still be taken: older reports are refused for their age. */
  protected outlast(oldestReportDays: number): void {
    this.RECEIPT_DAYS = Math.max(this.RECEIPT_DAYS, oldestReportDays + WAITING_DAYS);
  }
}
