import type { StreamHandler } from '../xml/element-reader';
import { StreamParser } from '../xml/stream-parser';
import { CLIENT_NS, STREAM_NS } from '../namespaces';
import { escapeAttribute } from '../xml/serialise';

/** Reads what a peer sends; see `StreamParser`, which is the one for streams over TCP. */
export interface Parser {
  maxStanza: number;
  /** Text that arrived while suspended. */
  readonly held: string;
  /** @throws StreamError */
  write(bytes: Buffer): void;
  restart(): void;
  suspend(): void;
  /** @throws StreamError */
  resume(): void;
}

/** Attributes of the server's stream header. */
export interface HeaderAttributes {
  from: string;
  id: string;
  to?: string;
}

/** How the parts of a stream travel: in one XML document (RFC 6120), or each as a message of its own (RFC 7395). */
export interface Framing {
  /** Whether parts may be written together: bytes have no ends, messages do. */
  joins: boolean;
  parser(handler: StreamHandler, maxStanza: number): Parser;
  header(attributes: HeaderAttributes): string;
  /** What to write for one element, serialised for a stream whose default namespace is `jabber:client`. */
  element(xml: string): string;
  /** What to write, in as many writes, for the last element, if any, and the end of the stream. */
  end(last: string): string[];
}

export const FOOTER = '</stream:stream>';

/** One XML document for each direction (RFC 6120, section 4). */
export const xmlStream: Framing = {
  joins: true,
  parser: (handler, maxStanza) => new StreamParser(handler, maxStanza),
  header: (attributes) =>
    `<?xml version="1.0"?><stream:stream${headerAttributes(attributes)} xmlns="${CLIENT_NS}" xmlns:stream="${STREAM_NS}">`,
  element: (xml) => xml,
  end: (last) => [last + FOOTER],
};

/** The attributes that a header has, however it is framed. */
export function headerAttributes({ from, id, to }: HeaderAttributes): string {
  const addressee = to === undefined ? '' : ` to="${escapeAttribute(to)}"`;
  return ` from="${from}"${addressee} id="${id}" version="1.0" xml:lang="en"`;
}
