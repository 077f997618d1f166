import { randomText } from '../core/random-text';
import type { XmppServer } from '../core/server';
import type { Carrier, Session } from '../core/session';
import type { Stream } from '../core/stream';
import { StreamError } from '../core/stream-error';
import { element } from '../core/xml/element';

export const SM_NS = 'urn:xmpp:sm:3';
/** Counters are unsigned integers of 32 bits and begin anew after the largest one (XEP-0198, section 4). */
export const COUNTER_LIMIT = 2 ** 32;

export interface ManagedOptions {
  /** Stanzas, and characters of them, that a session keeps until the peer acknowledges them; with more it ends. */
  queueLength: number;
  queueBytes: number;
  /** Seconds that the peer has to answer a request for acknowledgement. */
  ackTimeoutSeconds: number;
}

/** What a session that can be resumed needs besides. */
export interface Resumption {
  /** Seconds that it waits without a connection. */
  seconds: number;
  /** It is over; `inbound` stanzas of the peer had been handled. */
  ended(session: ManagedSession, inbound: number): void;
}

interface Unacknowledged {
  xml: string;
  delivered: () => void;
}

/**
 * A session under stream management: what was sent is kept until the peer has acknowledged it, and written again on the
 * next connection when the session is resumed there. No more is written than the connection takes, so that a peer
 * which reads slowly, or one that comes back to a long queue, is not cut off for what it could not have read yet.
 */
export class ManagedSession implements Carrier {
  /** Names the session when it is to be resumed; as good as a password, since it is never sent in clear text. */
  readonly id = randomText(18);
  #queue: Unacknowledged[] = [];
  #queuedCharacters = 0;
  /** How many of the queue were written on the present connection. */
  #written = 0;
  #waitingForDrain: Stream | undefined;
  #inbound = 0;
  /** What the peer was last told of `#inbound`. */
  #told = 0;
  /** Outbound stanzas that the peer acknowledged. */
  #acknowledged = 0;
  /** Outbound stanzas that the last request for acknowledgement covered. */
  #askedUpTo = 0;
  #expiry: NodeJS.Timeout | undefined;
  #awaitingAck: NodeJS.Timeout | undefined;

  constructor(
    readonly session: Session,
    private readonly server: XmppServer,
    private readonly resumption: Resumption | undefined,
    private readonly options: ManagedOptions,
  ) {}

  send(xml: string, delivered: () => void): void {
    this.#queue.push({ xml, delivered });
    this.#queuedCharacters += xml.length;
    if (this.#queue.length > this.options.queueLength || this.#queuedCharacters > this.options.queueBytes)
      return this.session.end(new StreamError('resource-constraint', 'too much waits for acknowledgement'));
    this.#write();
  }

  lost(): boolean {
    this.#stopAwaiting();
    this.#written = 0;
    if (!this.resumption) return false;
    this.#expiry = setTimeout(() => this.session.end(), this.resumption.seconds * 1000).unref();
    return true;
  }

  ended(): void {
    // Before an orderly end, so that the peer sends nothing again that has arrived (section 4).
    if (this.#told !== this.#inbound) this.acknowledge();
    clearTimeout(this.#expiry);
    this.#stopAwaiting();
    this.resumption?.ended(this, this.#inbound);
    this.#queue = [];
  }

  countInbound(): void {
    this.#inbound = (this.#inbound + 1) % COUNTER_LIMIT;
  }

  /** Tells the peer how many of its stanzas have been handled. */
  acknowledge(): void {
    this.#told = this.#inbound;
    this.session.stream?.send(element('a', SM_NS, { h: String(this.#inbound) }));
  }

  /** The peer has handled stanzas up to `h`. */
  acknowledged(h: number): void {
    this.#stopAwaiting();
    this.#settle(h);
    // Asking again is for what was sent since: a peer that will not count must not be asked in a loop.
    if (this.#sent !== this.#askedUpTo) this.#requestAck();
  }

  /** Goes on with the session on `stream`, whose peer has handled stanzas up to `h`. */
  resume(stream: Stream, h: number): void {
    this.#check(h);
    clearTimeout(this.#expiry);
    this.#stopAwaiting();
    this.server.takeOver(this.session);
    this.#written = 0;
    this.#settle(h);
    this.#told = this.#inbound;
    stream.send(element('resumed', SM_NS, { previd: this.id, h: String(this.#inbound) }));
    this.server.resumed(this.session, stream);
    this.#write();
  }

  /** Writes what the connection takes now; the rest follows when it has been read. */
  #write(): void {
    const { stream } = this.session;
    if (stream && this.#waitingForDrain !== stream) stream.output.together(() => this.#writeTo(stream));
  }

  #writeTo(stream: Stream): void {
    for (let next = this.#queue[this.#written]; next; next = this.#queue[this.#written]) {
      if (stream.output.congested) {
        this.#waitingForDrain = stream;
        stream.output.onceDrained(() => stream.guard('writing on', () => this.#drained(stream)));
        break;
      }
      this.#written++;
      stream.write(next.xml);
    }
    if (this.#written > 0) this.#requestAck();
  }

  #drained(stream: Stream): void {
    if (this.#waitingForDrain === stream) this.#waitingForDrain = undefined;
    if (this.session.stream === stream) this.#write();
  }

  #settle(h: number): void {
    this.#check(h);
    const done = this.#queue.splice(0, this.#newlyAcknowledged(h));
    this.#written = Math.max(0, this.#written - done.length);
    this.#acknowledged = h;
    for (const { xml } of done) this.#queuedCharacters -= xml.length;
    for (const { delivered } of done) delivered();
  }

  get #sent(): number {
    return (this.#acknowledged + this.#queue.length) % COUNTER_LIMIT;
  }

  /** How many more than before `h` acknowledges. The counter wraps around. */
  #newlyAcknowledged(h: number): number {
    return (h - this.#acknowledged + COUNTER_LIMIT) % COUNTER_LIMIT;
  }

  #check(h: number): void {
    if (this.#newlyAcknowledged(h) <= this.#queue.length) return;
    const detail = element('handled-count-too-high', SM_NS, { h: String(h), 'send-count': String(this.#sent) });
    throw new StreamError('undefined-condition', 'more stanzas acknowledged than were sent', detail);
  }

  /** One request at a time; its answer brings the next while something is left. */
  #requestAck(): void {
    const { stream } = this.session;
    if (!stream || this.#awaitingAck) return;
    this.#askedUpTo = this.#sent;
    stream.send(element('r', SM_NS));
    this.#awaitAck(stream);
  }

  #awaitAck(stream: Stream): void {
    this.#awaitingAck = setTimeout(() => {
      // The answer may be there, behind what the server has not come to read.
      if (stream.input.stopped) return this.#awaitAck(stream);
      this.#awaitingAck = undefined;
      stream.guard('ending a dead stream', () =>
        stream.drop(new StreamError('connection-timeout', 'no acknowledgement in time')),
      );
    }, this.options.ackTimeoutSeconds * 1000).unref();
  }

  #stopAwaiting(): void {
    clearTimeout(this.#awaitingAck);
    this.#awaitingAck = undefined;
  }
}
