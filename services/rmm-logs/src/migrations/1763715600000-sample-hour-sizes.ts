import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an hour holds, packed or not, without reading it: for the bound of a device's hour and of what a roll-up reads. */
export class SampleHourSizes1763715600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['sample_hours', 'hours_due'])
      await runner.query(
        `ALTER TABLE rmm_logs.${table}
           ADD COLUMN samples integer NOT NULL DEFAULT 0, ADD COLUMN bytes bigint NOT NULL DEFAULT 0`,
      );
    // Each batch of a device counts there.
    await runner.query('ALTER TABLE rmm_logs.hours_due SET (fillfactor = 50)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sample_hours', 'hours_due'])
      await runner.query(`ALTER TABLE rmm_logs.${table} DROP COLUMN samples, DROP COLUMN bytes`);
  }
}
