import type { Duplex } from 'node:stream';
import type { Framing, HeaderAttributes } from './transport/framing';

/** Characters that are gathered before they are written: about as much as a TLS record takes. */
const GATHERED = 16_000;

/** What a stream writes. Each write is a TLS record and a system call, so that parts which belong together go as one. */
export class StreamOutput {
  /** What `together` will write; undefined where it does not run. */
  #gathered: string | undefined;
  /** To be told when the kernel has taken what is gathered. */
  #whenFlushed: (() => void)[] | undefined;

  /**
   * @param maxBytes that may wait to be read by the peer
   * @param traffic where bytes are counted
   */
  constructor(
    private readonly socket: Duplex,
    private readonly framing: Framing,
    private readonly maxBytes: number,
    private readonly traffic: { bytesOut: number },
  ) {}

  /** More waits to be read by the peer than may. */
  get overflows(): boolean {
    return this.socket.writableLength + (this.#gathered?.length ?? 0) > this.maxBytes;
  }

  /** So much waits to be read by the peer that what can wait should; `onceDrained` tells when it has caught up. */
  get congested(): boolean {
    return this.socket.writableNeedDrain && this.socket.writableLength > this.maxBytes / 2;
  }

  /** Only while `congested`. Not called any more when the connection breaks. */
  onceDrained(goOn: () => void): void {
    this.socket.once('drain', goOn);
  }

  header(attributes: HeaderAttributes): void {
    this.#add(this.framing.header(attributes));
  }

  /**
   * The XML text of one whole element. `flushed` is called when the kernel has taken it, and never when the connection
   * breaks before.
   */
  element(xml: string, flushed?: () => void): void {
    this.#add(this.framing.element(xml), flushed);
  }

  /** The last element, if any, and the end of the stream. */
  end(last: string): void {
    for (const part of this.framing.end(last)) this.#add(part);
    this.#flush();
  }

  /** Writes as one what `work` writes, where the framing allows it. */
  together(work: () => void): void {
    if (!this.framing.joins || this.#gathered !== undefined) return work();
    this.#gathered = '';
    try {
      work();
    } finally {
      this.#flush();
      this.#gathered = undefined;
    }
  }

  #add(xml: string, flushed?: () => void): void {
    if (this.#gathered === undefined) return this.#write(xml, flushed);
    this.#gathered += xml;
    if (flushed) (this.#whenFlushed ??= []).push(flushed);
    if (this.#gathered.length >= GATHERED) this.#flush();
  }

  #flush(): void {
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
