import type { LogEntry, LogPage } from '@muster/contracts';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/api-error';
import { KEPT_ENTRIES, LogFeed } from './log-feed';

const entry = (number: number): LogEntry => ({
  id: String(number).padStart(6, '0'),
  deviceId: 'd',
  at: new Date(Date.UTC(2026, 10, 21) + number * 1000).toISOString(),
  level: 'info',
  message: `line ${number}`,
});
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A server with numbered lines that gives three at a time. */
function stored(...lines: number[]) {
  const reads: (string | undefined)[] = [];
  const fault: { now?: ApiError } = {};
  const read = (after?: string): Promise<LogPage> => {
    reads.push(after);
    if (fault.now) return Promise.reject(fault.now);
    const older = lines.map(entry).filter(({ id }) => after === undefined || id < after);
    const page = older.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, 3);
    return Promise.resolve({ entries: page, next: older.length > 3 ? page.at(-1)?.id : undefined });
  };
  const feed = new LogFeed({ read, accepts: ({ message }) => !message.includes('13') });
  const shown = () => feed.entries.map(({ id }) => Number(id));
  return { feed, lines, reads, shown, fault };
}

describe('log lines', () => {
  it('are shown oldest first, and older ones when asked for, down to the first', async () => {
    const { feed, shown } = stored(...numbers(1, 7));
    await feed.refresh();
    expect([shown(), feed.older]).toEqual([[5, 6, 7], '000005']);
    await feed.loadOlder();
    await feed.loadOlder();
    expect([shown(), feed.older]).toEqual([[1, 2, 3, 4, 5, 6, 7], undefined]);
  });

  it('go on with what arrives: once, where it belongs, and only what the filters let through', async () => {
    const { feed, shown } = stored(1, 2, 5);
    feed.receive([entry(9)]);
    await feed.refresh();
    feed.receive([entry(6)]);
    feed.receive([entry(6), entry(13), entry(4), entry(7)]);
    expect([shown(), feed.arrived]).toEqual([[1, 2, 4, 5, 6, 7], 3]);
    feed.seen();
    expect(feed.arrived).toBe(0);
  });

  it('are completed after a gap', async () => {
    const { feed, lines, shown } = stored(1, 2);
    await feed.refresh();
    lines.push(3, 4);
    await feed.refresh();
    expect(shown()).toEqual([1, 2, 3, 4]);
  });

  it('begin anew after a gap that one page does not bridge', async () => {
    const { feed, lines, shown } = stored(1, 2);
    await feed.refresh();
    lines.push(...numbers(3, 20));
    await feed.refresh();
    expect([shown(), feed.older]).toEqual([[18, 19, 20], '000018']);
    await feed.loadOlder();
    expect(shown()).toEqual([15, 16, 17, 18, 19, 20]);
  });

  it('are searched further back when a search stops before it finds, which looking for new ones leaves as it is', async () => {
    const pages: LogPage[] = [
      { entries: [], next: 'a', searchedTo: '2026-11-21T11:00:00.000Z' },
      { entries: [], next: 'b', searchedTo: '2026-11-21T10:00:00.000Z' },
      { entries: [], next: 'c', searchedTo: '2026-11-21T11:00:05.000Z' },
      { entries: [entry(1)] },
    ];
    const reads: (string | undefined)[] = [];
    const read = (after?: string) => {
      reads.push(after);
      return Promise.resolve(pages.shift() ?? { entries: [] });
    };
    const feed = new LogFeed({ read, accepts: () => true });
    vi.useFakeTimers({ now: new Date('2026-11-21T12:00:00Z') });
    try {
      await feed.refresh();
      expect([feed.older, feed.searchedTo]).toEqual(['a', '2026-11-21T11:00:00.000Z']);
      await feed.loadOlder();
      await feed.refresh();
      expect([feed.older, feed.searchedTo]).toEqual(['b', '2026-11-21T10:00:00.000Z']);
      await feed.loadOlder();
      expect([feed.older, feed.searchedTo, feed.entries.length]).toEqual([undefined, undefined, 1]);
      expect(reads).toEqual([undefined, 'a', undefined, 'b']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are searched further back also when new ones are just being looked for, and asked for once', async () => {
    const answers: Array<(page: LogPage) => void> = [];
    const reads: (string | undefined)[] = [];
    const read = (after?: string) => {
      reads.push(after);
      return new Promise<LogPage>((resolve) => answers.push(resolve));
    };
    const feed = new LogFeed({ read, accepts: () => true });
    const first = feed.refresh();
    answers[0]?.({ entries: [entry(9)], next: 'a' });
    await first;
    const look = feed.refresh();
    const older = feed.loadOlder();
    const again = feed.loadOlder();
    expect([reads.length, feed.loadingOlder]).toEqual([2, true]);
    answers[1]?.({ entries: [entry(9)], next: 'a' });
    await vi.waitFor(() => expect(reads).toEqual([undefined, undefined, 'a']));
    expect(feed.loadingOlder).toBe(true);
    answers[2]?.({ entries: [entry(8)] });
    await Promise.all([look, older, again]);
    expect([feed.loadingOlder, feed.older, feed.entries.length, reads.length]).toEqual([false, undefined, 2, 3]);
  });

  it('are bounded, and what went can be loaded again', async () => {
    const { feed, shown } = stored(1);
    await feed.refresh();
    feed.receive(
      numbers(100, 99 + KEPT_ENTRIES)
        .map(entry)
        .filter(({ message }) => !message.includes('13')),
    );
    feed.receive(numbers(100_000, 100_000 + KEPT_ENTRIES).map(entry));
    expect(feed.entries).toHaveLength(KEPT_ENTRIES);
    expect(feed.older).toBe(feed.entries[0]?.id);
    expect(shown()[0]).toBeGreaterThan(100);
  });

  it('keep what they have when a read fails, and say so until one works', async () => {
    const { feed, shown, fault } = stored(...numbers(1, 5));
    await feed.refresh();
    fault.now = new ApiError('unavailable', 'Not now.');
    await feed.loadOlder();
    expect([feed.error?.code, shown()]).toEqual(['unavailable', [3, 4, 5]]);
    fault.now = undefined;
    await feed.loadOlder();
    expect([feed.error, shown()]).toEqual([undefined, [1, 2, 3, 4, 5]]);
  });
});
