import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { Dispatcher } from './dispatcher';
import type { Feature } from './feature';
import type { Jid } from './jid';
import type { Limits } from './limits';
import type { Peer } from './peer';
import { TicketPolicy } from './policy';
import { LocalRouter, type Policy } from './router';
import { Session } from './session';
import { SessionRegistry } from './session-registry';
import { TicketBook } from './ticket-book';
import { Stream, type StreamOptions } from './stream';
import { StreamError } from './stream-error';
import type { Element } from './xml/element';

/** What happens in the server, for features and for the process around it. Listeners must not throw. */
export interface ServerEvents {
  /** A session got a connection: bound, or resumed. */
  online: [session: Session];
  /** A session that was online has no connection any more; it may still be resumed. */
  offline: [session: Session];
  /** A session said that it is available, or with which priority; `before` is what its priority was. */
  available: [session: Session, before: number | undefined];
  /** A session is over. */
  ended: [session: Session];
  /** Somebody was turned away; `reason` is one of a small fixed set of words. */
  refused: [reason: string, address: string];
  /** A defect of this server: caught, and paid for by one peer at most. */
  fault: [error: unknown, doing: string];
}

/** Tells what the server offers to a stream in its present state; throws StreamError to turn it away. */
export type Advertisement = (stream: Stream) => Element | undefined;

/** What a connection that is not secure may do. */
export interface PlainTextStage {
  features: Element[];
  received(stream: Stream, element: Element): void;
}

/**
 * An XMPP server (RFC 6120) for the accounts of one domain. It knows streams, sessions and how elements find their
 * handler; everything else is a feature.
 */
export class XmppServer {
  readonly events = new EventEmitter<ServerEvents>();
  readonly sessions = new SessionRegistry();
  readonly router = new LocalRouter(this.sessions);
  /** Which tools may talk to which devices. */
  readonly tickets: TicketBook;
  policy: Policy;
  /** Totals since the start. */
  readonly traffic = { bytesIn: 0, bytesOut: 0, stanzasIn: 0 };
  readonly handlers = new Dispatcher(this);
  /** What is installed. */
  readonly features: Feature[] = [];
  /** Namespaces that service discovery lists. */
  readonly namespaces = new Set<string>();
  /** Whether a client certificate is the only way to authenticate. A feature that brings another says so here. */
  certificateOnly = true;
  readonly #streams = new Set<Stream>();
  readonly #advertisements: Advertisement[] = [];
  #plainText: PlainTextStage | undefined;

  constructor(
    readonly domain: string,
    readonly limits: Limits,
  ) {
    this.events.setMaxListeners(50);
    this.tickets = new TicketBook(limits);
    this.policy = new TicketPolicy(domain, this.tickets, (bare) => this.sessions.of(bare)[0]?.kind);
  }

  use(...features: Feature[]): this {
    for (const feature of features) feature.install(this);
    this.features.push(...features);
    return this;
  }

  /** Adds to the stream features (RFC 6120, section 4.3.2), in order of registration. */
  advertise(advertisement: Advertisement): void {
    this.#advertisements.push(advertisement);
  }

  /** Says what is spoken on connections that are not secure; without it nothing is. */
  beforeTls(stage: PlainTextStage): void {
    this.#plainText = stage;
  }

  featuresFor(stream: Stream): Element[] {
    if (!stream.secure) return this.#plainText?.features ?? [];
    return this.#advertisements.map((tell) => tell(stream)).filter((feature) => feature !== undefined);
  }

  /** Streams of all states. */
  get streams(): ReadonlySet<Stream> {
    return this.#streams;
  }

  /** Takes over a connection. One that is not secure gets no further than STARTTLS. */
  accept(socket: Duplex, peer: Peer, options: StreamOptions = {}): Stream {
    const stream = new Stream(this, socket, peer, options);
    this.#streams.add(stream);
    return stream;
  }

  dispatch(stream: Stream, received: Element): void {
    if (!stream.secure) {
      if (!this.#plainText) throw new StreamError('policy-violation', 'this connection is not secure');
      return this.#plainText.received(stream, received);
    }
    this.handlers.dispatch(stream, received);
  }

  /** Begins a session on an authenticated stream. */
  bind(stream: Stream, jid: Jid): Session {
    const session = new Session(jid, stream, (ended) => this.#sessionEnded(ended));
    this.sessions.add(session);
    stream.negotiated();
    this.events.emit('online', session);
    return session;
  }

  /** First half of a resumption: whatever connection the session still has gives way. */
  takeOver(session: Session): void {
    const before = session.stream;
    session.detach();
    before?.close(new StreamError('conflict', 'the session was resumed on another connection'));
  }

  /** Second half: the session goes on with a stream of the same account. */
  resumed(session: Session, stream: Stream): void {
    session.attach(stream);
    stream.negotiated();
    this.events.emit('online', session);
    if (stream.closed) stream.drop(new StreamError('connection-timeout'));
  }

  /** The connection of a session broke. */
  sessionLost(session: Session): void {
    this.events.emit('offline', session);
    if (!session.carrier.lost()) session.end();
  }

  /** A stream ended. */
  forget(stream: Stream): void {
    this.#streams.delete(stream);
  }

  /** Ends every stream and session that the condition names, also those that wait to be resumed. */
  evict(error: StreamError, condition: (account: Jid, peer: Peer) => boolean): number {
    let evicted = 0;
    for (const session of [...this.sessions.all()]) {
      if (!condition(session.jid, session.peer)) continue;
      session.end(error);
      evicted++;
    }
    for (const stream of [...this.#streams]) {
      if (!stream.account || !condition(stream.account, stream.peer)) continue;
      stream.fail(error);
      evicted++;
    }
    return evicted;
  }

  /** Ends everything; `goodbye` tells peers when to come back. */
  shutdown(goodbye?: Element): void {
    const error = new StreamError('system-shutdown', 'see you later', goodbye);
    for (const session of [...this.sessions.all()]) session.end(error);
    for (const stream of [...this.#streams]) stream.close(error);
  }

  #sessionEnded(session: Session): void {
    this.sessions.remove(session);
    if (session.stream) this.events.emit('offline', session);
    this.events.emit('ended', session);
  }
}
