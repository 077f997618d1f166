import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a lock-out was told to the audit log: once, however often somebody tries while it lasts. */
export class LockOutsTold1763694000000 implements MigrationInterface {
  readonly name = 'LockOutsTold1763694000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE identity.sign_in_attempts ADD COLUMN told_until timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE identity.sign_in_attempts DROP COLUMN told_until');
  }
}
