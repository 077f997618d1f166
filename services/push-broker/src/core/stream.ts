import type { Duplex } from 'node:stream';
import type { AccountKind } from './accounts';
import type { Jid } from './jid';
import { CLIENT_NS, STREAM_NS } from './namespaces';
import type { Peer } from './peer';
import { randomText } from './random-text';
import { isRelayed } from './router';
import type { XmppServer } from './server';
import type { Session } from './session';
import { StreamError } from './stream-error';
import { checkHeader, readHeader } from './stream-header';
import { StreamInput } from './stream-input';
import { StreamOutput } from './stream-output';
import { type Framing, xmlStream } from './transport/framing';
import { type Element, element } from './xml/element';
import { serialise } from './xml/serialise';

/** Milliseconds that a peer gets to answer the end of the stream before its connection is cut. */
const CLOSING_MS = 2000;

export interface StreamOptions {
  /** Whether nobody between the two ends can read or change what is sent; true when absent. */
  secure?: boolean;
  /** One XML document over TCP when absent. */
  framing?: Framing;
  /** Takes the connection where it is not secure and makes it so; the present stream is over then. */
  upgrade?: (connection: Duplex) => void;
  /** Milliseconds (`Date.now`) since when the time to get to a session runs; now when absent. */
  since?: number;
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
  /** Makes a connection secure that is not. */
  readonly upgrade: ((connection: Duplex) => void) | undefined;
  /** Of what the peer says, where a stanza does not tell (RFC 6120, sections 4.7.4 and 8.1.5). */
  language: string | undefined;
  readonly input: StreamInput;
  /** For what is about the connection; elements are sent by `send` and `write`. */
  readonly output: StreamOutput;
  #negotiation: NodeJS.Timeout | undefined;
  #headerSent = false;
  #closed = false;
  /** Set while the connection is to be handed to somebody else. */
  #handOver: ((socket: Duplex) => void) | undefined;
  readonly #detach: () => void;

  constructor(
    private readonly server: XmppServer,
    private readonly socket: Duplex,
    readonly peer: Peer,
    { secure = true, framing = xmlStream, since = Date.now(), upgrade }: StreamOptions = {},
  ) {
    const { limits } = server;
    this.secure = secure;
    this.upgrade = upgrade;
    this.output = new StreamOutput(socket, framing, limits.outputBytes, server.traffic);
    this.input = new StreamInput(
      socket,
      framing,
      {
        header: (header, declared) => this.#opened(header, declared),
        element: (received) => this.#received(received),
        footer: () => this.#footer(),
        relays: isRelayed,
      },
      limits,
    );
    this.#negotiation = setTimeout(
      () => {
        server.events.emit('refused', 'negotiation-timeout', peer.address);
        this.close(new StreamError('connection-timeout', 'no session was bound in time'));
      },
      Math.max(0, since + limits.negotiationSeconds * 1000 - Date.now()),
    );
    const read = (bytes: Buffer): void => this.guard('reading from a stream', () => this.#read(bytes));
    const lost = (): void => this.#lost();
    socket.on('data', read);
    socket.on('error', () => socket.destroy());
    socket.on('end', lost);
    socket.on('close', lost);
    this.#detach = () => socket.off('data', read).off('end', lost).off('close', lost);
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

  /** Sends the XML text of one whole element; `flushed` is called when the kernel has taken it. */
  write(xml: string, flushed?: () => void): void {
    if (this.#closed) return;
    this.output.element(xml, flushed);
    if (this.output.overflows)
      this.drop(new StreamError('resource-constraint', 'too much waits to be read by this peer'));
  }

  /**
   * From inside a handler whose answer takes a moment: what the peer has sent after this element is read only when the
   * returned function is called, so that answers keep their order and a pipelined stream header finds its stream.
   */
  hold(): () => void {
    this.input.hold();
    return () =>
      this.guard('reading on', () => {
        if (!this.#closed) this.output.together(() => this.input.readOn());
      });
  }

  /** After authentication: the peer opens a new stream on the same connection (RFC 6120, section 6.3.2). */
  restart(): void {
    this.#headerSent = false;
    this.input.restart(this.server.limits.stanzaBytes);
  }

  /**
   * From inside a handler: this stream is over without a word, and its connection goes to `next`. A peer that has sent
   * more already is put out instead: it would be plain text where the next stream expects protected bytes, which is how
   * commands are injected into STARTTLS (RFC 6120, section 5.4.3.3; CVE-2011-0411).
   */
  handOver(last: Element, next: (socket: Duplex) => void): void {
    this.input.suspend();
    this.#handOver = (socket) => {
      if (this.input.hasMore)
        return this.fail(new StreamError('policy-violation', `nothing may follow before the answer`));
      this.send(last);
      this.#finish();
      this.#detach();
      socket.pause();
      next(socket);
    };
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
    this.output.end(error ? serialise(error.toElement(), CLIENT_NS) : '');
    this.#finish();
    this.socket.end();
    // Bytes that still arrive are not read by anybody; the peer's own end must not wait behind them.
    this.socket.resume();
    setTimeout(() => this.socket.destroy(), CLOSING_MS).unref();
  }

  #read(bytes: Buffer): void {
    if (this.#closed) return;
    this.server.traffic.bytesIn += bytes.length;
    this.output.together(() => this.input.read(bytes));
    const handOver = this.#handOver;
    this.#handOver = undefined;
    handOver?.(this.socket);
  }

  #opened(header: Element, declared: string | undefined): void {
    if (this.#closed) return;
    const { from, language } = readHeader(header, declared);
    this.language = language;
    this.#sendHeader(from);
    checkHeader(header, this.server.domain, this.account);
    this.send(element('features', STREAM_NS, {}, ...this.server.featuresFor(this)));
  }

  #received(received: Element): void {
    // A handler may close the stream while more elements of the same piece are still to come.
    if (this.#closed) return;
    // Errors cannot be recovered from, and are never answered by another one (RFC 6120, section 4.9.1.1).
    if (received.is('error', STREAM_NS)) this.#footer();
    else this.server.dispatch(this, received);
  }

  #footer(): void {
    if (this.session) this.session.end();
    else this.close();
  }

  #sendHeader(to?: string): void {
    this.#headerSent = true;
    this.output.header({ from: this.server.domain, id: randomText(12), to });
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
