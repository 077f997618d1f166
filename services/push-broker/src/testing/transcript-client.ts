import type { TLSSocket } from 'node:tls';
import { Element } from '../core/xml/element';
import { serialise } from '../core/xml/serialise';
import { StreamParser } from '../core/xml/stream-parser';

/** What a server sends, one by one. */
export type Received =
  { kind: 'header'; element: Element } | { kind: 'element'; element: Element } | { kind: 'footer' } | { kind: 'end' };

export const show = (received: Received): string => {
  switch (received.kind) {
    case 'header':
      return `<stream:stream ${[...received.element.attributes].map(([name, value]) => `${name}='${value}'`).join(' ')}>`;
    case 'element':
      return serialise(received.element, 'jabber:client');
    case 'footer':
      return '</stream:stream>';
    case 'end':
      return '(end of connection)';
  }
};

/** The client's end of a stream, as a list of what the server sent. */
export class TranscriptClient {
  readonly #received: Received[] = [];
  #waiting: (() => void) | undefined;
  readonly #parser: StreamParser;

  constructor(readonly socket: TLSSocket) {
    this.#parser = new StreamParser(
      {
        header: (element) => this.#push({ kind: 'header', element }),
        element: (element) => {
          this.#push({ kind: 'element', element });
          if (element.name === 'success') this.#parser.restart();
        },
        footer: () => this.#push({ kind: 'footer' }),
      },
      10_000_000,
    );
    socket.on('data', (bytes: Buffer) => this.#parser.write(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#push({ kind: 'end' }));
  }

  /** What came next, or undefined when nothing did in time. */
  async next(withinMs: number): Promise<Received | undefined> {
    if (this.#received.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#waiting = undefined;
    }
    return this.#received.shift();
  }

  #push(received: Received): void {
    this.#received.push(received);
    this.#waiting?.();
  }
}
