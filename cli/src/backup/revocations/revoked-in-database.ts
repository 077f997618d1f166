import { Client } from 'pg';
import type { RevocationsFile } from './revocations-file';

/** What a running suite knows better than a backup of earlier days. */
export interface LiveCredentials {
  revocations: RevocationsFile['revocations'];
  /** Ids of API tokens that are still good. */
  tokens: string[];
  /** Ids of registration keys that were revoked. */
  revokedKeys: string[];
  users: { id: string; passwordHash: string; mustChange: boolean; disabled: boolean }[];
}

/** Devices and certificates that were revoked and still matter. @throws Error of PostgreSQL */
export const revokedIn = (url: string): Promise<RevocationsFile['revocations']> => reading(url, revokedBy);

/** @throws Error of PostgreSQL, as where the suite was never started */
export const credentialsIn = (url: string): Promise<LiveCredentials> =>
  reading(url, async (client) => {
    const ids = async (sql: string): Promise<string[]> =>
      (await client.query<{ id: string }>(sql)).rows.map(({ id }) => id);
    return {
      revocations: await revokedBy(client),
      tokens: await ids('SELECT id FROM identity.api_tokens'),
      revokedKeys: await ids('SELECT id FROM identity.registration_keys WHERE revoked_at IS NOT NULL'),
      users: (
        await client.query<LiveCredentials['users'][number]>(
          `SELECT id, password_hash AS "passwordHash", must_change_password AS "mustChange", disabled FROM identity.users`,
        )
      ).rows,
    };
  });

async function revokedBy(client: Client): Promise<RevocationsFile['revocations']> {
  const { rows } = await client.query<RevocationsFile['revocations'][number]>(
    `SELECT kind, subject_id AS id, organisation_id AS "organisationId",
            to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
       FROM identity.revocations WHERE kind IN ('device', 'certificate') AND matters_until > now()
     UNION
     SELECT 'device', id::text, organisation_id, to_char(revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
       FROM identity.devices WHERE revoked_at IS NOT NULL`,
  );
  return rows;
}

async function reading<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'muster' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
