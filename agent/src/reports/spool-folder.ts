import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFileIfThere, removeFile } from '../state/files';
import { type Log, reason } from '../state/log';
import { type SegmentHead, SpoolSegment, type Write } from './spool-segment';

/** How far the server has a spool: every report below `next`. */
export interface Sent {
  spool: string;
  next: number;
}

/** The files of a spool: segments in the order of their numbers, and a note of how far the server has them. */
export class SpoolFolder {
  /** Oldest first. */
  readonly segments: SpoolSegment[] = [];
  private lastNumber = 0;

  /** Opens what is there; what cannot be read is removed, with a line in the log. @throws when there can be no folder */
  constructor(
    private readonly path: string,
    private readonly log: Log,
    private readonly write: Write,
  ) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const names = readdirSync(path).filter((name) => /^\d{10}\.spool$/.test(name));
    for (const name of names.sort()) {
      this.lastNumber = Number(name.slice(0, 10));
      this.open(join(path, name));
    }
  }

  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @throws the system's error */
  begin(head: SegmentHead): SpoolSegment {
    const name = `${String(this.lastNumber + 1).padStart(10, '0')}.spool`;
    const segment = SpoolSegment.create(join(this.path, name), head, this.write);
    this.lastNumber += 1;
    this.segments.push(segment);
    return segment;
  }

  removeOldest(): void {
    const oldest = this.segments.shift();
    oldest?.close();
    try {
      if (oldest) removeFile(oldest.path);
    } catch (error) {
      // After a restart its reports are sent again, which does no harm.
      this.log.warn('spool file not removed', { path: oldest?.path, why: reason(error) });
    }
  }

  sent(): Sent | undefined {
    try {
      const value = JSON.parse(readFileIfThere(join(this.path, 'sent.json')) ?? 'null') as Partial<Sent> | null;
      if (typeof value?.spool !== 'string' || !Number.isSafeInteger(value.next)) return undefined;
      return value as Sent;
    } catch {
      // Torn by a crash: reports go a second time, which does no harm.
      return undefined;
    }
  }

  /** Not flushed: after a power cut reports go a second time, which does no harm. */
  noteSent(sent: Sent): void {
    writeFileSync(join(this.path, 'sent.json'), JSON.stringify(sent), { mode: 0o600 });
  }

  private open(path: string): void {
    try {
      const segment = SpoolSegment.open(path);
      if (!segment) return removeFile(path);
      if (!segment.sound) this.log.warn('spool file is damaged, what is whole goes on', { path });
      this.segments.push(segment);
    } catch (error) {
      this.log.warn('spool file not readable, removed', { path, why: reason(error) });
      removeFile(path);
      // Which numbers were given in it is not known: nothing goes on from the file before it.
      const before = this.segments.at(-1);
      if (before) before.sound = false;
    }
  }
}
