import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Bus, ListensTo } from '@muster/bus';
import { AppError, LIVE_PATH, liveFannedOut, type LiveFanOut } from '@muster/contracts';
import { RevocationList, type Upgrade, Upgrades } from '@muster/service-kit';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { CLOSE, LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';

const PING_MS = 30_000;
const MOST_INCOMING_BYTES = 16_384;

/**
 * The live WebSocket (RFC 6455): hands every instance's messages to the consoles on this one. Admission is the upgrade's
 * (session cookie and `Origin`); a revocation closes what it names at once, and every ping checks the session again.
 */
@Injectable()
export class LiveGateway implements OnModuleInit, BeforeApplicationShutdown {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_INCOMING_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly upgrades: Upgrades,
    private readonly revocations: RevocationList,
    private readonly bus: Bus,
    private readonly http: HttpAdapterHost,
    private readonly connections: LiveConnections,
  ) {}

  onModuleInit(): void {
    this.upgrades.serve(LIVE_PATH, (upgrade) => this.open(upgrade));
    this.revocations.on(({ kind, id }) => {
      for (const connection of this.connections) {
        const { credentialId, id: userId } = connection.principal;
        if ((kind === 'session' || kind === 'token') && id === credentialId) connection.signOut();
        // Rights changed: after everyone else has heard of it, so that no cache answers.
        if (kind === 'user' && id === userId) setImmediate(() => void this.check(connection));
      }
    });
    // What was said while the bus was away is lost: consoles fetch their screens again.
    this.bus.onReconnect(() => {
      for (const connection of this.connections) connection.hello();
    });
    // An HTTP server waits for its connections before it closes, and these do not end by themselves.
    this.http.httpAdapter.getInstance<FastifyInstance>().addHook('preClose', (done) => {
      this.closeAll();
      done();
    });
    this.timer = setInterval(() => this.pingAll(), PING_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.closeAll();
  }

  @ListensTo(liveFannedOut)
  fannedOut(fanOut: LiveFanOut): void {
    if (this.connections.isEmpty) return;
    const text = JSON.stringify(fanOut.message);
    for (const connection of this.connections) connection.offer(fanOut, text);
  }

  private open({ request, socket, head, principal }: Upgrade): void {
    if (this.connections.isFull) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n\r\n');
      return;
    }
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new LiveConnection(webSocket, request, principal);
      this.connections.add(connection);
      connection.hello();
      // It may have been revoked between the check and here.
      const kind = principal.kind === 'token' ? 'token' : 'session';
      if (this.revocations.isRevoked(kind, principal.credentialId)) connection.signOut();
    });
  }

  private pingAll(): void {
    for (const connection of this.connections) {
      connection.ping();
      void this.check(connection);
    }
  }

  /** Looks at the session again: new rights count from now on, an ended session ends the connection. */
  private async check(connection: LiveConnection): Promise<void> {
    try {
      connection.principal = await this.upgrades.authenticate(connection.request);
    } catch (error) {
      const passing = error instanceof AppError && error.code === 'unavailable' && this.revocations.fresh;
      if (!passing) connection.signOut();
    }
  }

  private closeAll(): void {
    for (const connection of this.connections) connection.close(CLOSE.goingAway, 'the server stops');
  }
}
