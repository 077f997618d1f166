import { uptime } from 'node:os';
import { readFileIfThere, replaceFile } from './files';

interface Remembered {
  serverTime: number;
  deviceTime: number;
}

/**
 * The server's time, whatever the device's clock says. Within a process it runs on the time since the device started from
 * the last answer on; after a start it is the device's clock plus the last known offset, but never before the last time that the
 * server told (a clock that lost its battery wakes up in the past).
 */
export class ServerClock {
  private floor: number;
  private offset = 0;
  private anchored?: { serverTime: number; monotonic: number };

  /** @param issuedAt milliseconds since 1970 that are certainly past, from the configuration file */
  constructor(
    private readonly path: string,
    issuedAt = 0,
    private readonly deviceNow: () => number = Date.now,
    /** Milliseconds; goes on while the device sleeps, as `performance.now` does not. */
    private readonly monotonic: () => number = () => uptime() * 1000,
  ) {
    this.floor = issuedAt;
    const remembered = read(path);
    if (remembered) {
      this.floor = Math.max(issuedAt, remembered.serverTime);
      this.offset = remembered.serverTime - remembered.deviceTime;
    }
  }

  /** Whether the server told its time since this process started. */
  get known(): boolean {
    return this.anchored !== undefined;
  }

  /** Milliseconds since 1970 by the server's clock, as well as it is known. */
  now(): number {
    if (this.anchored) return this.anchored.serverTime + (this.monotonic() - this.anchored.monotonic);
    return Math.max(this.floor, this.deviceNow() + this.offset);
  }

  /** Takes the time from an authenticated reply. Written down when it says something new. */
  learn(serverTime: number): void {
    if (!Number.isFinite(serverTime)) return;
    const offset = serverTime - this.deviceNow();
    const stale = serverTime - this.floor > 3_600_000 || Math.abs(offset - this.offset) > 60_000;
    this.anchored = { serverTime, monotonic: this.monotonic() };
    if (!stale) return;
    this.floor = serverTime;
    this.offset = offset;
    replaceFile(this.path, JSON.stringify({ serverTime, deviceTime: this.deviceNow() } satisfies Remembered));
  }
}

function read(path: string): Remembered | undefined {
  try {
    const value = JSON.parse(readFileIfThere(path) ?? 'null') as Partial<Remembered> | null;
    if (typeof value?.serverTime !== 'number' || typeof value.deviceTime !== 'number') return undefined;
    return { serverTime: value.serverTime, deviceTime: value.deviceTime };
  } catch {
    return undefined;
  }
}
