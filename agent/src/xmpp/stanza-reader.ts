import { StringDecoder } from 'node:string_decoder';
import { SaxesParser, type SaxesTagNS } from 'saxes';

/** A received element: a stanza or stream-level element with all that is in it. */
export interface Element {
  name: string;
  namespace: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

export interface StreamEvents {
  /** The server's stream header. */
  opened(attributes: Record<string, string>): void;
  /** A complete first-level element. */
  element(element: Element): void;
  /** The server's end of stream. */
  ended(): void;
}

const DEEPEST = 16;
const LONGEST_STANZA = 262_144;

/**
 * Bytes of an XML stream → elements (RFC 6120, section 4). Strict: undeclared prefixes, DOCTYPE, comments, processing
 * instructions and oversized or too deep stanzas are errors, which end the connection.
 */
export class StanzaReader {
  private readonly decoder = new StringDecoder('utf8');
  private readonly open: Element[] = [];
  private readonly parser: SaxesParser<{ xmlns: true; fragment: false }>;
  private streamOpen = false;
  private sinceStanza = 0;

  constructor(private readonly events: StreamEvents) {
    const parser = new SaxesParser({ xmlns: true, fragment: false });
    parser.on('error', (error) => {
      throw error;
    });
    for (const name of ['doctype', 'comment', 'processinginstruction'] as const)
      parser.on(name, () => {
        throw new Error(`${name} is not allowed in a stream`);
      });
    parser.on('opentag', (tag) => this.begin(tag));
    parser.on('closetag', () => this.end());
    const collect = (text: string): void => {
      const current = this.open.at(-1);
      if (current) current.text += text;
    };
    parser.on('text', collect);
    parser.on('cdata', collect);
    this.parser = parser;
  }

  /** @throws for anything that is not a well-formed, restrained stream */
  write(bytes: Buffer): void {
    this.sinceStanza += bytes.length;
    this.parser.write(this.decoder.write(bytes));
    if (this.sinceStanza > LONGEST_STANZA) throw new Error(`a stanza is longer than ${LONGEST_STANZA} bytes`);
  }

  private begin(tag: SaxesTagNS): void {
    const attributes = Object.fromEntries(Object.values(tag.attributes).map(({ name, value }) => [name, value]));
    if (!this.streamOpen) {
      if (tag.local !== 'stream' || tag.uri !== 'http://etherx.jabber.org/streams')
        throw new Error('not an XMPP stream');
      this.streamOpen = true;
      this.sinceStanza = 0;
      this.events.opened(attributes);
      return;
    }
    if (this.open.length >= DEEPEST) throw new Error('a stanza is nested too deeply');
    const element: Element = { name: tag.local, namespace: tag.uri, attributes, children: [], text: '' };
    this.open.at(-1)?.children.push(element);
    this.open.push(element);
  }

  private end(): void {
    const element = this.open.pop();
    if (!element) return this.events.ended();
    if (this.open.length > 0) return;
    this.sinceStanza = 0;
    this.events.element(element);
  }
}

export const child = (element: Element, name: string, namespace?: string): Element | undefined =>
  element.children.find((item) => item.name === name && (namespace === undefined || item.namespace === namespace));

/** Text for an attribute value or element content. */
export const escapeXml = (text: string): string =>
  text.replaceAll(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
