import { startPostgres, type TestPostgres } from '@muster/testing';
import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SchemaOptions } from './database.options';
import { findDrift } from './drift';
import { migrate } from './migrate';
import { CreateNotes1700000000001, Note, NOTES, Setting } from './testing/notes.fixture';
import { CURRENT_ORGANISATION } from './wall/organisation-wall';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(async () => postgres?.stop());

const driftOf = async (options: SchemaOptions): Promise<string[]> => {
  const { urls } = await postgres.createDatabase(['core']);
  return findDrift({ ...options, ownerUrl: urls.core.ownerUrl });
};

/** The table of `Setting` as somebody changed it without a migration. */
@Entity({ schema: 'core', name: 'setting' })
class ChangedSetting {
  @PrimaryColumn('text') name: string;
  @Column('integer') value: number;
  @Column('timestamptz', { name: 'changed_at', nullable: true }) changedAt: Date | null;
}

class Later1700000000002 implements MigrationInterface {
  static statements: string[] = [];
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of Later1700000000002.statements) await runner.query(sql);
  }
  async down(): Promise<void> {}
}
const afterwards = (...statements: string[]): SchemaOptions => {
  Later1700000000002.statements = statements;
  return { ...NOTES, migrations: [CreateNotes1700000000001, Later1700000000002] };
};

describe('findDrift', () => {
  it('finds nothing where entities and migrations agree', async () => {
    expect(await driftOf(NOTES)).toEqual([]);
  });

  it('finds a column that only the entity has', async () => {
    const drift = await driftOf({ ...NOTES, entities: [Note, ChangedSetting] });
    expect(drift).toEqual([expect.stringMatching(/ALTER TABLE "core"."setting" ADD "changed_at"/)]);
  });

  it('finds a table and an index that no entity declares', async () => {
    expect(await driftOf({ ...NOTES, entities: [Note, Setting] })).toEqual([]);
    const drift = await driftOf(afterwards('CREATE INDEX stray ON core.setting (value)'));
    expect(drift).toEqual([expect.stringMatching(/DROP INDEX "core"."stray"/)]);
  });

  it('lets the owner have a policy for the current organisation alone', async () => {
    const own = `CREATE POLICY own ON core.note FOR DELETE TO muster_core_owner
      USING (organisation_id = ${CURRENT_ORGANISATION})`;
    expect(await driftOf(afterwards(own))).toEqual([]);
  });

  it.each([
    ['ALTER TABLE core.note NO FORCE ROW LEVEL SECURITY', /row-level security is not forced/],
    ['DROP POLICY organisation ON core.note', /organisation policy is missing/],
    ['CREATE POLICY hole ON core.note USING (true)', /a policy lets more through/],
    ['CREATE POLICY hole ON core.note FOR DELETE TO muster_core_owner USING (true)', /a policy lets more through/],
    [
      'CREATE TABLE core.forgotten (id uuid PRIMARY KEY, organisation_id uuid)',
      /core.forgotten: row-level security is not forced/,
    ],
  ])('finds a hole in the wall: %s', async (statement, expected) => {
    expect((await driftOf(afterwards(statement))).join('\n')).toMatch(expected);
  });
});

describe('migrate', () => {
  it('runs each migration once when several instances start together', async () => {
    const { urls } = await postgres.createDatabase(['core']);
    const ran = await Promise.all([1, 2, 3].map(() => migrate(NOTES, urls.core.ownerUrl)));
    expect(ran.flat().sort()).toEqual(['CreateNotes1700000000001', 'CreateOutbox1700000000000']);
    expect(await migrate(NOTES, urls.core.ownerUrl)).toEqual([]);
  });

  it('leaves nothing of a migration that fails half-way', async () => {
    const { urls } = await postgres.createDatabase(['core']);
    const broken = afterwards('CREATE TABLE core.half ()', 'SELECT 1/0');
    await expect(migrate(broken, urls.core.ownerUrl)).rejects.toThrow(/division by zero/);
    await expect(migrate(afterwards('CREATE TABLE core.half ()'), urls.core.ownerUrl)).resolves.toHaveLength(1);
  });
});
