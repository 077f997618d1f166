import { CLIENT_NS } from '../namespaces';
import { Element } from './element';
import { serialise } from './serialise';

/** The same element with its text made once: for what is sent again and again, such as stream features. */
export function constant(element: Element): Element {
  const { name, namespace, attributes, children } = element;
  return new Element(name, namespace, attributes, children, serialise(element, CLIENT_NS));
}
