import { organisationWall } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which device became which, for reading what operations printed before; and what devices hand in on a day. */
export class OutputOfDevices1763719200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE TABLE rmm_logs.merged_devices (
         organisation_id uuid NOT NULL,
         device_id uuid NOT NULL,
         successor_id uuid NOT NULL,
         CONSTRAINT merged_devices_pkey PRIMARY KEY (organisation_id, device_id)
       )`,
      'CREATE INDEX merged_devices_successor ON rmm_logs.merged_devices (organisation_id, successor_id)',
      // Each batch of a device counts there, always in the same row.
      `CREATE TABLE rmm_logs.output_days (
         organisation_id uuid NOT NULL,
         device_id uuid NOT NULL,
         day date NOT NULL,
         bytes bigint NOT NULL,
         CONSTRAINT output_days_pkey PRIMARY KEY (organisation_id, device_id)
       ) WITH (fillfactor = 50)`,
      ...['merged_devices', 'output_days'].flatMap((table) => organisationWall('rmm_logs', table)),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rmm_logs.merged_devices, rmm_logs.output_days');
  }
}
