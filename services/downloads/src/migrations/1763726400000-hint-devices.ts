import type { MigrationInterface, QueryRunner } from 'typeorm';
import { organisationWall } from '@muster/database';

const STATEMENTS = [
  `CREATE TABLE downloads.device_agents (
     organisation_id uuid NOT NULL, device_id uuid NOT NULL, version text COLLATE "C" NOT NULL,
     version_key text COLLATE "C" NOT NULL, platform text COLLATE "C" NOT NULL, asked_at timestamptz NOT NULL,
     CONSTRAINT pk_device_agents PRIMARY KEY (organisation_id, device_id))`,
  `ALTER TABLE downloads.releases ADD hinting boolean NOT NULL DEFAULT false, ADD hinted_through uuid`,
  `CREATE INDEX ix_releases_hinting ON downloads.releases (organisation_id, id) WHERE hinting`,
];

/** Which version devices run, and how far those were told of a release that should have it. */
export class HintDevices1763726400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...STATEMENTS, ...organisationWall('downloads', 'device_agents')])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX downloads.ix_releases_hinting');
    await runner.query('ALTER TABLE downloads.releases DROP hinting, DROP hinted_through');
    await runner.query('DROP TABLE downloads.device_agents');
  }
}
