import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertifiedFiles, eventually, type TestAuthority } from '@muster/testing';
import { loadConfig } from '@muster/service-kit';
import { PushBrokerConfig } from '../../push-broker.config';
import { serverFiles, TEST_DOMAIN, TestServer } from '../../testing/test-broker';
import type { MemorySocket } from '../../testing/memory-socket';
import { PushService } from '../push-service';

export const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex');
export const KEY = 'helpdesk-key-of-the-tests';
/** May do everything. */
export const HELPDESK = { name: 'helpdesk', sha256: sha256(KEY), targets: ['*'] };

export interface Answered {
  status: number;
  body: unknown;
  headers: IncomingHttpHeaders;
}
export interface Asked {
  method?: string;
  /** `Authorization`; that of the helpdesk's key when absent, none when empty. */
  authorization?: string;
  headers?: Record<string, string>;
  credential?: CertifiedFiles;
  agent?: Agent;
  /** Do not say how long the body is. */
  chunked?: boolean;
}

export interface PushTestOptions {
  keys?: object[];
  groups?: Record<string, string[]>;
  /** Variables of the configuration. */
  settings?: Record<string, string>;
}

/** The push service on a loopback port in front of the XMPP server without network. */
export class PushUnderTest {
  readonly xmpp = new TestServer();
  readonly failed: unknown[] = [];
  readonly counted: string[] = [];
  /** `certificate <sha256>` */
  readonly revoked = new Set<string>();
  readonly agent = new Agent({ keepAlive: true });
  readonly service: PushService;

  private constructor(
    private readonly authority: TestAuthority,
    private readonly folder: string,
    config: Readonly<PushBrokerConfig>,
  ) {
    const options = config.pushing(config.listening().credentials, config.XMPP_STANZA_BYTES);
    if (!options) throw new Error('the push service is off');
    this.service = new PushService(
      { ...options, port: 0 },
      {
        domain: TEST_DOMAIN,
        router: this.xmpp.server.router,
        revocations: { isRevoked: (kind, id) => this.revoked.has(`${kind} ${id}`) },
        counted: (outcome) => void this.counted.push(outcome),
        answered: () => undefined,
        failed: (error) => void this.failed.push(error.details.cause ?? error),
      },
    );
  }

  static async start(authority: TestAuthority, options: PushTestOptions = {}): Promise<PushUnderTest> {
    const { certificate, anchors } = await serverFiles(authority);
    const folder = mkdtempSync(join(tmpdir(), 'muster-push-'));
    const files = { PUSH_KEYS_FILE: join(folder, 'keys.json'), PUSH_GROUPS_FILE: join(folder, 'groups.json') };
    writeFileSync(files.PUSH_KEYS_FILE, JSON.stringify({ keys: options.keys ?? [HELPDESK] }));
    writeFileSync(files.PUSH_GROUPS_FILE, JSON.stringify({ groups: options.groups ?? {} }));
    const config = loadConfig(PushBrokerConfig, 'push-broker', {
      NATS_URL: 'nats://127.0.0.1:4222',
      NATS_USER: 'push-broker',
      NATS_PASSWORD: 'x',
      EDGE_SECRET: 'a secret for tests only',
      XMPP_DOMAIN: TEST_DOMAIN,
      XMPP_CERT_FILE: certificate,
      XMPP_DEVICE_ANCHORS_FILE: anchors.join(','),
      PUSH_HOST: '127.0.0.1',
      ...files,
      ...options.settings,
    });
    const made = new PushUnderTest(authority, folder, config);
    await made.service.server.listen();
    return made;
  }

  writeKeys(keys: unknown): void {
    writeFileSync(join(this.folder, 'keys.json'), typeof keys === 'string' ? keys : JSON.stringify({ keys }));
  }

  writeGroups(groups: Record<string, string[]>): void {
    writeFileSync(join(this.folder, 'groups.json'), JSON.stringify({ groups }));
  }

  /** A device that is connected and takes messages; what it is sent stands in `output`. */
  async device(name: string): Promise<MemorySocket> {
    const socket = this.xmpp.accept(`${name}@${TEST_DOMAIN}`);
    const open = `<stream:stream to='${TEST_DOMAIN}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
    socket.feed(`${open}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`);
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>agent</resource></bind>`;
    socket.feed(`${open}<iq type='set' id='b'>${bind}</iq><presence/>`);
    await eventually(() => socket.output.includes('</jid>'));
    return socket;
  }

  post(path: string, body: unknown, asked: Asked = {}): Promise<Answered> {
    const {
      method = 'POST',
      authorization = `Bearer ${KEY}`,
      headers,
      credential,
      agent = this.agent,
      chunked = false,
    } = asked;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...{ host: '127.0.0.1', port: this.service.server.port, servername: TEST_DOMAIN, path, method },
          ca: this.authority.rootPem,
          agent: credential ? false : agent,
          ...(credential && { cert: credential.chain, key: credential.key }),
          headers: {
            ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': Buffer.byteLength(text) }),
            ...(authorization !== '' && { authorization }),
            ...headers,
          },
        },
        (incoming) => {
          const pieces: Buffer[] = [];
          incoming.on('data', (piece: Buffer) => pieces.push(piece));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const answer: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8') || 'null');
            resolve({ status: incoming.statusCode ?? 0, body: answer, headers: incoming.headers });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.xmpp.server.shutdown();
    await this.service.server.close(100);
    rmSync(this.folder, { recursive: true });
  }
}
