import {
  accept,
  InvalidInput,
  parse,
  type Report,
  REPORT_DEPTH,
  REPORT_FUTURE_SECONDS,
  type ReportRefusal,
} from '@muster/contracts';
import { isDeeperThan } from './depth';
import type { ReportKind, TakenReport } from './report-kind';

const DAY = 86_400_000;
/** How much longer `JSON.stringify` may write what it read: `1e20` becomes 21 characters. */
const GROWTH = 6;

/** Bytes of JSON in one event: well within a message of the bus, whatever the head and the new names add. */
export const EVENT_BYTES = 500_000;

/** Why one report is not taken; never leaves this folder. */
export class Refusal extends Error {
  constructor(
    readonly code: ReportRefusal,
    problem: string,
  ) {
    super(problem);
  }
}

export interface CheckedReport extends TakenReport<Report> {
  kind: string;
  /** Of its JSON; 0 where the whole batch is too small for any limit. */
  bytes: number;
}

/** What is known about a batch as a whole: bytes of its body, and its clocks in milliseconds since 1970. */
export interface BatchFacts {
  bytes: number;
  sentAt: number;
  now: number;
}

/** What every report has to bear, one by one. @throws Refusal */
export class ReportChecks {
  private readonly sequences = new Set<number>();

  constructor(
    private readonly kinds: Readonly<Record<string, ReportKind<never>>>,
    private readonly deviceId: string,
    private readonly batch: BatchFacts,
  ) {}

  check(given: object): CheckedReport {
    if (isDeeperThan(REPORT_DEPTH, given))
      throw new Refusal('too-deep', `it is nested deeper than ${REPORT_DEPTH} levels`);
    const { name, kind } = this.kindOf(given);
    const bytes = this.sizeOf(given, kind);
    if (bytes > kind.maxBytes)
      throw new Refusal('too-large', `it has ${bytes} bytes; ${kind.maxBytes} are taken of this kind`);
    const report = read(kind, given);
    if (report.deviceId !== undefined && report.deviceId.toLowerCase() !== this.deviceId.toLowerCase())
      throw new Refusal('another-device', 'it names another device than the certificate');
    const at = this.timeOf(report, kind.oldestDays);
    if (this.sequences.has(report.sequence))
      throw new Refusal('repeated', `the batch has sequence ${report.sequence} already`);
    this.sequences.add(report.sequence);
    return { kind: name, report, bytes, at };
  }

  private sizeOf(given: object, { maxBytes }: ReportKind<never>): number {
    if (this.batch.bytes * GROWTH <= Math.min(maxBytes, EVENT_BYTES)) return 0;
    return Buffer.byteLength(JSON.stringify(given));
  }

  private kindOf(given: object): { name: string; kind: ReportKind<never> } {
    const name: unknown = 'kind' in given ? given.kind : undefined;
    const kind = typeof name === 'string' && Object.hasOwn(this.kinds, name) ? this.kinds[name] : undefined;
    if (typeof name === 'string' && kind) return { name, kind };
    throw new Refusal('unknown-kind', `kind must be one of: ${Object.keys(this.kinds).join(', ')}`);
  }

  /** A device's clock may be years wrong; how long ago it took the report, by that same clock, is right. */
  private timeOf({ takenAt }: Report, oldestDays: number): string {
    const age = this.batch.sentAt - Date.parse(takenAt);
    if (Number.isNaN(age)) throw new Refusal('malformed', 'takenAt: must be a time such as 2026-11-21T09:30:00.000Z');
    if (age < -REPORT_FUTURE_SECONDS * 1000)
      throw new Refusal('from-the-future', `it was taken ${Math.round(-age / 1000)} s after the batch was sent`);
    if (age > oldestDays * DAY)
      throw new Refusal('too-old', `it was taken ${Math.floor(age / DAY)} days before the batch was sent`);
    return new Date(this.batch.now - Math.max(age, 0)).toISOString();
  }
}

function read(kind: ReportKind<never>, given: object): Report {
  try {
    const report = kind.unknownMayStay ? accept(kind.type, given) : parse(kind.type, given, { unknown: 'drop' });
    return kind.check?.(report as never) ?? (report as Report);
  } catch (error) {
    if (error instanceof InvalidInput) throw new Refusal('malformed', error.message);
    throw error;
  }
}
