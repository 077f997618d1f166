import { IqRequests } from './iq-requests';
import { Jid } from './jid';
import { CLIENT_NS } from './namespaces';
import type { XmppServer } from './server';
import type { Session } from './session';
import { StanzaError, answersErrors, errorReply } from './stanza-error';
import type { Stream } from './stream';
import { StreamError } from './stream-error';
import { type Element, element } from './xml/element';

/** What a stream must have reached before a handler may see its elements. */
export type Level = 'connected' | 'authenticated' | 'bound';

type ElementHandler = (stream: Stream, received: Element) => void;
type IqReply = Element | undefined | Promise<Element | undefined>;
interface IqHandler {
  level: Level;
  handle: (stream: Stream, payload: Element) => IqReply;
}
export type StanzaHandler = (session: Session, stanza: Element) => void;
export type StanzaObserver = (session: Session) => void;

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

  /** Handles messages or presence to this server. */
  onStanza(name: 'message' | 'presence', handle: StanzaHandler): void {
    register(this.#stanzas, name, handle);
  }

  /** Called after each stanza of a session was dealt with, whatever the outcome. */
  afterStanza(observe: StanzaObserver): void {
    this.#observers.push(observe);
  }

  dispatch(stream: Stream, received: Element): void {
    const isStanza = received.namespace === CLIENT_NS && ['message', 'presence', 'iq'].includes(received.name);
    if (isStanza) return this.#stanza(stream, received);
    const handler = this.#elements.get(`${received.namespace} ${received.name}`);
    if (!stream.account && handler?.level !== 'connected')
      throw new StreamError('not-authorized', 'authenticate first');
    if (!handler) throw new StreamError('unsupported-stanza-type', `${received.name} is not known here`);
    if (handler.level === 'bound' && !stream.session) throw new StreamError('not-authorized', 'bind a resource first');
    handler.handle(stream, received);
  }

  #stanza(stream: Stream, received: Element): void {
    if (!stream.account) throw new StreamError('not-authorized', 'authenticate first');
    this.server.traffic.stanzasIn++;
    const { session } = stream;
    const sender = session?.jid ?? stream.account;
    const from = received.attribute('from');
    if (from !== undefined && from !== sender.bare && from !== sender.toString()) throw new StreamError('invalid-from');
    try {
      const stanza = stamped(received, sender.toString());
      if (stanza.name === 'iq') this.#iq(stream, stanza);
      else if (session) this.#messageOrPresence(session, stanza);
      else throw new StreamError('not-authorized', 'bind a resource first');
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      if (answersErrors(received)) reply(stream, errorReply(stamped(received, sender.toString()), error));
    }
    if (session) for (const observe of this.#observers) observe(session);
  }

  #messageOrPresence(session: Session, stanza: Element): void {
    this.#checkAddressee(session.jid, stanza);
    const handler = this.#stanzas.get(stanza.name);
    if (!handler) throw new StanzaError('service-unavailable');
    handler(session, stanza);
  }

  #iq(stream: Stream, iq: Element): void {
    const { account } = stream;
    const id = iq.attribute('id');
    const type = iq.attribute('type');
    if (!account) return;
    if (id === undefined) throw new StanzaError('bad-request', 'an iq needs an id');
    if (type === 'result' || type === 'error') {
      if (stream.session) this.requests.settle(stream.session, id, iq);
      return;
    }
    if (type !== 'get' && type !== 'set') throw new StanzaError('bad-request', 'an iq is get, set, result or error');
    const [payload, ...more] = iq.elements;
    if (!payload || more.length > 0) throw new StanzaError('bad-request', 'an iq request has one child');
    const handler = this.#iqs.get(`${type} ${payload.namespace} ${payload.name}`);
    if (!stream.session && handler?.level !== 'authenticated')
      throw new StreamError('not-authorized', 'bind a resource first');
    this.#checkAddressee(account, iq);
    if (!handler) throw new StanzaError('service-unavailable');
    const answer = handler.handle(stream, payload);
    if (answer instanceof Promise) void this.#answerLater(stream, iq, answer);
    else reply(stream, result(iq, answer));
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

  /** Only the server itself and the own account can be reached; devices have nothing to say to each other. */
  #checkAddressee(account: Jid, stanza: Element): void {
    const to = stanza.attribute('to');
    if (to === undefined) return;
    const addressee = Jid.parse(to);
    if (!addressee) throw new StanzaError('jid-malformed');
    if (addressee.domain !== this.server.domain) throw new StanzaError('remote-server-not-found');
    const own = addressee.toString() === account.bare || addressee.toString() === this.server.domain;
    if (!own) throw new StanzaError('service-unavailable');
  }
}

function register<T>(handlers: Map<string, T>, key: string, handler: T): void {
  if (handlers.has(key)) throw new Error(`two handlers for ${key}`);
  handlers.set(key, handler);
}

function stamped(stanza: Element, from: string): Element {
  return stanza.withAttribute('from', from);
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
