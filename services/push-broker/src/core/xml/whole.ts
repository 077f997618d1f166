import { CLIENT_NS, STREAM_NS } from '../namespaces';
import { Element } from './element';
import { StreamParser } from './stream-parser';

const AROUND = Buffer.from(`<stream:stream xmlns="${CLIENT_NS}" xmlns:stream="${STREAM_NS}">`);

/** An element with all that is in it as objects, also where it was read to be sent on and has its text alone. */
export function whole(element: Element): Element {
  if (element.source === undefined) return element;
  let read: Element | undefined;
  const handler = {
    header: () => undefined,
    element: (found: Element) => (read = found),
    footer: () => undefined,
  };
  const parser = new StreamParser(handler, Number.POSITIVE_INFINITY);
  parser.write(AROUND);
  parser.write(Buffer.from(element.source));
  if (!read) throw new Error('an element has a text that is none');
  return read;
}

/** An element without those of its first-level children. */
export function withoutChildren(element: Element, unwanted: (child: Element) => boolean): Element {
  if (!element.elements.some(unwanted)) return element;
  const { name, namespace, attributes, children } = whole(element);
  return new Element(
    name,
    namespace,
    attributes,
    children.filter((child) => typeof child === 'string' || !unwanted(child)),
  );
}
