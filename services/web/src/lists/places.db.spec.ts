import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('manager');
  fleet = new Fleet(web);
});
afterAll(() => web?.stop());

interface Page {
  ids: string[];
  total: number;
  next?: string;
}
async function page(path: string, list: string): Promise<Page> {
  const { status, body } = await ask(app, 'GET', path, { as: 'owner' });
  expect(status, JSON.stringify(body)).toBe(200);
  const rows = body[list] as Array<{ id: string }>;
  const { total, next } = body as { total: number; next?: string };
  return { ids: rows.map(({ id }) => id), total, ...(next === undefined ? {} : { next }) };
}
const idsIn = async (sql: string): Promise<string[]> => (await web.rows<{ id: string }>(sql)).map(({ id }) => id);

async function makeProcedure(name = newId()): Promise<void> {
  const body = { name, language: 'sh', script: 'true', timeLimitSeconds: 60, parameters: [] };
  expect((await ask(app, 'POST', '/api/procedures', { as: 'owner', body })).status).toBe(200);
}
/** Between two that are asked already, by time. */
async function makeQuestion(minutesAgo = 500): Promise<void> {
  const [known, newcomer] = await fleet.deviceRows(2);
  await web.rows(
    `INSERT INTO core.merge_questions (organisation_id, id, known_id, newcomer_id, equal, asked_at)
     VALUES ($1, $2, $3, $4, '{machineId}', now() - $5 * interval '1 minute' - interval '1 microsecond')`,
    [DEFAULT_ORGANISATION_ID, newId(), known, newcomer, minutesAgo],
  );
}

const lists = [
  {
    path: '/api/operations?',
    list: 'operations',
    fill: async () => fleet.run(app, await fleet.procedure(app), await devicesOf(40)),
    add: async () => fleet.run(app, await fleet.procedure(app), await devicesOf(3)),
    remove: (id: string) => web.rows('DELETE FROM core.operations WHERE id = $1', [id]),
    all: 'SELECT id FROM core.operations ORDER BY id DESC',
    ascends: false,
  },
  {
    path: '/api/groups?search=ring&',
    list: 'groups',
    fill: () => Promise.all(Array.from({ length: 40 }, (_, number) => makeGroup(`Ring ${number}`))),
    add: () => Promise.all(['!', 'ring 2', 'ring 33', '~'].map((name) => makeGroup(`${name} ring ${newId()}`))),
    remove: (id: string) => web.rows('DELETE FROM core.groups WHERE id = $1', [id]),
    all: 'SELECT id FROM core.groups ORDER BY lower(name)',
    ascends: true,
  },
  {
    path: '/api/procedures?search=tool&',
    list: 'procedures',
    fill: () => Promise.all(Array.from({ length: 40 }, (_, number) => makeProcedure(`Tool ${number}`))),
    add: () => Promise.all(['!', 'TOOL 2', 'tool 33', '~'].map((name) => makeProcedure(`${name} tool ${newId()}`))),
    remove: (id: string) => web.rows('UPDATE core.procedures SET deleted_at = now() WHERE id = $1', [id]),
    all: `SELECT id FROM core.procedures WHERE deleted_at IS NULL AND lower(name) LIKE '%tool%' ORDER BY lower(name)`,
    ascends: true,
  },
  {
    path: '/api/merge-questions?',
    list: 'questions',
    fill: () => Promise.all(Array.from({ length: 40 }, (_, number) => makeQuestion(1000 - (number % 9)))),
    add: () => Promise.all([2000, 997, 1].map((minutes) => makeQuestion(minutes))),
    remove: (id: string) => web.rows(`UPDATE core.merge_questions SET answer = 'different' WHERE id = $1`, [id]),
    all: 'SELECT id FROM core.merge_questions WHERE answer IS NULL ORDER BY asked_at, id',
    ascends: true,
  },
];
const devicesOf = async (count: number) => (await fleet.deviceRows(count)).map((id) => ({ id }));
const makeGroup = async (name: string): Promise<void> => {
  expect((await ask(app, 'POST', '/api/groups', { as: 'owner', body: { name } })).status).toBe(200);
};

describe.each(lists)('$path', ({ path, list, fill, add, remove, all, ascends }) => {
  it('goes on behind a row: each that stays comes once, while others come and go', async () => {
    await fill();
    for (const direction of ['ascending', 'descending']) {
      const before = await idsIn(all);
      const gone = new Set<string>();
      const seen: string[] = [];
      for (let after = ''; ;) {
        const { ids, next } = await page(`${path}direction=${direction}&size=10${after}`, list);
        seen.push(...ids);
        if (next === undefined) break;
        expect(ids).toHaveLength(10);
        // By number, the next page would leave one out for this, and repeat some for those.
        const [read = ''] = ids;
        gone.add(read);
        await remove(read);
        if (seen.length < 60) await add();
        after = `&after=${encodeURIComponent(next)}`;
      }
      expect(gone.size).toBeGreaterThan(2);
      expect(seen).toEqual([...new Set(seen)]);
      const stayed = before.filter((id) => !gone.has(id));
      const inOrder = ascends === (direction === 'ascending') ? stayed : stayed.toReversed();
      expect(seen.filter((id) => stayed.includes(id))).toEqual(inOrder);
    }
  });

  it('ends, and is a file of the same rows', async () => {
    const { ids, total } = await page(`${path}size=200`, list);
    expect(ids).toHaveLength(total);
    const last = await page(`${path}size=${total}`, list);
    expect(await page(`${path}size=${total}&after=${last.next}`, list)).toEqual({ ids: [], total });
    const file = await ask(app, 'GET', `${path}size=7&format=json`, { as: 'owner' });
    expect((file.body as unknown as Array<{ id: string }>).map(({ id }) => id)).toEqual(ids);
  });

  it.each(['nonsense', 'WyJhIl0x', '', Buffer.from('["a\\u0000","b","c"]').toString('base64url')])(
    'refuses a place that it never gave: %s',
    async (after) => {
      const { status, body } = await ask(app, 'GET', `${path}after=${after}`, { as: 'owner' });
      expect([status, body['code']]).toEqual([400, 'invalid-input']);
    },
  );
});
