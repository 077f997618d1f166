import { organisationWall, sharedTable } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Procedures and operations.
 *
 * An operation's signed text is stored in two parts: what is its own (`operations.payload_head`) and what all of its
 * batch have in common (`operation_batches.payload_tail`). The text is exactly head and tail in a row, so that a script
 * of 100 KB for 10,000 devices is stored once and the signed bytes are still never built anew.
 */
export class CreateOperations1763690400000 implements MigrationInterface {
  readonly name = 'CreateOperations1763690400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...indexes, ...walls]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION core.begin_epoch(text)');
    for (const table of [...tenantTables, ...sharedTables].reverse()) await runner.query(`DROP TABLE core.${table}`);
  }
}

const tenantTables = [
  'procedures',
  'procedure_versions',
  'starter_sets',
  'operation_batches',
  'operations',
  'operation_transitions',
  'operation_output',
];
const sharedTables = ['signing_delegations', 'server_epoch'];

const states = `'PENDING', 'NOTIFIED', 'IN_PROGRESS', 'COMPLETED', 'ERROR', 'NOT_NOW', 'CANCELLED', 'EXPIRED'`;
const languages = `'sh', 'bash', 'python', 'powershell'`;

const tables = [
  `CREATE TABLE core.procedures (
    organisation_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    language text NOT NULL CONSTRAINT ck_procedures_language CHECK (language IN (${languages})),
    script text NOT NULL,
    parameters jsonb NOT NULL,
    time_limit_seconds integer NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT pk_procedures PRIMARY KEY (organisation_id, id)
  )`,
  `CREATE TABLE core.procedure_versions (
    organisation_id uuid NOT NULL,
    procedure_id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    language text NOT NULL,
    script text NOT NULL,
    parameters jsonb NOT NULL,
    time_limit_seconds integer NOT NULL,
    saved_at timestamptz NOT NULL,
    saved_by text NOT NULL,
    CONSTRAINT pk_procedure_versions PRIMARY KEY (organisation_id, procedure_id, version)
  )`,
  // Which organisations got their starter procedures: what somebody deleted does not come back.
  `CREATE TABLE core.starter_sets (
    organisation_id uuid CONSTRAINT pk_starter_sets PRIMARY KEY,
    inserted_at timestamptz NOT NULL DEFAULT now()
  )`,
  // Certificates that signatures name; public, the same for every organisation, few.
  `CREATE TABLE core.signing_delegations (
    digest text CONSTRAINT pk_signing_delegations PRIMARY KEY,
    chain jsonb NOT NULL
  )`,
  `CREATE TABLE core.operation_batches (
    organisation_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    procedure_id uuid NOT NULL,
    procedure_version integer NOT NULL,
    requested_by text NOT NULL,
    requested_by_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    device_count integer NOT NULL,
    payload_tail text NOT NULL,
    CONSTRAINT pk_operation_batches PRIMARY KEY (organisation_id, id)
  )`,
  `CREATE TABLE core.operations (
    organisation_id uuid NOT NULL,
    id uuid NOT NULL,
    batch_id uuid NOT NULL,
    device_id uuid NOT NULL,
    sequence bigint NOT NULL,
    epoch bigint NOT NULL,
    state text NOT NULL CONSTRAINT ck_operations_state CHECK (state IN (${states})),
    reason text NOT NULL,
    ended_by text CONSTRAINT ck_operations_ended_by CHECK (ended_by IN ('device', 'server')),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    time_limit_seconds integer NOT NULL,
    deadline_at timestamptz,
    hint_after timestamptz,
    hints integer NOT NULL DEFAULT 0,
    delivered_at timestamptz,
    missing_since timestamptz,
    exit_code bigint,
    duration_ms bigint,
    output_truncated boolean NOT NULL DEFAULT false,
    output_bytes bigint NOT NULL DEFAULT 0,
    payload_head text NOT NULL,
    signature text NOT NULL,
    delegation_digest text NOT NULL CONSTRAINT fk_operations_delegation REFERENCES core.signing_delegations (digest),
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    cancel_delivered_at timestamptz,
    cancel_payload text,
    cancel_signature text,
    cancel_delegation_digest text CONSTRAINT fk_operations_cancel_delegation REFERENCES core.signing_delegations (digest),
    CONSTRAINT pk_operations PRIMARY KEY (organisation_id, id),
    CONSTRAINT fk_operations_batch FOREIGN KEY (organisation_id, batch_id) REFERENCES core.operation_batches (organisation_id, id),
    CONSTRAINT fk_operations_device FOREIGN KEY (organisation_id, device_id) REFERENCES core.devices (organisation_id, id),
    CONSTRAINT ck_operations_ended CHECK ((ended_by IS NOT NULL) = (state IN ('COMPLETED', 'ERROR', 'CANCELLED', 'EXPIRED'))),
    CONSTRAINT ck_operations_deadline CHECK ((deadline_at IS NULL) = (ended_by IS NOT NULL))
  )`,
  `CREATE TABLE core.operation_transitions (
    organisation_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    state text NOT NULL CONSTRAINT ck_operation_transitions_state CHECK (state IN (${states})),
    reason text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_operation_transitions PRIMARY KEY (organisation_id, operation_id, number),
    CONSTRAINT fk_operation_transitions_operation FOREIGN KEY (organisation_id, operation_id) REFERENCES core.operations (organisation_id, id) ON DELETE CASCADE
  )`,
  `CREATE TABLE core.operation_output (
    organisation_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    number integer NOT NULL,
    stream text NOT NULL CONSTRAINT ck_operation_output_stream CHECK (stream IN ('stdout', 'stderr')),
    text text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_operation_output PRIMARY KEY (organisation_id, operation_id, number),
    CONSTRAINT fk_operation_output_operation FOREIGN KEY (organisation_id, operation_id) REFERENCES core.operations (organisation_id, id) ON DELETE CASCADE
  )`,
  // One row. The fingerprint says which database this is; another one under the same rows is a restored backup.
  `CREATE TABLE core.server_epoch (
    single boolean NOT NULL DEFAULT true CONSTRAINT pk_server_epoch PRIMARY KEY CONSTRAINT ck_server_epoch_single CHECK (single),
    epoch bigint NOT NULL,
    fingerprint text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
  )`,
  // Milliseconds since 1970, so that a second restore of one backup does not get the epoch of the first.
  `CREATE FUNCTION core.begin_epoch(new_fingerprint text) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO core.server_epoch AS held (epoch, fingerprint)
    VALUES ((extract(epoch FROM clock_timestamp()) * 1000)::bigint, new_fingerprint)
    ON CONFLICT (single) DO UPDATE
      SET epoch = greatest(held.epoch + 1, excluded.epoch), fingerprint = excluded.fingerprint, since = now()
    RETURNING epoch
  $$`,
];

const indexes = [
  `CREATE UNIQUE INDEX ux_procedures_name ON core.procedures (organisation_id, lower(name)) WHERE deleted_at IS NULL`,
  `CREATE INDEX ix_operations_device ON core.operations (organisation_id, device_id, id)`,
  `CREATE INDEX ix_operations_batch ON core.operations (organisation_id, batch_id, state)`,
  `CREATE INDEX ix_operations_state ON core.operations (organisation_id, state, changed_at)`,
  `CREATE UNIQUE INDEX ux_operations_open ON core.operations (organisation_id, device_id, epoch, sequence)
     WHERE ended_by IS NULL`,
  `CREATE INDEX ix_operations_due ON core.operations (deadline_at) WHERE deadline_at IS NOT NULL`,
  `CREATE INDEX ix_operations_to_hint ON core.operations (hint_after) WHERE hint_after IS NOT NULL`,
  // The broker's acknowledgements name devices only.
  `CREATE INDEX ix_operations_not_notified ON core.operations (device_id) WHERE state = 'PENDING'`,
];

const walls = [
  ...tenantTables.flatMap((table) => organisationWall('core', table)),
  ...sharedTables.flatMap((table) => sharedTable('core', table)),
];
