import { createCipheriv } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { CHUNK_BYTES, COST, END_MARK, type HeaderFacts, type Keys, newHeader, nonceOf } from './header';

/** Encrypts a stream of any length chunk by chunk, each authenticated with its number and with whether it is the last. */
export class SealedWriter {
  private readonly pending = Buffer.alloc(CHUNK_BYTES);
  private filled = 0;
  private chunk = 0;
  private written: number;

  private constructor(
    private readonly file: FileHandle,
    private readonly keys: Keys,
    headerBytes: number,
  ) {
    this.written = headerBytes;
  }

  static async begin(file: FileHandle, facts: HeaderFacts, passphrase: string, cost = COST): Promise<SealedWriter> {
    const { bytes, keys } = await newHeader(facts, passphrase, cost);
    await writeAll(file, bytes);
    return new SealedWriter(file, keys, bytes.length);
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.written;
  }

  async write(data: Buffer): Promise<void> {
    for (let from = 0; from < data.length;) {
      // A full chunk is written once it is known not to be the last.
      if (this.filled === CHUNK_BYTES) await this.flush(false);
      const taken = data.copy(this.pending, this.filled, from);
      this.filled += taken;
      from += taken;
    }
  }

  /** Writes the last chunk. Nothing may follow. */
  async end(): Promise<void> {
    await this.flush(true);
    await this.put(END_MARK);
  }

  private async flush(last: boolean): Promise<void> {
    const cipher = createCipheriv('aes-256-gcm', this.keys.encryption, nonceOf(this.chunk, last));
    cipher.setAAD(this.keys.binding);
    const sealed = [cipher.update(this.pending.subarray(0, this.filled)), cipher.final(), cipher.getAuthTag()];
    this.chunk += 1;
    this.filled = 0;
    await this.put(Buffer.concat(sealed));
  }

  private async put(bytes: Buffer): Promise<void> {
    await writeAll(this.file, bytes);
    this.written += bytes.length;
  }
}

/** A write may take less than it was given, as before a disk is full. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length;) from += (await file.write(bytes, from)).bytesWritten;
}
