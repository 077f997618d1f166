import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { cutFile, removeFile, syncFolder } from '../state/files';

/** First line of a segment: which spool its reports belong to, and the number of the first. */
export interface SegmentHead {
  spool: string;
  first: number;
}
export interface Scan {
  /** JSON of the whole records, and where the next one begins. */
  records: Array<{ json: Buffer; end: number }>;
  /** Bytes up to which there is nothing torn. */
  good: number;
  /** Lines that are damaged although whole ones follow them. */
  damaged: number;
}
/** Writes all of it or throws. Tests give one that fails as a full disk does. */
export type Write = (descriptor: number, bytes: Buffer) => void;

const LINE_FEED = 0x0a;
/** Eight digits of the sum and a blank. */
const PREFIX = 9;
const sum = (json: Buffer): string => crc32(json).toString(16).padStart(8, '0');

/** A record as it lies in a segment: CRC-32 of the JSON in hex, a blank, the JSON, a line feed. */
export function recordLine(record: object): Buffer {
  const json = Buffer.from(JSON.stringify(record), 'utf8');
  return Buffer.concat([Buffer.from(`${sum(json)} `), json, Buffer.from('\n')]);
}

/** Finds whole records. Damaged lines are passed over, and counted when whole ones follow them. */
export function scanRecords(content: Buffer): Scan {
  const scan: Scan = { records: [], good: 0, damaged: 0 };
  let damaged = 0;
  let start = 0;
  for (let end = content.indexOf(LINE_FEED); end >= 0; end = content.indexOf(LINE_FEED, start)) {
    const json = content.subarray(Math.min(start + PREFIX, end), end);
    if (content.toString('latin1', start, start + PREFIX) === `${sum(json)} `) {
      scan.records.push({ json, end: end + 1 });
      scan.good = end + 1;
      scan.damaged += damaged;
      damaged = 0;
    } else damaged++;
    start = end + 1;
  }
  return scan;
}

function sequenceOf(json: Buffer): number | undefined {
  const { sequence } = (JSON.parse(json.toString('utf8')) ?? {}) as { sequence?: unknown };
  return Number.isSafeInteger(sequence) ? (sequence as number) : undefined;
}

/** A file of a spool. It is only ever added to. */
export class SpoolSegment {
  /** Number that the next report would take. */
  next: number;
  /** Which numbers were given is known for certain; nothing more is added otherwise. */
  sound = true;
  private descriptor?: number;

  private constructor(
    readonly path: string,
    readonly head: SegmentHead,
    /** Where the reports begin. */
    readonly start: number,
    public bytes: number,
  ) {
    this.next = head.first;
  }

  /** On return it is on the disk. @throws the system's error; no file is left behind then */
  static create(path: string, head: SegmentHead, write: Write): SpoolSegment {
    const line = recordLine(head);
    const segment = new SpoolSegment(path, head, line.length, line.length);
    segment.descriptor = openSync(path, 'ax', 0o600);
    try {
      write(segment.descriptor, line);
      fsyncSync(segment.descriptor);
      syncFolder(dirname(path));
    } catch (error) {
      segment.close();
      removeFile(path);
      throw error;
    }
    return segment;
  }

  /**
   * Opens what an earlier process left; cuts what a crash tore off.
   * @returns undefined when its making was interrupted: it never had a report. @throws Error when its head is damaged
   */
  static open(path: string): SpoolSegment | undefined {
    const content = readFileSync(path);
    if (!content.includes(LINE_FEED)) return undefined;
    const { records, good, damaged } = scanRecords(content);
    const first = records[0];
    const head = first && (JSON.parse(first.json.toString('utf8')) as Partial<SegmentHead>);
    if (!first || typeof head?.spool !== 'string' || !Number.isSafeInteger(head.first))
      throw new Error('its head is damaged');
    const segment = new SpoolSegment(path, head as SegmentHead, first.end, content.length);
    const last = records.slice(1).findLast(({ json }) => sequenceOf(json) !== undefined);
    if (last) segment.next = (sequenceOf(last.json) ?? 0) + 1;
    segment.sound = damaged === 0;
    if (good < content.length) segment.cut(good);
    return segment;
  }

  /** Adds a report's line. @throws the system's error; what was written of it is cut again */
  append(line: Buffer, write: Write): void {
    const descriptor = this.opened();
    try {
      write(descriptor, line);
    } catch (error) {
      this.sound = false;
      cutFile(this.path, this.bytes);
      this.sound = true;
      throw error;
    }
    this.bytes += line.length;
    this.next += 1;
  }

  /** What was added is on the disk when this returns. */
  flush(): void {
    if (this.descriptor !== undefined) fdatasyncSync(this.descriptor);
  }

  /** Bytes from an offset to the end. */
  read(offset: number): Buffer {
    const descriptor = openSync(this.path, 'r');
    try {
      const content = Buffer.allocUnsafe(Math.max(0, this.bytes - offset));
      let filled = 0;
      while (filled < content.length) {
        const taken = readSync(descriptor, content, filled, content.length - filled, offset + filled);
        if (taken === 0) break;
        filled += taken;
      }
      return content.subarray(0, filled);
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private opened(): number {
    return (this.descriptor ??= openSync(this.path, 'a', 0o600));
  }

  private cut(bytes: number): void {
    cutFile(this.path, bytes);
    this.bytes = bytes;
  }
}
