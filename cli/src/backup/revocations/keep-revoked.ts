import { Client } from 'pg';
import type { LiveCredentials } from './revoked-in-database';
import type { RevocationsFile } from './revocations-file';

export interface Fence {
  /** Revocations that are known from elsewhere; the same ones again do no harm. */
  revocations: RevocationsFile['revocations'];
  /** Of the running suite that is replaced, where there was one of the same installation. */
  live?: LiveCredentials;
  /** Ends all API tokens and registration keys. */
  revokeCredentials: boolean;
}

/** What stays open is for people to look at. */
export interface Fenced {
  /** Devices that the backup had as good and that were revoked again. */
  devices: number;
  sessions: number;
  /** API tokens and registration keys that are good now. */
  tokens: number;
  registrationKeys: number;
}

const REASON = 'revoked before the restore of an older backup';
/** As long as a certificate may be renewed that nobody here knows of. */
const MATTERS = "interval '460 days'";

/**
 * Keeps what was revoked after a backup from being good again, as far as anybody knows of it, before a service has seen the
 * restored database. Sessions all end: nobody can tell which were ended since. The numbers of revocations go on above every
 * number that was ever given, so that brokers and services that outlived the loss keep what they have heard instead of
 * beginning anew with less.
 */
export async function keepRevoked(url: string, { revocations, live, revokeCredentials }: Fence): Promise<Fenced> {
  const client = new Client({ connectionString: url, application_name: 'muster restore' });
  await client.connect();
  try {
    await client.query('BEGIN');
    const sessions = (await client.query('DELETE FROM identity.sessions')).rowCount ?? 0;
    const number = await raiseCounter(client);
    const devices = await revoke(client, [...revocations, ...(live?.revocations ?? [])], number);
    if (live) await takeOver(client, live);
    if (revokeCredentials) {
      await client.query('DELETE FROM identity.api_tokens');
      await client.query('UPDATE identity.registration_keys SET revoked_at = now() WHERE revoked_at IS NULL');
    }
    const tokens = await count(client, 'identity.api_tokens WHERE expires_at > now()');
    const open = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';
    const registrationKeys = await count(client, `identity.registration_keys WHERE ${open}`);
    await client.query('COMMIT');
    return { devices, sessions, tokens, registrationKeys };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Milliseconds since 1970: more than any count of revocations, and more than at an earlier restore. */
async function raiseCounter(client: Client): Promise<number> {
  const { rows } = await client.query<{ sequence: string }>(
    `UPDATE identity.revocation_counter
        SET sequence = greatest(sequence + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      WHERE id = 1 RETURNING sequence`,
  );
  return Number(rows[0]?.sequence ?? 0);
}

/** Those that the backup does not know as revoked get numbers of their own, so that every service hears of them. */
async function revoke(client: Client, known: RevocationsFile['revocations'], from: number): Promise<number> {
  const all = [...new Map(known.map((one) => [`${one.kind} ${one.id}`, one])).values()];
  const columns = [
    all.map(({ kind }) => kind),
    all.map(({ id }) => id),
    all.map(({ organisationId }) => organisationId),
    all.map(({ at }) => at),
  ];
  const { rowCount } = await client.query(
    `INSERT INTO identity.revocations (sequence, organisation_id, kind, subject_id, at, matters_until)
     SELECT $5::bigint + row_number() OVER (ORDER BY k.at, k.id), k.organisation_id, k.kind, k.id, k.at, now() + ${MATTERS}
       FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[]) AS k(kind, id, organisation_id, at)
      WHERE NOT EXISTS (SELECT FROM identity.revocations r
                         WHERE r.organisation_id = k.organisation_id AND r.kind = k.kind AND r.subject_id = k.id)`,
    [...columns, from],
  );
  await client.query('UPDATE identity.revocation_counter SET sequence = sequence + $1 WHERE id = 1', [rowCount ?? 0]);
  const devices = all.filter(({ kind }) => kind === 'device');
  const updated = await client.query(
    `UPDATE identity.devices d SET revoked_at = k.at, revoke_reason = $3
       FROM unnest($1::uuid[], $2::timestamptz[]) AS k(id, at) WHERE d.id = k.id AND d.revoked_at IS NULL`,
    [devices.map(({ id }) => id), devices.map(({ at }) => at), REASON],
  );
  return updated.rowCount ?? 0;
}

/** Passwords are those of today; who is disabled or gone today is disabled; tokens and keys that ended have ended. */
async function takeOver(client: Client, { tokens, revokedKeys, users }: LiveCredentials): Promise<void> {
  await client.query('DELETE FROM identity.api_tokens WHERE NOT (id = ANY($1::uuid[]))', [tokens]);
  await client.query(
    'UPDATE identity.registration_keys SET revoked_at = now() WHERE revoked_at IS NULL AND id = ANY($1::uuid[])',
    [revokedKeys],
  );
  await client.query(
    `UPDATE identity.users u SET password_hash = k.hash, must_change_password = k.must, disabled = u.disabled OR k.disabled
       FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::boolean[]) AS k(id, hash, must, disabled) WHERE u.id = k.id`,
    [
      users.map(({ id }) => id),
      users.map(({ passwordHash }) => passwordHash),
      users.map(({ mustChange }) => mustChange),
      users.map(({ disabled }) => disabled),
    ],
  );
  const ids = users.map(({ id }) => id);
  await client.query('UPDATE identity.users SET disabled = true WHERE NOT (id = ANY($1::uuid[]))', [ids]);
}

async function count(client: Client, what: string): Promise<number> {
  return Number((await client.query<{ count: string }>(`SELECT count(*) FROM ${what}`)).rows[0]?.count ?? 0);
}
