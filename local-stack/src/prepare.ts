/**
 * One-shot: writes both nats-server configurations, makes schemas and roles in the database, and says whether the first
 * administrator's one-time password is still good. A process of its own,
 * so that the supervisor, which stays, carries neither the contracts nor the database libraries.
 */
import { natsServerConfig } from '@muster/bus';
import { databaseBootstrapSql } from '@muster/database';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import type { Preparation, Prepared } from './preparation';

const { nats, database, firstAdmin } = JSON.parse(await text(process.stdin)) as Preparation;
const jetStream = (storeDir: string, maxFileBytes: number) => ({ storeDir, maxFileBytes, maxMemoryBytes: 64_000_000 });

writeFileSync(
  nats.hub.file,
  natsServerConfig({
    role: 'hub',
    serverName: 'itsm',
    listen: { host: '127.0.0.1', port: nats.hub.port },
    passwords: nats.hub.passwords,
    system: { user: 'system', password: nats.systemPassword },
    backupPassword: nats.backupPassword,
    jetStream: jetStream(nats.hub.store, 8_000_000_000),
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
    backupPassword: nats.backupPassword,
    jetStream: jetStream(nats.leaf.store, 1_000_000_000),
    monitor: { host: '127.0.0.1', port: nats.leaf.monitorPort },
    hub: { url: nats.leaf.hubUrl, user: 'leaf', password: nats.leafPassword, caFile: nats.leaf.caFile },
  }),
  { mode: 0o600 },
);

const client = new Client({ connectionString: database.adminUrl });
await client.connect();
for (const schema of database.schemas) await client.query(databaseBootstrapSql(schema));
const prepared: Prepared = { oneTimePassword: await mustChangePassword() };
console.log(JSON.stringify(prepared));
await client.end();

/** Before the first start has made the table, and as long as the key manager will make or has just made the user. */
async function mustChangePassword(): Promise<boolean> {
  const table = await client.query<{ name: string | null }>(`SELECT to_regclass('identity.users') AS name`);
  if (!table.rows[0]?.name) return true;
  const users = await client.query<{ must: boolean }>(
    `SELECT coalesce(bool_or(email = $1 AND must_change_password), true) AS must FROM identity.users`,
    [firstAdmin],
  );
  return users.rows[0]?.must ?? true;
}
