import type { Output, OutputPiece } from '@muster/contracts';
import { ApiError } from '../../api/api-error';
import { OutputBuffer } from './output-buffer';

/** One operation's output: what is stored, then what arrives. Each piece once and in order, also after a gap. */
export class OutputFeed {
  readonly buffer = new OutputBuffer();
  loaded = false;
  truncated = false;
  error: ApiError | undefined;
  /** Grows with each change, for React. */
  version = 0;
  private reading: Promise<void> | undefined;
  private again = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly read: (from: number) => Promise<Output>) {}

  /** Reads everything that is stored and not here yet. Safe to call at any time. */
  catchUp(): Promise<void> {
    this.again = true;
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** Takes pieces as they arrive; what does not follow on what is here is fetched. */
  receive(pieces: readonly OutputPiece[]): void {
    if (!this.buffer.append(pieces)) void this.catchUp();
    this.changed();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private async readAll(): Promise<void> {
    try {
      for (let more = true; more || this.again;) {
        this.again = false;
        const from = this.buffer.next;
        const output = await this.read(from);
        this.buffer.append(output.pieces);
        this.truncated = output.truncated;
        // Pieces that the server cannot give (yet) must not be asked for without end.
        more = output.more && this.buffer.next > from;
        this.loaded = true;
        this.error = undefined;
        this.changed();
      }
    } catch (error) {
      this.error = error instanceof ApiError ? error : new ApiError('internal', String(error), { cause: error });
      this.again = false;
      this.changed();
    }
  }

  private changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}
