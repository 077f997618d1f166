import type { ReportedInventory } from '@muster/contracts';

/** A report in parts of which the last one has not come yet. */
export type Series =
  | { kind: 'snapshot'; snapshot: string; parts: number; received: number[]; digest: string }
  | { kind: 'difference'; base: string; digest: string; parts: number; next: number };

/** What the server knows about a section beside its items. */
export interface SectionState {
  /** Present when what is stored is what the device said. */
  digest?: string;
  at: string;
  spool: string;
  sequence: number;
  /** It was whole once. */
  complete: boolean;
  series?: Series;
}
/** A report with the spool that it came from. */
export type SpooledReport = ReportedInventory & { spool: string };

export type Step =
  /** Older than what is stored: of no use. */
  | { kind: 'stale' }
  /** A difference to something that is not stored: nothing is applied, the device sends the section whole. */
  | { kind: 'unfit'; state: SectionState }
  | {
      kind: 'apply';
      state: SectionState;
      /** The first part of a snapshot that was not seen before: what an unfinished one named is forgotten. */
      begins: boolean;
      /** Every part of the snapshot is there: what none of them named is gone. */
      removesOthers: boolean;
      /** The section is whole: its digest must be this one. */
      expected?: string;
    };

/** What to do with a report, given what is stored. Parts of a snapshot may come in any order, those of a difference not. */
export function nextStep(stored: SectionState | undefined, report: SpooledReport): Step {
  const series = stored?.series;
  const continues = series?.kind === 'snapshot' && series.snapshot === report.snapshot;
  if (stored && !continues && isStale(stored, report)) return { kind: 'stale' };
  return report.snapshot === undefined ? difference(stored, report) : snapshot(stored, report, report.snapshot);
}

function snapshot(stored: SectionState | undefined, report: SpooledReport, id: string): Step {
  const series = stored?.series;
  const known = series?.kind === 'snapshot' && series.snapshot === id ? series.received : undefined;
  const received = [...new Set([...(known ?? []), report.part])].toSorted((a, b) => a - b);
  const whole = received.length >= report.parts;
  const state: SectionState = {
    ...seen(stored, report),
    complete: whole || (stored?.complete ?? false),
    ...(whole ? { digest: report.digest } : {}),
  };
  if (!whole) {
    state.series = { kind: 'snapshot', snapshot: id, parts: report.parts, received, digest: report.digest };
  }
  return {
    kind: 'apply',
    state,
    begins: known === undefined,
    removesOthers: whole,
    ...(whole ? { expected: report.digest } : {}),
  };
}

function difference(stored: SectionState | undefined, report: SpooledReport): Step {
  const unfit = (): Step => {
    const state = { ...seen(stored, report), complete: stored?.complete ?? false };
    // An unfinished snapshot can still become whole; it does not matter to it what else came.
    return { kind: 'unfit', state: stored?.series?.kind === 'snapshot' ? { ...state, series: stored.series } : state };
  };
  if (!stored || !fits(stored, report)) return unfit();
  const whole = report.part === report.parts;
  const { base = '', digest, parts } = report;
  const state: SectionState = { ...seen(stored, report), complete: true };
  if (whole) state.digest = digest;
  else state.series = { kind: 'difference', base, digest, parts, next: report.part + 1 };
  return { kind: 'apply', state, begins: false, removesOthers: false, ...(whole ? { expected: digest } : {}) };
}

function fits(stored: SectionState, { base, digest, part, parts }: SpooledReport): boolean {
  if (part === 1) return stored.digest !== undefined && stored.digest === base;
  const { series } = stored;
  return (
    series?.kind === 'difference' &&
    series.base === base &&
    series.digest === digest &&
    series.parts === parts &&
    series.next === part
  );
}

const isStale = (stored: SectionState, report: SpooledReport): boolean =>
  stored.spool === report.spool ? report.sequence < stored.sequence : report.at < stored.at;

function seen(stored: SectionState | undefined, { at, spool, sequence }: SpooledReport) {
  const newest = !stored || !isStale(stored, { at, spool, sequence } as SpooledReport);
  return newest ? { at, spool, sequence } : { at: stored.at, spool: stored.spool, sequence: stored.sequence };
}
