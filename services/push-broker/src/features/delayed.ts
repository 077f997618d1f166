import { CLIENT_NS } from '../core/namespaces';
import { Element, element } from '../core/xml/element';
import { serialise } from '../core/xml/serialise';
import { sourceWithChild } from '../core/xml/source';

const DELAY_NS = 'urn:xmpp:delay';

/** A stored message as it goes out, with when and by whom it was kept (XEP-0203 2.0, section 4; XEP-0082 times). */
export function delayed(xml: string, account: string, storedAt: Date, from: string): Element {
  const delay = element('delay', DELAY_NS, { from, stamp: storedAt.toISOString() }, 'Offline storage');
  const source = sourceWithChild(xml, serialise(delay, CLIENT_NS));
  // Nobody looks inside any more: the text is what is sent.
  return new Element('message', CLIENT_NS, new Map([['to', account]]), [delay], source);
}
