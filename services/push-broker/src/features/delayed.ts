import type { Feature } from '../core/feature';
import { Jid } from '../core/jid';
import { CLIENT_NS } from '../core/namespaces';
import { Element, element } from '../core/xml/element';
import { serialise } from '../core/xml/serialise';
import { sourceWithChild } from '../core/xml/source';
import { withoutChildren } from '../core/xml/whole';

const DELAY_NS = 'urn:xmpp:delay';
/** The same as it was before (XEP-0091); there are clients that still read it. */
const OLD_DELAY_NS = 'jabber:x:delay';

/**
 * Delayed delivery. What this server says about when it kept a message, nobody else may say in its name: such elements
 * are taken out of what clients send. What clients say about delays of their own making stays.
 */
export const delayedDelivery: Feature = {
  name: 'delayed-delivery',
  specification: 'XEP-0203 2.0, XEP-0082 1.1',
  install(server) {
    server.handlers.refine((stanza) => withoutDelaysBy(stanza, server.domain));
  },
};

/** A stanza without what it says about delays by this domain. */
export const withoutDelaysBy = (stanza: Element, domain: string): Element =>
  withoutChildren(stanza, (child) => isDelay(child) && Jid.parse(child.attribute('from') ?? '')?.bare === domain);

const isDelay = ({ name, namespace }: Element): boolean =>
  (name === 'delay' && namespace === DELAY_NS) || (name === 'x' && namespace === OLD_DELAY_NS);

/** A stored message as it goes out, with when and by whom it was kept (XEP-0203 2.0, section 4; XEP-0082 times). */
export function delayed(xml: string, account: string, storedAt: Date, from: string): Element {
  const delay = element('delay', DELAY_NS, { from, stamp: storedAt.toISOString() }, 'Offline storage');
  const source = sourceWithChild(xml, serialise(delay, CLIENT_NS));
  // Nobody looks inside any more: the text is what is sent.
  return new Element('message', CLIENT_NS, new Map([['to', account]]), [delay], source);
}
