import { escapeAttribute } from './serialise';

const NAME = /^<[^\s/>]+/;
/** One attribute of a start tag, with what stands before it. */
const ATTRIBUTE = /\s+([^\s=/>]+)\s*=\s*(?:"[^"]*"|'[^']*')/y;

/** The text of an element with one attribute of its start tag set. @param source well-formed, without anything around it */
export function sourceWithAttribute(source: string, name: string, value: string): string {
  const after = NAME.exec(source)?.[0].length ?? 0;
  const written = ` ${name}="${escapeAttribute(value)}"`;
  ATTRIBUTE.lastIndex = after;
  for (let found = ATTRIBUTE.exec(source); found; found = ATTRIBUTE.exec(source)) {
    const end = found.index + found[0].length;
    if (found[1] === name) return source.slice(0, found.index) + written + source.slice(end);
  }
  return source.slice(0, after) + written + source.slice(after);
}

/** The text of an element with one more child, the last. @param source as above; @param child in the same surroundings */
export function sourceWithChild(source: string, child: string): string {
  if (source.endsWith('/>')) return `${source.slice(0, -2)}>${child}</${NAME.exec(source)?.[0].slice(1) ?? ''}>`;
  const end = source.lastIndexOf('</');
  return source.slice(0, end) + child + source.slice(end);
}
