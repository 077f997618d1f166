import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { databaseBootstrapSql, rolesOf } from '@muster/database';
import { Client } from 'pg';
import { Child } from '../process/child';
import { eventually } from '../process/eventually';
import { freePort } from '../process/free-port';
import { moveInto, type PostgresBinaries, postgresBinaries } from './postgres-binaries';

const PASSWORD = 'test-only';
/** Durability is off: a crash of the server process loses nothing, a crash of the machine may. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_connections=100',
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
  'jit=off',
];

export interface SchemaUrls {
  /** Of `muster_<schema>_app`. */
  url: string;
  /** Of `muster_<schema>_owner`. */
  ownerUrl: string;
}

export interface TestDatabase<S extends string = string> {
  name: string;
  /** The superuser, in this database. */
  adminUrl: string;
  urls: Record<S, SchemaUrls>;
}

/** A PostgreSQL server of its own, on a free loopback port. It ends with the test process. */
export class TestPostgres {
  private server?: Child;

  constructor(
    private readonly binaries: PostgresBinaries,
    private readonly folder: string,
    readonly port: number,
  ) {}

  get adminUrl(): string {
    return this.urlOf('postgres', 'postgres');
  }

  /** An empty database with roles and schemas as `databaseBootstrapSql` makes them. */
  async createDatabase<S extends string>(schemas: readonly S[]): Promise<TestDatabase<S>> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await this.run('postgres', `CREATE DATABASE ${name}`);
    for (const schema of schemas) {
      await this.run(name, databaseBootstrapSql({ schema, ownerPassword: PASSWORD, appPassword: PASSWORD }));
    }
    const urls = Object.fromEntries(
      schemas.map((schema) => {
        const { app, owner } = rolesOf(schema);
        return [schema, { url: this.urlOf(name, app), ownerUrl: this.urlOf(name, owner) }];
      }),
    ) as Record<S, SchemaUrls>;
    return { name, adminUrl: this.urlOf(name, 'postgres'), urls };
  }

  /** Starts the server, also again after `crash`. */
  async start(): Promise<void> {
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const server = new Child(this.binaries.postgres, ['-D', this.folder, '-p', String(this.port), ...settings], {
      ...(this.binaries.user ? { user: this.binaries.user } : {}),
      cwd: this.folder,
      folder: this.folder,
    });
    this.server = server;
    await eventually(
      async () => {
        if (!server.running) throw new Error(`PostgreSQL did not start: ${server.lastOutput}`);
        await this.run('postgres', 'SELECT 1');
        return true;
      },
      { within: 30_000 },
    );
  }

  /** Ends the server in the middle of whatever it does; all connections break. */
  async crash(): Promise<void> {
    await this.server?.stop('SIGQUIT');
  }

  async stop(): Promise<void> {
    await this.server?.stop('SIGINT');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async run(database: string, sql: string): Promise<void> {
    const client = new Client({ connectionString: this.urlOf(database, 'postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  private urlOf(database: string, role: string): string {
    return `postgres://${role}:${PASSWORD}@127.0.0.1:${this.port}/${database}`;
  }
}

/** Starts a server in half a second: the cluster is a copy of one that was made once on this machine. */
export async function startPostgres(): Promise<TestPostgres> {
  const binaries = postgresBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-postgres-'));
  // With owners and modes; and not by Node.js, which would do nothing else meanwhile.
  await promisify(execFile)('cp', ['-a', `${template(binaries)}/.`, folder]);
  const postgres = new TestPostgres(binaries, folder, await freePort());
  await postgres.start();
  return postgres;
}

function template(binaries: PostgresBinaries): string {
  const version = execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8', ...binaries.user }).trim();
  const place = join(
    tmpdir(),
    `muster-test-postgres-template-2-${version.replace(/[^\w.]+/g, '-')}-${process.getuid?.() ?? 0}`,
  );
  if (existsSync(place)) return place;
  const partial = mkdtempSync(`${place}-`);
  const passwordFile = `${partial}.password`;
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  for (const path of [partial, passwordFile]) own(path, binaries);
  try {
    execFileSync(
      binaries.initdb,
      [
        '-D',
        partial,
        '-U',
        'postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '-E',
        'UTF8',
        '--no-locale',
        '--wal-segsize=1', // the first segment of 16 MB would be half of what is copied each time
        '-N',
      ],
      {
        ...binaries.user,
        cwd: tmpdir(),
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      },
    );
  } finally {
    rmSync(passwordFile);
  }
  moveInto(partial, place);
  return place;
}

/** Gives a path to the server's user. */
function own(path: string, { user }: PostgresBinaries): void {
  if (user) chownSync(path, user.uid, user.gid);
}
