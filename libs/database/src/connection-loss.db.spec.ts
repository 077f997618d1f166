import { eventually, startPostgres, type TestPostgres } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from './database';
import { openDatabase } from './database.lifecycle';
import { newId } from './identifier';
import { Outbox } from './outbox/outbox';
import { OutboxReader } from './outbox/outbox-reader';
import { Note, NOTES, noteWritten } from './testing/notes.fixture';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(async () => postgres?.stop());

it('answers "unavailable" while the server is away and works again when it is back', async () => {
  const { urls } = await postgres.createDatabase(['core']);
  const source = await openDatabase(NOTES, { ...urls.core, poolSize: 4 });
  const database = new Database('core', source);
  const outbox = new Outbox();
  const reader = new OutboxReader('core', urls.core, outbox);
  const organisationId = newId();
  const write = (title: string): Promise<void> =>
    database.inOrganisation(organisationId, async (manager) => {
      const id = newId();
      await manager.insert(Note, { id, organisationId, title, extra: null });
      await outbox.add(manager, noteWritten, { noteId: id, title });
    });
  try {
    // Idle connections in the pool, one in the middle of a statement, and the relay's own.
    await Promise.all(['a', 'b', 'c'].map(write));
    expect(await reader.claim(10)).toHaveLength(3);
    const sleeping = database.unscoped((manager) => manager.query('SELECT pg_sleep(30)'));
    const outcome = expect(sleeping).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    await eventually(async () => {
      const [row] = await database.unscoped((manager) =>
        manager.query(`SELECT count(*)::int AS running FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`),
      );
      return row.running === 1;
    });
    await postgres.crash();
    await outcome;
    await expect(write('while away')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(reader.claim(10)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await database.ping()).toBe(false);

    await postgres.start();
    await eventually(() => database.ping());
    await write('back');
    const rows = await database.inOrganisation(organisationId, (manager) => manager.find(Note));
    expect(rows.map((note) => note.title).sort()).toEqual(['a', 'b', 'back', 'c']);
    expect((await reader.claim(10)).map((row) => row.payload)).toMatchObject([{}, {}, {}, { title: 'back' }]);
  } finally {
    await reader.close();
    await source.destroy();
  }
});

it('waits for a server that starts later', async () => {
  const { urls } = await postgres.createDatabase(['core']);
  await postgres.crash();
  const opening = openDatabase(NOTES, urls.core);
  await postgres.start();
  const source = await opening;
  expect(await source.query('SELECT count(*)::int AS rows FROM core.setting')).toEqual([{ rows: 0 }]);
  await source.destroy();
});

it('gives up on a wrong password at once', async () => {
  const { urls } = await postgres.createDatabase(['core']);
  const wrong = urls.core.url.replace(/:[^:@/]+@/, ':wrong@');
  await expect(openDatabase(NOTES, { url: wrong })).rejects.toThrow(/password authentication failed/);
});
