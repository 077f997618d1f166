import type { MigrationInterface, QueryRunner } from 'typeorm';
import { organisationWall, receiptsTable, timePartitions } from '@muster/database';

const SCHEMA = 'plugins';
const TABLES = ['devices', 'sections', 'parts', 'waiting', 'products', 'titles', 'installed', 'changes'] as const;

/**
 * `COLLATE "C"` is the order of the UTF-8 bytes, which digests of sections are made in, and needs no index to be rebuilt
 * when the operating system changes its locales. Products and titles change their counts often and have no index on
 * them, so that updates stay within their page (HOT); `fillfactor` leaves the room.
 */
const STATEMENTS = [
  `CREATE TABLE plugins.devices (
     organisation_id uuid NOT NULL, id uuid NOT NULL, name text COLLATE "C" NOT NULL DEFAULT '',
     name_key text COLLATE "C" NOT NULL DEFAULT '', described_at timestamptz, retired_at timestamptz, facts jsonb,
     CONSTRAINT pk_devices PRIMARY KEY (organisation_id, id))`,
  `CREATE INDEX ix_devices_name ON plugins.devices (organisation_id, name_key, id) WHERE retired_at IS NULL`,

  `CREATE TABLE plugins.sections (
     organisation_id uuid NOT NULL, device_id uuid NOT NULL, section text COLLATE "C" NOT NULL,
     digest bytea, collected_at timestamptz NOT NULL, spool uuid NOT NULL, sequence bigint NOT NULL,
     complete boolean NOT NULL, item_count integer NOT NULL, items jsonb NOT NULL, unreadable jsonb NOT NULL, series jsonb,
     CONSTRAINT pk_sections PRIMARY KEY (organisation_id, device_id, section))`,

  `CREATE TABLE plugins.parts (
     organisation_id uuid NOT NULL, device_id uuid NOT NULL, section text COLLATE "C" NOT NULL, part integer NOT NULL,
     keys text[] NOT NULL,
     CONSTRAINT pk_parts PRIMARY KEY (organisation_id, device_id, section, part))`,

  `CREATE TABLE plugins.waiting (
     organisation_id uuid NOT NULL, device_id uuid NOT NULL, spool uuid NOT NULL, sequence bigint NOT NULL,
     taken_at timestamptz NOT NULL,
     CONSTRAINT pk_waiting PRIMARY KEY (organisation_id, device_id, spool, sequence))`,

  `CREATE TABLE plugins.products (
     organisation_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, source text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL, name_key text COLLATE "C" NOT NULL, publisher text,
     versions integer NOT NULL DEFAULT 0, installations integer NOT NULL DEFAULT 0,
     CONSTRAINT pk_products PRIMARY KEY (organisation_id, id)) WITH (fillfactor = 70)`,
  `CREATE UNIQUE INDEX ux_products_name ON plugins.products (organisation_id, source, name)`,
  `CREATE INDEX ix_products_name_key ON plugins.products (organisation_id, name_key, id)`,

  `CREATE TABLE plugins.titles (
     organisation_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, product_id bigint NOT NULL,
     version text COLLATE "C" NOT NULL, publisher text, devices integer NOT NULL DEFAULT 0,
     installations integer NOT NULL DEFAULT 0,
     CONSTRAINT pk_titles PRIMARY KEY (organisation_id, id)) WITH (fillfactor = 70)`,
  `CREATE UNIQUE INDEX ux_titles_version ON plugins.titles (organisation_id, product_id, version)`,

  `CREATE TABLE plugins.installed (
     organisation_id uuid NOT NULL, device_id uuid NOT NULL, title_id bigint NOT NULL, digest bigint NOT NULL,
     since timestamptz NOT NULL, size_bytes bigint, installed_at timestamptz, key text COLLATE "C" NOT NULL,
     architecture text, scope text,
     CONSTRAINT pk_installed PRIMARY KEY (organisation_id, device_id, key))`,
  `CREATE INDEX ix_installed_title ON plugins.installed (organisation_id, title_id, device_id)`,

  `CREATE TABLE plugins.changes (
     organisation_id uuid NOT NULL, id uuid NOT NULL, device_id uuid NOT NULL, section text COLLATE "C" NOT NULL,
     change text COLLATE "C" NOT NULL, key text NOT NULL, title text NOT NULL, title_key text NOT NULL, fields jsonb,
     CONSTRAINT pk_changes PRIMARY KEY (organisation_id, id)) PARTITION BY RANGE (id)`,
  `CREATE INDEX ix_changes_device ON plugins.changes (organisation_id, device_id, id)`,
  `CREATE INDEX ix_changes_section ON plugins.changes (organisation_id, section, id)`,
  ...timePartitions(SCHEMA, 'changes', { span: 'month', key: 'uuidv7', leastDays: 31 }),
  ...receiptsTable(SCHEMA),
];

export class CreatePlugins1763697600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const walls = TABLES.flatMap((table) => organisationWall(SCHEMA, table));
    for (const statement of [...STATEMENTS, ...walls]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TABLES, 'receipts']) await runner.query(`DROP TABLE ${SCHEMA}.${table}`);
    for (const name of ['maintain_changes', 'maintain_changes_bound']) {
      await runner.query(`DROP FUNCTION ${SCHEMA}.${name}`);
    }
  }
}
