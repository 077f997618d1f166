import type { AccountKind } from './accounts';
import type { Jid } from './jid';
import { CLIENT_NS } from './namespaces';
import type { Peer } from './peer';
import { StreamError } from './stream-error';
import type { Stream } from './stream';
import type { Element } from './xml/element';
import { serialise } from './xml/serialise';

/** How a session's stanzas reach the peer. Stream management replaces the plain one. */
export interface Carrier {
  /** `delivered` is called once the peer has the stanza, as far as this carrier can tell. */
  send(xml: string, delivered: () => void): void;
  /** The connection broke. @returns whether the session goes on without one */
  lost(): boolean;
  /** The session is over; nothing is sent any more. */
  ended(): void;
}

/** Stands before the carrier and may keep a stanza back; it sends it by `sendNow` when its time has come. */
export interface Gate {
  holds(stanza: Element, delivered: () => void): boolean;
}

/** A bound resource. It outlives its stream when the carrier can resume it on another one. */
export class Session {
  /** What its account is; the same on every stream that it is resumed on. */
  readonly kind: AccountKind;
  carrier: Carrier = new PlainCarrier(this);
  gate: Gate | undefined;
  /** While a stanza that the peer sent is not dealt with yet, and so neither counted. */
  settling: Promise<void> | undefined;
  #stream: Stream | undefined;
  #peer: Peer;
  /** Of its presence (RFC 6121, section 4.7.2.3); undefined while it has not said that it is available. */
  priority: number | undefined;
  #ended = false;
  /** What is to be told of stanzas that the peer never took. */
  #undelivered: Set<() => void> | undefined;

  constructor(
    readonly jid: Jid,
    stream: Stream,
    private readonly onEnd: (session: Session) => void,
  ) {
    this.kind = stream.kind;
    this.#peer = stream.peer;
    this.attach(stream);
  }

  /** The stream that it is on now, if any. */
  get stream(): Stream | undefined {
    return this.#stream;
  }

  /** The peer on the newest stream; kept while there is none. */
  get peer(): Peer {
    return this.#peer;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Queues a stanza for the peer. At most one of the two is called, once: `delivered`, or `lost` when the session ended
   * before.
   */
  send(stanza: Element, delivered: () => void = () => undefined, lost?: () => void): void {
    if (this.#ended) return lost?.();
    const told = lost ? this.#eitherWay(delivered, lost) : delivered;
    if (!this.gate?.holds(stanza, told)) this.sendNow(stanza, told);
  }

  /** Queues a stanza whether a gate would keep it back or not. */
  sendNow(stanza: Element, delivered: () => void): void {
    if (!this.#ended) this.carrier.send(serialise(stanza, CLIENT_NS), delivered);
  }

  #eitherWay(delivered: () => void, lost: () => void): () => void {
    const undelivered = (this.#undelivered ??= new Set());
    const entry = (): void => lost();
    undelivered.add(entry);
    return () => {
      if (undelivered.delete(entry)) delivered();
    };
  }

  attach(stream: Stream): void {
    this.#stream = stream;
    this.#peer = stream.peer;
    stream.session = this;
  }

  /** Leaves the stream, which is the caller's to close. */
  detach(): void {
    if (this.#stream) this.#stream.session = undefined;
    this.#stream = undefined;
  }

  /** Ends the session, and its stream with the error where one is given. Cannot be resumed. */
  end(error?: StreamError): void {
    if (this.#ended) return;
    this.#ended = true;
    const stream = this.#stream;
    this.carrier.ended();
    this.onEnd(this);
    this.detach();
    stream?.close(error);
    const undelivered = this.#undelivered ?? [];
    this.#undelivered = undefined;
    for (const lost of undelivered) lost();
  }
}

class PlainCarrier implements Carrier {
  constructor(private readonly session: Session) {}

  send(xml: string, delivered: () => void): void {
    this.session.stream?.write(xml, delivered);
  }
  lost(): boolean {
    return false;
  }
  ended(): void {}
}
