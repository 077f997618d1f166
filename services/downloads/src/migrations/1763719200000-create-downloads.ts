import type { MigrationInterface, QueryRunner } from 'typeorm';
import { organisationWall } from '@muster/database';

const SCHEMA = 'downloads';
const TABLES = ['releases', 'device_releases', 'device_channels'] as const;

const STATEMENTS = [
  `CREATE TABLE downloads.releases (
     organisation_id uuid NOT NULL, id uuid NOT NULL, version text COLLATE "C" NOT NULL,
     version_key text COLLATE "C" NOT NULL, platform text COLLATE "C" NOT NULL, manifest jsonb NOT NULL,
     sha256 text COLLATE "C" NOT NULL, size_bytes bigint NOT NULL, received_bytes bigint NOT NULL DEFAULT 0,
     downgrade_from text[] NOT NULL, state text COLLATE "C" NOT NULL, created_at timestamptz NOT NULL,
     created_by text NOT NULL, channel text COLLATE "C" NOT NULL, percentage integer NOT NULL,
     most_at_once integer NOT NULL, stop_rule jsonb NOT NULL, stopped_because text,
     offered integer NOT NULL DEFAULT 0, installed integer NOT NULL DEFAULT 0, failed integer NOT NULL DEFAULT 0,
     installed_before integer NOT NULL DEFAULT 0, failed_before integer NOT NULL DEFAULT 0,
     CONSTRAINT pk_releases PRIMARY KEY (organisation_id, id))`,
  `CREATE UNIQUE INDEX ux_releases_version ON downloads.releases (organisation_id, platform, version)`,
  `CREATE INDEX ix_releases_created ON downloads.releases (organisation_id, created_at, id)`,
  `CREATE INDEX ix_releases_running ON downloads.releases (organisation_id, state)`,

  `CREATE TABLE downloads.device_releases (
     organisation_id uuid NOT NULL, release_id uuid NOT NULL, device_id uuid NOT NULL, state text COLLATE "C" NOT NULL,
     from_version text NOT NULL, offered_at timestamptz NOT NULL, changed_at timestamptz NOT NULL, why text,
     CONSTRAINT pk_device_releases PRIMARY KEY (organisation_id, release_id, device_id))`,
  `CREATE INDEX ix_device_releases_state ON downloads.device_releases (organisation_id, release_id, state, offered_at)`,
  `CREATE INDEX ix_device_releases_changed
     ON downloads.device_releases (organisation_id, release_id, changed_at, device_id)`,

  `CREATE TABLE downloads.device_channels (
     organisation_id uuid NOT NULL, device_id uuid NOT NULL, channel text COLLATE "C" NOT NULL,
     CONSTRAINT pk_device_channels PRIMARY KEY (organisation_id, device_id))`,
];

export class CreateDownloads1763719200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const walls = TABLES.flatMap((table) => organisationWall(SCHEMA, table));
    for (const statement of [...STATEMENTS, ...walls]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${SCHEMA}.${table}`);
  }
}
