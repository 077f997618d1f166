import type { Feature } from '../core/feature';
import { StanzaError } from '../core/stanza-error';
import { element } from '../core/xml/element';

const ROSTER_NS = 'jabber:iq:roster';

/** The roster that clients ask for at sign-in: made by the server, empty, and not theirs to change. */
export const roster: Feature = {
  name: 'roster',
  specification: 'RFC 6121 2, empty and read-only',
  install(server) {
    server.handlers.onIq('bound', 'get', ROSTER_NS, 'query', (_stream, query) => {
      if (query.elements.length > 0) throw new StanzaError('bad-request', 'a request for the roster is empty');
      return element('query', ROSTER_NS);
    });
    server.handlers.onIq('bound', 'set', ROSTER_NS, 'query', (_stream, query) => {
      const items = query.elements.filter((item) => item.is('item', ROSTER_NS));
      // Section 2.3.3.
      if (items.length !== 1) throw new StanzaError('bad-request', 'a roster set has one item');
      throw new StanzaError('not-allowed', 'the roster is made by the server');
    });
  },
};
