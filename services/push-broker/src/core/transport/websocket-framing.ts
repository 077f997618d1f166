import { CLIENT_NS, STREAM_NS } from '../namespaces';
import { StreamError } from '../stream-error';
import { Element } from '../xml/element';
import type { StreamHandler } from '../xml/element-reader';
import { StreamParser } from '../xml/stream-parser';
import { type Framing, headerAttributes, type Parser } from './framing';

export const FRAMING_NS = 'urn:ietf:params:xml:ns:xmpp-framing';
/** Around each message, so that the stream's own parser with all its refusals reads it; declares no namespace. */
const WRAPPER = '<message-of-a-websocket>';
/** Name and attributes of a start tag at the beginning of a text. */
const START_TAG = /^<([^\s/>]+)((?:[^"'>]|"[^"]*"|'[^']*')*)>/;

/** Each part of the stream is one WebSocket message and a document of its own (RFC 7395, section 3.3). */
export const webSocketFraming: Framing = {
  joins: false,
  parser: (handler, maxStanza) => new MessageParser(handler, maxStanza),
  header: (attributes) => `<open xmlns="${FRAMING_NS}"${headerAttributes(attributes)}/>`,
  element: withNamespaces,
  end: (last) => [...(last === '' ? [] : [withNamespaces(last)]), `<close xmlns="${FRAMING_NS}"/>`],
};

/** Declares in the start tag what the surrounding stream would have declared. */
function withNamespaces(xml: string): string {
  const [, name = '', attributes = ''] = START_TAG.exec(xml) ?? [];
  const inherited = /\sxmlns\s*=/.test(attributes) || name.startsWith('stream:') ? '' : ` xmlns="${CLIENT_NS}"`;
  const prefix = xml.includes('stream:') ? ` xmlns:stream="${STREAM_NS}"` : '';
  return `<${name}${inherited}${prefix}${xml.slice(name.length + 1)}`;
}

/** Each `write` is one message: exactly one whole element. */
class MessageParser implements Parser {
  #suspended: Buffer[] | undefined;

  constructor(
    private readonly handler: StreamHandler,
    public maxStanza: number,
  ) {}

  get held(): string {
    return Buffer.concat(this.#suspended ?? []).toString();
  }

  write(message: Buffer): void {
    if (this.#suspended) this.#suspended.push(message);
    else this.#handOn(this.#read(message));
  }

  /** Messages have their own namespaces: there is nothing that a restart would change. */
  restart(): void {}

  suspend(): void {
    this.#suspended ??= [];
  }

  resume(): void {
    const held = this.#suspended ?? [];
    this.#suspended = undefined;
    for (const message of held) this.write(message);
  }

  #read(message: Buffer): Element {
    // Keep-alive by whitespace is for streams over TCP; here pings of the WebSocket do it (section 3.7).
    if (message[0] !== 0x3c) throw new StreamError('bad-format', 'a message begins with an element');
    const elements: Element[] = [];
    const parser = new StreamParser(
      {
        header: () => undefined,
        element: (element) => elements.push(element),
        footer: () => elements.push(OVERDUE),
      },
      this.maxStanza + WRAPPER.length,
    );
    parser.write(Buffer.from(WRAPPER));
    parser.write(message);
    const [element, ...more] = elements;
    if (!element || more.length > 0 || !parser.idle || element === OVERDUE)
      throw new StreamError('bad-format', 'a message is one whole element');
    return element;
  }

  #handOn(element: Element): void {
    if (element.is('open', FRAMING_NS))
      this.handler.header(new Element('stream', STREAM_NS, element.attributes), CLIENT_NS);
    else if (element.is('close', FRAMING_NS)) this.handler.footer();
    else if (element.is('stream', STREAM_NS))
      throw new StreamError('invalid-namespace', 'a stream begins with <open/>');
    else this.handler.element(element);
  }
}

/** Stands for an end tag that belongs to nothing. */
const OVERDUE = new Element('overdue', '');
