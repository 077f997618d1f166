import type { SaxesTagNS } from 'saxes';
import { CLIENT_NS, STREAM_NS } from '../namespaces';
import { escapeAttribute } from './serialise';

const XMLNS = 'http://www.w3.org/2000/xmlns/';
const XML = 'http://www.w3.org/XML/1998/namespace';
/** What nearly all streams begin with, as far as it matters for what follows. */
export const USUAL_START = `<stream:stream xmlns="${CLIENT_NS}" xmlns:stream="${STREAM_NS}">`;

/** Attributes of a start tag by the names that `Element` has for them; declarations of namespaces are none. */
export function attributesOf(tag: SaxesTagNS): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const { local, uri, value } of Object.values(tag.attributes)) {
    if (uri === XMLNS) continue;
    attributes.set(uri === '' ? local : uri === XML ? `xml:${local}` : `{${uri}}${local}`, value);
  }
  return attributes;
}

/** What a parser must have read to go on inside of a stream. Nearly always the same text, which is then shared. */
export function startOf({ name, ns }: SaxesTagNS): string {
  const declared = Object.entries(ns).sort(([left], [right]) => (left < right ? -1 : 1));
  const namespaces = declared.map(
    ([prefix, uri]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`,
  );
  const start = `<${name}${namespaces.join('')}>`;
  return start === USUAL_START ? USUAL_START : start;
}
