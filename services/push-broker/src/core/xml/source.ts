import { escapeAttribute } from './serialise';

/** One `test` from the start leaves in `lastIndex` where the name of an element ends, and makes no objects. */
const NAME = /<[^\s/>]+/y;
/** One attribute of a start tag, with what stands before it. */
const ATTRIBUTE = /\s+([^\s=/>]+)\s*=\s*(?:"[^"]*"|'[^']*')/y;

/** The text of an element with one attribute of its start tag set. @param source well-formed, without anything around it */
export function sourceWithAttribute(source: string, name: string, value: string): string {
  ATTRIBUTE.lastIndex = endOfName(source);
  for (let found = ATTRIBUTE.exec(source); found; found = ATTRIBUTE.exec(source)) {
    const end = found.index + found[0].length;
    if (found[1] === name) return source.slice(0, found.index) + written(name, value) + source.slice(end);
  }
  return sourceWithNewAttribute(source, name, value);
}

/** The same for one that the start tag does not have yet, as is known: nothing is looked for. */
export function sourceWithNewAttribute(source: string, name: string, value: string): string {
  const after = endOfName(source);
  return source.slice(0, after) + written(name, value) + source.slice(after);
}

/** The text of an element with one more child, the last. @param source as above; @param child in the same surroundings */
export function sourceWithChild(source: string, child: string): string {
  if (source.endsWith('/>')) return `${source.slice(0, -2)}>${child}</${source.slice(1, endOfName(source))}>`;
  const end = source.lastIndexOf('</');
  return source.slice(0, end) + child + source.slice(end);
}

const written = (name: string, value: string): string => ` ${name}="${escapeAttribute(value)}"`;

function endOfName(source: string): number {
  NAME.lastIndex = 0;
  NAME.test(source);
  return NAME.lastIndex;
}
