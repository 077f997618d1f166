import type { SaxesTagNS } from 'saxes';
import { StreamError } from '../stream-error';
import { type Child, Element } from './element';
import { attributesOf, startOf, USUAL_START } from './tags';
import { SpareTokenisers, type TokenListener, type Tokeniser } from './tokeniser';
import { Utf8Decoder } from './utf8-decoder';

/** Elements inside elements; XMPP needs about ten. */
const MAX_DEPTH = 64;
const WHITESPACE_ONLY = /^[ \t\r\n]*$/;
/** Shared by all streams of the process. */
const tokenisers = new SpareTokenisers(USUAL_START);

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

interface OpenElement {
  name: string;
  namespace: string;
  attributes: Map<string, string>;
  children: Child[];
}

/** Stands for elements that are not kept as objects. */
const PASSING: OpenElement = { name: '', namespace: '', attributes: new Map(), children: [] };

/**
 * Turns bytes into stream header, first-level elements and stream end (RFC 6120, section 11). Everything that XMPP
 * restricts is refused where it stands: comments, processing instructions, DOCTYPE, entities, text between stanzas,
 * bytes that are not UTF-8. What the peer sent before the refusal has been handed on.
 *
 * Nearly all connections are silent nearly always, so saxes, which is a few kilobytes, is there only from the first
 * byte of a stanza to its last. The next one begins as if it had just read the header's start tag, and is the same one
 * for all streams that declare what nearly all do.
 */
export class StreamParser implements TokenListener {
  /** Characters that one first-level element, or the stream header, may have. Never more than its bytes. */
  maxStanza: number;
  readonly #handler: StreamHandler;
  readonly #decoder = new Utf8Decoder();
  #tokeniser: Tokeniser | undefined;
  #open: OpenElement[] = [];
  /** The header's start tag with nothing but its namespaces; empty until it was read. */
  #start = '';
  /** Characters given to the current tokeniser before the present piece. */
  #fed = 0;
  /** Where the last first-level element ended, counted as `#fed` is. */
  #boundary = 0;
  /** Nothing but whitespace followed the last boundary. */
  #betweenStanzas = true;
  /** What was read since the last boundary, but for the present piece. */
  #before = '';
  /** The present piece. */
  #piece = '';
  /** The element that is open will only be sent on. */
  #relaying = false;
  /** Hands on what has just ended; see `closeTag`. */
  #ended: (() => void) | undefined;
  /** What arrived since `suspend`; undefined while nothing holds the parser up. */
  #held: string | undefined;
  /** The tokeniser has to be left as soon as the handler returns: the stream restarts, or the parser is suspended. */
  #unwind = false;

  constructor(handler: StreamHandler, maxStanza: number) {
    this.#handler = handler;
    this.maxStanza = maxStanza;
  }

  /** @throws StreamError when the peer sent what no stream may carry; the parser must not be used after that */
  write(bytes: Buffer): void {
    this.#goOn(this.#decoder.decode(bytes));
  }

  /** From inside `StreamHandler.element`, or while suspended: what follows is a new stream (RFC 6120, section 4.3.3). */
  restart(): void {
    this.#start = '';
    this.#unwind = true;
  }

  /** From inside `StreamHandler.element`: what follows is kept as it is until `resume`. The caller bounds how much. */
  suspend(): void {
    this.#held ??= '';
    this.#unwind = true;
  }

  /** Reads what came meanwhile. @throws as `write` does */
  resume(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#goOn(held);
  }

  /** What has arrived and belongs to no element yet; bytes that are no characters count as one. */
  get held(): string {
    return (this.#held ?? '') + (this.#decoder.hasRest ? '\ufffd' : '');
  }

  /** Whether what was read ends with the end of an element, whitespace aside. */
  get idle(): boolean {
    return this.#betweenStanzas;
  }

  #goOn(text: string): void {
    let rest: string | undefined = text;
    while (rest !== undefined && this.#held === undefined) rest = this.#feed(rest);
    if (rest !== undefined) this.#held += rest;
    else if (this.#decoder.broken) throw new StreamError('unsupported-encoding', 'the stream must be UTF-8');
  }

  /** @returns what follows a restart or a suspension */
  #feed(piece: string): string | undefined {
    // Whitespace between stanzas is a sign of life; saxes would collect it until the next stanza.
    const text = this.#betweenStanzas ? piece.replace(/^[ \t\r\n]+/, '') : piece;
    if (text === '') return undefined;
    this.#unwind = false;
    this.#piece = text;
    const tokeniser = (this.#tokeniser ??= this.#takeTokeniser());
    try {
      tokeniser.write(text);
      this.#handOn();
    } catch (error) {
      if (error !== UNWIND) throw error;
      const rest = text.slice(this.#boundary - this.#fed);
      this.#piece = this.#before = '';
      this.#betweenStanzas = true;
      this.#leaveTokeniser();
      return rest;
    }
    this.#fed += text.length;
    this.#checkSize(this.#fed);
    const sinceBoundary = this.#fed - this.#boundary;
    this.#betweenStanzas =
      this.#open.length === 0 &&
      sinceBoundary <= text.length &&
      WHITESPACE_ONLY.test(text.slice(text.length - sinceBoundary));
    this.#piece = '';
    if (this.#betweenStanzas) {
      this.#before = '';
      this.#leaveTokeniser();
    } else if (sinceBoundary <= text.length) this.#before = text.slice(text.length - sinceBoundary);
    else this.#before += text;
    return undefined;
  }

  #takeTokeniser(): Tokeniser {
    const tokeniser = tokenisers.take(this.#start);
    tokeniser.listener = this;
    this.#fed = this.#boundary = tokeniser.read;
    return tokeniser;
  }

  /** It may serve others when the last that it read is the end of an element, without anything after it. */
  #leaveTokeniser(): void {
    if (this.#tokeniser?.read === this.#boundary) tokenisers.giveBack(this.#tokeniser);
    this.#tokeniser = undefined;
  }

  fault(message: string): never {
    // The one fault that saxes reports only after it has closed the element in question.
    if (!message.endsWith('unexpected close tag.')) this.#handOn();
    throw new StreamError(message.endsWith('undefined entity.') ? 'restricted-xml' : 'not-well-formed', message);
  }

  declaration(encoding: string | undefined): void {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new StreamError('unsupported-encoding');
  }

  openTag(tag: SaxesTagNS, position: number): void {
    this.#handOn();
    if (this.#relaying && this.#open.length > 1) {
      this.#checkDepth();
      this.#open.push(PASSING);
      return;
    }
    const { local: name, uri: namespace } = tag;
    const attributes = attributesOf(tag);
    if (this.#start === '') {
      this.#start = startOf(tag);
      this.#endStanza(position);
      this.#handler.header(new Element(name, namespace, attributes), tag.ns['']);
      return;
    }
    this.#checkDepth();
    if (this.#open.length === 0)
      this.#relaying = this.#start === USUAL_START && (this.#handler.relays?.(name, attributes) ?? false);
    this.#open.push({ name, namespace, attributes, children: [] });
  }

  #checkDepth(): void {
    if (this.#open.length === MAX_DEPTH) throw new StreamError('policy-violation', 'elements are nested too deeply');
  }

  /** What ended is handed on with the next event: only then is it known that its end tag had the right name. */
  closeTag(position: number): void {
    this.#handOn();
    const closed = this.#open.pop();
    if (!closed) {
      this.#ended = () => this.#handler.footer();
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
    const element = new Element(name, namespace, attributes, children, source);
    this.#endStanza(position);
    this.#ended = () => this.#handler.element(element);
  }

  #handOn(): void {
    const ended = this.#ended;
    if (!ended) return;
    this.#ended = undefined;
    ended();
    if (this.#unwind) throw UNWIND;
  }

  text(text: string): void {
    this.#handOn();
    const parent = this.#open.at(-1);
    if (parent && !this.#relaying) parent.children.push(text);
    else if (!parent && !WHITESPACE_ONLY.test(text)) throw new StreamError('bad-format', 'text between stanzas');
  }

  /** From the last boundary on, without the whitespace between stanzas. */
  #sourceUpTo(position: number): string {
    const start = this.#boundary - this.#fed;
    const end = position - this.#fed;
    const text = start < 0 ? this.#before + this.#piece.slice(0, end) : this.#piece.slice(start, end);
    return text.trimStart();
  }

  #endStanza(position: number): void {
    this.#checkSize(position);
    this.#boundary = position;
  }

  restricted(what: string): never {
    this.#handOn();
    throw new StreamError('restricted-xml', `${what} are not allowed`);
  }

  #checkSize(position: number): void {
    if (position - this.#boundary > this.maxStanza)
      throw new StreamError('policy-violation', `a stanza may have ${this.maxStanza} bytes`);
  }
}

/** Unwinds saxes, which cannot be stopped otherwise. One for all: nobody looks where it came from. */
const UNWIND = new Error('the parser was suspended');
