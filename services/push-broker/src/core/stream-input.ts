import type { Duplex } from 'node:stream';
import type { Limits } from './limits';
import { Shaper } from './shaper';
import type { Framing, Parser } from './transport/framing';
import type { StreamHandler } from './xml/element-reader';

/** Reasons for which nothing is read for a while; bits, since there are many streams. */
const STOP = { rate: 1, answer: 2 } as const;

/** What a stream reads: bytes become elements, no faster than the peer may send them and than they are answered. */
export class StreamInput {
  /** Milliseconds (`Date.now`) at which the peer last gave a sign of life. */
  lastHeard = Date.now();
  readonly #parser: Parser;
  readonly #shaper: Shaper;
  /** Why nothing is read at present. */
  #stopped = 0;

  constructor(
    private readonly socket: Duplex,
    framing: Framing,
    handler: StreamHandler,
    limits: Limits,
  ) {
    this.#parser = framing.parser(handler, limits.stanzaBytesBefore);
    this.#shaper = new Shaper(limits.bytesPerSecond, limits.burstBytes, this.lastHeard);
  }

  /** @throws StreamError when the peer sent what no stream may carry */
  read(bytes: Buffer): void {
    this.lastHeard = Date.now();
    const wait = this.#shaper.take(bytes.length, this.lastHeard);
    if (wait > 0) {
      this.#stop('rate');
      setTimeout(() => this.#goOn('rate'), wait).unref();
    }
    this.#parser.write(bytes);
  }

  /** The server reads nothing at present, so that silence of the peer proves nothing. */
  get stopped(): boolean {
    return this.#stopped !== 0;
  }

  /** From inside a handler: what follows is left as it is, and no more is read, until `readOn`. */
  hold(): void {
    this.suspend();
    this.#stop('answer');
  }

  /** @throws as `read` does */
  readOn(): void {
    this.#goOn('answer');
    this.#parser.resume();
  }

  /** From inside a handler: what follows is left as it is. */
  suspend(): void {
    this.#parser.suspend();
  }

  /** While suspended: whether the peer has sent more than whitespace since. */
  get hasMore(): boolean {
    return this.#parser.held.trim() !== '' || this.socket.readableLength > 0;
  }

  /** What follows is a new stream, whose stanzas may have so many bytes. */
  restart(stanzaBytes: number): void {
    this.#parser.maxStanza = stanzaBytes;
    this.#parser.restart();
  }

  #stop(reason: keyof typeof STOP): void {
    this.#stopped |= STOP[reason];
    this.socket.pause();
  }

  #goOn(reason: keyof typeof STOP): void {
    this.#stopped &= ~STOP[reason];
    if (this.#stopped === 0) this.socket.resume();
  }
}
