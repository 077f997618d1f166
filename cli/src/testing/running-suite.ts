import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  changePassword,
  createApiToken,
  CSRF_HEADER,
  EDGE_HEADERS,
  type Permission,
  type Session,
  SESSION_COOKIE,
  signIn,
} from '@muster/contracts';
import {
  Child,
  eventually,
  freePort,
  startNats,
  startPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@muster/testing';
import { Client } from 'pg';

const PROJECT = join(import.meta.dirname, '../../..');
const EDGE_SECRET = 'only-the-edge-of-this-test-knows';
export const DOMAIN = 'itsm.example.test';
const FIRST = 'first-owner-password';
export const PASSWORD = 'purple boats drift north';

/** The real key manager and web service as processes of their own, behind an edge with TLS. */
export class RunningSuite {
  private readonly children: Child[] = [];
  private edge?: Server;

  private constructor(
    private readonly folder: string,
    private readonly postgres: TestPostgres,
    private readonly nats: TestNats,
    private readonly database: TestDatabase<'core' | 'identity'>,
    private readonly ports: { keyManager: number; web: number },
  ) {}

  static async start(certificate: { cert: string; key: string }): Promise<RunningSuite> {
    // Within the project, where the packages that no bundle holds are found.
    const folder = join(PROJECT, 'cli/dist', `suite-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const database = await postgres.createDatabase(['core', 'identity']);
    const ports = { keyManager: await freePort(), web: await freePort() };
    const suite = new RunningSuite(folder, postgres, nats, database, ports);
    const { core, identity } = database.urls;
    const authority = { CA_DIR: join(folder, 'authority'), CA_CREATE: 'true', FIRST_ADMIN_PASSWORD: FIRST };
    const keyManager = { DATABASE_URL: identity.url, DATABASE_OWNER_URL: identity.ownerUrl, ...authority };
    await suite.run('key-manager', ports.keyManager, keyManager);
    await suite.run('web', ports.web, {
      DATABASE_URL: core.url,
      DATABASE_OWNER_URL: core.ownerUrl,
      WEB_ROLE: 'manager',
    });
    await suite.listen(certificate);
    return suite;
  }

  get port(): number {
    return (this.edge?.address() as AddressInfo).port;
  }

  /** An API token of the first owner with these permissions. */
  async token(permissions: readonly Permission[]): Promise<string> {
    const origin = `http://127.0.0.1:${this.ports.keyManager}`;
    const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
      const reply = await fetch(origin + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [EDGE_HEADERS.secret]: EDGE_SECRET,
          [EDGE_HEADERS.address]: '192.0.2.1',
          ...headers,
        },
        body: JSON.stringify(body),
      });
      const cookie = reply.headers
        .getSetCookie()
        .find((one) => one.startsWith(SESSION_COOKIE))
        ?.split(';')[0];
      return { status: reply.status, cookie: cookie ?? headers['cookie'] ?? '', body: (await reply.json()) as object };
    };
    const email = `admin@${DOMAIN.slice(DOMAIN.indexOf('.') + 1)}`;
    let session = await call(signIn.path, { email, password: PASSWORD });
    if (session.status !== 200) {
      session = await call(signIn.path, { email, password: FIRST });
      const proof = { cookie: session.cookie, [CSRF_HEADER]: (session.body as Session).csrfToken };
      session = await call(changePassword.path, { currentPassword: FIRST, newPassword: PASSWORD }, proof);
    }
    const proof = { cookie: session.cookie, [CSRF_HEADER]: (session.body as Session).csrfToken };
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await call(createApiToken.path, { name: 'test', permissions, expiresAt }, proof);
    if (made.status !== 200) throw new Error(JSON.stringify(made.body));
    return (made.body as { secret: string }).secret;
  }

  /** Of the database's administrator. */
  get databaseUrl(): string {
    return this.database.adminUrl;
  }

  async sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.database.adminUrl });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    this.edge?.closeAllConnections();
    this.edge?.close();
    await Promise.all(this.children.map((child) => child.stop('SIGTERM')));
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(service: 'key-manager' | 'web', port: number, settings: Record<string, string>): Promise<void> {
    const output = join(this.folder, service);
    execFileSync(process.execPath, ['tools/bundle.mjs', `services/${service}`, output], {
      cwd: PROJECT,
      stdio: 'pipe',
    });
    const { url, user, password } = this.nats.credentials(service);
    const environment = {
      ...{ SERVICE_PORT: String(port), NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password },
      ...{ EDGE_SECRET, ITSM_DOMAIN: DOMAIN, NODE_ENV: 'production', ...settings },
    };
    const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const child = new Child('env', [...assignments, process.execPath, join(output, 'main.mjs')]);
    this.children.push(child);
    await eventually(
      async () => {
        if (!child.running) throw new Error(`${service} did not start: ${child.lastOutput}`);
        return (await fetch(`http://127.0.0.1:${port}/-/health/ready`)).ok;
      },
      { within: 60_000, every: 100 },
    );
  }

  /** As the edge does: TLS ends here, and the service learns from whom the request comes. */
  private async listen(certificate: { cert: string; key: string }): Promise<void> {
    this.edge = createServer(certificate, (incoming, reply) => {
      const port = incoming.url?.startsWith('/auth') ? this.ports.keyManager : this.ports.web;
      const headers = { ...incoming.headers, [EDGE_HEADERS.secret]: EDGE_SECRET, [EDGE_HEADERS.address]: '192.0.2.1' };
      const onward = request({ port, path: incoming.url, method: incoming.method, headers }, (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(reply);
      });
      onward.once('error', () => reply.destroy());
      incoming.pipe(onward);
    });
    this.edge.listen(0, '127.0.0.1');
    await once(this.edge, 'listening');
  }
}
