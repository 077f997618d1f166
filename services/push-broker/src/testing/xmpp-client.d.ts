/** The parts of xmpp.js that the tests use; the packages bring no types. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events';
  import type { TLSSocket } from 'node:tls';

  export interface XmlElement {
    name: string;
    attrs: Record<string, string | undefined>;
    getChild(name: string, namespace?: string): XmlElement | undefined;
    getChildren(name: string, namespace?: string): XmlElement[];
    is(name: string, namespace?: string): boolean;
    text(): string;
  }
  export interface Transport {
    socketParameters(service: string): Record<string, unknown> | undefined;
  }
  export interface XmppClient extends EventEmitter {
    jid: { toString(): string };
    status: string;
    /** Milliseconds that each step of signing in may take. */
    timeout: number;
    socket: { socket: TLSSocket } | null;
    transports: (new () => Transport)[];
    saslFactory: { use(name: string, mechanism: new () => object): void };
    reconnect: { delay: number; stop(): void; reconnect(): Promise<void> };
    streamManagement: EventEmitter & { enabled: boolean; requestAckInterval: number };
    iqCaller: { request(element: XmlElement, timeout?: number): Promise<XmlElement> };
    start(): Promise<unknown>;
    stop(): Promise<unknown>;
    send(element: XmlElement): Promise<void>;
  }
  export function client(options: {
    service: string;
    domain: string;
    username?: string;
    password?: string;
    credentials?: (authenticate: (credentials: object, mechanism: string) => Promise<void>) => Promise<void>;
  }): XmppClient;
  export function xml(name: string, attributes?: object | string, ...children: unknown[]): XmlElement;
}
declare module '@xmpp/tls/lib/Connection.js' {
  import type { Transport } from '@xmpp/client';
  const ConnectionTLS: new () => Transport;
  export default ConnectionTLS;
}
