import { CLIENT_NS, STREAM_NS } from '../namespaces';
import type { Element } from './element';

/** What XML 1.0 cannot carry: most C0 controls, two non-characters, and halves of surrogate pairs. */
const UNPRINTABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SPECIAL = /[&<>"'\t\n\r]/g;
/** Nearly all that is ever written, and told from the rest by one look: nothing of it needs an escape. */
const PLAIN = /^[ !#-%(-;=?-~]*$/;
const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Escapes for character data and for attribute values alike. What XML cannot carry becomes U+FFFD. */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNPRINTABLE, '\ufffd').replace(SPECIAL, (character) => ESCAPES[character] ?? character);
}

/** In attributes a parser would turn line ends and tabs into spaces, so they travel as references. */
export function escapeAttribute(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(UNPRINTABLE, '\ufffd')
    .replace(SPECIAL, (character) => ESCAPES[character] ?? `&#${character.charCodeAt(0)};`);
}

/**
 * Writes an element for a place where `namespace` is the default namespace and `stream` the prefix of the streams
 * namespace, as RFC 6120 section 4.8 wants it between `<stream:stream>` and its end.
 */
export function serialise(element: Element, namespace: string): string {
  if (element.source !== undefined && namespace === CLIENT_NS) return element.source;
  const prefixed = element.namespace === STREAM_NS;
  const name = prefixed ? `stream:${element.name}` : element.name;
  let out = `<${name}`;
  if (!prefixed && element.namespace !== namespace) out += ` xmlns="${escapeAttribute(element.namespace)}"`;
  let prefixes = 0;
  for (const [key, value] of element.attributes) {
    const foreign = key.startsWith('{') ? /^\{(.*)\}(.*)$/s.exec(key) : undefined;
    if (!foreign) {
      out += ` ${key}="${escapeAttribute(value)}"`;
      continue;
    }
    const prefix = `ns${prefixes++}`;
    out += ` xmlns:${prefix}="${escapeAttribute(foreign[1] ?? '')}" ${prefix}:${foreign[2]}="${escapeAttribute(value)}"`;
  }
  if (element.children.length === 0) return `${out}/>`;
  out += '>';
  const inner = prefixed ? namespace : element.namespace;
  for (const child of element.children) out += typeof child === 'string' ? escapeText(child) : serialise(child, inner);
  return `${out}</${name}>`;
}
