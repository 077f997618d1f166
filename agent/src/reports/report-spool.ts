import { randomUUID } from 'node:crypto';
import { writeAll } from '../state/files';
import { type Log, reason } from '../state/log';
import type { ReportTime, Stamp } from './report-time';
import { SpoolFolder } from './spool-folder';
import { recordLine, scanRecords, type SpoolSegment, type Write } from './spool-segment';

export interface SpoolBounds {
  /** Most bytes on the disk; the oldest reports go first. */
  bytes: number;
  /** Older reports go; without it only `bytes` bounds. */
  ageMs?: number;
  /** A file as long as this is followed by the next one; 480 KB, and less in a small spool. */
  segmentBytes?: number;
}
export interface SpoolParts {
  /** The local log: what it is told must not come back as a report. */
  log: Log;
  time: ReportTime;
  /** Reports are on the disk before `append` returns, so that they survive a power cut too. */
  durable?: boolean;
  write?: Write;
}
export interface BatchLimits {
  reports: number;
  /** Bytes of JSON; one report that is longer still goes, alone. */
  bytes: number;
}
/** Reports in the order of their numbers. Taken again they are the same ones, with the same numbers. */
export interface SpooledBatch {
  spool: string;
  reports: Array<{ sequence: number; takenAt: string }>;
  /** File, offset and number at which the next batch begins. */
  end: { path: string; offset: number; next: number };
}
interface Stored {
  sequence: number;
  stamp: Stamp;
  report: object;
}

/** A little less than a batch, since a batch is of one file. */
const SEGMENT_BYTES = 480_000;
/** The last file is replaced by a fresh one when all of it was handled and it is longer than this. */
const WORN_BYTES = 32 * 1024;

/**
 * Reports of one function that wait for the server, numbered from 1 without gaps under the spool's id. They lie in files
 * that are only added to; a file goes when all of it was handled, or as the oldest when there is no more room. Nothing is
 * sent before it is on the disk, so that no crash makes a number be given to two reports. Where a damaged file leaves in
 * doubt which numbers were given, what is whole is handed in under the old id, and new reports begin a new spool.
 */
export class ReportSpool {
  private readonly folder: SpoolFolder;
  private readonly write: Write;
  private readonly segmentBytes: number;
  /** Where in the oldest segment the server's knowledge ends. */
  private cursor = { offset: 0, next: 1 };
  private unkept = 0;

  /** @throws only when the folder cannot be made or read */
  constructor(
    private readonly path: string,
    private readonly bounds: SpoolBounds,
    private readonly parts: SpoolParts,
  ) {
    this.write = parts.write ?? writeAll;
    this.segmentBytes = bounds.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.floor(bounds.bytes / 8));
    this.folder = new SpoolFolder(path, parts.log, this.write);
    this.goOn();
  }

  /**
   * Keeps a report until the server has it. The number and, at sending, `takenAt` are set here.
   * @returns its number; 0 when the disk did not take it, which the log tells
   */
  append<R extends { kind: string; takenAt: string }>(report: R): number {
    try {
      const stamp = this.parts.time.stamp(report.takenAt);
      const segment = this.writable();
      const sequence = segment.next;
      const line = recordLine({ sequence, stamp, report } satisfies Stored);
      this.makeRoom(line.length);
      segment.append(line, this.write);
      if (this.parts.durable) segment.flush();
      if (this.unkept > 0) this.parts.log.warn('reports are kept again', { spool: this.path, lost: this.unkept });
      this.unkept = 0;
      return sequence;
    } catch (error) {
      if (this.unkept++ === 0) this.parts.log.warn('report not kept', { spool: this.path, why: reason(error) });
      return 0;
    }
  }

  /** The oldest reports, as they would be sent at this time; undefined when there are none. They are on the disk. */
  peek(limits: BatchLimits, sentAt: Date): SpooledBatch | undefined {
    for (let segment = this.segments[0]; segment; segment = this.segments[0]) {
      const batch = this.tryRead(segment, limits, sentAt);
      if (!batch) continue;
      if (batch.reports.length > 0) return batch;
      this.cursor = { offset: batch.end.offset, next: batch.end.next };
      if (this.segments.length === 1) return undefined;
      this.removeOldest();
    }
    return undefined;
  }

  /** The server has this batch, or refused for good what it does not have. */
  handled({ spool, end }: SpooledBatch): void {
    const oldest = this.segments[0];
    // It may have gone meanwhile as the oldest.
    if (!oldest || oldest.path !== end.path) return;
    this.cursor = { offset: end.offset, next: end.next };
    try {
      if (end.next >= oldest.next) this.leave(oldest);
      this.folder.noteSent({ spool, next: end.next });
    } catch (error) {
      // Reports will be sent a second time after a restart, which does no harm.
      this.parts.log.warn('progress of reports not written', { spool: this.path, why: reason(error) });
    }
  }

  /** Reports that the server does not have yet. */
  get waiting(): number {
    return this.segments.reduce(
      (sum, { head, next }, index) => sum + Math.max(0, next - (index === 0 ? this.cursor.next : head.first)),
      0,
    );
  }

  get bytes(): number {
    return this.folder.bytes;
  }

  /** Everything is on the disk when this returns. */
  close(): void {
    for (const segment of this.segments) {
      try {
        segment.flush();
      } catch (error) {
        this.parts.log.warn('reports not flushed', { spool: this.path, why: reason(error) });
      }
      segment.close();
    }
  }

  private get segments(): readonly SpoolSegment[] {
    return this.folder.segments;
  }

  /** All of the oldest file was handled. It goes when there is another, so that the count goes on in that. */
  private leave(oldest: SpoolSegment): void {
    if (this.segments.length === 1 && oldest.bytes > WORN_BYTES && oldest.sound)
      this.folder.begin({ spool: oldest.head.spool, first: oldest.next });
    if (this.segments.length > 1) this.removeOldest();
  }

  /** After a start: where the server's knowledge ends. */
  private goOn(): void {
    const sent = this.folder.sent();
    const at = sent ? this.segments.findIndex(({ head }) => head.spool === sent.spool) : -1;
    for (let older = 0; older < at; older++) this.folder.removeOldest();
    this.cursorToOldest();
    const last = this.segments.at(-1);
    // Numbers were given and sent that its end has lost.
    if (last && last.head.spool === sent?.spool && last.next < sent.next) last.sound = false;
    while (sent && this.segments[0]?.head.spool === sent.spool) {
      this.cursor.next = Math.max(this.cursor.next, sent.next);
      if (this.segments.length === 1 || sent.next < this.segments[0].next) break;
      this.removeOldest();
    }
  }

  private cursorToOldest(): void {
    const oldest = this.segments[0];
    this.cursor = { offset: oldest?.start ?? 0, next: oldest?.head.first ?? 1 };
  }

  private removeOldest(): void {
    this.folder.removeOldest();
    this.cursorToOldest();
  }

  private writable(): SpoolSegment {
    const last = this.segments.at(-1);
    if (last?.sound && last.bytes < this.segmentBytes) return last;
    const head = last?.sound ? { spool: last.head.spool, first: last.next } : { spool: randomUUID(), first: 1 };
    last?.flush();
    const segment = this.folder.begin(head);
    if (this.segments.length === 1) this.cursorToOldest();
    return segment;
  }

  private makeRoom(bytes: number): void {
    let dropped = 0;
    while (this.segments.length > 1 && this.bytes + bytes > this.bounds.bytes) {
      const before = this.waiting;
      this.removeOldest();
      dropped += before - this.waiting;
    }
    if (dropped > 0) this.parts.log.warn('oldest reports dropped, the spool is full', { spool: this.path, dropped });
  }

  /** A file that cannot be read any more is given up, so that it does not hold up what comes after it. */
  private tryRead(segment: SpoolSegment, limits: BatchLimits, sentAt: Date): SpooledBatch | undefined {
    try {
      segment.flush();
      return this.read(segment, limits, sentAt);
    } catch (error) {
      const lost = Math.max(0, segment.next - this.cursor.next);
      this.parts.log.warn('spool file not readable, given up', { path: segment.path, lost, why: reason(error) });
      this.removeOldest();
      return undefined;
    }
  }

  private read(segment: SpoolSegment, limits: BatchLimits, sentAt: Date): SpooledBatch {
    const { time, log } = this.parts;
    const { offset } = this.cursor;
    const reports: SpooledBatch['reports'] = [];
    const end = { path: segment.path, offset, next: this.cursor.next };
    let bytes = 0;
    let tooOld = 0;
    for (const record of scanRecords(segment.read(offset)).records) {
      bytes += record.json.length;
      if (reports.length > 0 && (reports.length >= limits.reports || bytes > limits.bytes)) break;
      const stored = readStored(record.json);
      // Its sum is right and it makes no sense: another program wrote it.
      if (!stored) continue;
      const { sequence, stamp, report } = stored;
      if (sequence >= this.cursor.next) {
        const old = time.ageMs(stamp, sentAt) > (this.bounds.ageMs ?? Infinity);
        if (old && reports.length === 0) {
          tooOld++;
          this.cursor = { offset: offset + record.end, next: sequence + 1 };
        } else reports.push({ ...report, sequence, takenAt: time.takenAt(stamp, sentAt) });
      }
      if (reports.length === 0) bytes = 0;
      end.offset = offset + record.end;
      end.next = Math.max(end.next, sequence + 1);
    }
    if (tooOld > 0) log.warn('reports dropped, they are too old', { spool: this.path, dropped: tooOld });
    return { spool: segment.head.spool, reports, end };
  }
}

function readStored(json: Buffer): Stored | undefined {
  const value = JSON.parse(json.toString('utf8')) as Partial<Stored> | null;
  const whole =
    Number.isSafeInteger(value?.sequence) &&
    typeof value?.report === 'object' &&
    Number.isFinite(value.stamp?.wall) &&
    Number.isFinite(value.stamp?.up);
  return whole ? (value as Stored) : undefined;
}
