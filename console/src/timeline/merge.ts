/** Rows of one kind, newest first, as far as they were read. */
export interface Source<T> {
  rows: readonly T[];
  /** Older rows can be read. */
  more: boolean;
}
interface Dated {
  at: string;
}

/**
 * Rows of several lists as one, newest first. It ends where a list ends that goes on: what that list has not given yet
 * may belong before what the others have.
 */
export function merge<T extends Dated>(sources: readonly Source<T>[]): T[] {
  const known = reachOf(sources);
  return sources
    .flatMap(({ rows }) => rows)
    .filter(({ at }) => known === undefined || at >= known)
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** The places of the lists that must be read further for older rows: those that hold the others back. */
export function toRead<T extends Dated>(sources: readonly Source<T>[]): number[] {
  const known = reachOf(sources);
  return sources.flatMap((source, index) => (source.more && endOf(source) === known ? [index] : []));
}

/** The time back to which every list is known. */
function reachOf<T extends Dated>(sources: readonly Source<T>[]): string | undefined {
  const ends = sources.filter(({ more }) => more).map(endOf);
  return ends.reduce((latest, end) => (latest === undefined || end > latest ? end : latest), ends[0]);
}

/** A list that gave nothing and goes on is known to the end of time only. */
const endOf = <T extends Dated>({ rows }: Source<T>): string => rows.at(-1)?.at ?? '9999';
