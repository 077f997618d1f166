import { ENDED_STATES, type OperationReport, type OperationState } from '@muster/contracts';

/**
 * The life of an operation, in one place.
 *
 *     PENDING ──► NOTIFIED ──► IN_PROGRESS ──► COMPLETED | ERROR | CANCELLED
 *        │           │  ▲           ▲
 *        │           ▼  │           │
 *        ├────────► NOT_NOW ────────┤          the device declined for now and keeps it
 *        └──────────┴───────────────┴────────► COMPLETED | ERROR | CANCELLED | EXPIRED
 *
 * Steps may be missing (a device that was offline hands in its whole story at once) but never run backwards.
 *
 * An ending rests on somebody's word. The *device* knows what happened, and what it says is final. The *server*
 * concludes when it hears nothing (expired, lost, cancelled before delivery), and may be wrong: a device that started in
 * time and reports after the server gave up is believed, so the record tells what was run and not what was guessed.
 */
export type Witness = 'device' | 'server';

const AHEAD: Readonly<Record<OperationState, readonly OperationState[]>> = {
  PENDING: ['NOTIFIED', 'NOT_NOW', 'IN_PROGRESS', ...ENDED_STATES],
  NOTIFIED: ['NOT_NOW', 'IN_PROGRESS', ...ENDED_STATES],
  NOT_NOW: ['IN_PROGRESS', ...ENDED_STATES],
  IN_PROGRESS: ENDED_STATES,
  COMPLETED: [],
  ERROR: [],
  CANCELLED: [],
  EXPIRED: [],
};
/** What a device may say about an operation that the server has ended on its own. */
const CORRECTIONS: readonly OperationState[] = ['IN_PROGRESS', ...ENDED_STATES];

export const hasEnded = (state: OperationState): boolean => ENDED_STATES.includes(state);

/** Whether an operation in this state may change to `to` on this witness's word. */
export function mayBecome(
  now: { state: OperationState; endedBy: Witness | null },
  to: OperationState,
  witness: Witness,
): boolean {
  if (now.endedBy === 'device') return false;
  if (now.endedBy === 'server') return witness === 'device' && CORRECTIONS.includes(to);
  return AHEAD[now.state].includes(to);
}

export interface ReportedStep {
  state: OperationState;
  reason: string;
}

/** What a device's report says, in our words. A script that ended with another code than 0 has failed. */
export function stepOf(report: OperationReport, cancelledBy: string | null): ReportedStep {
  switch (report.outcome) {
    case 'started':
      return { state: 'IN_PROGRESS', reason: 'The device started it.' };
    case 'not-now':
      return { state: 'NOT_NOW', reason: told('The device will run it later', report) };
    case 'completed':
      return (report.exitCode ?? 0) === 0 && !report.signal
        ? { state: 'COMPLETED', reason: 'It ran to its end.' }
        : { state: 'ERROR', reason: told(endOf(report), report) };
    case 'failed':
      return { state: 'ERROR', reason: told(endOf(report), report) };
    case 'interrupted':
      return { state: 'ERROR', reason: told('Interrupted: the device or its agent stopped while it ran', report) };
    case 'cancelled':
      return { state: 'CANCELLED', reason: cancelledBy ? `Cancelled by ${cancelledBy}.` : 'Cancelled on the device.' };
    case 'refused':
      return report.refusal === 'expired'
        ? { state: 'EXPIRED', reason: 'It reached the device after its time.' }
        : { state: 'ERROR', reason: told(`The device refused it (${report.refusal ?? 'no reason given'})`, report) };
  }
}

export const isEnding = (report: OperationReport): boolean =>
  report.outcome !== 'started' && report.outcome !== 'not-now';

function endOf(report: OperationReport): string {
  if (report.signal) return `It was ended by signal ${report.signal}`;
  if (report.exitCode !== undefined && report.exitCode !== 0) return `It ended with exit code ${report.exitCode}`;
  return 'It failed';
}

/** With what the device said, unless that says the same once more: agents name the exit code in words too. */
function told(what: string, { message }: OperationReport): string {
  return message && !what.endsWith(message) ? `${what}: ${message}`.slice(0, 2000) : `${what}.`;
}
