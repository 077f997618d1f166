import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Longest file that is read; those of /proc and /sys that samples are made of are much shorter on most devices. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Files below a root, so that recorded trees of other devices can be read too. One buffer serves all of them. */
export class LinuxFiles {
  private buffer = Buffer.alloc(64 * 1024);

  constructor(private readonly root: string) {}

  path(path: string): string {
    return join(this.root, path);
  }

  /** Text, undefined when it is absent or not for this user to read. */
  text(path: string): string | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(`${this.root}/${path}`, 'r');
    } catch {
      return undefined;
    }
    try {
      return this.buffer.toString('utf8', 0, this.fill(descriptor));
    } catch {
      // The process ended, or the sensor does not answer.
      return undefined;
    } finally {
      closeSync(descriptor);
    }
  }

  number(path: string): number | undefined {
    const text = this.text(path)?.trim();
    return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
  }

  names(path: string): string[] {
    try {
      return readdirSync(this.path(path));
    } catch {
      return [];
    }
  }

  private fill(descriptor: number): number {
    let filled = 0;
    for (;;) {
      const taken = readSync(descriptor, this.buffer, filled, this.buffer.length - filled, null);
      filled += taken;
      if (taken === 0 || filled >= MOST_BYTES) return filled;
      if (filled === this.buffer.length) this.buffer = Buffer.concat([this.buffer], 2 * filled);
    }
  }
}
