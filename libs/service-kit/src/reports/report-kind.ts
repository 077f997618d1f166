import type { Class, Report, Reported } from '@muster/contracts';

/** A report that is taken, and when it was true, by this server's clock (ISO 8601). */
export interface TakenReport<R extends Report> {
  report: R;
  at: string;
}

export interface ReportKindOptions<R extends Report> {
  /** Bytes of JSON that one report may have. */
  maxBytes: number;
  /** Older reports are refused: nothing keeps them. */
  oldestDays: number;
  /** Fields that the class does not know may stay in a report that is in order, which saves copying it: only known ones are read. */
  unknownMayStay?: boolean;
  /**
   * Checks what the class leaves open, and may give back a report made new.
   * @throws InvalidInput with what is wrong
   */
  check?(report: R): R;
  /** Puts reports onto the stream, fulfilled when they are stored. Called with no more than fits into one event. */
  publish(head: Reported, reports: Array<TakenReport<R>>): Promise<void>;
}

/** One `kind` of report that a service takes in. */
export interface ReportKind<R extends Report> extends Omit<ReportKindOptions<R>, 'check'> {
  type: Class;
  check?(report: R): Report;
}

export const reportKind = <R extends Report>(
  type: Class<R>,
  options: ReportKindOptions<NoInfer<R>>,
): ReportKind<R> => ({
  ...options,
  type,
});
