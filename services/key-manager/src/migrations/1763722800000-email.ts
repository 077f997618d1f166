import { organisationWall, sharedTable } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_TABLES = ['email_messages', 'invitations', 'password_resets'] as const;
const SHARED_TABLES = ['email_settings', 'email_sendings', 'password_reset_requests'] as const;

const TABLES = [
  `CREATE TABLE identity.email_settings (
     id integer PRIMARY KEY, host text NOT NULL, port integer NOT NULL, security text NOT NULL, user_name text,
     sealed_password bytea, from_address text NOT NULL, from_name text NOT NULL, trusted_certificates text,
     changed_at timestamptz NOT NULL, changed_by text NOT NULL)`,
  `CREATE TABLE identity.email_sendings (
     id integer PRIMARY KEY, at timestamptz NOT NULL, sent boolean NOT NULL, problem text, explanation text,
     reply text)`,

  `CREATE TABLE identity.email_messages (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, kind text NOT NULL, subject_id uuid NOT NULL,
     recipient text NOT NULL, sealed_words bytea NOT NULL, state text NOT NULL, attempts integer NOT NULL,
     queued_at timestamptz NOT NULL, next_at timestamptz NOT NULL, taken_until timestamptz, gives_up_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL, problem text, reply text)`,
  `CREATE INDEX email_messages_organisation ON identity.email_messages (organisation_id, subject_id)`,
  `CREATE INDEX email_messages_due ON identity.email_messages (state, next_at)`,
  `CREATE INDEX email_messages_expiry ON identity.email_messages (expires_at)`,

  `CREATE TABLE identity.invitations (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, email text NOT NULL, name text NOT NULL, role text NOT NULL,
     secret_hash bytea NOT NULL, invited_by text NOT NULL, invited_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL, sent_at timestamptz)`,
  `CREATE UNIQUE INDEX invitations_email ON identity.invitations (organisation_id, email)`,
  `CREATE UNIQUE INDEX invitations_secret ON identity.invitations (secret_hash)`,
  `CREATE INDEX invitations_expiry ON identity.invitations (expires_at)`,

  `CREATE TABLE identity.password_resets (
     id uuid PRIMARY KEY, organisation_id uuid NOT NULL, user_id uuid NOT NULL, secret_hash bytea NOT NULL,
     expires_at timestamptz NOT NULL)`,
  `CREATE INDEX password_resets_user ON identity.password_resets (organisation_id, user_id)`,
  `CREATE UNIQUE INDEX password_resets_secret ON identity.password_resets (secret_hash)`,
  `CREATE INDEX password_resets_expiry ON identity.password_resets (expires_at)`,

  `CREATE TABLE identity.password_reset_requests (
     id uuid PRIMARY KEY, email text NOT NULL, address text NOT NULL, asked_at timestamptz NOT NULL)`,
  `CREATE INDEX password_reset_requests_asked ON identity.password_reset_requests (asked_at)`,
];

/** Mail: how it is sent, what waits to be sent, and what its links lead to. */
export class Email1763722800000 implements MigrationInterface {
  readonly name = 'Email1763722800000';

  async up(runner: QueryRunner): Promise<void> {
    const walls = TENANT_TABLES.flatMap((table) => organisationWall('identity', table));
    const shared = SHARED_TABLES.flatMap((table) => sharedTable('identity', table));
    for (const statement of [...TABLES, ...walls, ...shared]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TENANT_TABLES, ...SHARED_TABLES]) await runner.query(`DROP TABLE identity.${table}`);
  }
}
