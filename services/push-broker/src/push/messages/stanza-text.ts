import { CLIENT_NS, STREAM_NS } from '../../core/namespaces';
import { StreamError } from '../../core/stream-error';
import type { Element } from '../../core/xml/element';
import { StreamParser } from '../../core/xml/stream-parser';

const HEADER = Buffer.from(`<stream:stream xmlns="${CLIENT_NS}" xmlns:stream="${STREAM_NS}">`);
const FOOTER = Buffer.from('</stream:stream>');
const STANZAS: ReadonlySet<string> = new Set(['message', 'presence', 'iq']);

/** XML that is not one stanza. */
export class NoStanza extends Error {}

/**
 * One stanza from text that a caller made, read as strictly as what comes over a stream: inside one, where
 * jabber:client is the default namespace, with everything refused that XMPP restricts.
 * @throws NoStanza
 */
export function stanzaFrom(xml: string, maxBytes: number): Element {
  const found: Element[] = [];
  let ended = false;
  const parser = new StreamParser(
    { header: () => undefined, element: (element) => void found.push(element), footer: () => (ended = true) },
    maxBytes,
  );
  try {
    parser.write(HEADER);
    parser.write(Buffer.from(xml));
    if (ended) throw new NoStanza('ends a stream');
    parser.write(FOOTER);
  } catch (error) {
    if (error instanceof StreamError) throw new NoStanza(`is refused: ${error.condition}, ${error.message}`);
    throw error;
  }
  const [stanza, ...more] = found;
  if (!ended || !stanza) throw new NoStanza('has no complete stanza');
  if (more.length > 0) throw new NoStanza('has more than one stanza');
  if (stanza.namespace !== CLIENT_NS || !STANZAS.has(stanza.name))
    throw new NoStanza(`must be a message, presence or iq of ${CLIENT_NS}`);
  return stanza;
}
