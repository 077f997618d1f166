import type { EntryHead } from './entries';

/** Where an archive goes to. */
export interface ByteSink {
  write(data: Buffer): Promise<void>;
}

/**
 * A sequence of entries, each a head (JSON) and data of a length that need not be known before. Everything is in frames: four
 * bytes with the length, most significant first, and that many bytes; a frame of no bytes ends an entry's data.
 */
export class ArchiveWriter {
  private entries = 0;

  constructor(private readonly sink: ByteSink) {}

  async add(head: EntryHead, data: AsyncIterable<Uint8Array> | Uint8Array = Buffer.alloc(0)): Promise<void> {
    await this.frame(Buffer.from(JSON.stringify(head)));
    if (data instanceof Uint8Array) await this.piece(data);
    else for await (const piece of data) await this.piece(piece);
    await this.frame(Buffer.alloc(0));
    this.entries += 1;
  }

  /** Says that this was all, and how much. */
  async end(): Promise<void> {
    await this.add({ kind: 'end', entries: this.entries });
  }

  private async piece(data: Uint8Array): Promise<void> {
    if (data.length > 0) await this.frame(Buffer.from(data.buffer, data.byteOffset, data.length));
  }

  private async frame(data: Buffer): Promise<void> {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    await this.sink.write(length);
    await this.sink.write(data);
  }
}
