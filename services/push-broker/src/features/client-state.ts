import type { Feature } from '../core/feature';
import { CLIENT_NS } from '../core/namespaces';
import type { Gate, Session } from '../core/session';
import { constant } from '../core/xml/constant';
import { type Element, element } from '../core/xml/element';

const CSI_NS = 'urn:xmpp:csi:0';
/** Payloads of messages that somebody who is not looking can do without until later. */
const UNHURRIED = new Set([
  'http://jabber.org/protocol/chatstates',
  'http://jabber.org/protocol/pubsub#event',
  'urn:xmpp:chat-markers:0',
  'urn:xmpp:receipts',
]);
/** What may stand beside them without making a message urgent. */
const INDIFFERENT = new Set(['urn:xmpp:hints', 'urn:xmpp:delay', 'urn:xmpp:sid:0']);

export interface ClientStateOptions {
  /** Stanzas that are kept back for one inactive client; with more all of them go out. */
  heldStanzas: number;
}

/**
 * While a client says that nobody looks, presence and messages without content wait, so that a telephone's radio may
 * sleep. They go out, in order, before the first stanza that cannot wait, when the client is active again, and when
 * there are too many. Of presence only the newest of each sender waits. A new connection is active whatever the last
 * one was (section 5.2).
 */
export function clientState({ heldStanzas }: ClientStateOptions): Feature {
  return {
    name: 'client-state',
    specification: 'XEP-0352 1.0.0',
    install(server) {
      const offer = constant(element('csi', CSI_NS));
      server.advertise((stream) => (stream.account ? offer : undefined));
      const inactive = new Map<Session, Held>();

      const wake = (session: Session): void => {
        const held = inactive.get(session);
        inactive.delete(session);
        session.gate = undefined;
        held?.flush();
      };

      server.handlers.onElement('bound', CSI_NS, 'inactive', ({ session }) => {
        if (!session || inactive.has(session)) return;
        const held = new Held(session, heldStanzas);
        inactive.set(session, held);
        session.gate = held;
      });
      server.handlers.onElement('bound', CSI_NS, 'active', ({ session }) => {
        if (session) wake(session);
      });
      server.events.on('offline', wake);
      // Also where a session was resumed before anybody noticed that its connection was lost.
      server.events.on('online', wake);
    },
  };
}

/** What waits for one inactive client. */
class Held implements Gate {
  /** Of presence the newest of each sender, everything else by number; in the order in which it is to be sent. */
  #waiting = new Map<string | number, { stanza: Element; delivered: () => void }>();
  #messages = 0;

  constructor(
    private readonly session: Session,
    private readonly limit: number,
  ) {}

  holds(stanza: Element, delivered: () => void): boolean {
    if (!canWait(stanza) || this.#waiting.size >= this.limit) {
      this.flush();
      return false;
    }
    const key = stanza.name === 'presence' ? (stanza.attribute('from') ?? '') : this.#messages++;
    // What is overtaken has been dealt with; the newer one goes to the end, where it belongs.
    this.#waiting.get(key)?.delivered();
    this.#waiting.delete(key);
    this.#waiting.set(key, { stanza, delivered });
    return true;
  }

  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const { stanza, delivered } of waiting.values()) this.session.sendNow(stanza, delivered);
  }
}

function canWait(stanza: Element): boolean {
  const type = stanza.attribute('type');
  if (stanza.name === 'presence') return type === undefined || type === 'unavailable';
  if (stanza.name !== 'message' || type === 'error') return false;
  const payloads = stanza.elements.filter(({ namespace }) => !INDIFFERENT.has(namespace));
  return payloads.length > 0 && payloads.every((payload) => isUnhurried(payload));
}

const isUnhurried = ({ name, namespace }: Element): boolean =>
  UNHURRIED.has(namespace) || (namespace === CLIENT_NS && name === 'thread');
