import { Duplex } from 'node:stream';

/** One end of a connection without network: what is `feed`ed arrives, what was written is in `output`. */
export class MemorySocket extends Duplex {
  output = '';

  feed(bytes: Buffer | string): void {
    if (!this.readableEnded && !this.destroyed) this.push(bytes);
  }

  /** The peer has gone without a word. */
  cut(): void {
    this.destroy();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.output += chunk.toString();
    done();
  }
}
