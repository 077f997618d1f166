import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a packed hour holds, without unpacking it: for the bound of a device's hour and of what a roll-up reads at once. */
export class SampleHourSizes1763715600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE rmm_logs.sample_hours
         ADD COLUMN samples integer NOT NULL DEFAULT 0, ADD COLUMN bytes bigint NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rmm_logs.sample_hours DROP COLUMN samples, DROP COLUMN bytes');
  }
}
