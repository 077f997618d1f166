import { setTimeout as sleep } from 'node:timers/promises';
import { databaseBootstrapSql } from '@muster/database';
import { Client } from 'pg';
import { secret, type Secrets } from './secrets';

/** Each schema of which this container has the passwords of both roles, `database-<schema>-owner` and `-app`. */
export function schemasOf(secrets: Secrets): { schema: string; ownerPassword: string; appPassword: string }[] {
  const schemas = new Set(
    [...secrets.keys()]
      .map((name) => /^database-([a-z_]+)-(?:owner|app)$/.exec(name)?.[1])
      .filter((name) => name !== undefined),
  );
  return [...schemas].sort().map((schema) => ({
    schema,
    ownerPassword: secret(secrets, `database-${schema}-owner`),
    appPassword: secret(secrets, `database-${schema}-app`),
  }));
}

/**
 * Makes schemas and roles, and sets the passwords anew. Can be run again at any time.
 * @param address of the administrator, without the password
 * @throws Error when the server does not answer within `patienceMs` or refuses
 */
export async function setUpDatabase(address: string, secrets: Secrets, patienceMs = 60_000): Promise<string[]> {
  const url = new URL(address);
  url.password = encodeURIComponent(secret(secrets, 'postgres-admin'));
  const schemas = schemasOf(secrets);
  const client = await connect(url.href, Date.now() + patienceMs);
  try {
    for (const schema of schemas) await client.query(databaseBootstrapSql(schema));
  } finally {
    await client.end();
  }
  return schemas.map(({ schema }) => schema);
}

/** A server that was just told to start may refuse for a moment; a wrong password stays wrong. */
async function connect(connectionString: string, deadline: number): Promise<Client> {
  for (;;) {
    const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() > deadline || (error as { code?: string }).code === '28P01') throw error;
      await sleep(500);
    }
  }
}
