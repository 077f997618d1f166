import { routedOf } from '../core/dispatcher';
import type { Feature } from '../core/feature';
import { Jid } from '../core/jid';
import { CLIENT_NS } from '../core/namespaces';
import type { XmppServer } from '../core/server';
import type { Session } from '../core/session';
import { StanzaError } from '../core/stanza-error';
import { type Element, element } from '../core/xml/element';

/** Addresses that one session may tell of its presence; each is remembered until it was told that the session is gone. */
const MAX_DIRECTED = 1000;
const PRIORITY = /^[+-]?\d{1,3}$/;

/**
 * Presence. Whether a resource takes messages, and before which others, is what it says with its own (`to` absent);
 * nobody is subscribed to it but the account's other resources. Directed presence reaches whom the policy allows, and
 * they are told when the session ends. Subscriptions are declined, by a server that keeps no rosters.
 *
 * A device is not sent its own presence back (section 4.2.2): it has one resource, and pays for each byte.
 */
export const presence: Feature = {
  name: 'presence',
  specification: 'RFC 6121 4, without subscriptions (3)',
  install(server) {
    const directed = new WeakMap<Session, Set<string>>();

    const gone = (session: Session, stanza: Element): void => {
      const told = directed.get(session) ?? [];
      directed.delete(session);
      for (const address of told) send(server, session, stanza, Jid.parse(address));
    };

    server.events.on('ended', (session) => {
      const wasAvailable = session.priority !== undefined;
      session.priority = undefined;
      gone(session, unavailable(session));
      if (wasAvailable) tellOwn(server, session, unavailable(session));
    });

    server.handlers.onStanza('presence', (session, stanza, to) => {
      const type = stanza.attribute('type');
      switch (type) {
        case undefined:
          if (!to || to.bare === session.jid.bare) return becomeAvailable(server, session, stanza);
          return direct(server, session, stanza, to, directed);
        case 'unavailable':
          if (to && to.bare !== session.jid.bare) {
            directed.get(session)?.delete(to.toString());
            return send(server, session, stanza, to);
          }
          session.priority = undefined;
          gone(session, stanza);
          return tellOwn(server, session, stanza);
        case 'subscribe':
          if (!to) throw new StanzaError('bad-request', 'a subscription needs an addressee');
          // Section 3.2: declined, whether the account exists or not.
          return session.send(
            element('presence', CLIENT_NS, { type: 'unsubscribed', from: to.bare, to: session.jid.bare }),
          );
        case 'subscribed':
        case 'unsubscribe':
        case 'unsubscribed':
        case 'probe':
        case 'error':
          // Sections 3.1.5 to 3.3: without a subscription there is nothing that these could change.
          return;
        default:
          throw new StanzaError('bad-request', 'presence has no such type');
      }
    });
  },
};

function becomeAvailable(server: XmppServer, session: Session, stanza: Element): void {
  const before = session.priority;
  session.priority = priorityOf(stanza);
  if (session.kind !== 'device') {
    session.send(stanza.withAttribute('to', session.jid.bare));
    tellOwn(server, session, stanza);
  }
  server.events.emit('available', session, before);
}

/** Section 4.7.2.3: -128 to 127, and 0 when there is none. */
function priorityOf(stanza: Element): number {
  const text = stanza.child('priority', CLIENT_NS)?.text.trim();
  if (text === undefined || text === '') return 0;
  const priority = PRIORITY.test(text) ? Number(text) : Number.NaN;
  if (!(priority >= -128 && priority <= 127))
    throw new StanzaError('bad-request', 'a priority is a number from -128 to 127');
  return priority;
}

function direct(
  server: XmppServer,
  session: Session,
  stanza: Element,
  to: Jid,
  directed: WeakMap<Session, Set<string>>,
): void {
  if (!server.policy.mayReach(session, to)) return;
  const told = directed.get(session) ?? new Set<string>();
  if (to.local !== '') {
    if (told.size >= MAX_DIRECTED && !told.has(to.toString())) throw new StanzaError('resource-constraint');
    directed.set(session, told.add(to.toString()));
  }
  send(server, session, stanza, to);
}

/** Presence for nobody is forgotten (section 8.5). */
function send(server: XmppServer, session: Session, stanza: Element, to: Jid | undefined): void {
  if (!to || to.local === '' || !server.policy.mayReach(session, to)) return;
  void server.router.route(routedOf(stanza.withAttribute('to', to.toString()), session.jid, to));
}

/** The account's other resources are subscribed to each other (section 4.2.2). */
function tellOwn(server: XmppServer, session: Session, stanza: Element): void {
  for (const other of server.sessions.of(session.jid.bare))
    if (other !== session && other.priority !== undefined) other.send(stanza.withAttribute('to', other.jid.bare));
}

const unavailable = (session: Session): Element =>
  element('presence', CLIENT_NS, { type: 'unavailable', from: session.jid.toString() });
