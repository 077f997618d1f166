import { sharedTable } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which certificates of the authority the audit log was told of, so that it is told of changes and of nothing twice. */
export class ToldCertificates1763708400000 implements MigrationInterface {
  readonly name = 'ToldCertificates1763708400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE identity.told_certificates (
      part text NOT NULL, fingerprint text NOT NULL, not_after timestamptz NOT NULL, PRIMARY KEY (part, fingerprint))`);
    for (const statement of sharedTable('identity', 'told_certificates')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE identity.told_certificates');
  }
}
