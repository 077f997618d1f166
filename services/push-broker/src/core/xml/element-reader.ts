import type { SaxesTagNS } from 'saxes';
import { StreamError } from '../stream-error';
import { type Child, Element } from './element';
import { attributesOf, startOf, USUAL_START } from './tags';
import { type TokenListener, Tokeniser } from './tokeniser';

/** Elements inside elements; XMPP needs about ten. */
const MAX_DEPTH = 64;
const WHITESPACE_ONLY = /^[ \t\r\n]*$/;

export interface StreamHandler {
  /** The stream header; `declared` is the namespace that it declares as default. */
  header(header: Element, declared: string | undefined): void;
  /** A complete first-level element. */
  element(element: Element): void;
  footer(): void;
  /**
   * Asked at the start tag of a first-level element: whether it will only be sent on. Of such a one neither text nor what
   * is inside of its children is kept as objects, since `source` has it all.
   */
  relays?(name: string, attributes: ReadonlyMap<string, string>): boolean;
}

/** What a reader has to know of the stream whose turn it is. */
export interface ReadStream {
  readonly handler: StreamHandler;
  /** Characters that one first-level element, or the stream header, may have. Never more than its bytes. */
  readonly maxStanza: number;
  /** The header's start tag with nothing but its namespaces; empty until it was read. */
  start: string;
  /** Nothing may be read behind the element that was just handed on. */
  readonly interrupted: boolean;
}

interface OpenElement {
  name: string;
  namespace: string;
  attributes: Map<string, string>;
  children: Child[];
}

/** Stands for elements that are not kept as objects. */
const PASSING: OpenElement = { name: '', namespace: '', attributes: new Map(), children: [] };
/** Stands for the end tag of the stream. */
const FOOTER = new Element('', '');
/** Unwinds saxes, which cannot be stopped otherwise. One for all: nobody looks where it came from. */
const INTERRUPTED = new Error('nothing may be read behind this element');
const NOBODY: ReadStream = {
  handler: { header: () => undefined, element: () => undefined, footer: () => undefined },
  maxStanza: 0,
  start: '',
  interrupted: false,
};

/**
 * Makes stream header and first-level elements of text, from the first character of an element to its last. Whose
 * text that is changes: between two elements of a stream one reader is like any other that has read the same start.
 */
export class ElementReader implements TokenListener {
  stream = NOBODY;
  /** Nothing but whitespace followed the last element. */
  idle = true;
  readonly #tokeniser: Tokeniser;
  #open: OpenElement[] = [];
  /** The element that is open will only be sent on. */
  #relaying = false;
  /** What has just ended; see `closeTag`. */
  #ended: Element | undefined;
  /** Characters that the tokeniser had read before the present piece. */
  #fed: number;
  /** Where the last first-level element ended, counted as `#fed` is. */
  #boundary: number;
  /** What was read since then, but for the present piece. */
  #before = '';
  #piece = '';

  /** @param start what it has read already: nothing, or the start tag of a stream */
  constructor(readonly start: string) {
    this.#tokeniser = new Tokeniser(start);
    this.#fed = this.#boundary = this.#tokeniser.read;
    this.#tokeniser.listener = this;
  }

  /**
   * @returns what follows where the stream was interrupted; undefined when all was read
   * @throws StreamError when no stream may carry this; the reader must not be used after that
   */
  read(piece: string): string | undefined {
    this.#piece = piece;
    try {
      this.#tokeniser.write(piece);
      this.#handOn();
    } catch (error) {
      if (error !== INTERRUPTED) throw error;
      return piece.slice(this.#boundary - this.#fed);
    }
    this.#fed += piece.length;
    this.#checkSize(this.#fed);
    const since = this.#fed - this.#boundary;
    const ended = since <= piece.length;
    this.#before = ended ? piece.slice(piece.length - since) : this.#before + piece;
    this.idle = ended && this.#open.length === 0 && WHITESPACE_ONLY.test(this.#before);
    return undefined;
  }

  /** Leaves its stream. @returns whether it may read for another: the last that it read is the end of an element */
  release(): boolean {
    this.stream = NOBODY;
    this.#piece = this.#before = '';
    this.#fed = this.#tokeniser.read;
    return this.#fed === this.#boundary;
  }

  fault(message: string): never {
    // The one fault that saxes reports only after it has closed the element in question.
    if (!message.endsWith('unexpected close tag.')) this.#handOn();
    throw new StreamError(message.endsWith('undefined entity.') ? 'restricted-xml' : 'not-well-formed', message);
  }

  restricted(what: string): never {
    this.#handOn();
    throw new StreamError('restricted-xml', `${what} are not allowed`);
  }

  declaration(encoding: string | undefined): void {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new StreamError('unsupported-encoding');
  }

  openTag(tag: SaxesTagNS, position: number): void {
    this.#handOn();
    const depth = this.#open.length;
    if (depth === MAX_DEPTH) throw new StreamError('policy-violation', 'elements are nested too deeply');
    if (this.#relaying && depth > 1) {
      this.#open.push(PASSING);
      return;
    }
    const { stream } = this;
    const { local: name, uri: namespace } = tag;
    const attributes = attributesOf(tag);
    if (stream.start === '') {
      stream.start = startOf(tag);
      this.#endElement(position);
      stream.handler.header(new Element(name, namespace, attributes), tag.ns['']);
      return;
    }
    if (depth === 0)
      this.#relaying = stream.start === USUAL_START && (stream.handler.relays?.(name, attributes) ?? false);
    this.#open.push({ name, namespace, attributes, children: [] });
  }

  /** What ended is handed on with the next event: only then is it known that its end tag had the right name. */
  closeTag(position: number): void {
    this.#handOn();
    const closed = this.#open.pop();
    if (!closed) {
      this.#ended = FOOTER;
      return;
    }
    if (closed === PASSING) return;
    const { name, namespace, attributes, children } = closed;
    const parent = this.#open.at(-1);
    if (parent) {
      parent.children.push(new Element(name, namespace, attributes, children));
      return;
    }
    const source = this.#relaying ? this.#sourceUpTo(position) : undefined;
    this.#ended = new Element(name, namespace, attributes, children, source);
    this.#endElement(position);
  }

  text(text: string): void {
    this.#handOn();
    const parent = this.#open.at(-1);
    if (parent && !this.#relaying) parent.children.push(text);
    else if (!parent && !WHITESPACE_ONLY.test(text)) throw new StreamError('bad-format', 'text between stanzas');
  }

  #handOn(): void {
    const ended = this.#ended;
    if (!ended) return;
    this.#ended = undefined;
    const { stream } = this;
    if (ended === FOOTER) stream.handler.footer();
    else stream.handler.element(ended);
    if (stream.interrupted) throw INTERRUPTED;
  }

  /** From the last boundary on, without the whitespace between elements. */
  #sourceUpTo(position: number): string {
    const start = this.#boundary - this.#fed;
    const end = position - this.#fed;
    const text = start < 0 ? this.#before + this.#piece.slice(0, end) : this.#piece.slice(start, end);
    return text.trimStart();
  }

  #endElement(position: number): void {
    this.#checkSize(position);
    this.#boundary = position;
  }

  #checkSize(position: number): void {
    const { maxStanza } = this.stream;
    if (position - this.#boundary > maxStanza)
      throw new StreamError('policy-violation', `a stanza may have ${maxStanza} bytes`);
  }
}

/** A reader that waits for the next element of whichever stream, of those that begin with `start`. */
export class SpareReader {
  #spare: ElementReader | undefined;

  constructor(private readonly start: string) {}

  /** One for a stream that begins with this: the spare one, where it has read that. */
  take(stream: ReadStream): ElementReader {
    const spare = stream.start === this.start ? this.#spare : undefined;
    if (spare) this.#spare = undefined;
    const reader = spare ?? new ElementReader(stream.start);
    reader.stream = stream;
    return reader;
  }

  giveBack(reader: ElementReader): void {
    if (reader.release() && reader.start === this.start) this.#spare = reader;
  }
}
