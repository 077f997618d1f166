import { sourceWithAttribute, sourceWithNewAttribute } from './source';

export type Attributes = Readonly<Record<string, string | undefined>>;
export type Child = Element | string;

/**
 * An XML element with its namespace resolved. Attribute names are local names; the one of the XML namespace keeps its
 * prefix (`xml:lang`), one of any other namespace is written `{namespace}name`.
 */
export class Element {
  constructor(
    readonly name: string,
    readonly namespace: string,
    readonly attributes: ReadonlyMap<string, string> = NO_ATTRIBUTES,
    readonly children: readonly Child[] = NO_CHILDREN,
    /**
     * The whole element as the peer wrote it, for a place where `jabber:client` is the default namespace and `stream` the
     * prefix of the streams namespace. Then this text is what is sent on, and `children` may lack what is in them.
     */
    readonly source?: string,
  ) {}

  attribute(name: string): string | undefined {
    return this.attributes.get(name);
  }

  withAttribute(name: string, value: string): Element {
    const attributes = new Map(this.attributes).set(name, value);
    const write = this.attributes.has(name) ? sourceWithAttribute : sourceWithNewAttribute;
    const source = this.source === undefined ? undefined : write(this.source, name, value);
    return new Element(this.name, this.namespace, attributes, this.children, source);
  }

  get elements(): Element[] {
    return this.children.filter((child) => child instanceof Element);
  }

  child(name: string, namespace: string): Element | undefined {
    return this.elements.find((child) => child.is(name, namespace));
  }

  is(name: string, namespace: string): boolean {
    return this.name === name && this.namespace === namespace;
  }

  /** The element's own character data. */
  get text(): string {
    return this.children.filter((child) => typeof child === 'string').join('');
  }
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();
const NO_CHILDREN: readonly Child[] = [];

/** Builds an element; attributes that are undefined are left out. */
export function element(name: string, namespace: string, attributes: Attributes = {}, ...children: Child[]): Element {
  const present = Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Element(name, namespace, new Map(present), children);
}
