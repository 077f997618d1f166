import { randomBytes } from 'node:crypto';
import type { Feature } from '../core/feature';
import type { XmppServer } from '../core/server';
import type { Carrier, Session } from '../core/session';
import { STANZA_ERROR_NS } from '../core/namespaces';
import type { Stream } from '../core/stream';
import { StreamError } from '../core/stream-error';
import { type Element, element } from '../core/xml/element';

const SM_NS = 'urn:xmpp:sm:3';
const COUNTER_LIMIT = 2 ** 32;

export interface StreamManagementOptions {
  /** Seconds that a session without connection waits to be resumed. */
  resumeSeconds: number;
  /** Stanzas that a session keeps until the peer acknowledges them; with more it ends. */
  queueLength: number;
  /** Seconds that the peer has to answer a request for acknowledgement. */
  ackTimeoutSeconds: number;
}

/**
 * Stream management: both ends count stanzas and acknowledge them, and a session whose connection broke goes on where
 * it stopped. What the peer did not acknowledge is sent again after resumption, what it did is not.
 */
export function streamManagement(options: StreamManagementOptions): Feature {
  return {
    name: 'stream-management',
    specification: 'XEP-0198 1.6.1',
    install(server) {
      const managed = new WeakMap<Session, Managed>();
      const resumable = new Map<string, Managed>();
      const of = (stream: Stream): Managed | undefined => stream.session && managed.get(stream.session);

      server.advertise((stream) => (stream.account ? element('sm', SM_NS) : undefined));
      server.handlers.afterStanza((session) => managed.get(session)?.countInbound());

      server.handlers.onElement('authenticated', SM_NS, 'enable', (stream, enable) => {
        if (!stream.session || of(stream)) return stream.send(failed('unexpected-request'));
        const wants = ['true', '1'].includes(enable.attribute('resume') ?? '');
        const carrier = new Managed(stream.session, server, wants ? resumable : undefined, options);
        managed.set(stream.session, carrier);
        stream.session.carrier = carrier;
        const resume = wants ? { id: carrier.id, resume: 'true', max: String(options.resumeSeconds) } : {};
        stream.send(element('enabled', SM_NS, resume));
      });

      server.handlers.onElement('authenticated', SM_NS, 'resume', (stream, resume) => {
        const found = resumable.get(resume.attribute('previd') ?? '');
        const h = counter(resume);
        if (stream.session) return stream.send(failed('unexpected-request'));
        if (found?.session.jid.bare !== stream.account?.bare || !found) return stream.send(failed('item-not-found'));
        found.resume(stream, h);
      });

      server.handlers.onElement('bound', SM_NS, 'r', (stream) => {
        const carrier = of(stream);
        if (!carrier) return stream.send(failed('unexpected-request'));
        carrier.acknowledge();
      });
      server.handlers.onElement('bound', SM_NS, 'a', (stream, ack) => of(stream)?.acknowledged(counter(ack)));
    },
  };
}

interface Unacknowledged {
  xml: string;
  delivered: () => void;
}

/** The counters and the queue of one session. */
class Managed implements Carrier {
  /** Names the session when it is to be resumed; as good as a password, since it is never sent in clear text. */
  readonly id = randomBytes(18).toString('base64url');
  #queue: Unacknowledged[] = [];
  #inbound = 0;
  /** Outbound stanzas that the peer acknowledged. */
  #acknowledged = 0;
  /** Outbound stanzas that the last request for acknowledgement covered. */
  #askedUpTo = 0;
  #expiry: NodeJS.Timeout | undefined;
  #awaitingAck: NodeJS.Timeout | undefined;

  constructor(
    readonly session: Session,
    private readonly server: XmppServer,
    private readonly resumable: Map<string, Managed> | undefined,
    private readonly options: StreamManagementOptions,
  ) {
    resumable?.set(this.id, this);
  }

  send(xml: string, delivered: () => void): void {
    this.#queue.push({ xml, delivered });
    if (this.#queue.length > this.options.queueLength)
      return this.session.end(new StreamError('resource-constraint', 'too much waits for acknowledgement'));
    this.session.stream?.write(xml);
    this.#requestAck();
  }

  lost(): boolean {
    this.#stopAwaiting();
    if (!this.resumable) return false;
    this.#expiry = setTimeout(() => this.session.end(), this.options.resumeSeconds * 1000).unref();
    return true;
  }

  ended(): void {
    clearTimeout(this.#expiry);
    this.#stopAwaiting();
    this.resumable?.delete(this.id);
    this.#queue = [];
  }

  countInbound(): void {
    this.#inbound = (this.#inbound + 1) % COUNTER_LIMIT;
  }

  acknowledge(): void {
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
    this.#settle(h);
    stream.send(element('resumed', SM_NS, { previd: this.id, h: String(this.#inbound) }));
    for (const { xml } of this.#queue) stream.write(xml);
    this.server.resumed(this.session, stream);
    if (this.#queue.length > 0) this.#requestAck();
  }

  #settle(h: number): void {
    this.#check(h);
    const done = this.#queue.splice(0, this.#newlyAcknowledged(h));
    this.#acknowledged = h;
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
    this.#awaitingAck = setTimeout(() => {
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

function counter(from: Element): number {
  const text = from.attribute('h') ?? '';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : COUNTER_LIMIT;
  if (value < COUNTER_LIMIT) return value;
  throw new StreamError('invalid-xml', '`h` must be a number of 32 bits');
}

const failed = (condition: string): Element => element('failed', SM_NS, {}, element(condition, STANZA_ERROR_NS));
