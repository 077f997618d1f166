import type { Feature } from '../core/feature';
import { StanzaError } from '../core/stanza-error';
import { element } from '../core/xml/element';
import { CAPS_NODE, SERVER_IDENTITY, serverVerification } from './capabilities';

const INFO_NS = 'http://jabber.org/protocol/disco#info';
const ITEMS_NS = 'http://jabber.org/protocol/disco#items';

/** What the server says of an account to itself (section 8); it answers nothing else in its name. */
const ACCOUNT = { identity: { category: 'account', type: 'registered' }, features: [INFO_NS, ITEMS_NS] };

/**
 * Service discovery, as far as clients probe it at sign-in. What is listed is what features put into
 * `server.namespaces`, which only those do that are installed.
 */
export const serviceDiscovery: Feature = {
  name: 'service-discovery',
  specification: 'XEP-0030 2.5.0',
  install(server) {
    for (const namespace of [INFO_NS, ITEMS_NS]) server.namespaces.add(namespace);

    server.handlers.onIq('bound', 'get', INFO_NS, 'query', (_stream, query, to) => {
      const node = query.attribute('node');
      const asked = to && to.local !== '' ? ACCOUNT : undefined;
      if (node !== undefined && (asked || node !== `${CAPS_NODE}#${serverVerification(server)}`))
        throw new StanzaError('item-not-found');
      const { identity, features } = asked ?? { identity: SERVER_IDENTITY, features: [...server.namespaces] };
      return element(
        'query',
        INFO_NS,
        { node },
        element('identity', INFO_NS, { ...identity }),
        ...features.toSorted().map((name) => element('feature', INFO_NS, { var: name })),
      );
    });

    server.handlers.onIq('bound', 'get', ITEMS_NS, 'query', (_stream, query) => {
      const node = query.attribute('node');
      if (node !== undefined) throw new StanzaError('item-not-found');
      return element('query', ITEMS_NS);
    });
  },
};
