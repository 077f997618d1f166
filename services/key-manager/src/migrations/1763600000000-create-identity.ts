import type { MigrationInterface, QueryRunner } from 'typeorm';
import { organisationWall, sharedTable } from '@muster/database';

const SCHEMA = 'identity';
const TENANT_TABLES = [
  'users',
  'sessions',
  'api_tokens',
  'registration_keys',
  'devices',
  'certificates',
  'revocations',
] as const;
const SHARED_TABLES = ['revocation_counter', 'address_failures', 'sign_in_attempts'] as const;

const TABLES = [
  `CREATE TABLE identity.users (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, email text NOT NULL, name text NOT NULL, role text NOT NULL,
     password_hash text NOT NULL, must_change_password boolean NOT NULL, disabled boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL, last_sign_in_at timestamptz)`,
  `CREATE UNIQUE INDEX users_email ON identity.users (email)`,
  `CREATE INDEX users_organisation ON identity.users (organisation_id, email)`,

  `CREATE TABLE identity.sessions (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, user_id uuid NOT NULL, secret_hash bytea NOT NULL,
     address text NOT NULL, user_agent text NOT NULL, started_at timestamptz NOT NULL,
     last_seen_at timestamptz NOT NULL, expires_at timestamptz NOT NULL)`,
  `CREATE UNIQUE INDEX sessions_secret ON identity.sessions (secret_hash)`,
  `CREATE INDEX sessions_organisation ON identity.sessions (organisation_id, user_id)`,
  `CREATE INDEX sessions_expiry ON identity.sessions (expires_at)`,

  `CREATE TABLE identity.api_tokens (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, owner_id uuid NOT NULL, name text NOT NULL,
     secret_hash bytea NOT NULL, permissions text[] NOT NULL, created_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL, last_used_at timestamptz)`,
  `CREATE UNIQUE INDEX api_tokens_secret ON identity.api_tokens (secret_hash)`,
  `CREATE INDEX api_tokens_organisation ON identity.api_tokens (organisation_id, owner_id)`,
  `CREATE INDEX api_tokens_expiry ON identity.api_tokens (expires_at)`,

  `CREATE TABLE identity.registration_keys (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, name text NOT NULL, key text NOT NULL, group_id uuid,
     device_limit integer, devices_enrolled integer NOT NULL DEFAULT 0, expires_at timestamptz,
     revoked_at timestamptz, created_at timestamptz NOT NULL, created_by text NOT NULL)`,
  `CREATE UNIQUE INDEX registration_keys_key ON identity.registration_keys (key)`,
  `CREATE INDEX registration_keys_organisation ON identity.registration_keys (organisation_id, created_at)`,

  `CREATE TABLE identity.devices (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, public_key bytea NOT NULL, public_key_digest bytea NOT NULL,
     registration_key_id uuid NOT NULL, enrolled_at timestamptz NOT NULL, revoked_at timestamptz, revoke_reason text)`,
  `CREATE UNIQUE INDEX devices_public_key ON identity.devices (public_key_digest)`,
  `CREATE INDEX devices_organisation ON identity.devices (organisation_id, id)`,

  `CREATE TABLE identity.certificates (
     fingerprint text PRIMARY KEY, organisation_id uuid NOT NULL, device_id uuid NOT NULL, issuer text NOT NULL,
     chain text NOT NULL, issued_at timestamptz NOT NULL, not_after timestamptz NOT NULL)`,
  `CREATE INDEX certificates_device ON identity.certificates (organisation_id, device_id, issued_at)`,
  `CREATE INDEX certificates_expiry ON identity.certificates (not_after)`,

  `CREATE TABLE identity.revocations (
     sequence bigint PRIMARY KEY, organisation_id uuid NOT NULL, kind text NOT NULL, subject_id text NOT NULL,
     at timestamptz NOT NULL, matters_until timestamptz NOT NULL)`,
  `CREATE INDEX revocations_organisation ON identity.revocations (organisation_id, sequence)`,
  `CREATE INDEX revocations_expiry ON identity.revocations (matters_until)`,

  `CREATE TABLE identity.revocation_counter (id integer PRIMARY KEY, sequence bigint NOT NULL DEFAULT 0)`,
  `INSERT INTO identity.revocation_counter (id, sequence) VALUES (1, 0)`,

  `CREATE TABLE identity.address_failures (
     scope text NOT NULL, address text NOT NULL, failures integer NOT NULL, since timestamptz NOT NULL,
     PRIMARY KEY (scope, address))`,
  `CREATE INDEX address_failures_since ON identity.address_failures (since)`,

  `CREATE TABLE identity.sign_in_attempts (
     email_digest bytea PRIMARY KEY, failures integer NOT NULL, last_at timestamptz NOT NULL,
     locked_until timestamptz)`,
  `CREATE INDEX sign_in_attempts_last ON identity.sign_in_attempts (last_at)`,
];

export class CreateIdentity1763600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const walls = TENANT_TABLES.flatMap((table) => organisationWall(SCHEMA, table));
    const shared = SHARED_TABLES.flatMap((table) => sharedTable(SCHEMA, table));
    for (const statement of [...TABLES, ...walls, ...shared]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TENANT_TABLES, ...SHARED_TABLES]) await runner.query(`DROP TABLE ${SCHEMA}.${table}`);
  }
}
