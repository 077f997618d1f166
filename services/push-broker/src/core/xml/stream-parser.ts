import { StreamError } from '../stream-error';
import { type ElementReader, type ReadStream, SpareReader, type StreamHandler } from './element-reader';
import { USUAL_START } from './tags';
import { Utf8Decoder } from './utf8-decoder';

/** Shared by all streams of the process. */
const readers = new SpareReader(USUAL_START);

/**
 * Turns bytes into stream header, first-level elements and stream end (RFC 6120, section 11). Everything that XMPP
 * restricts is refused where it stands: comments, processing instructions, DOCTYPE, entities, text between stanzas,
 * bytes that are not UTF-8. What the peer sent before the refusal has been handed on.
 *
 * Nearly all connections are silent nearly always, so there is a reader, which is a few kilobytes, only from the first
 * byte of a stanza to its last. The next one begins as if it had just read the header's start tag, and is the same one
 * for all streams that declare what nearly all do.
 */
export class StreamParser implements ReadStream {
  start = '';
  interrupted = false;
  readonly #decoder = new Utf8Decoder();
  /** Undefined between first-level elements. */
  #reader: ElementReader | undefined;
  /** What arrived since `suspend`; undefined while nothing holds the parser up. */
  #held: string | undefined;

  constructor(
    readonly handler: StreamHandler,
    public maxStanza: number,
  ) {}

  /** @throws StreamError when the peer sent what no stream may carry; the parser must not be used after that */
  write(bytes: Buffer): void {
    this.#goOn(this.#decoder.decode(bytes));
  }

  /** From inside `StreamHandler.element`, or while suspended: what follows is a new stream (RFC 6120, section 4.3.3). */
  restart(): void {
    this.start = '';
    this.interrupted = true;
  }

  /** From inside `StreamHandler.element`: what follows is kept as it is until `resume`. The caller bounds how much. */
  suspend(): void {
    this.#held ??= '';
    this.interrupted = true;
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
    return this.#reader === undefined;
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
    const text = this.#reader ? piece : piece.replace(/^[ \t\r\n]+/, '');
    if (text === '') return undefined;
    this.interrupted = false;
    const reader = (this.#reader ??= readers.take(this));
    const rest = reader.read(text);
    if (rest !== undefined || reader.idle) {
      this.#reader = undefined;
      readers.giveBack(reader);
    }
    return rest;
  }
}
