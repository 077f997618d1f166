import { CLIENT_NS, STREAM_NS } from '../core/namespaces';
import { FRAMING_NS } from '../core/transport/websocket-framing';
import { type Child, Element } from '../core/xml/element';

const EXTERNAL_NS = 'urn:xmpp:extdisco:2';

/**
 * What is left of an element when that is taken away which the specifications leave to the server: attributes of the
 * stream header, descriptive texts, languages, whether its own address is in `to`, when a
 * stanza that came late was sent, and in an error the stanza that it is about (RFC 6120, sections 4.7,
 * 4.9.1, 6.4.4, 8.1 and 8.3.1; XEP-0203). Two servers that are both right say the same in it.
 *
 * @param account bare address of the client, which `from` may leave out
 */
export function withoutLiberties(element: Element, account: string): Element {
  if (element.is('stream', STREAM_NS) || element.is('open', FRAMING_NS)) return only(element, []);
  if (element.is('error', STREAM_NS)) return withChildren(element, withoutTexts(element.elements));
  // How long a session waits is the server's to say (XEP-0198, section 3).
  if (element.is('enabled', 'urn:xmpp:sm:3')) return only(element, ['id', 'resume']);
  if (element.name === 'failure' || element.name === 'failed')
    return withChildren(element, withoutTexts(element.elements));
  if (element.namespace !== CLIENT_NS) return element;
  const attributes = ['type', 'id', ...(element.attribute('from') === account ? [] : ['from'])];
  const stanza = only(element, attributes);
  if (stanza.attribute('type') !== 'error')
    return withChildren(
      stanza,
      inOrder(stanza.children)
        .filter((child) => !(child instanceof Element && child.is('delay', 'urn:xmpp:delay')))
        .map((child) =>
          child instanceof Element && child.namespace === EXTERNAL_NS ? withoutRestricted(child) : child,
        ),
    );
  return withChildren(
    stanza,
    stanza.elements
      .filter((child) => child.is('error', CLIENT_NS))
      .map((error) =>
        error.elements.length > 0 ? withChildren(only(error, ['type']), withoutTexts(error.elements)) : error,
      ),
  );
}

/**
 * Whether a server told a client of presence of its own account, which all but one of ours are told (RFC 6121, section
 * 4.2.2); a transcript that does not expect it is not about it.
 */
export const isOwnPresence = (element: Element, account: string): boolean =>
  element.is('presence', CLIENT_NS) &&
  [undefined, 'unavailable'].includes(element.attribute('type')) &&
  (element.attribute('from') ?? account).split('/')[0] === account;

/** Payloads side by side have no order among them. */
const inOrder = (children: readonly Child[]): Child[] =>
  [...children].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
const nameOf = (child: Child): string => (child instanceof Element ? `${child.namespace} ${child.name}` : '');

/** Whether it is told of a service that it wants credentials (XEP-0215, section 5) where it is told which ones. */
const withoutRestricted = (services: Element): Element =>
  withChildren(
    services,
    services.elements.map((service) =>
      only(
        service,
        [...service.attributes.keys()].filter((name) => name !== 'restricted'),
      ),
    ),
  );

const withoutTexts = (elements: readonly Element[]): Element[] => elements.filter(({ name }) => name !== 'text');

const withChildren = ({ name, namespace, attributes }: Element, children: readonly Child[]): Element =>
  new Element(name, namespace, attributes, children);

const only = ({ name, namespace, attributes, children }: Element, kept: readonly string[]): Element =>
  new Element(name, namespace, new Map([...attributes].filter(([key]) => kept.includes(key))), children);
