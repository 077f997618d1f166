import { CLIENT_NS, STREAM_NS } from '../core/namespaces';
import { type Child, Element } from '../core/xml/element';

/**
 * What is left of an element when that is taken away which the specifications leave to the server: attributes of the
 * stream header, descriptive texts, languages, whether its own address is in `to`, when a
 * stanza that came late was sent, and in an error the stanza that it is about (RFC 6120, sections 4.7,
 * 4.9.1, 6.4.4, 8.1 and 8.3.1; XEP-0203). Two servers that are both right say the same in it.
 *
 * @param account bare address of the client, which `from` may leave out
 */
export function withoutLiberties(element: Element, account: string): Element {
  if (element.is('stream', STREAM_NS)) return only(element, []);
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
      stanza.children.filter((child) => !(child instanceof Element && child.is('delay', 'urn:xmpp:delay'))),
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
  element.attribute('type') === undefined &&
  (element.attribute('from') ?? account).split('/')[0] === account;

const withoutTexts = (elements: readonly Element[]): Element[] => elements.filter(({ name }) => name !== 'text');

const withChildren = ({ name, namespace, attributes }: Element, children: readonly Child[]): Element =>
  new Element(name, namespace, attributes, children);

const only = ({ name, namespace, attributes, children }: Element, kept: readonly string[]): Element =>
  new Element(name, namespace, new Map([...attributes].filter(([key]) => kept.includes(key))), children);
