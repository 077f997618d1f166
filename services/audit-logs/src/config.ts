import { Flag, List, text, Whole } from '@muster/contracts';
import { ReportLimitsConfigFields } from '@muster/service-kit/database';

/** Days below which not even the service itself may remove entries: the database function refuses. */
export const LEAST_AUDIT_DAYS = 30;

/** Configuration of `audit-logs`. Described for administrators in `docs/configuration/audit-logs.md`. */
export class AuditLogsConfig extends ReportLimitsConfigFields {
  @Whole({
    min: LEAST_AUDIT_DAYS,
    max: 36_500,
    about: 'Days that entries are kept. Only what a signed head covers goes.',
  })
  AUDIT_DAYS = 730;
  @Whole({ min: 1, max: 604_800, about: 'Seconds between looks for entries that are old enough to go.' })
  RETENTION_SECONDS = 86_400;
  @Whole({ min: 1, max: 1_000_000, about: 'Most entries of an organisation that one removal takes.' })
  RETENTION_BATCH = 10_000;

  @Whole({ min: 1, max: 86_400, about: 'Seconds between signed heads of a chain that grows.' }) HEAD_SECONDS = 300;
  @Whole({ min: 1, max: 1_000_000, about: 'Entries after which a head is signed earlier than that.' })
  HEAD_ENTRIES = 1000;
  @Whole({ min: 10, max: 86_400, about: 'Seconds that an entry may stay without a signed head before health tells.' })
  HEAD_LATE_SECONDS = 1800;

  @Whole({ min: 1, max: 3650, about: 'Days that a device may hold an audit report back.' }) REPORT_OLDEST_DAYS = 400;
  @Whole({ min: 1024, max: 524_288, about: 'Largest audit report of a device, in bytes.' })
  REPORT_BYTES = 65_536;

  @Whole({ min: 100, max: 1_000_000, about: 'Entries that one call of verify reads.' }) VERIFY_ENTRIES = 20_000;
  @Whole({ min: 100, max: 10_000_000, about: 'Entries that one page of a search looks through.' })
  SEARCH_ENTRIES = 40_000;

  @Whole({ min: 1, max: 3600, about: 'Seconds between looks for entries to forward.' }) FORWARD_SECONDS = 2;
  @Whole({ min: 1, max: 5000, about: 'Entries that are forwarded together.' }) FORWARD_BATCH = 500;
  @Whole({ min: 1, max: 300, about: 'Seconds that a syslog server has to answer.' }) FORWARD_TIMEOUT_SECONDS = 10;
  @Whole({ min: 1, max: 86_400, about: 'Longest pause, in seconds, before forwarding is tried again.' })
  FORWARD_PAUSE_SECONDS = 300;
  @List(text({ min: 2, max: 64 }), {
    max: 64,
    about:
      'Networks (CIDR) that entries are never forwarded to, beside loopback, link-local, multicast and unspecified.',
  })
  FORWARD_DENY: string[] = [];
  @Whole({
    min: 1,
    max: 4_294_967_295,
    about:
      'Private enterprise number in the structured data of forwarded messages; the default is the one for examples (RFC 5612).',
  })
  FORWARD_ENTERPRISE_NUMBER = 32_473;
  @Flag({ about: 'Forward to this very machine too (loopback): for a syslog relay beside the service.' })
  FORWARD_LOOPBACK = false;
  @Flag({
    about:
      'Let every organisation forward into private networks, and to loopback where that is on; otherwise the default one only.',
  })
  FORWARD_PRIVATE_NETWORKS = false;

  override derive(): void {
    super.derive();
    this.outlast(this.REPORT_OLDEST_DAYS);
  }
}
