import { CliError, EXIT } from '../../core/exit-codes';
import type { EntryHead } from './entries';

export interface Entry {
  head: EntryHead;
  /** To be read to its end before the next entry is asked for, or not at all: then it is passed over. */
  data: AsyncGenerator<Buffer>;
}

const MOST_HEAD_BYTES = 4 * 1024 * 1024;

/** Entries of an archive, `end` not among them. @throws CliError when it is not whole */
export async function* readArchive(source: AsyncIterable<Buffer>): AsyncGenerator<Entry> {
  const frames = new Frames(source);
  try {
    for (let count = 0; ; count += 1) {
      const head = parse(await frames.whole());
      const data = frames.untilEmpty();
      if (head.kind === 'end') {
        for await (const _ of data);
        if (head.entries !== count || !(await frames.finished())) throw broken('its end does not fit what came before');
        return;
      }
      yield { head, data };
      for await (const _ of data);
    }
  } finally {
    await frames.close();
  }
}

function parse(bytes: Buffer): EntryHead {
  try {
    return JSON.parse(bytes.toString()) as EntryHead;
  } catch (error) {
    throw broken((error as Error).message);
  }
}

class Frames {
  private readonly source: AsyncIterator<Buffer>;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  async whole(): Promise<Buffer> {
    const length = await this.length();
    if (length > MOST_HEAD_BYTES) throw broken('a head is too long');
    return Buffer.concat(await collect(this.exactly(length)));
  }

  async *untilEmpty(): AsyncGenerator<Buffer> {
    for (let length = await this.length(); length > 0; length = await this.length()) yield* this.exactly(length);
  }

  /** Reads on, so that the end of what is read is checked too. */
  async finished(): Promise<boolean> {
    return this.buffer.length === 0 && (await this.source.next()).done === true;
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async length(): Promise<number> {
    return Buffer.concat(await collect(this.exactly(4))).readUInt32BE();
  }

  private async *exactly(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (this.buffer.length === 0) {
        const { value, done } = await this.source.next();
        if (done) throw broken('it ends in the middle of an entry');
        this.buffer = value;
        continue;
      }
      const piece = this.buffer.subarray(0, left);
      this.buffer = this.buffer.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

const broken = (why: string): CliError => new CliError(EXIT.data, `The backup's content cannot be read: ${why}.`);
