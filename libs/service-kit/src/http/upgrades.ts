import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { parse as parseCookies } from 'cookie';
import { AppError, EDGE_HEADERS, type Permission, type Principal } from '@muster/contracts';
import { withCorrelationId } from '@muster/bus';
import type { BaseConfig } from '../config/base.config';
import { errorBody, toAppError } from '../errors/error-body';
import { Identity } from '../identity/identity';
import { comesFromEdge, header } from './http-adapter';

/** An accepted request to change the protocol. The handler owns the socket from here on. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  principal: Principal;
  address: string;
  correlationId: string;
}

/** Time that handlers have to end their connections when the service stops, in milliseconds. */
const GOOD_BYE = 1_000;

interface Gate {
  permission?: Permission;
  handler: (upgrade: Upgrade) => void;
}

/**
 * WebSocket upgrades. A path that nobody serves is refused; a served one takes signed-in people of the console's own
 * pages only: browsers send cookies with any site's WebSocket, so `Origin` must be the console's (RFC 6455, section 10.2).
 */
export class Upgrades {
  private readonly gates = new Map<string, Gate>();
  private readonly sockets = new Set<Duplex>();

  constructor(
    private readonly identity: Identity,
    private readonly config: BaseConfig,
  ) {}

  /** Serves a path. With a permission, people without it are refused. */
  serve(path: string, handler: (upgrade: Upgrade) => void, options: { permission?: Permission } = {}): void {
    if (this.gates.has(path)) throw new Error(`two handlers for upgrades of ${path}`);
    this.gates.set(path, { handler, ...options });
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      const given = header(request, EDGE_HEADERS.correlationId);
      const correlationId = given ?? randomUUID();
      void withCorrelationId(correlationId, () => this.decide(request, socket, head, correlationId));
    });
  }

  /** Gives open connections a moment to end in their own protocol, then ends them: the server waits for all of them. */
  async close(): Promise<void> {
    const deadline = Date.now() + GOOD_BYE;
    while (this.sockets.size > 0 && Date.now() < deadline) await pause(20);
    for (const socket of this.sockets) socket.destroy();
  }

  private async decide(request: IncomingMessage, socket: Duplex, head: Buffer, correlationId: string): Promise<void> {
    try {
      const gate = this.gates.get(new URL(request.url ?? '', 'http://service').pathname);
      const principal = await this.authenticate(request);
      if (!gate) throw new AppError('not-found', 'There is nothing at this address.');
      if (gate.permission && !principal.permissions.includes(gate.permission)) {
        throw new AppError('permission-denied', `You need the permission ${gate.permission} for this.`);
      }
      if (socket.destroyed) return;
      gate.handler({ request, socket, head, principal, address: addressOf(request), correlationId });
    } catch (error) {
      refuse(socket, error, correlationId);
    }
  }

  /** Who asks for an upgrade. @throws AppError as guards do; `request-refused` for another site's page */
  async authenticate(request: IncomingMessage): Promise<Principal> {
    if (!comesFromEdge(request, this.config.EDGE_SECRET)) {
      throw new AppError('request-refused', 'This service answers to the edge only.');
    }
    const origin = header(request, 'origin');
    // By IP address the console has another origin; then it is the one that the browser asks for.
    if (origin !== this.config.CONSOLE_ORIGIN && origin !== `https://${request.headers.host}`) {
      throw new AppError('request-refused', "Only the console's own pages may connect.");
    }
    const { principal, verified } = await this.identity.person({
      headers: {},
      cookies: parseCookies(request.headers.cookie ?? ''),
      address: addressOf(request),
    });
    if (verified.mustChangePassword) throw new AppError('password-change-required', 'Change your password first.');
    return principal;
  }
}

const addressOf = (request: IncomingMessage): string =>
  header(request, EDGE_HEADERS.address) ?? request.socket.remoteAddress ?? '';

function refuse(socket: Duplex, thrown: unknown, correlationId: string): void {
  const error = toAppError(thrown);
  const body = JSON.stringify(errorBody(error, correlationId));
  socket.end(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
