import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, eventually, freePort } from '@muster/testing';
import { Client } from 'pg';
import { LocalGround } from '../stack/local-ground';

const PROJECT = join(import.meta.dirname, '../../..');
const FIXTURE = join(PROJECT, 'e2e-compose/fixtures/releases/with-migration/add-migration.mjs');
const READY_MS = 90_000;

interface Secrets {
  databaseOwner: Record<string, string>;
  databaseApp: Record<string, string>;
  nats: Record<string, string>;
}

/** A data folder of a local stack with its real database and NATS, and services of it as processes of their own. */
export class LocalFolder {
  private constructor(
    readonly data: string,
    readonly ports: number,
    readonly ground: LocalGround,
  ) {}

  /** Bundles what local stacks need. Within the project, where the packages that no bundle holds are found. */
  static build(): void {
    bundle('local-stack', 'local-stack/dist', 'ground', 'prepare');
  }

  /** A first port with all the others of a local stack free, below those that systems give to connections. */
  static async freePorts(data: string): Promise<number> {
    return eventually(
      async () => {
        const base = 10_240 + ((await freePort()) % 20_000);
        return (await LocalGround.places(data, base)).faults.length === 0 ? base : undefined;
      },
      { within: READY_MS },
    );
  }

  static async start(data: string, ports: number): Promise<LocalFolder> {
    return new LocalFolder(data, ports, await LocalGround.start(data, ports, READY_MS / 1000));
  }

  get databaseUrl(): string {
    const { port, password } = this.ground.ready.postgres;
    return `postgres://muster_admin:${password}@127.0.0.1:${port}/postgres`;
  }

  async sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** Runs a service until it is ready, which brings its schema up to date. @param newer with one more migration of `core` */
  async serve(service: 'key-manager' | 'web', { newer = false } = {}): Promise<Child> {
    const folder = join(PROJECT, 'cli/dist', `local-${process.pid}`, newer ? `${service}-newer` : service);
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true });
      bundle(`services/${service}`, folder);
      if (newer) execFileSync(process.execPath, [FIXTURE, join(folder, 'main.mjs')], { stdio: 'pipe' });
    }
    const { databaseOwner, databaseApp, nats } = JSON.parse(
      readFileSync(join(this.data, 'secrets.json'), 'utf8'),
    ) as Secrets;
    const schema = service === 'web' ? 'core' : 'identity';
    const url = (role: string, password = ''): string =>
      `postgres://muster_${schema}_${role}:${password}@127.0.0.1:${this.ground.ready.postgres.port}/postgres`;
    const port = await freePort();
    const environment = {
      ...{ SERVICE_PORT: String(port), EDGE_SECRET: 'only-this-test-knows-it', ITSM_DOMAIN: 'itsm.muster.localhost' },
      ...{ NATS_URL: this.ground.ready.nats.hub, NATS_USER: service, NATS_PASSWORD: nats[service] ?? '' },
      ...{ DATABASE_URL: url('app', databaseApp[schema]), DATABASE_OWNER_URL: url('owner', databaseOwner[schema]) },
      ...(service === 'web'
        ? { WEB_ROLE: 'manager' }
        : { CA_DIR: join(this.data, 'authority'), FIRST_ADMIN_PASSWORD: 'first-owner-password' }),
      NODE_ENV: 'production',
    };
    const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const child = new Child('env', [...assignments, process.execPath, join(folder, 'main.mjs')]);
    await eventually(
      async () => {
        if (!child.running) throw new Error(`${service} did not start: ${child.lastOutput}`);
        return (await fetch(`http://127.0.0.1:${port}/-/health/ready`)).ok;
      },
      { within: READY_MS, every: 100 },
    );
    return child;
  }
}

/** Where `serve` keeps what it runs; to be removed after the last test. */
export const servicesFolder = join(PROJECT, 'cli/dist', `local-${process.pid}`);

function bundle(project: string, output: string, ...entries: string[]): void {
  execFileSync(process.execPath, ['tools/bundle.mjs', project, output, ...entries], { cwd: PROJECT, stdio: 'pipe' });
}
