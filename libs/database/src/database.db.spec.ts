import { AppError } from '@muster/contracts';
import { startPostgres, type TestDatabase, type TestPostgres } from '@muster/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from './database';
import { openDatabase } from './database.lifecycle';
import { isUniqueViolation } from './errors';
import { newId } from './identifier';
import { Note, NOTES, Setting } from './testing/notes.fixture';

const OURS = newId();
const THEIRS = newId();

let postgres: TestPostgres;
let place: TestDatabase<'core'>;
let source: DataSource;
let database: Database;
const logged: Array<{ level: string; fields: object }> = [];

beforeAll(async () => {
  postgres = await startPostgres();
  place = await postgres.createDatabase(['core']);
  source = await openDatabase(NOTES, { ...place.urls.core, poolSize: 3 });
  database = new Database('core', source, (level, fields) => logged.push({ level, fields }));
});
afterAll(async () => {
  await source?.destroy();
  await postgres?.stop();
});

async function asAdministrator(sql: string): Promise<void> {
  const client = new Client({ connectionString: place.adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
const write = (organisationId: string, title: string, id = newId()): Promise<string> =>
  database.inOrganisation(organisationId, async (manager) => {
    await manager.insert(Note, { id, organisationId, title, extra: null });
    return id;
  });

describe('the organisation wall', () => {
  it('shows an organisation its own rows only, by whatever it asks', async () => {
    const ours = await write(OURS, 'ours');
    const theirs = await write(THEIRS, 'theirs');
    const seen = await database.inOrganisation(OURS, (manager) => manager.find(Note));
    expect(seen.map((note) => note.id)).toEqual([ours]);
    expect(await database.inOrganisation(OURS, (manager) => manager.findOneBy(Note, { id: theirs }))).toBeNull();
    const raw = await database.inOrganisation(OURS, (manager) => manager.query('SELECT id FROM core.note'));
    expect(raw).toEqual([{ id: ours }]);
  });

  it('takes no row for another organisation and moves none there', async () => {
    const id = await write(OURS, 'stays');
    await expect(
      database.inOrganisation(OURS, (manager) =>
        manager.insert(Note, { id: newId(), organisationId: THEIRS, title: 'planted', extra: null }),
      ),
    ).rejects.toThrow(/row-level security/);
    await expect(
      database.inOrganisation(OURS, (manager) => manager.update(Note, { id }, { organisationId: THEIRS })),
    ).rejects.toThrow(/row-level security/);
    const theirs = await write(THEIRS, 'untouched');
    const result = await database.inOrganisation(OURS, (manager) => manager.delete(Note, { id: theirs }));
    expect(result.affected).toBe(0);
  });

  it('shows nothing without an organisation, also on a connection that served one before', async () => {
    await write(OURS, 'hidden');
    for (let turn = 0; turn < 4; turn += 1) {
      expect(await database.unscoped((manager) => manager.count(Note))).toBe(0);
    }
    await expect(
      database.unscoped((manager) => manager.insert(Note, { id: newId(), organisationId: OURS, title: 'x' })),
    ).rejects.toThrow(/row-level security/);
  });

  it('holds for the owner of the table too', async () => {
    const owner = await openDatabase(NOTES, { url: place.urls.core.ownerUrl });
    try {
      expect(await owner.query('SELECT count(*)::int AS rows FROM core.note')).toEqual([{ rows: 0 }]);
    } finally {
      await owner.destroy();
    }
  });

  it('refuses an organisation id that is none', () => {
    expect(() => database.inOrganisation("' OR true --", (manager) => manager.count(Note))).toThrow(AppError);
  });

  it('keeps the order of an index that begins with the organisation', async () => {
    await asAdministrator(
      `INSERT INTO core.note SELECT gen_random_uuid(), o.id, 'note ' || n, NULL
         FROM generate_series(1, 2000) n,
              (SELECT gen_random_uuid() AS id FROM generate_series(1, 9) UNION SELECT '${OURS}') o;
       ANALYZE core.note`,
    );
    const plan = await database.inOrganisation(OURS, (manager) =>
      manager.query('EXPLAIN SELECT title FROM core.note ORDER BY title LIMIT 10'),
    );
    const text = JSON.stringify(plan);
    expect(text).toContain('note_by_organisation');
    expect(text).not.toContain('Sort');
  });
});

describe('reads across organisations', () => {
  it('see every row, change none, and are named in the log', async () => {
    await write(OURS, 'seen across');
    await write(THEIRS, 'seen across');
    const titles = await database.across('test.titles', (manager) => manager.findBy(Note, { title: 'seen across' }));
    expect(new Set(titles.map((note) => note.organisationId))).toEqual(new Set([OURS, THEIRS]));
    await expect(
      database.across('test.write', (manager) => manager.delete(Note, { title: 'seen across' })),
    ).rejects.toMatchObject({ cause: { message: expect.stringMatching(/read-only transaction/) } });
    expect(logged).toContainEqual({ level: 'info', fields: expect.objectContaining({ query: 'test.titles' }) });
  });

  it('leave nothing behind on the connection', async () => {
    await database.across('test.before', (manager) => manager.count(Note));
    for (let turn = 0; turn < 4; turn += 1) {
      const [role] = await database.unscoped((manager) => manager.query('SELECT current_user AS name'));
      expect(role).toEqual({ name: 'muster_core_app' });
      await database.unscoped((manager) => manager.upsert(Setting, { name: 'turn', value: turn }, ['name']));
    }
  });
});

describe('transactions', () => {
  it('leave nothing when the work fails', async () => {
    await expect(
      database.inOrganisation(OURS, async (manager) => {
        await manager.insert(Note, { id: newId(), organisationId: OURS, title: 'half', extra: null });
        throw new Error('after the insert');
      }),
    ).rejects.toThrow('after the insert');
    expect(await database.inOrganisation(OURS, (manager) => manager.countBy(Note, { title: 'half' }))).toBe(0);
  });

  it('end statements that run for half a minute, and do not idle for long', async () => {
    const [row] = await database.unscoped((manager) =>
      manager.query(
        `SELECT current_setting('statement_timeout') AS statement,
                current_setting('idle_in_transaction_session_timeout') AS idle`,
      ),
    );
    expect(row).toEqual({ statement: '30s', idle: '1min' });
  });

  it('tell a unique violation by its constraint', async () => {
    await write(OURS, 'once');
    const failure: unknown = await write(OURS, 'once').catch((error: unknown) => error);
    expect(isUniqueViolation(failure)).toBe(true);
    expect(isUniqueViolation(failure, 'note_by_organisation')).toBe(true);
    expect(isUniqueViolation(failure, 'note_pkey')).toBe(false);
    expect(isUniqueViolation(new Error('another'))).toBe(false);
  });

  it.each([
    ['a NUL in text', { title: 'a\0b', extra: null }],
    ['a NUL in JSON', { title: 'json', extra: { deep: 'a\0b' } }],
    ['a lone surrogate in JSON', { title: 'json', extra: { deep: '\ud800' } }],
  ])('call %s invalid input', async (_name, values) => {
    const failure: unknown = await database
      .inOrganisation(OURS, (manager) => manager.insert(Note, { id: newId(), organisationId: OURS, ...values }))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'invalid-input' });
  });

  it('call an id that is none, and a number out of range, invalid input', async () => {
    await expect(
      database.inOrganisation(OURS, (manager) => manager.findBy(Note, { id: 'none' })),
    ).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(
      database.unscoped((manager) => manager.insert(Setting, { name: 'big', value: 2 ** 40 })),
    ).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
