import type { OutputSpool } from './output-spool';
import { pieces, TextDecoding } from './text-chunker';

export type StreamName = 'stdout' | 'stderr';

const CHUNK_CHARACTERS = 16_384;
const FLUSH_AFTER_MS = 250;

export interface OutputLimits {
  /** Most characters kept of one operation's output; the rest is dropped and the operation marked. */
  perOperation: number;
}

/** Turns what a running script writes into numbered chunks on the spool, at the latest a quarter of a second later. */
export class OutputWriter {
  private readonly decoding = { stdout: new TextDecoding(), stderr: new TextDecoding() };
  private pending: { stream: StreamName; text: string } = { stream: 'stdout', text: '' };
  private timer?: NodeJS.Timeout;
  private taken = 0;
  private dropped = false;
  /** Once a chunk found no room nothing more is kept: what is kept must have no holes. */
  private full = false;

  /** @param number of the first chunk: above 0 when an idempotent operation runs again */
  constructor(
    private readonly id: string,
    private readonly spool: OutputSpool,
    private readonly limits: OutputLimits,
    private readonly onChunk: () => void,
    private number = 0,
  ) {}

  get chunks(): number {
    return this.number;
  }

  get truncated(): boolean {
    return this.dropped;
  }

  write(stream: StreamName, bytes: Buffer): void {
    this.add(stream, this.decoding[stream].write(bytes));
  }

  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) this.add(stream, this.decoding[stream].end());
    this.flush();
  }

  private add(stream: StreamName, decoded: string): void {
    const [text = ''] = pieces(decoded, this.limits.perOperation - this.taken);
    if (text.length < decoded.length) this.dropped = true;
    if (text.length === 0) return;
    this.taken += text.length;
    if (stream !== this.pending.stream) this.flush();
    this.pending.stream = stream;
    this.pending.text += text;
    if (this.pending.text.length >= CHUNK_CHARACTERS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { stream, text } = this.pending;
    this.pending.text = '';
    for (const piece of pieces(text, CHUNK_CHARACTERS)) {
      if (!this.store(stream, piece)) break;
    }
    if (text) this.onChunk();
  }

  private store(stream: StreamName, text: string): boolean {
    let stored = false;
    try {
      stored = !this.full && this.spool.append(this.id, { number: this.number, stream, text });
    } catch {
      // The disk is full: the same as a full spool.
    }
    if (stored) this.number++;
    else this.dropped = this.full = true;
    return stored;
  }
}
