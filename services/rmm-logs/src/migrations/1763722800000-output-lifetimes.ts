import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When devices were merged, so that it can be forgotten; and a name for a piece's number that is not that of a time. */
export class OutputLifetimes1763722800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rmm_logs.merged_devices ADD COLUMN merged_at timestamptz NOT NULL DEFAULT now()');
    await runner.query('ALTER TABLE rmm_logs.outputs ADD COLUMN cut_from integer');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('UPDATE rmm_logs.outputs SET cut_at = cut_from WHERE cut_from < cut_at OR cut_at IS NULL');
    await runner.query('ALTER TABLE rmm_logs.outputs DROP COLUMN cut_from');
    await runner.query('ALTER TABLE rmm_logs.merged_devices DROP COLUMN merged_at');
  }
}
