import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { deviceAnchors } from './certificates';
import { BASE_DOMAIN, type Layout } from './layout';
import { HUB_SERVICES, LEAF_SERVICES, SCHEMAS, type Secrets } from './secrets';

/** What `prepare.ts` gets on standard input. */
export interface Preparation {
  nats: {
    systemPassword: string;
    leafPassword: string;
    backupPassword: string;
    hub: {
      file: string;
      store: string;
      port: number;
      monitorPort: number;
      leafPort: number;
      passwords: Record<string, string>;
    };
    leaf: {
      file: string;
      store: string;
      port: number;
      monitorPort: number;
      passwords: Record<string, string>;
      hubUrl: string;
      caFile: string;
    };
  };
  database: { adminUrl: string; schemas: { schema: string; ownerPassword: string; appPassword: string }[] };
  firstAdmin: string;
}

/** What it writes to standard output. */
export interface Prepared {
  /** The first administrator has not changed the one-time password yet. */
  oneTimePassword: boolean;
}

export const firstAdmin = `admin@${BASE_DOMAIN}`;

export const natsFile = (layout: Layout, server: 'hub' | 'leaf'): string => join(layout.nats, `${server}.conf`);

/** Runs `prepare.ts`. @throws Error with what it said */
export async function prepare(layout: Layout, secrets: Secrets): Promise<Prepared> {
  for (const server of ['hub', 'leaf']) mkdirSync(join(layout.nats, server), { recursive: true });
  const { ports } = layout;
  const passwords = (names: string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, secrets.nats[name] ?? '']));
  const input: Preparation = {
    nats: {
      systemPassword: secrets.nats['system'] ?? '',
      leafPassword: secrets.nats['leaf'] ?? '',
      backupPassword: secrets.nats['backup'] ?? '',
      hub: {
        file: natsFile(layout, 'hub'),
        store: join(layout.nats, 'hub'),
        port: ports.natsHub,
        monitorPort: ports.natsHubMonitor,
        leafPort: ports.natsHubLeaf,
        passwords: passwords(HUB_SERVICES),
      },
      leaf: {
        file: natsFile(layout, 'leaf'),
        store: join(layout.nats, 'leaf'),
        port: ports.natsLeaf,
        monitorPort: ports.natsLeafMonitor,
        passwords: passwords(LEAF_SERVICES),
        // As on two servers: through the edge, by address, trusting the suite's own roots.
        hubUrl: `wss://127.0.0.1:${ports.https}`,
        caFile: deviceAnchors(layout),
      },
    },
    database: {
      adminUrl: `postgres://muster_admin:${secrets.postgresAdmin}@127.0.0.1:${ports.postgres}/postgres`,
      schemas: SCHEMAS.map((schema) => ({
        schema,
        ownerPassword: secrets.databaseOwner[schema] ?? '',
        appPassword: secrets.databaseApp[schema] ?? '',
      })),
    },
    firstAdmin,
  };
  return JSON.parse(await run(join(layout.project, 'local-stack/dist/prepare.mjs'), JSON.stringify(input))) as Prepared;
}

function run(script: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    let result = '';
    let said = '';
    child.stdout.on('data', (data: Buffer) => (result += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(result) : reject(new Error(`the preparation failed: ${said.trim()}`)),
    );
    child.stdin.end(input);
  });
}
