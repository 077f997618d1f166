import { organisationWall } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Filters of lists that people keep under a name. */
export class CreateSavedFilters1763697600000 implements MigrationInterface {
  readonly name = 'CreateSavedFilters1763697600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE core.saved_filters (
      organisation_id uuid NOT NULL,
      id uuid NOT NULL,
      user_id uuid NOT NULL,
      list text NOT NULL,
      name text NOT NULL,
      query text NOT NULL,
      CONSTRAINT pk_saved_filters PRIMARY KEY (organisation_id, id)
    )`);
    await runner.query(
      'CREATE UNIQUE INDEX ux_saved_filters_name ON core.saved_filters (organisation_id, user_id, list, name)',
    );
    for (const statement of organisationWall('core', 'saved_filters')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE core.saved_filters');
  }
}
