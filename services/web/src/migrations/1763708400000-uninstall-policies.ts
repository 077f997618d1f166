import { organisationWall } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether removing the agent needs a token, for each organisation. */
export class CreateUninstallPolicies1763708400000 implements MigrationInterface {
  readonly name = 'CreateUninstallPolicies1763708400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE core.uninstall_policies (
      organisation_id uuid NOT NULL,
      token_needed boolean NOT NULL,
      secret bytea NOT NULL,
      CONSTRAINT pk_uninstall_policies PRIMARY KEY (organisation_id)
    )`);
    for (const statement of organisationWall('core', 'uninstall_policies')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE core.uninstall_policies');
  }
}
