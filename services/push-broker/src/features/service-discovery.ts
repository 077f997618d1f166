import { createHash } from 'node:crypto';
import type { Feature } from '../core/feature';
import type { XmppServer } from '../core/server';
import { StanzaError } from '../core/stanza-error';
import { type Element, element } from '../core/xml/element';

const INFO_NS = 'http://jabber.org/protocol/disco#info';
const ITEMS_NS = 'http://jabber.org/protocol/disco#items';
const CAPS_NS = 'http://jabber.org/protocol/caps';
const NODE = 'https://muster.example/push-broker';
const IDENTITY = { category: 'server', type: 'im', name: 'Muster' };

/**
 * Service discovery, as far as clients probe it at sign-in, and its digest in the stream features, which spares them
 * the question. What is listed is what features put into `server.namespaces`.
 */
export const serviceDiscovery: Feature = {
  name: 'service-discovery',
  specification: 'XEP-0030 2.5.0, XEP-0115 1.6.0',
  install(server) {
    for (const namespace of [INFO_NS, ITEMS_NS, CAPS_NS]) server.namespaces.add(namespace);

    server.advertise((stream) =>
      stream.account
        ? element('c', CAPS_NS, { hash: 'sha-1', node: NODE, ver: verification(server.namespaces) })
        : undefined,
    );

    server.handlers.onIq('bound', 'get', INFO_NS, 'query', (_stream, query) => {
      const node = query.attribute('node');
      if (node !== undefined && node !== `${NODE}#${verification(server.namespaces)}`)
        throw new StanzaError('item-not-found');
      return element('query', INFO_NS, { node }, element('identity', INFO_NS, IDENTITY), ...features(server));
    });

    server.handlers.onIq('bound', 'get', ITEMS_NS, 'query', (_stream, query) => {
      if (query.attribute('node') !== undefined) throw new StanzaError('item-not-found');
      return element('query', ITEMS_NS);
    });
  },
};

const features = (server: XmppServer): Element[] =>
  [...server.namespaces].sort().map((namespace) => element('feature', INFO_NS, { var: namespace }));

/** XEP-0115, section 5.1. SHA-1 is what the specification names; nothing is secured by it. */
function verification(namespaces: ReadonlySet<string>): string {
  const identity = `${IDENTITY.category}/${IDENTITY.type}//${IDENTITY.name}<`;
  const listed = [...namespaces].sort().map((namespace) => `${namespace}<`);
  return createHash('sha1')
    .update(identity + listed.join(''))
    .digest('base64');
}
