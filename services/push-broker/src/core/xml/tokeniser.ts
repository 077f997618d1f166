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
 * A saxes parser that has read the start of a stream, or nothing yet. Making one and having it read that costs more than
 * reading a stanza. A listener may throw, and then the tokeniser must not be used any more.
 */
export class Tokeniser {
  /** Set once `start` was read, of which nobody is told. */
  listener: TokenListener | undefined;
  /** Characters before the present piece. */
  read = 0;
  readonly #saxes = new SaxesParser({ xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' });

  /** @param start what it has read already: nothing, or a well-formed start tag */
  constructor(start: string) {
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
