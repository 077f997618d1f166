import type { WakeCause } from '@muster/contracts';
import { writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { CertifiedFiles, TestAuthority } from '@muster/testing';
import type { Limits } from '../core/limits';
import { XmppServer } from '../core/server';
import { Listener, type ListenerOptions } from '../core/tls/listener';
import { allFeatures, type FeatureOptions } from '../features';
import type { CertificateExpiryOptions } from '../features/certificate-expiry';
import type { ClientStateOptions } from '../features/client-state';
import type { ExternalServicesOptions } from '../features/external-services';
import { OfflineMessages } from '../features/offline-messages';
import { MessagePush } from '../features/message-push';
import type { PingOptions } from '../features/ping';
import type { ResourceBindingOptions } from '../features/resource-binding';
import type { Revocations } from '../features/sasl-external';
import type { StreamManagementOptions } from '../features/stream-management';
import { isDevice } from '../core/policy';
import type { OfflineLimits } from '../core/offline';
import { MemoryOfflineStore } from '../offline/memory-offline-store';
import { MemorySocket } from './memory-socket';
import { EXTERNAL_SECRET, EXTERNAL_SERVICES } from './peers/external-services';

export const TEST_DOMAIN = 'xmpp.muster.test';

const LIMITS: Limits = {
  connections: 10_000,
  connectionsPerAddress: 10_000,
  negotiationSeconds: 10,
  stanzaBytesBefore: 65_536,
  stanzaBytes: 262_144,
  bytesPerSecond: 10_000_000,
  burstBytes: 10_000_000,
  outputBytes: 1_048_576,
  tickets: 1000,
  ticketSeconds: 3600,
};

/** Free ones of each kind. */
const PORTS = { host: '127.0.0.1', port: 0, starttlsPort: 0, webSocketPort: 0 };

const STREAM_MANAGEMENT: StreamManagementOptions = {
  resumeSeconds: 60,
  rememberedSessions: 100,
  queueLength: 100,
  queueBytes: 1_048_576,
  ackTimeoutSeconds: 20,
};

const OFFLINE: OfflineLimits = { accountMessages: 100, accountBytes: 100_000, messages: 1000, bytes: 1_000_000 };

const EXTERNAL: ExternalServicesOptions = {
  services: EXTERNAL_SERVICES.map(({ type, host, port, transport }) => ({ type, host, port, transport })),
  secret: EXTERNAL_SECRET,
  ttlSeconds: 3600,
  kinds: ['device', 'service'],
};

export type TestOptions = Partial<
  Limits &
    PingOptions &
    CertificateExpiryOptions &
    StreamManagementOptions &
    ClientStateOptions &
    ResourceBindingOptions &
    OfflineLimits & { offlineSeconds: number } & Omit<ListenerOptions, 'credentials'>
> & {
  /** Accounts with a secret; certificates alone when absent. */
  sasl?: FeatureOptions['sasl'];
};

/** Certificate and key of the server in one file, and the folder of roots, as the broker is given them. */
export async function serverFiles(authority: TestAuthority): Promise<{ certificate: string; anchors: string[] }> {
  const { chain, key } = await authority.server([TEST_DOMAIN, 'localhost']);
  const certificate = join(authority.dir, 'server.pem');
  writeFileSync(certificate, [key, chain, authority.rootPem].join('\n'));
  return { certificate, anchors: [join(authority.dir, 'roots')] };
}

/** The XMPP server with all features, without a listener, without bus and without Nest. */
export class TestServer {
  readonly faults: unknown[] = [];
  readonly refused: string[] = [];
  /** Device ids that a wake-up was handed to, in order. */
  readonly handed: string[] = [];
  readonly push = new MessagePush((session) => this.handed.push(session.jid.local));
  readonly server: XmppServer;
  readonly #revoked = new Set<string>();
  readonly revocations: Revocations = { isRevoked: (kind, id) => this.#revoked.has(`${kind} ${id}`) };

  constructor(options: TestOptions = {}) {
    this.server = new XmppServer(TEST_DOMAIN, { ...LIMITS, ...options }).use(
      ...allFeatures({
        revocations: this.revocations,
        sasl: options.sasl,
        push: this.push,
        offline: new OfflineMessages({
          store: new MemoryOfflineStore({ ...OFFLINE, ...options }),
          seconds: options.offlineSeconds ?? 3600,
          queueLength: options.queueLength ?? STREAM_MANAGEMENT.queueLength,
          queueBytes: options.queueBytes ?? STREAM_MANAGEMENT.queueBytes,
          exists: (local) => isDevice({ local }) || local === 'technician' || local === 'script',
        }),
        ping: { afterSeconds: 60, timeoutSeconds: 20, ...options },
        certificateExpiry: { graceSeconds: 0, everySeconds: 0.1, ...options },
        resourceBinding: { sessionsPerAccount: 3, ...options },
        streamManagement: { ...STREAM_MANAGEMENT, ...options },
        clientState: { heldStanzas: 100, ...options },
        externalServices: EXTERNAL,
      }),
    );
    this.server.events.on('fault', (error) => this.faults.push(error));
    this.server.events.on('refused', (reason) => this.refused.push(reason));
  }

  wake(deviceId: string, cause?: WakeCause): void {
    this.push.wake(`${deviceId}@${TEST_DOMAIN}`, cause);
  }

  revoke(kind: 'device' | 'certificate', id: string): void {
    this.#revoked.add(`${kind} ${id}`);
  }

  /** A connection without network whose peer has proved these addresses. */
  accept(...xmppAddresses: string[]): MemorySocket {
    const socket = new MemorySocket();
    const certificate = { sha256: 'f'.repeat(64), xmppAddresses, expiresAt: Number.POSITIVE_INFINITY };
    this.server.accept(socket, { address: '192.0.2.1', certificate });
    return socket;
  }
}

/** The same behind a listener on a loopback port. */
export class TestBroker extends TestServer {
  private constructor(
    options: TestOptions,
    readonly listening: ListenerOptions,
  ) {
    super(options);
    this.listener = new Listener(this.server, listening);
  }
  readonly listener: Listener;

  static async start(authority: TestAuthority, options: TestOptions = {}): Promise<TestBroker> {
    const credentials = await serverFiles(authority);
    const broker = new TestBroker(options, { ...PORTS, ...options, credentials });
    await broker.listener.listen();
    return broker;
  }

  /** Opens TLS, with a device's certificate where one is given. */
  connect(credential?: CertifiedFiles, options: ConnectionOptions = {}): TLSSocket {
    const { port } = this.listener;
    const trust = { host: '127.0.0.1', port, servername: TEST_DOMAIN, rejectUnauthorized: false };
    const own = credential ? { cert: credential.chain, key: credential.key } : {};
    const socket = connect({ ...trust, ALPNProtocols: ['xmpp-client'], ...own, ...options });
    return socket.on('error', () => undefined);
  }

  /** Opens the port where TLS is yet to be asked for. */
  connectPlain(): Socket {
    const socket = connectTcp(this.listener.starttlsPort ?? 0, '127.0.0.1');
    return socket.on('error', () => undefined);
  }

  /** The client's end of the handshake on a connection that has been told to proceed. */
  startTls(socket: Socket, credential?: CertifiedFiles, options: ConnectionOptions = {}): TLSSocket {
    return this.connect(credential, { ALPNProtocols: [], ...options, host: undefined, port: undefined, socket });
  }

  /** Opens a WebSocket on the port of direct TLS, as a browser does. */
  connectWebSocket(credential?: CertifiedFiles, options: ClientOptions & { protocol?: string } = {}): WebSocket {
    const { protocol = 'xmpp', ...rest } = options;
    const own = credential ? { cert: credential.chain, key: credential.key } : {};
    const url = `wss://127.0.0.1:${this.listener.port}/xmpp-websocket`;
    const tls = { servername: TEST_DOMAIN, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
    return new WebSocket(url, protocol, { ...tls, ...own, ...rest }).on('error', () => undefined);
  }

  async stop(): Promise<void> {
    this.server.shutdown();
    await this.listener.close(100);
  }
}
