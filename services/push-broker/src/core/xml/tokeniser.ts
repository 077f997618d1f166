import { SaxesParser, type SaxesTagNS } from 'saxes';

/** Whom a tokeniser tells what it reads. Positions count characters since `Tokeniser.read` was what it is now. */
export interface TokenListener {
  openTag(tag: SaxesTagNS, position: number): void;
  closeTag(position: number): void;
  text(text: string): void;
  /** `<?xml … ?>` where it may stand. */
  declaration(encoding: string | undefined): void;
  /** What XML has and XMPP has not. */
  restricted(what: string): void;
  /** Not well-formed. Must throw. */
  fault(message: string): never;
}

/**
 * A saxes parser that changes hands. Making one and having it read the start of a stream costs more than reading a
 * stanza; and between two elements of a stream one parser is like any other that has read the same start. A listener
 * may throw, and then nobody may use the tokeniser any more.
 */
export class Tokeniser {
  /** Undefined while it belongs to nobody. */
  listener: TokenListener | undefined;
  /** Characters before the present piece. */
  read = 0;
  readonly #saxes = new SaxesParser({ xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' });

  /** @param start what it has read already and tells nobody: nothing, or a well-formed start tag */
  constructor(readonly start: string) {
    const saxes = this.#saxes;
    saxes.on('error', ({ message }) => this.listener?.fault(message));
    saxes.on('xmldecl', ({ encoding }) => this.listener?.declaration(encoding));
    saxes.on('comment', () => this.listener?.restricted('comments'));
    saxes.on('processinginstruction', () => this.listener?.restricted('processing instructions'));
    saxes.on('doctype', () => this.listener?.restricted('document type declarations'));
    saxes.on('text', (text) => this.listener?.text(text));
    saxes.on('cdata', (text) => this.listener?.text(text));
    saxes.on('opentag', (tag) => this.listener?.openTag(tag, saxes.position));
    saxes.on('closetag', () => this.listener?.closeTag(saxes.position));
    if (start !== '') this.write(start);
  }

  /** @throws what the listener throws */
  write(piece: string): void {
    this.#saxes.write(piece);
    this.read += piece.length;
  }
}

/** Tokenisers that have read `start` and wait for the next element of whichever stream. */
export class SpareTokenisers {
  #spare: Tokeniser | undefined;

  constructor(private readonly start: string) {}

  /** One that has read `start`, a spare one where there is one. */
  take(start: string): Tokeniser {
    const spare = start === this.start ? this.#spare : undefined;
    if (!spare) return new Tokeniser(start);
    this.#spare = undefined;
    return spare;
  }

  /** Only when all that it was given ends with the end of an element of the stream itself. */
  giveBack(tokeniser: Tokeniser): void {
    tokeniser.listener = undefined;
    if (tokeniser.start === this.start) this.#spare = tokeniser;
  }
}
