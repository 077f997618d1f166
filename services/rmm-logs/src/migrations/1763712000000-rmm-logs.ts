import { organisationWall, receiptsTable, rolesOf, timePartitions } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const SCHEMA = 'rmm_logs';
const { app } = rolesOf(SCHEMA);

/** What is compressed already is not tried again: `EXTERNAL` moves long values out and leaves them as they are. */
const SAMPLES = [
  // As they came in, until their hour is rolled up. No key: receipts have told repetitions apart.
  `CREATE TABLE rmm_logs.samples (
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     at timestamptz NOT NULL,
     sample json NOT NULL
   ) PARTITION BY RANGE (at)`,
  `CREATE INDEX samples_place ON rmm_logs.samples (organisation_id, device_id, at)`,
  `CREATE TABLE rmm_logs.sample_hours (
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     hour timestamptz NOT NULL,
     measured bytea NOT NULL,
     processes bytea NOT NULL,
     CONSTRAINT sample_hours_pkey PRIMARY KEY (organisation_id, device_id, hour)
   ) PARTITION BY RANGE (hour)`,
  `ALTER TABLE rmm_logs.sample_hours ALTER measured SET STORAGE EXTERNAL, ALTER processes SET STORAGE EXTERNAL`,
  `CREATE TABLE rmm_logs.samples_hourly (
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     day timestamptz NOT NULL,
     hours bytea NOT NULL,
     CONSTRAINT samples_hourly_pkey PRIMARY KEY (organisation_id, device_id, day)
   ) PARTITION BY RANGE (day)`,
  `ALTER TABLE rmm_logs.samples_hourly ALTER hours SET STORAGE EXTERNAL`,
  `CREATE TABLE rmm_logs.hours_due (
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     hour timestamptz NOT NULL,
     CONSTRAINT hours_due_pkey PRIMARY KEY (organisation_id, device_id, hour)
   )`,
];

const LOGS = [
  `CREATE SEQUENCE rmm_logs.log_ids CACHE 100`,
  `GRANT USAGE ON SEQUENCE rmm_logs.log_ids TO ${app}`,
  `CREATE TABLE rmm_logs.logs (
     at timestamptz NOT NULL,
     id bigint NOT NULL DEFAULT nextval('rmm_logs.log_ids'),
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     level smallint NOT NULL,
     message text NOT NULL,
     fields text,
     CONSTRAINT logs_pkey PRIMARY KEY (organisation_id, at, id)
   ) PARTITION BY RANGE (at)`,
  `CREATE INDEX logs_of_device ON rmm_logs.logs (organisation_id, device_id, at)`,
  // Warnings and errors are few among many: looking for them must not read all.
  `CREATE INDEX logs_severe ON rmm_logs.logs (organisation_id, at) WHERE level >= 2`,
];

const OUTPUT = [
  `CREATE TABLE rmm_logs.outputs (
     organisation_id uuid NOT NULL,
     operation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     bytes bigint NOT NULL DEFAULT 0,
     cut_at integer,
     CONSTRAINT outputs_pkey PRIMARY KEY (organisation_id, operation_id, device_id)
   ) PARTITION BY RANGE (operation_id)`,
  `CREATE TABLE rmm_logs.output_pieces (
     organisation_id uuid NOT NULL,
     operation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     number integer NOT NULL,
     error boolean NOT NULL,
     text text NOT NULL,
     CONSTRAINT output_pieces_pkey PRIMARY KEY (organisation_id, operation_id, device_id, number)
   ) PARTITION BY RANGE (operation_id)`,
];

/** Samples, agent logs and output of operations, in partitions by time. */
export class CreateRmmLogs1763712000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const day = { span: 'day', key: 'timestamptz' } as const;
    const statements = [
      ...receiptsTable(SCHEMA),
      ...SAMPLES,
      ...LOGS,
      ...OUTPUT,
      ...['samples', 'sample_hours', 'samples_hourly', 'hours_due', 'logs', 'outputs', 'output_pieces'].flatMap(
        (table) => organisationWall(SCHEMA, table),
      ),
      ...['samples', 'sample_hours', 'logs'].flatMap((table) => timePartitions(SCHEMA, table, day)),
      ...timePartitions(SCHEMA, 'samples_hourly', { span: 'month', key: 'timestamptz' }),
      ...['outputs', 'output_pieces'].flatMap((table) =>
        timePartitions(SCHEMA, table, { span: 'week', key: 'uuidv7' }),
      ),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE rmm_logs.samples, rmm_logs.sample_hours, rmm_logs.samples_hourly, rmm_logs.hours_due, rmm_logs.logs,
                  rmm_logs.outputs, rmm_logs.output_pieces, rmm_logs.receipts`,
    );
    await runner.query(`DROP SEQUENCE rmm_logs.log_ids`);
    for (const table of ['samples', 'sample_hours', 'samples_hourly', 'logs', 'outputs', 'output_pieces']) {
      await runner.query(`DROP FUNCTION rmm_logs.maintain_${table}, rmm_logs.maintain_${table}_bound`);
    }
  }
}
