import { setTimeout as pause } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import { Element } from '../core/xml/element';
import { serialise } from '../core/xml/serialise';
import { StreamParser } from '../core/xml/stream-parser';

/** What a server sends, one by one. */
export type Received =
  | { kind: 'header'; element: Element }
  | { kind: 'element'; element: Element }
  | { kind: 'footer' }
  /** Bytes that are no stream; nothing is read after them. */
  | { kind: 'garbage'; why: string }
  | { kind: 'end' };

export const show = (received: Received): string => {
  switch (received.kind) {
    case 'header':
      return `<stream:stream ${[...received.element.attributes].map(([name, value]) => `${name}='${value}'`).join(' ')}>`;
    case 'element':
      return serialise(received.element, 'jabber:client');
    case 'footer':
      return '</stream:stream>';
    case 'garbage':
      return `(bytes that are no stream: ${received.why})`;
    case 'end':
      return '(end of connection)';
  }
};

/** Whether this is what somebody calls so: `silence`, `end`, or an element in which one of this name is. */
export function includes(received: Received | undefined, what: string): boolean {
  if (!received) return what === 'silence';
  if (received.kind === 'garbage') return what === 'garbage';
  if (received.kind === 'footer' || received.kind === 'end') return what === 'end';
  const has = (element: Element): boolean => element.name === what || element.elements.some(has);
  return has(received.element);
}

/** Makes of what arrives what the server sent. */
export type Reading = (push: (received: Received) => void) => (bytes: Buffer) => void;

/** A stream over TCP: one document, a new one after authentication. */
export const readStream: Reading = (push) => {
  const parser = new StreamParser(
    {
      header: (element) => push({ kind: 'header', element }),
      element: (element) => {
        push({ kind: 'element', element });
        if (element.name === 'success') parser.restart();
      },
      footer: () => push({ kind: 'footer' }),
    },
    10_000_000,
  );
  return (bytes) => parser.write(bytes);
};

/** A stream over a WebSocket: each message is a document, and must be one without what came before. */
export const readMessages: Reading = (push) => (message) => {
  const handler = {
    header: () => undefined,
    element: (element: Element) => push({ kind: 'element', element }),
    footer: () => undefined,
  };
  const parser = new StreamParser(handler, 10_000_000);
  parser.write(Buffer.from('<message-of-a-websocket>'));
  parser.write(message);
};

/** The client's end of a stream, as a list of what the server sent. */
export class TranscriptClient {
  readonly #received: Received[] = [];
  #waiting: (() => void) | undefined;
  /** The last step of the negotiation that the server took. */
  #stage: 'features' | 'success' | undefined;

  constructor(
    readonly socket: Duplex,
    reading = readStream,
  ) {
    const read = reading((received) => this.#push(received));
    socket.on('data', (bytes: Buffer) => {
      try {
        read(bytes);
      } catch (error) {
        this.#push({ kind: 'garbage', why: (error as Error).message });
        socket.destroy();
      }
    });
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

  /** Reads no more; the connection is somebody else's. */
  leave(): Duplex {
    return this.socket.removeAllListeners('data').removeAllListeners('close');
  }

  #push(received: Received): void {
    if (received.kind === 'element') {
      const { name } = received.element;
      if (name === 'success' || name === 'features') this.#stage = name;
    }
    this.#received.push(received);
    this.#waiting?.();
  }
}
