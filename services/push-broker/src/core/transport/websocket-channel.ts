import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { Shaper } from '../shaper';

/** Pings that a peer may send: more keep nothing alive and cost an answer each. */
const PINGS = { perSecond: 1, burst: 20 };
/** Close codes of RFC 6455, section 7.4.1. */
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;

/**
 * A WebSocket as the connection of a stream: each chunk that is read or written is one text message. Back-pressure
 * goes through: a stream that pauses stops the reading of the network, and `writableLength` is what the peer has not
 * taken.
 */
export class WebSocketChannel extends Duplex {
  readonly #pings = new Shaper(PINGS.perSecond, PINGS.burst, Date.now());

  constructor(private readonly socket: WebSocket) {
    super({ readableObjectMode: true, readableHighWaterMark: 1, decodeStrings: false, allowHalfOpen: false });
    socket.on('message', (data: RawData, isBinary) => {
      if (isBinary) return socket.close(UNSUPPORTED_DATA, 'text only');
      if (!this.push(data)) socket.pause();
    });
    socket.on('ping', (data: Buffer) => this.#pinged(data));
    // `ws` closes by itself where the peer breaks the protocol or a limit; what matters here is that it is over.
    socket.on('error', () => undefined);
    socket.on('close', () => this.push(null));
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(message: string, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.send(message, { binary: false }, done);
  }

  override _final(done: () => void): void {
    this.socket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.terminate();
    done(error);
  }

  /** A peer that pings without reading the answers must not fill memory with them. */
  #pinged(data: Buffer): void {
    if (this.#pings.take(1, Date.now()) > 0) return this.socket.close(POLICY_VIOLATION, 'too many pings');
    if (this.socket.bufferedAmount === 0) this.socket.pong(data);
  }
}
