import { CLIENT_NS, STREAM_NS } from '../../core/namespaces';
import { StreamError } from '../../core/stream-error';
import type { Element } from '../../core/xml/element';
import { StreamParser } from '../../core/xml/stream-parser';

const HEADER = Buffer.from(`<stream:stream xmlns="${CLIENT_NS}" xmlns:stream="${STREAM_NS}">`);
const END_NS = 'urn:muster:push:end';
/** Behind each text: it is a first-level element exactly when nothing before it was left open. */
const END = `<end xmlns="${END_NS}"/>`;
const STANZAS: ReadonlySet<string> = new Set(['message', 'presence', 'iq']);

/** XML that is not one stanza. */
export class NoStanza extends Error {}

/**
 * Reads stanzas from texts that callers made, as strictly as what comes over a stream: inside one, where jabber:client is
 * the default namespace, with everything refused that XMPP restricts. The stream goes on from text to text; one that is
 * refused ends it.
 */
export class StanzaReader {
  #parser: StreamParser | undefined;
  #found: Element[] = [];
  #ended = false;

  constructor(private readonly maxBytes: number) {}

  /** @throws NoStanza */
  read(xml: string): Element {
    const parser = (this.#parser ??= this.#begin());
    // Taken back when all is well: whatever else happens, nobody reads on behind it.
    this.#parser = undefined;
    this.#found = [];
    try {
      parser.write(Buffer.from(xml + END));
    } catch (error) {
      if (error instanceof StreamError) throw new NoStanza(`is refused: ${error.condition}, ${error.message}`);
      throw error;
    }
    const stanza = this.#only();
    this.#parser = parser;
    return stanza;
  }

  #begin(): StreamParser {
    this.#ended = false;
    const parser = new StreamParser(
      {
        header: () => undefined,
        element: (element) => void this.#found.push(element),
        footer: () => (this.#ended = true),
      },
      this.maxBytes,
    );
    parser.write(HEADER);
    return parser;
  }

  #only(): Element {
    const [stanza, end, ...more] = this.#found;
    if (this.#ended) throw new NoStanza('ends a stream');
    if (!stanza || !end) throw new NoStanza('has no complete stanza');
    if (more.length > 0 || !end.is('end', END_NS)) throw new NoStanza('has more than one stanza');
    if (stanza.namespace !== CLIENT_NS || !STANZAS.has(stanza.name))
      throw new NoStanza(`must be a message, presence or iq of ${CLIENT_NS}`);
    return stanza;
  }
}
