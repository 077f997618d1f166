/**
 * One-shot: writes both nats-server configurations and makes schemas and roles in the database. A process of its own,
 * so that the supervisor, which stays, carries neither the contracts nor the database libraries.
 */
import { natsServerConfig } from '@muster/bus';
import { databaseBootstrapSql } from '@muster/database';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import type { Preparation } from './preparation';

const { nats, database } = JSON.parse(await text(process.stdin)) as Preparation;
const jetStream = (storeDir: string, maxFileBytes: number) => ({ storeDir, maxFileBytes, maxMemoryBytes: 64_000_000 });

writeFileSync(
  nats.hub.file,
  natsServerConfig({
    role: 'hub',
    serverName: 'itsm',
    listen: { host: '127.0.0.1', port: nats.hub.port },
    passwords: nats.hub.passwords,
    system: { user: 'system', password: nats.systemPassword },
    jetStream: jetStream(nats.hub.store, 4_000_000_000),
    monitor: { host: '127.0.0.1', port: nats.hub.monitorPort },
    leafListen: { host: '127.0.0.1', port: nats.hub.leafPort },
    leaf: { user: 'leaf', password: nats.leafPassword, services: ['push-broker'] },
  }),
  { mode: 0o600 },
);
writeFileSync(
  nats.leaf.file,
  natsServerConfig({
    role: 'leaf',
    serverName: 'xmpp',
    listen: { host: '127.0.0.1', port: nats.leaf.port },
    passwords: nats.leaf.passwords,
    system: { user: 'system', password: nats.systemPassword },
    jetStream: jetStream(nats.leaf.store, 1_000_000_000),
    monitor: { host: '127.0.0.1', port: nats.leaf.monitorPort },
    hub: { url: nats.leaf.hubUrl, user: 'leaf', password: nats.leafPassword, caFile: nats.leaf.caFile },
  }),
  { mode: 0o600 },
);

const client = new Client({ connectionString: database.adminUrl });
await client.connect();
for (const schema of database.schemas) await client.query(databaseBootstrapSql(schema));
await client.end();
