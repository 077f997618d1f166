import {
  AppError,
  type Principal,
  type RefusedReport,
  type ReportBatch,
  type Reported,
  type ReportsTaken,
} from '@muster/contracts';
import type { ReportKind, TakenReport } from './report-kind';
import { type CheckedReport, EVENT_BYTES, Refusal, ReportChecks } from './report-checks';

const PROBLEM_LENGTH = 2000;

/** What a handler of batches gets, as far as it matters here. */
export interface BatchCall {
  body: ReportBatch;
  bodyBytes: number;
  principal: Principal;
}

/**
 * Takes in a batch of a device: checks each report alone, puts those that are in order onto the service's stream, sorted by
 * kind, and is fulfilled when JetStream has stored them, which is when the device may forget them. A refused report is
 * named with its place, a code and what is wrong; the rest of the batch is not harmed.
 * @throws AppError `unavailable` when they cannot be stored now: then the device sends the whole batch again, and what
 * had been stored is recognised by its number
 */
export async function takeReports(
  { body: batch, bodyBytes: bytes, principal: device }: BatchCall,
  kinds: Readonly<Record<string, ReportKind<never>>>,
  now: Date = new Date(),
): Promise<ReportsTaken> {
  const sentAt = Date.parse(batch.sentAt);
  if (Number.isNaN(sentAt)) {
    const problem = 'must be a time such as 2026-11-21T09:30:00.000Z';
    throw new AppError('invalid-input', 'The batch does not say when it was sent.', {
      faults: [{ field: 'sentAt', problem }],
    });
  }
  const checks = new ReportChecks(kinds, device.id, { bytes, sentAt, now: now.getTime() });
  const taken: CheckedReport[] = [];
  const refused: RefusedReport[] = [];
  for (const [index, report] of batch.reports.entries()) {
    try {
      taken.push(checks.check(report));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push(refusalOf(index, report, error));
    }
  }
  const head: Reported = {
    organisationId: device.organisationId,
    deviceId: device.id,
    spool: batch.spool,
    receivedAt: now.toISOString(),
  };
  const events = Object.entries(kinds).flatMap(([name, kind]) =>
    eventsOf(taken.filter((one) => one.kind === name)).map((reports) => kind.publish(head, reports as never[])),
  );
  await allStored(events);
  return { taken: taken.length, refused };
}

function refusalOf(index: number, report: object, { code, message }: Refusal): RefusedReport {
  const sequence: unknown = 'sequence' in report ? report.sequence : undefined;
  const known = typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence >= 0;
  return { index, ...(known ? { sequence } : {}), code, problem: message.slice(0, PROBLEM_LENGTH) };
}

/** As many events as it takes for each to be small enough, in the order of the batch. */
function eventsOf(reports: CheckedReport[]): Array<Array<TakenReport<CheckedReport['report']>>> {
  const events: Array<Array<TakenReport<CheckedReport['report']>>> = [];
  let room = 0;
  for (const { report, at, bytes } of reports) {
    const event = events.at(-1);
    room -= bytes;
    if (event && room >= 0) event.push({ report, at });
    else {
      events.push([{ report, at }]);
      room = EVENT_BYTES - bytes;
    }
  }
  return events;
}

/** Waits for all of them, also when one fails: nothing of a batch is still on its way when it is answered. */
async function allStored(events: Array<Promise<void>>): Promise<void> {
  for (const outcome of await Promise.allSettled(events)) if (outcome.status === 'rejected') throw outcome.reason;
}
