import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Limits } from '../core/limits';
import { XmppServer } from '../core/server';
import { Listener } from '../core/tls/listener';
import { allFeatures } from '../features';
import { MessagePush } from '../features/message-push';
import type { PingOptions } from '../features/ping';
import type { StreamManagementOptions } from '../features/stream-management';
import type { Credential, TestAuthority } from './certificates';

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
};

export type TestOptions = Partial<Limits & PingOptions & StreamManagementOptions>;

/** The XMPP server with all features on a loopback port, without bus and without Nest. */
export class TestBroker {
  readonly faults: unknown[] = [];
  readonly refused: string[] = [];
  /** Device ids that a wake-up was handed to, in order. */
  readonly handed: string[] = [];
  readonly #revoked = new Set<string>();

  private constructor(
    readonly server: XmppServer,
    readonly listener: Listener,
    readonly push: MessagePush,
  ) {
    server.events.on('fault', (error) => this.faults.push(error));
    server.events.on('refused', (reason) => this.refused.push(reason));
  }

  static async start(authority: TestAuthority, options: TestOptions = {}): Promise<TestBroker> {
    const server = new XmppServer(TEST_DOMAIN, { ...LIMITS, ...options });
    const push = new MessagePush((session) => broker.handed.push(session.jid.local));
    server.use(
      ...allFeatures({
        revocations: { isRevoked: (kind, id) => broker.#revoked.has(`${kind} ${id}`) },
        push,
        ping: { afterSeconds: 60, timeoutSeconds: 20, ...options },
        streamManagement: { resumeSeconds: 60, queueLength: 100, ackTimeoutSeconds: 20, ...options },
      }),
    );
    const credentials = await authority.files();
    const listener = new Listener(server, { host: '127.0.0.1', port: 0, credentials });
    const broker: TestBroker = new TestBroker(server, listener, push);
    await listener.listen();
    return broker;
  }

  /** Opens TLS, with a device's certificate where one is given. */
  connect(credential?: Credential, options: ConnectionOptions = {}): TLSSocket {
    const { port } = this.listener;
    const trust = { host: '127.0.0.1', port, servername: TEST_DOMAIN, rejectUnauthorized: false };
    const own = credential ? { cert: credential.cert, key: credential.key } : {};
    return connect({ ...trust, ALPNProtocols: ['xmpp-client'], ...own, ...options });
  }

  wake(deviceId: string): void {
    this.push.wake(`${deviceId}@${TEST_DOMAIN}`);
  }

  revoke(kind: 'device' | 'certificate', id: string): void {
    this.#revoked.add(`${kind} ${id}`);
  }

  async stop(): Promise<void> {
    this.server.shutdown();
    await this.listener.close(100);
  }
}
