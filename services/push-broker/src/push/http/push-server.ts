import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { EDGE_HEADERS } from '@muster/contracts';
import { loadCredentials } from '../../core/tls/credentials';
import type { PushOptions } from '../push-options';
import { type PushReply, suiteErrors, toAppError } from './reply';

const CORRELATION_ID = /^[\w.:-]{8,64}$/;

/** Whatever happens to a request, it is answered: this never fails. */
export type Answer = (request: IncomingMessage, correlationId: string) => PushReply | Promise<PushReply>;

/**
 * HTTPS with a kept-alive connection for each caller. Plain `node:https`: what a framework does for each request here
 * costs as much as the push itself.
 */
export class PushServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #digest: string;

  /** @throws when certificate, key or anchors cannot be used */
  constructor(
    private readonly options: PushOptions,
    private readonly answer: Answer,
  ) {
    const { options: secure, digest } = loadCredentials(options.credentials);
    this.#digest = digest;
    this.#server = createServer(
      {
        ...secure,
        // Asked for, not required: most callers have a key instead.
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: options.requestSeconds * 1000,
        requestTimeout: options.requestSeconds * 1000,
        headersTimeout: options.requestSeconds * 1000,
        keepAliveTimeout: 75_000,
        noDelay: true,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = options.connections;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('clientError', (error: Error & { code?: string }, socket) => unreadable(error, socket));
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen({ host: this.options.host, port: this.options.port, backlog: 4096 });
    await once(this.#server, 'listening');
  }

  /** Takes no more requests; those that run get so long to be answered. */
  async close(graceMs = 3000): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    // A connection whose last request is answered now would be kept alive by the caller.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  }

  /**
   * Uses certificate, key and anchors as they are on disk now, for new connections; open ones are not touched.
   * @returns whether anything had changed
   * @throws when they cannot be used; the former ones stay in use
   */
  reload(): boolean {
    const { options, digest } = loadCredentials(this.options.credentials);
    if (digest === this.#digest) return false;
    this.#server.setSecureContext(options);
    this.#digest = digest;
    return true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = request.headers[EDGE_HEADERS.correlationId];
    const correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
    const { status, body, headers } = await this.answer(request, correlationId);
    if (response.destroyed) return;
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      [EDGE_HEADERS.correlationId]: correlationId,
      ...headers,
      // What was not read of this request would be taken for the next one.
      ...(request.complete ? undefined : { connection: 'close' }),
    });
    response.end(body);
  }
}

/** What is not HTTP at all, came too slowly, or is too large to be read as it. */
function unreadable(error: Error & { code?: string }, socket: import('node:stream').Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const { body } = suiteErrors(toAppError({ statusCode: large ? 431 : 400 }), randomUUID());
  socket.end(
    `HTTP/1.1 ${large ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\n` +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
