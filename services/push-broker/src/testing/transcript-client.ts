import { setTimeout as pause } from 'node:timers/promises';
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
  /** The last step of the negotiation that the server took. */
  #stage: 'features' | 'success' | undefined;
  readonly #parser: StreamParser;

  constructor(readonly socket: TLSSocket) {
    this.#parser = new StreamParser(
      {
        header: (element) => this.#push({ kind: 'header', element }),
        element: (element) => {
          this.#push({ kind: 'element', element });
          if (element.name === 'success') this.#parser.restart();
          if (element.name === 'success' || element.name === 'features') this.#stage = element.name;
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

  /** Waits until the server has offered its features, or accepted an authentication: whichever is to come next. */
  async reached(stage: 'features' | 'success', withinMs: number): Promise<boolean> {
    for (const deadline = Date.now() + withinMs; this.#stage !== stage && Date.now() < deadline;) await pause(5);
    return this.#stage === stage;
  }

  #push(received: Received): void {
    this.#received.push(received);
    this.#waiting?.();
  }
}
