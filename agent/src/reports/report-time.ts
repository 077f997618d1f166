import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { ServerClock } from '../state/clock';

/** By what a report's age can be told later, whatever happens to the device's clock. Seconds and milliseconds. */
export interface Stamp {
  /** The device's clock, milliseconds since 1970. */
  wall: number;
  /** Seconds since the device started, sleep included. */
  up: number;
  /** Which start of the device `up` counts from. */
  boot: string;
  /** The server's clock, milliseconds since 1970; absent when it was not known. */
  server?: number;
}

/** What can be read of time. Replaced in tests. */
export interface TimeSource {
  wall(): number;
  up(): number;
  boot: string;
}

/** A difference as small as this is the clocks' grain; times then stay exactly as they were written. */
const GRAIN_MS = 2000;
/** Nobody hands in a report about a moment longer ago than this; more means that the clock jumped meanwhile. */
const LONGEST_MAKING_MS = 3_600_000;

/**
 * Dates reports so that `sentAt - takenAt` is their true age: within one start of the device by the time since that start;
 * over a restart by the server's clock where it was known at both ends; else by the device's clock, never below zero.
 * So what was taken with a clock two years wrong and sent after NTP had set it arrives with its true time.
 */
export class ReportTime {
  constructor(
    private readonly clock: Pick<ServerClock, 'now' | 'known'>,
    private readonly source: TimeSource = systemTime(),
  ) {}

  /** @param takenAt the device's clock when what is reported was true */
  stamp(takenAt: string): Stamp {
    const { source, clock } = this;
    const making = source.wall() - Date.parse(takenAt);
    const before = making > 0 && making < LONGEST_MAKING_MS ? making : 0;
    return {
      wall: source.wall() - before,
      up: source.up() - before / 1000,
      boot: source.boot,
      ...(clock.known ? { server: clock.now() - before } : {}),
    };
  }

  now(): Date {
    return new Date(this.source.wall());
  }

  /** When it was, by the device's clock as it goes at `sentAt`. */
  takenAt(stamp: Stamp, sentAt: Date): string {
    const age = Math.max(0, this.ageMs(stamp, sentAt));
    const byAge = sentAt.getTime() - age;
    return new Date(
      Math.abs(byAge - stamp.wall) < GRAIN_MS ? Math.min(stamp.wall, sentAt.getTime()) : byAge,
    ).toISOString();
  }

  /** Milliseconds since it was, as well as it can be known; below zero when only the device's clock tells, and was set back. */
  ageMs(stamp: Stamp, sentAt: Date): number {
    const running = (this.source.up() - stamp.up) * 1000;
    // A container's uptime may begin anew while the device runs on.
    if (stamp.boot === this.source.boot && running >= 0) return running;
    if (stamp.server !== undefined && this.clock.known) return this.clock.now() - stamp.server;
    return sentAt.getTime() - stamp.wall;
  }
}

/** The real clocks. Where the system has no boot id, each process of the agent counts as a start of its own. */
export function systemTime(): TimeSource {
  return { wall: Date.now, up: uptime, boot: bootId() };
}

function bootId(): string {
  let id: string;
  try {
    id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    id = `${process.pid} ${Date.now()} ${Math.random()}`;
  }
  return createHash('sha256').update(id).digest('hex').slice(0, 12);
}
