import type { Feature } from '../core/feature';
import { constant } from '../core/xml/constant';
import { element } from '../core/xml/element';

const SESSION_NS = 'urn:ietf:params:xml:ns:xmpp-session';

/** Session establishment does nothing since RFC 6121; offered as optional for clients that still ask for it. */
export const sessionEstablishment: Feature = {
  name: 'session-establishment',
  specification: 'RFC 3921 3, RFC 6121 1.4',
  install(server) {
    const offer = constant(element('session', SESSION_NS, {}, element('optional', SESSION_NS)));
    server.advertise((stream) => (stream.account ? offer : undefined));
    server.handlers.onIq('bound', 'set', SESSION_NS, 'session', () => undefined);
  },
};
