import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What operations print is kept by the service for logs from now on, which holds nothing older: output from before is
 * dropped with its table. The number of its pieces is what the device reports at the end.
 */
export class OutputLeaves1763694000000 implements MigrationInterface {
  readonly name = 'OutputLeaves1763694000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE core.operation_output');
    await runner.query('ALTER TABLE core.operations DROP COLUMN output_bytes, ADD COLUMN output_pieces integer');
  }

  async down(): Promise<void> {
    throw new Error('What operations printed is gone. Restore a backup from before.');
  }
}
