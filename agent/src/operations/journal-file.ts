import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { cutFile, replaceFile, writeAll } from '../state/files';

/**
 * Lines that survive: each is the head of its JSON's SHA-256, a space, the JSON and a line feed. What a crash tore off at the
 * end is cut when the file is opened; so is everything after the first line whose sum is wrong.
 */
export class JournalFile {
  private descriptor: number;
  private bytes: number;

  constructor(
    private readonly path: string,
    take: (record: unknown) => void,
  ) {
    this.descriptor = openSync(path, 'a+', 0o600);
    const content = readFileSync(this.descriptor);
    this.bytes = readLines(content, take);
    if (this.bytes < content.length) cutFile(path, this.bytes);
  }

  get size(): number {
    return this.bytes;
  }

  /** On return the records are on the disk. @throws when they are not; what was written of them is cut again */
  append(records: readonly object[]): void {
    const block = Buffer.concat(records.map(line));
    try {
      writeAll(this.descriptor, block);
      fsyncSync(this.descriptor);
    } catch (error) {
      cutFile(this.path, this.bytes);
      throw error;
    }
    this.bytes += block.length;
  }

  /** Replaces everything by these records, in one step. */
  rewrite(records: readonly object[]): void {
    const content = Buffer.concat(records.map(line));
    // First, since Windows replaces no file that is open.
    closeSync(this.descriptor);
    try {
      replaceFile(this.path, content.toString('utf8'));
      this.bytes = content.length;
    } finally {
      this.descriptor = openSync(this.path, 'a+', 0o600);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function line(record: object): Buffer {
  const json = Buffer.from(JSON.stringify(record), 'utf8');
  return Buffer.concat([Buffer.from(`${sum(json)} `), json, Buffer.from('\n')]);
}

const sum = (json: Buffer): string => createHash('sha256').update(json).digest('hex').slice(0, 8);

/** Hands over every whole record from the start. @returns how many bytes of the content are good */
function readLines(content: Buffer, take: (record: unknown) => void): number {
  let start = 0;
  for (let end = content.indexOf(0x0a); end >= 0; end = content.indexOf(0x0a, start)) {
    const json = content.subarray(start + 9, end);
    if (content.toString('latin1', start, start + 9) !== `${sum(json)} `) break;
    take(JSON.parse(json.toString('utf8')));
    start = end + 1;
  }
  return start;
}
