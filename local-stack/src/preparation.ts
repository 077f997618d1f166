import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { deviceAnchors } from './certificates';
import type { Layout } from './layout';
import type { Secrets } from './secrets';

/** What `prepare.ts` gets on standard input. */
export interface Preparation {
  nats: {
    systemPassword: string;
    leafPassword: string;
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
}

export const natsFile = (layout: Layout, server: 'hub' | 'leaf'): string => join(layout.data, 'nats', `${server}.conf`);
export const SCHEMAS = ['core', 'identity'];
export const HUB_SERVICES = ['web', 'key-manager', 'bip'];
export const LEAF_SERVICES = ['push-broker'];

/** Runs `prepare.ts`. @throws Error with what it said */
export async function prepare(layout: Layout, secrets: Secrets): Promise<void> {
  for (const server of ['hub', 'leaf']) mkdirSync(join(layout.data, 'nats', server), { recursive: true });
  const { ports } = layout;
  const passwords = (names: string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, secrets.nats[name] ?? '']));
  const input: Preparation = {
    nats: {
      systemPassword: secrets.nats['system'] ?? '',
      leafPassword: secrets.nats['leaf'] ?? '',
      hub: {
        file: natsFile(layout, 'hub'),
        store: join(layout.data, 'nats/hub'),
        port: ports.natsHub,
        monitorPort: ports.natsHubMonitor,
        leafPort: ports.natsHubLeaf,
        passwords: passwords(HUB_SERVICES),
      },
      leaf: {
        file: natsFile(layout, 'leaf'),
        store: join(layout.data, 'nats/leaf'),
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
  };
  await run(join(layout.project, 'local-stack/dist/prepare.mjs'), JSON.stringify(input));
}

function run(script: string, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the preparation failed: ${said.trim()}`))));
    child.stdin.end(input);
  });
}
