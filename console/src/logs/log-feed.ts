import type { LogEntry, LogPage } from '@muster/contracts';
import { ApiError } from '../api/api-error';

/** Lines that a page keeps; when more arrive the oldest go, and can be loaded again. */
export const KEPT_ENTRIES = 5000;

interface LogSource {
  /** A page of lines, newest first, older than `after`. */
  read(after?: string): Promise<LogPage>;
  /** Whether a line that arrives live belongs to what is shown. */
  accepts(entry: LogEntry): boolean;
}

/** Log lines, oldest first: the newest page, older ones when asked for, and what arrives. Each line once. */
export class LogFeed {
  entries: readonly LogEntry[] = [];
  /** Where older lines begin; undefined when all are here. */
  older: string | undefined;
  /** A search reads so many lines at a time: it came back to here. Undefined when it does not stop for that. */
  searchedTo: string | undefined;
  loaded = false;
  /** Older lines were asked for and are not here yet. */
  loadingOlder = false;
  error: ApiError | undefined;
  /** Lines that arrived since the last look at the end. */
  arrived = 0;
  /** Grows with each change, for React. */
  version = 0;
  /** When the newest lines were asked for the last time; 0 before. */
  private newestAt = 0;
  private reading: Promise<void> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly source: LogSource) {}

  /** Reads the newest page. Where it does not reach back to what is here, it replaces that: nothing is skipped unseen. */
  readonly refresh = (): Promise<void> =>
    this.once(async () => {
      const asked = Date.now();
      const page = await this.source.read();
      const newest = [...page.entries].reverse();
      const ids = new Set(this.entries.map(({ id }) => id));
      const meets = newest.some(({ id }) => ids.has(id)) || page.next === undefined || this.searchMeets(page);
      this.newestAt = asked;
      if (this.loaded && meets) this.add(newest.filter(({ id }) => !ids.has(id)));
      else {
        this.entries = newest;
        this.older = page.next;
        this.searchedTo = page.searchedTo;
      }
      this.loaded = true;
    });

  readonly loadOlder = async (): Promise<void> => {
    if (this.loadingOlder) return;
    this.loadingOlder = true;
    this.changed();
    // What is being read may be the newest lines: the wish for older ones must not be lost with them.
    while (this.reading) await this.reading;
    await this.readOlder();
  };

  private readOlder(): Promise<void> {
    return this.once(async () => {
      if (this.older === undefined) return;
      const page = await this.source.read(this.older);
      const ids = new Set(this.entries.map(({ id }) => id));
      this.entries = [...[...page.entries].reverse().filter(({ id }) => !ids.has(id)), ...this.entries];
      this.older = page.next;
      this.searchedTo = page.searchedTo;
    }).finally(() => {
      this.loadingOlder = false;
      this.changed();
    });
  }

  /** Takes lines as they arrive. */
  receive(entries: readonly LogEntry[]): void {
    if (!this.loaded) return;
    const ids = new Set(this.entries.map(({ id }) => id));
    this.add(entries.filter((entry) => !ids.has(entry.id) && this.source.accepts(entry)));
    this.changed();
  }

  /** The end is looked at. */
  seen(): void {
    if (this.arrived === 0) return;
    this.arrived = 0;
    this.changed();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A search may find nothing as far as it reads: it meets what is here when it reads back to the last time. */
  private searchMeets({ searchedTo }: LogPage): boolean {
    return searchedTo !== undefined && Date.parse(searchedTo) <= this.newestAt;
  }

  /** A device that was away hands in lines of earlier: they go where they belong. */
  private add(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    const last = this.entries.at(-1);
    const all = [...this.entries, ...entries];
    const inOrder = last === undefined || entries.every(({ at }) => at >= last.at);
    this.entries = inOrder && entries.length === 1 ? all : all.sort(byTime);
    this.arrived += entries.length;
    const surplus = this.entries.length - KEPT_ENTRIES;
    if (surplus <= 0) return;
    this.entries = this.entries.slice(surplus);
    this.older = this.entries[0]?.id;
  }

  private once(work: () => Promise<void>): Promise<void> {
    this.reading ??= work()
      .then(
        () => void (this.error = undefined),
        (error: unknown) => {
          this.error = error instanceof ApiError ? error : new ApiError('internal', String(error), { cause: error });
        },
      )
      .finally(() => {
        this.reading = undefined;
        this.changed();
      });
    return this.reading;
  }

  private changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}

const byTime = (a: LogEntry, b: LogEntry): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1);
