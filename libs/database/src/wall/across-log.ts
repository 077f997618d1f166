import type { DatabaseLog } from '../database.options';

const INTERVAL = 60_000;

interface Tally {
  since: number;
  runs: number;
  longest: number;
}

/**
 * The record of reads across organisations. Each is a `debug` line; per name at most one `info` line a minute with how
 * often and how long, since the regular ones run every second.
 */
export class AcrossLog {
  private readonly tallies = new Map<string, Tally>();

  constructor(
    private readonly log: DatabaseLog,
    private readonly now: () => number = Date.now,
  ) {}

  add(name: string, milliseconds: number): void {
    this.log('debug', { query: name, milliseconds: Math.round(milliseconds) }, 'Read across organisations.');
    const tally = this.tallies.get(name) ?? { since: Number.NEGATIVE_INFINITY, runs: 0, longest: 0 };
    this.tallies.set(name, tally);
    tally.runs += 1;
    tally.longest = Math.max(tally.longest, milliseconds);
    if (this.now() - tally.since < INTERVAL) return;
    this.log(
      'info',
      { query: name, runs: tally.runs, longestMilliseconds: Math.round(tally.longest) },
      'Read across organisations.',
    );
    this.tallies.set(name, { since: this.now(), runs: 0, longest: 0 });
  }
}
