import { Instant, List, nested, OneOf, open, Text, Uuid, Whole } from '../schema/fields';

/**
 * What a device sends in: a batch out of one of its spools. Each function (`rmm`, `plugins`, `audit`) has a spool of its
 * own, whose reports are numbered from 1 without gaps. A batch may be sent any number of times.
 */
export class ReportBatch {
  @Uuid({ about: 'Made with the spool. A new spool begins at sequence 1.' }) spool: string;
  @Instant({ about: "The device's clock as the batch is sent: what `takenAt` is measured from." }) sentAt: string;
  @List(open(), {
    min: 1,
    max: 500,
    about: 'Each is checked alone: a wrong one is refused, the others are taken.',
  })
  reports: object[];
}

/** What every report has. */
export class Report {
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: 'Number in the spool. A device and spool have it once.' })
  sequence: number;
  @Instant({ about: "The device's clock. The server's time rules: it goes by the age, `sentAt` less `takenAt`." })
  takenAt: string;
  @Uuid({ optional: true, about: 'If given, must be the device that sends. Identity comes from the certificate.' })
  deviceId?: string;
}

/** Why a report is not taken. None of these goes away by itself: the device drops the report. */
export const REPORT_REFUSALS = [
  'malformed',
  'too-large',
  'too-deep',
  'from-the-future',
  'too-old',
  'another-device',
  'repeated',
  'unknown-kind',
] as const;
export type ReportRefusal = (typeof REPORT_REFUSALS)[number];

export class RefusedReport {
  @Whole({ min: 0, max: 500, about: 'Place in the batch, from 0.' }) index: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, optional: true }) sequence?: number;
  @OneOf(REPORT_REFUSALS) code: ReportRefusal;
  @Text({ max: 2000 }) problem: string;
}

/** Reply to a batch, with `202`: what is not refused is stored by JetStream and will be in the database. */
export class ReportsTaken {
  @Whole({ min: 0, max: 500 }) taken: number;
  @List(nested(() => RefusedReport), { max: 500 }) refused: RefusedReport[];
  @Whole({ min: 1, max: 86_400, optional: true, about: 'Seconds between samples, as the server wants them.' })
  sampleSeconds?: number;
  @Whole({ min: 1, max: 86_400, optional: true, about: 'Seconds between batches, as the server wants them.' })
  sendSeconds?: number;
}

/** How deep a report may be nested. */
export const REPORT_DEPTH = 12;
/** Seconds by which a report may be newer than the batch that carries it. */
export const REPORT_FUTURE_SECONDS = 300;

/** What a service puts on its stream: the reports of one kind out of one batch. */
export class Reported {
  @Uuid() organisationId: string;
  @Uuid() deviceId: string;
  @Uuid() spool: string;
  @Instant() receivedAt: string;
}
/** What each report on a stream has: its number and when it was true, by the server's clock. */
export class ReportedItem {
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) sequence: number;
  @Instant({ about: "By the server's clock." }) at: string;
}
