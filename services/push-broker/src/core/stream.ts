import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { AccountKind } from './accounts';
import { Jid } from './jid';
import { CLIENT_NS, STREAM_NS } from './namespaces';
import type { Peer } from './peer';
import type { XmppServer } from './server';
import type { Session } from './session';
import { Shaper } from './shaper';
import { StreamError } from './stream-error';
import { type Element, element } from './xml/element';
import { escapeAttribute, serialise } from './xml/serialise';
import { StreamParser } from './xml/stream-parser';

/** Milliseconds that a peer gets to answer the end of the stream before its connection is cut. */
const CLOSING_MS = 2000;
export const FOOTER = '</stream:stream>';

export interface StreamOptions {
  /** Whether nobody between the two ends can read or change what is sent; true when absent. */
  secure?: boolean;
}

/**
 * One connection and its XML stream (RFC 6120, section 4). Its state is what the peer has reached: a connection, an
 * account (`account` is set), a session (`session` is set); `closed` ends them all. Errors that the peer causes end
 * its stream; nothing that it sends may end more.
 */
export class Stream {
  /** Set by a SASL mechanism. */
  account: Jid | undefined;
  /** Of the account; set with it. */
  kind: AccountKind = 'device';
  /** Set by resource binding or resumption. */
  session: Session | undefined;
  /** Whether the connection is protected: nothing but STARTTLS is spoken where it is not. */
  readonly secure: boolean;
  /** Milliseconds (`Date.now`) at which bytes last arrived. */
  lastHeard = Date.now();
  readonly #parser: StreamParser;
  readonly #shaper: Shaper;
  #negotiation: NodeJS.Timeout | undefined;
  #headerSent = false;
  #closed = false;
  /** Why nothing is read at present. */
  readonly #stopped = new Set<'rate' | 'answer'>();

  constructor(
    private readonly server: XmppServer,
    private readonly socket: Duplex,
    readonly peer: Peer,
    { secure = true }: StreamOptions = {},
  ) {
    const { limits } = server;
    this.secure = secure;
    this.#shaper = new Shaper(limits.bytesPerSecond, limits.burstBytes, this.lastHeard);
    this.#parser = new StreamParser(
      {
        header: (header, declared) => this.#opened(header, declared),
        element: (received) => this.#received(received),
        footer: () => this.#footer(),
      },
      limits.stanzaBytesBefore,
    );
    this.#negotiation = setTimeout(() => {
      server.events.emit('refused', 'negotiation-timeout', peer.address);
      this.close(new StreamError('connection-timeout', 'no session was bound in time'));
    }, limits.negotiationSeconds * 1000);
    socket.on('data', (bytes: Buffer) => this.guard('reading from a stream', () => this.#read(bytes)));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => this.#lost());
    socket.on('close', () => this.#lost());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Runs work on behalf of this peer: whatever it throws ends this stream and no other. */
  guard(doing: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof StreamError) return this.fail(error);
      this.server.events.emit('fault', error, doing);
      this.fail(new StreamError('internal-server-error'));
    }
  }

  /** Sends one element outside of any session's queue. */
  send(sent: Element): void {
    this.write(serialise(sent, CLIENT_NS));
  }

  /** Sends XML text; `flushed` is called when the kernel has taken it. */
  write(xml: string, flushed?: () => void): void {
    if (this.#closed) return;
    this.#writeOut(xml, flushed);
    if (this.socket.writableLength > this.server.limits.outputBytes)
      this.drop(new StreamError('resource-constraint', 'too much waits to be read by this peer'));
  }

  /**
   * From inside a handler whose answer takes a moment: what the peer has sent after this element is read only when the
   * returned function is called, so that answers keep their order and a pipelined stream header finds its stream.
   */
  hold(): () => void {
    this.#parser.suspend();
    this.#stop('answer');
    return () => {
      this.#goOn('answer');
      this.guard('reading on', () => {
        if (!this.#closed) this.#parser.resume();
      });
    };
  }

  /** After authentication: the peer opens a new stream on the same connection (RFC 6120, section 6.3.2). */
  restart(): void {
    this.#headerSent = false;
    this.#parser.maxStanza = this.server.limits.stanzaBytes;
    this.#parser.restart();
  }

  /** To be called once a session is bound or resumed. */
  negotiated(): void {
    clearTimeout(this.#negotiation);
    this.#negotiation = undefined;
  }

  /** Ends stream and session because of what the peer did. */
  fail(error: StreamError): void {
    if (this.session) this.session.end(error);
    else this.close(error);
  }

  /** Ends the stream and leaves it to the carrier whether the session goes on: for connections that seem dead. */
  drop(error: StreamError): void {
    this.#loseSession();
    this.close(error);
  }

  /** Ends the stream in order. The session must have been ended or detached before. */
  close(error?: StreamError): void {
    if (this.#closed) return;
    if (!this.#headerSent) this.#sendHeader();
    this.#writeOut(error ? serialise(error.toElement(), CLIENT_NS) + FOOTER : FOOTER);
    this.#finish();
    this.socket.end();
    // Bytes that still arrive are not read by anybody; the peer's own end must not wait behind them.
    this.socket.resume();
    setTimeout(() => this.socket.destroy(), CLOSING_MS).unref();
  }

  #read(bytes: Buffer): void {
    if (this.#closed) return;
    this.lastHeard = Date.now();
    this.server.traffic.bytesIn += bytes.length;
    const wait = this.#shaper.take(bytes.length, this.lastHeard);
    if (wait > 0) {
      this.#stop('rate');
      setTimeout(() => this.#goOn('rate'), wait).unref();
    }
    this.#parser.write(bytes);
  }

  #stop(reason: 'rate' | 'answer'): void {
    this.#stopped.add(reason);
    this.socket.pause();
  }

  #goOn(reason: 'rate' | 'answer'): void {
    this.#stopped.delete(reason);
    if (this.#stopped.size === 0) this.socket.resume();
  }

  #opened(header: Element, declared: string | undefined): void {
    if (!header.is('stream', STREAM_NS)) throw new StreamError('invalid-namespace', 'not an XMPP stream');
    if (declared !== CLIENT_NS) throw new StreamError('invalid-namespace', `the content must be ${CLIENT_NS}`);
    const to = header.attribute('to');
    const from = header.attribute('from');
    this.#sendHeader(from);
    if (Number.parseInt(header.attribute('version') ?? '0', 10) < 1) throw new StreamError('unsupported-version');
    if (to === undefined) throw new StreamError('improper-addressing', 'the stream needs a `to`');
    if (Jid.parse(to)?.toString() !== this.server.domain) throw new StreamError('host-unknown');
    if (from !== undefined && this.account && Jid.parse(from)?.bare !== this.account.bare)
      throw new StreamError('invalid-from');
    this.send(element('features', STREAM_NS, {}, ...this.server.featuresFor(this)));
  }

  #received(received: Element): void {
    // A handler may close the stream while more elements of the same piece are still to come.
    if (!this.#closed) this.server.dispatch(this, received);
  }

  #footer(): void {
    if (this.session) this.session.end();
    else this.close();
  }

  #sendHeader(to?: string): void {
    this.#headerSent = true;
    const id = randomBytes(12).toString('base64url');
    const addressee = to === undefined ? '' : ` to="${escapeAttribute(to)}"`;
    this.#writeOut(
      `<?xml version="1.0"?><stream:stream from="${this.server.domain}"${addressee} id="${id}" version="1.0" xml:lang="en" xmlns="${CLIENT_NS}" xmlns:stream="${STREAM_NS}">`,
    );
  }

  #writeOut(xml: string, flushed?: () => void): void {
    if (this.#closed || this.socket.destroyed || !this.socket.writable) return;
    this.server.traffic.bytesOut += Buffer.byteLength(xml);
    this.socket.write(xml, flushed && ((error) => (error ? undefined : flushed())));
  }

  #loseSession(): void {
    const { session } = this;
    if (!session) return;
    session.detach();
    this.server.sessionLost(session);
  }

  #lost(): void {
    if (this.#closed) return;
    this.guard('losing a connection', () => this.#loseSession());
    this.#finish();
    this.socket.destroy();
  }

  #finish(): void {
    this.#closed = true;
    clearTimeout(this.#negotiation);
    this.server.forget(this);
  }
}
