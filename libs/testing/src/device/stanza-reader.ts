import { SaxesParser } from 'saxes';

/** An element of the stream, as much of it as a device looks at. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

export const childOf = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);

/** Cuts an XMPP stream into its first-level elements, and hands them out one by one to whoever asks. */
export class StanzaReader {
  private readonly ready: Element[] = [];
  private readonly asking: Array<{ resolve: (element: Element) => void; reject: (error: Error) => void }> = [];
  private parser = new SaxesParser();
  private over = false;

  /** A new stream begins on the same connection (RFC 6120, section 4.3.3). */
  restart(): void {
    const open: Element[] = [];
    this.parser = new SaxesParser();
    this.parser.on('opentag', ({ name, attributes }) =>
      open.push({ name, attributes: { ...(attributes as Record<string, string>) }, children: [], text: '' }),
    );
    this.parser.on('text', (text) => {
      const inner = open.at(-1);
      if (inner) inner.text += text;
    });
    this.parser.on('closetag', () => {
      const closed = open.pop();
      if (closed && open.length > 1) open.at(-1)?.children.push(closed);
      else if (closed && open.length === 1) this.add(closed);
    });
  }

  write(chunk: string): void {
    this.parser.write(chunk);
  }

  /** @throws Error when the connection ended */
  next(): Promise<Element> {
    const element = this.ready.shift();
    if (element) return Promise.resolve(element);
    if (this.over) return Promise.reject(new Error('the server closed the connection'));
    return new Promise((resolve, reject) => this.asking.push({ resolve, reject }));
  }

  end(): void {
    this.over = true;
    for (const asker of this.asking.splice(0)) asker.reject(new Error('the server closed the connection'));
  }

  private add(element: Element): void {
    const asker = this.asking.shift();
    if (asker) asker.resolve(element);
    else this.ready.push(element);
  }
}
