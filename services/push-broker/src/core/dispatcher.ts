import { IqRequests } from './iq-requests';
import { Jid } from './jid';
import { CLIENT_NS } from './namespaces';
import { type Outcome, type Routed, unreachable } from './router';
import type { XmppServer } from './server';
import type { Session } from './session';
import { StanzaError, answersErrors, errorReply } from './stanza-error';
import type { Stream } from './stream';
import { StreamError } from './stream-error';
import { type Element, element } from './xml/element';

const STANZAS: ReadonlySet<string> = new Set(['message', 'presence', 'iq']);

/** What a stream must have reached before a handler may see its elements. */
export type Level = 'connected' | 'authenticated' | 'bound';

type ElementHandler = (stream: Stream, received: Element) => void;
type IqReply = Element | undefined | Promise<Element | undefined>;
interface IqHandler {
  level: Level;
  /** `to` is the addressee: the server (or none), or the own account. */
  handle: (stream: Stream, payload: Element, to: Jid | undefined) => IqReply;
}
export type StanzaHandler = (session: Session, stanza: Element, to: Jid | undefined) => void;
/** A stanza whose outcome takes a moment: `goOn` lets its stream read on. */
interface Pending {
  done: Promise<void>;
  goOn: (() => void) | undefined;
}
export type StanzaObserver = (session: Session) => void;
/** What is to be taken for a stanza that a client sent. */
export type Refinement = (stanza: Element) => Element;

/**
 * Finds the handler of an element that arrived. Stanzas are checked and stamped with their sender here (RFC 6120,
 * section 8.1.2.1), so that no handler ever sees a `from` that the peer made up.
 */
export class Dispatcher {
  readonly requests: IqRequests;
  readonly #elements = new Map<string, { level: Level; handle: ElementHandler }>();
  readonly #iqs = new Map<string, IqHandler>();
  readonly #stanzas = new Map<string, StanzaHandler>();
  readonly #observers: StanzaObserver[] = [];
  readonly #refinements: Refinement[] = [];
  /** What the stanza that is being dealt with still waits for. */
  #pending: Pending | undefined;

  constructor(private readonly server: XmppServer) {
    this.requests = new IqRequests(server.events);
  }

  /** Handles first-level elements that are not stanzas. */
  onElement(level: Level, namespace: string, name: string, handle: ElementHandler): void {
    register(this.#elements, `${namespace} ${name}`, { level, handle });
  }

  /** Handles an IQ request to this server; what it returns is the payload of the result. Throws StanzaError to refuse. */
  onIq(level: Level, type: 'get' | 'set', namespace: string, name: string, handle: IqHandler['handle']): void {
    register(this.#iqs, `${type} ${namespace} ${name}`, { level, handle });
  }

  /** Handles messages to this server itself, and all presence; `to` is its addressee. */
  onStanza(name: 'message' | 'presence', handle: StanzaHandler): void {
    register(this.#stanzas, name, handle);
  }

  /** Takes out of all stanzas, before anybody sees them, what a client must not say. */
  refine(refinement: Refinement): void {
    this.#refinements.push(refinement);
  }

  /** Called after each stanza of a session was dealt with, whatever the outcome. */
  afterStanza(observe: StanzaObserver): void {
    this.#observers.push(observe);
  }

  dispatch(stream: Stream, received: Element): void {
    const isStanza = received.namespace === CLIENT_NS && STANZAS.has(received.name);
    if (isStanza) return this.#stanza(stream, received);
    const handler = this.#elements.get(`${received.namespace} ${received.name}`);
    if (!stream.account && handler?.level !== 'connected')
      throw new StreamError('not-authorized', 'authenticate first');
    if (!handler) throw new StreamError('unsupported-stanza-type', `${received.name} is not known here`);
    if (handler.level === 'bound' && !stream.session) throw new StreamError('not-authorized', 'bind a resource first');
    handler.handle(stream, received);
  }

  /** Brings a stanza of a session to an account or one of its resources, if it may go there. @throws StanzaError if not */
  relay(session: Session, stanza: Element, to: Jid): void {
    if (!this.server.policy.mayReach(session, to)) throw new StanzaError('service-unavailable');
    const { stream } = session;
    const routed = routedOf(stanza, session.jid, to);
    const outcome = this.server.router.route(routed);
    if (!(outcome instanceof Promise)) return refuse(unreachable(routed, outcome));
    // The peer's next stanza waits, so that stanzas keep their order and none is acknowledged before it is safe.
    this.#pending = { done: this.#bounceLater(session, routed, outcome), goOn: stream?.hold() };
  }

  #stanza(stream: Stream, received: Element): void {
    if (!stream.account) throw new StreamError('not-authorized', 'authenticate first');
    this.server.traffic.stanzasIn++;
    const { session } = stream;
    const sender = session?.jid ?? stream.account;
    const from = received.attribute('from');
    if (from !== undefined && !isOwn(from, sender)) throw new StreamError('invalid-from');
    const refined = this.#refinements.reduce((stanza, refine) => refine(stanza), received);
    const stanza = stamped(refined, sender.toString(), stream.language);
    this.#pending = undefined;
    try {
      if (stanza.name === 'iq') this.#iq(stream, stanza);
      else if (session) this.#messageOrPresence(session, stanza);
      else throw new StreamError('not-authorized', 'bind a resource first');
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      if (answersErrors(received)) reply(stream, errorReply(stanza, error));
    }
    if (session && this.#pending) session.settling = this.#dealtWithLater(session, this.#pending);
    else if (session) this.#dealtWith(session);
  }

  async #dealtWithLater(session: Session, { done, goOn }: Pending): Promise<void> {
    await done;
    session.settling = undefined;
    this.#dealtWith(session);
    goOn?.();
  }

  #dealtWith(session: Session): void {
    for (const observe of this.#observers) observe(session);
  }

  #messageOrPresence(session: Session, stanza: Element): void {
    const to = this.#addressee(stanza);
    // RFC 6120, section 10.3.1: a message without addressee is one to the own account.
    if (stanza.name === 'message' && to?.local !== '') return this.relay(session, stanza, to ?? bareOf(session.jid));
    if (to && to.local === '' && to.resource !== '') throw new StanzaError('service-unavailable');
    const handler = this.#stanzas.get(stanza.name);
    if (!handler) throw new StanzaError('service-unavailable');
    handler(session, stanza, to);
  }

  #iq(stream: Stream, iq: Element): void {
    const { account, session } = stream;
    const id = iq.attribute('id');
    const type = iq.attribute('type');
    if (!account) return;
    if (id === undefined) throw new StanzaError('bad-request', 'an iq needs an id');
    if (type === 'result' || type === 'error') {
      if (session) this.#iqAnswer(session, id, iq);
      return;
    }
    if (type !== 'get' && type !== 'set') throw new StanzaError('bad-request', 'an iq is get, set, result or error');
    const [payload, ...more] = iq.elements;
    if (!payload || more.length > 0) throw new StanzaError('bad-request', 'an iq request has one child');
    const handler = this.#iqs.get(`${type} ${payload.namespace} ${payload.name}`);
    if (!session && handler?.level !== 'authenticated')
      throw new StreamError('not-authorized', 'bind a resource first');
    const to = this.#addressee(iq);
    if (session && to && to.local !== '' && to.resource !== '') return this.relay(session, iq, to);
    // RFC 6120, section 10.3.3 and 10.5.3.1: the server answers for the own account, and for others' not a word.
    const own = !to || to.toString() === account.bare || to.toString() === this.server.domain;
    if (!handler || !own) throw new StanzaError('service-unavailable');
    const answer = handler.handle(stream, payload, to);
    if (answer instanceof Promise) void this.#answerLater(stream, iq, answer);
    else reply(stream, result(iq, answer));
  }

  /** To a request of the server, or of another resource. */
  #iqAnswer(session: Session, id: string, iq: Element): void {
    const to = this.#addressee(iq);
    if (to && to.local !== '' && to.resource !== '') this.relay(session, iq, to);
    else this.requests.settle(session, id, iq);
  }

  async #bounceLater(session: Session, routed: Routed, outcome: Promise<Outcome>): Promise<void> {
    try {
      const error = unreachable(routed, await outcome);
      if (error) session.send(errorReply(routed.stanza, error));
    } catch (error) {
      this.server.events.emit('fault', error, 'routing a stanza');
      if (answersErrors(routed.stanza))
        session.send(errorReply(routed.stanza, new StanzaError('internal-server-error')));
    }
  }

  async #answerLater(stream: Stream, iq: Element, answer: Promise<Element | undefined>): Promise<void> {
    try {
      const payload = await answer;
      stream.guard('answering an iq', () => reply(stream, result(iq, payload)));
    } catch (error) {
      if (!(error instanceof StanzaError)) this.server.events.emit('fault', error, 'answering an iq');
      const refusal = error instanceof StanzaError ? error : new StanzaError('internal-server-error');
      stream.guard('answering an iq', () => reply(stream, errorReply(iq, refusal)));
    }
  }

  /** In its normal form; undefined where there is none. */
  #addressee(stanza: Element): Jid | undefined {
    const text = stanza.attribute('to');
    if (text === undefined) return undefined;
    const to = Jid.parse(text);
    if (!to) throw new StanzaError('jid-malformed');
    if (to.domain !== this.server.domain) throw new StanzaError('remote-server-not-found');
    return to;
  }
}

/** Whether `from` is the sender's address, whole or bare, however it is spelt (RFC 6120, section 8.1.2.1). */
function isOwn(from: string, sender: Jid): boolean {
  const own = [sender.toString(), sender.bare];
  return own.includes(from) || own.includes(Jid.parse(from)?.toString() ?? '');
}

/** With its true sender, and the language of its stream where it does not tell its own (section 8.1.5). */
function stamped(received: Element, from: string, language: string | undefined): Element {
  const stanza = received.withAttribute('from', from);
  const speaks = language === undefined || stanza.attribute('xml:lang') !== undefined;
  return speaks ? stanza : stanza.withAttribute('xml:lang', language);
}

const bareOf = (jid: Jid): Jid => jid.withResource('');

/** @param stanza with its true sender */
export function routedOf(stanza: Element, from: Jid, to: Jid): Routed {
  const name = stanza.name === 'iq' || stanza.name === 'presence' ? stanza.name : 'message';
  return { name, from, to, type: stanza.attribute('type'), id: stanza.attribute('id'), stanza };
}

function refuse(error: StanzaError | undefined): void {
  if (error) throw error;
}

function register<T>(handlers: Map<string, T>, key: string, handler: T): void {
  if (handlers.has(key)) throw new Error(`two handlers for ${key}`);
  handlers.set(key, handler);
}

function result(iq: Element, payload: Element | undefined): Element {
  const attributes = { type: 'result', id: iq.attribute('id'), from: iq.attribute('to'), to: iq.attribute('from') };
  return element('iq', CLIENT_NS, attributes, ...(payload ? [payload] : []));
}

/** Through the session where there is one, so that stream management counts it. */
function reply(stream: Stream, stanza: Element): void {
  if (stream.session) stream.session.send(stanza);
  else stream.send(stanza);
}
