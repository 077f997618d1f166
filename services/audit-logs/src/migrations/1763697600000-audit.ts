import { organisationWall, receiptsTable, rolesOf, sharedTable } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const { app } = rolesOf('audit');

/**
 * The chain of entries, its signed heads, and what is beside it.
 *
 * The service's role can insert and read entries and heads, and do nothing else to them. What is older than the retention
 * goes by `audit.remove_expired` alone, which belongs to the owner of the schema and looks for itself.
 */
export class CreateAudit1763697600000 implements MigrationInterface {
  readonly name = 'CreateAudit1763697600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...indexes, ...walls, ...rights, removal]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit.remove_expired(timestamptz, integer)');
    for (const table of ['receipts', 'forwarding', 'heads', 'delegations', 'device_names', 'entries', 'chains']) {
      await runner.query(`DROP TABLE audit.${table}`);
    }
  }
}

const tables = [
  `CREATE TABLE audit.chains (
    organisation_id uuid CONSTRAINT pk_chains PRIMARY KEY,
    last_number bigint NOT NULL,
    last_hash bytea NOT NULL,
    signed_number bigint NOT NULL DEFAULT 0,
    unsigned_since timestamptz
  ) WITH (fillfactor = 20)`,
  `CREATE TABLE audit.entries (
    organisation_id uuid NOT NULL,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CONSTRAINT ck_entries_actor CHECK (actor_kind IN ('person', 'token', 'device', 'system')),
    actor_id text,
    actor_name text NOT NULL,
    actor_address text,
    action text NOT NULL,
    outcome text NOT NULL CONSTRAINT ck_entries_outcome CHECK (outcome IN ('done', 'refused', 'failed')),
    target_kind text,
    target_id text,
    target_name text,
    details jsonb NOT NULL,
    correlation_id text,
    hash bytea NOT NULL CONSTRAINT ck_entries_hash CHECK (octet_length(hash) = 32),
    message_id text,
    CONSTRAINT pk_entries PRIMARY KEY (organisation_id, number)
  )`,
  `CREATE TABLE audit.device_names (
    organisation_id uuid NOT NULL,
    device_id uuid NOT NULL,
    name text NOT NULL,
    described_at timestamptz NOT NULL,
    CONSTRAINT pk_device_names PRIMARY KEY (organisation_id, device_id)
  )`,
  `CREATE TABLE audit.delegations (
    digest text CONSTRAINT pk_delegations PRIMARY KEY,
    chain jsonb NOT NULL
  )`,
  `CREATE TABLE audit.heads (
    organisation_id uuid NOT NULL,
    number bigint NOT NULL,
    payload text NOT NULL,
    signature text NOT NULL,
    delegation_digest text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_heads PRIMARY KEY (organisation_id, number)
  )`,
  `CREATE TABLE audit.forwarding (
    organisation_id uuid CONSTRAINT pk_forwarding PRIMARY KEY,
    enabled boolean NOT NULL,
    host text NOT NULL,
    port integer NOT NULL,
    anchors text,
    forwarded_to bigint NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    problem text,
    failures integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL DEFAULT now(),
    holder uuid,
    held_until timestamptz
  )`,
  ...receiptsTable('audit'),
];

/** Every filter has an index that ends in (at, number), so that a page is read in order however rare its rows are. */
const indexes = [
  `CREATE INDEX entries_by_time ON audit.entries (organisation_id, at, number)`,
  `CREATE INDEX entries_by_action ON audit.entries (organisation_id, action, at, number)`,
  `CREATE INDEX entries_by_subject ON audit.entries (organisation_id, split_part(action, '.', 1), at, number)`,
  `CREATE INDEX entries_by_actor ON audit.entries (organisation_id, actor_id, at, number) WHERE actor_id IS NOT NULL`,
  `CREATE INDEX entries_by_target ON audit.entries (organisation_id, target_id, at, number)
    WHERE target_id IS NOT NULL`,
  `CREATE FUNCTION audit.device_of(actor_kind text, actor_id text, target_kind text, target_id text, details jsonb)
     RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
       SELECT CASE WHEN actor_kind = 'device' THEN actor_id
                   WHEN target_kind = 'device' THEN target_id
                   ELSE jsonb_path_query_first(details, '$[*] ? (@.name == "deviceId").value') #>> '{}' END $$`,
  `CREATE INDEX entries_by_device ON audit.entries
    (organisation_id, audit.device_of(actor_kind, actor_id, target_kind, target_id, details), at, number)
    WHERE audit.device_of(actor_kind, actor_id, target_kind, target_id, details) IS NOT NULL`,
  `CREATE INDEX entries_not_done ON audit.entries (organisation_id, outcome, at, number) WHERE outcome <> 'done'`,
  `CREATE UNIQUE INDEX entries_once ON audit.entries (organisation_id, message_id) WHERE message_id IS NOT NULL`,
];

const walls = [
  ...['chains', 'entries', 'device_names', 'heads', 'forwarding'].flatMap((table) => organisationWall('audit', table)),
  ...sharedTable('audit', 'delegations'),
];

const rights = [
  `REVOKE UPDATE, DELETE ON audit.entries, audit.heads, audit.delegations FROM ${app}`,
  // When a head was stored is for the database to say: the retention goes by it.
  `REVOKE INSERT ON audit.heads FROM ${app}`,
  `GRANT INSERT (organisation_id, number, payload, signature, delegation_digest) ON audit.heads TO ${app}`,
  `REVOKE DELETE ON audit.chains FROM ${app}`,
];

/**
 * Removes the oldest entries of the current organisation up to a head, the checkpoint, that has been stored since before
 * `older_than`, and the heads before that one; at most about `most` entries, and at least up to the next head. Gives the
 * checkpoint and the number of entries removed, or nothing. Never what a head of the last 30 days covers alone.
 *
 * The owner is behind the wall itself (FORCE): within this transaction, under the lock that ALTER TABLE takes and nobody
 * sees through, it steps in front of it.
 */
export const removal = `
CREATE FUNCTION audit.remove_expired(older_than timestamptz, most integer)
  RETURNS TABLE (checkpoint bigint, removed bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  current uuid := NULLIF(current_setting('app.organisation_id', true), '')::uuid;
  first bigint;
BEGIN
  IF older_than > now() - interval '30 days' THEN
    RAISE EXCEPTION 'audit entries are kept for 30 days at least' USING ERRCODE = 'insufficient_privilege';
  END IF;
  ALTER TABLE audit.entries NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE audit.heads NO FORCE ROW LEVEL SECURITY;
  SELECT min(number) INTO first FROM audit.entries WHERE organisation_id = current;
  SELECT COALESCE(max(h.number) FILTER (WHERE h.number < first + most), min(h.number)) INTO checkpoint
    FROM audit.heads h WHERE h.organisation_id = current AND h.number >= first AND h.stored_at <= older_than;
  IF checkpoint IS NOT NULL THEN
    DELETE FROM audit.entries e WHERE e.organisation_id = current AND e.number <= checkpoint;
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM audit.heads h WHERE h.organisation_id = current AND h.number < checkpoint;
    RETURN NEXT;
  END IF;
  ALTER TABLE audit.entries FORCE ROW LEVEL SECURITY;
  ALTER TABLE audit.heads FORCE ROW LEVEL SECURITY;
END $$;
REVOKE EXECUTE ON FUNCTION audit.remove_expired(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.remove_expired(timestamptz, integer) TO ${app}`;
