import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Stream } from '../stream';
import { WebSocketChannel } from './websocket-channel';

export const WEBSOCKET_PATH = '/xmpp-websocket';
const SUBPROTOCOL = 'xmpp';
const MAX_HEADER_BYTES = 8192;
/** Bytes that frames and their headers may add to a stanza that is allowed. */
const OVERHEAD_BYTES = 4096;

export interface WebSocketOptions {
  /** Web origins whose pages may connect; programs, which name none, always may. */
  origins: string[];
  /** Milliseconds that a peer has to ask for a WebSocket. */
  timeoutMs: number;
  maxMessageBytes: number;
  maxMessageBytesBefore: number;
}

/**
 * The HTTP side of XMPP over WebSocket (RFC 7395, RFC 6455): one path, one subprotocol, nothing else. Pages of other
 * origins are refused, because a browser may show a client certificate on behalf of any page.
 */
export class WebSockets {
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #opened = new WeakMap<Duplex, (channel: Duplex) => Stream>();

  constructor(private readonly options: WebSocketOptions) {
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: options.maxMessageBytes,
      handleProtocols: () => SUBPROTOCOL,
    });
    this.#http = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Takes a secure connection whose peer speaks HTTP. `opened` gets the WebSocket, if it comes to one. */
  take(socket: Duplex, opened: (channel: Duplex) => Stream): void {
    this.#opened.set(socket, opened);
    const timer = setTimeout(() => {
      if (this.#opened.has(socket)) socket.destroy();
    }, this.options.timeoutMs).unref();
    socket.once('close', () => clearTimeout(timer));
    this.#http.emit('connection', socket);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const opened = this.#opened.get(socket);
    const refusal = this.#refusalOf(request);
    if (!opened || refusal) {
      const status = refusal ?? 400;
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      this.#opened.delete(socket);
      const stream = opened(new WebSocketChannel(webSocket));
      this.#bound(socket, stream, () => webSocket.terminate());
      webSocket.on('message', () => (stream.input.lastHeard = Date.now()));
      webSocket.on('ping', () => (stream.input.lastHeard = Date.now()));
    });
  }

  /** `ws` has one limit for all messages; before authentication a lower one holds, also for what is still incomplete. */
  #bound(socket: Duplex, stream: Stream, cut: () => void): void {
    const limit = this.options.maxMessageBytesBefore + OVERHEAD_BYTES;
    let arrived = 0;
    const count = (bytes: Buffer): void => {
      if (stream.account) return void socket.off('data', count);
      arrived += bytes.length;
      if (arrived > limit) cut();
    };
    socket.on('data', count);
  }

  #refusalOf({ url, headers }: IncomingMessage): number | undefined {
    if (url?.split('?')[0] !== WEBSOCKET_PATH) return 404;
    if (headers.origin !== undefined && !this.options.origins.includes(headers.origin)) return 403;
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
    return offered.includes(SUBPROTOCOL) ? undefined : 400;
  }
}

/** A request that asks for no WebSocket. */
function answer({ url }: IncomingMessage, response: ServerResponse): void {
  const found = url?.split('?')[0] === WEBSOCKET_PATH;
  response.writeHead(found ? 426 : 404, {
    connection: 'close',
    'content-length': 0,
    ...(found ? { upgrade: 'websocket' } : {}),
  });
  response.end();
}
