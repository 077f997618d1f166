import type { Duplex } from 'node:stream';

/** Characters that are gathered before they are written: about as much as a TLS record takes. */
const GATHERED = 16_000;

/** What a stream writes. Each write is a TLS record and a system call, so that parts which belong together go as one. */
export class StreamOutput {
  /** What `together` will write; undefined where it does not run. */
  #gathered: string | undefined;
  /** To be told when the kernel has taken what is gathered. */
  #whenFlushed: (() => void)[] | undefined;

  /**
   * @param joins whether what is written may be joined
   * @param traffic where bytes are counted
   */
  constructor(
    private readonly socket: Duplex,
    private readonly joins: boolean,
    private readonly traffic: { bytesOut: number },
  ) {}

  /** Bytes, about, that the kernel has not taken. */
  get length(): number {
    return this.socket.writableLength + (this.#gathered?.length ?? 0);
  }

  /** `flushed` is called when the kernel has taken it, and never when the connection breaks before. */
  write(xml: string, flushed?: () => void): void {
    if (this.#gathered === undefined) return this.#write(xml, flushed);
    this.#gathered += xml;
    if (flushed) (this.#whenFlushed ??= []).push(flushed);
    if (this.#gathered.length >= GATHERED) this.flush();
  }

  /** Writes as one what `work` writes. */
  together(work: () => void): void {
    if (!this.joins || this.#gathered !== undefined) return work();
    this.#gathered = '';
    try {
      work();
    } finally {
      this.flush();
      this.#gathered = undefined;
    }
  }

  /** Writes what is gathered so far. */
  flush(): void {
    const [xml, told] = [this.#gathered, this.#whenFlushed];
    if (!xml) return;
    this.#gathered = '';
    this.#whenFlushed = undefined;
    this.#write(xml, told && ((): void => told.forEach((tell) => tell())));
  }

  #write(xml: string, flushed?: () => void): void {
    if (this.socket.destroyed || !this.socket.writable) return;
    this.traffic.bytesOut += Buffer.byteLength(xml);
    this.socket.write(xml, flushed && ((error) => (error ? undefined : flushed())));
  }
}
