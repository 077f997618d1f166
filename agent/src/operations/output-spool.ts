import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { OutputChunk } from '@muster/contracts';
import { readFileIfThere, removeFile } from '../state/files';

/** Longer than the longest line: 16 KB of text, each character escaped. */
const READ_BYTES = 131_072;

/** A part of an operation's kept output, and where the next one begins. */
export interface SpoolPart {
  chunks: OutputChunk[];
  nextOffset: number;
}

/** Output that waits for the server: one file per operation, one chunk per line, a bounded folder over all. */
export class OutputSpool {
  private used: number;

  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.used = this.kept().reduce((sum, id) => sum + sizeOf(this.file(id)), 0);
  }

  /** @returns false when the folder is full: the chunk is dropped */
  append(id: string, chunk: OutputChunk): boolean {
    const line = Buffer.from(`${JSON.stringify(chunk)}\n`, 'utf8');
    if (this.used + line.length > this.maxBytes) return false;
    appendFileSync(this.file(id), line, { mode: 0o600 });
    this.used += line.length;
    return true;
  }

  /** Operations that output is kept of. */
  kept(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.chunks'))
      .map((name) => name.slice(0, -'.chunks'.length));
  }

  /** Whole chunks from a byte offset on. */
  read(id: string, offset: number): SpoolPart {
    const buffer = Buffer.alloc(READ_BYTES);
    let length: number;
    try {
      const descriptor = openSync(this.file(id), 'r');
      try {
        length = readSync(descriptor, buffer, 0, READ_BYTES, offset);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { chunks: [], nextOffset: offset };
      throw error;
    }
    const whole = length > 0 ? buffer.lastIndexOf(0x0a, length - 1) + 1 : 0;
    const lines = whole > 0 ? buffer.toString('utf8', 0, whole - 1).split('\n') : [];
    return { chunks: lines.map((line) => JSON.parse(line) as OutputChunk), nextOffset: offset + whole };
  }

  /** Cuts what a crash tore off. @returns the number that the next chunk takes */
  resume(id: string): number {
    const path = this.file(id);
    if (sizeOf(path) === 0) return 0;
    const content = readFileSync(path);
    const whole = content.lastIndexOf(0x0a) + 1;
    truncateSync(path, whole);
    this.used -= content.length - whole;
    const last = content.subarray(0, whole).toString('utf8').trimEnd().split('\n').at(-1);
    return last ? (JSON.parse(last) as OutputChunk).number + 1 : 0;
  }

  /** Byte offset up to which the server has stored it, as far as written down; sending a part twice does no harm. */
  sent(id: string): number {
    const offset = Number(readFileIfThere(this.sentFile(id)) ?? '0');
    return Number.isSafeInteger(offset) && offset <= sizeOf(this.file(id)) ? offset : 0;
  }

  markSent(id: string, offset: number): void {
    writeFileSync(this.sentFile(id), String(offset), { mode: 0o600 });
  }

  remove(id: string): void {
    this.used = Math.max(0, this.used - sizeOf(this.file(id)));
    removeFile(this.file(id));
    removeFile(this.sentFile(id));
  }

  private file(id: string): string {
    return join(this.folder, `${id}.chunks`);
  }

  private sentFile(id: string): string {
    return join(this.folder, `${id}.sent`);
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
