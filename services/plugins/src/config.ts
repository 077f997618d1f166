import { INVENTORY_REPORT_BYTES, Whole } from '@muster/contracts';
import { ReportLimitsConfigFields } from '@muster/service-kit/database';

/** Configuration of the service `plugins`. */
export class PluginsConfig extends ReportLimitsConfigFields {
  @Whole({ min: 60, max: 604_800, about: 'Seconds between collections of inventory that devices are told to keep.' })
  COLLECT_SECONDS = 14_400;

  @Whole({ min: 1_000, max: 700_000, about: 'Bytes of JSON that one inventory report may have.' })
  MAX_REPORT_BYTES = INVENTORY_REPORT_BYTES;

  @Whole({ min: 1, max: 365, about: 'Days after which an inventory report is too old to be taken.' })
  REPORT_OLDEST_DAYS = 30;

  @Whole({ min: 1, max: 10_080, about: 'Minutes for which a report that was taken in counts as waiting to be stored.' })
  PENDING_MINUTES = 60;

  @Whole({ min: 1, max: 500, about: 'Most reports of one batch, the newest, that are noted as waiting to be stored.' })
  PENDING_REPORTS = 16;

  @Whole({
    min: 1,
    max: 30_000,
    about: 'Milliseconds for which noting them waits for who is storing the same reports; then they are not noted.',
  })
  PENDING_LOCK_MS = 250;

  @Whole({ min: 31, max: 3_650, about: 'Days for which the history of inventories is kept, in whole months.' })
  HISTORY_DAYS = 730;

  @Whole({ min: 1_000, max: 1_000_000, about: 'Most rows of history that one page of a search looks at.' })
  HISTORY_SCAN_ROWS = 20_000;

  /** No report may be older than the oldest month of history. */
  override derive(): void {
    super.derive();
    this.REPORT_OLDEST_DAYS = Math.min(this.REPORT_OLDEST_DAYS, this.HISTORY_DAYS - 1);
    this.outlast(this.REPORT_OLDEST_DAYS);
  }
}
