import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type DevicePage, type DeviceQuery } from '@muster/contracts';
import { Database } from '@muster/database';
import { OutboxRecord } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDevices, addOrganisation } from '../testing/devices';
import { ask, WebUnderTest } from '../testing/web-under-test';
import { deviceListSql } from './device-list.queries';

const MANY = 20_000;

let suite: WebUnderTest;
let web: NestFastifyApplication;
let ids: string[];

beforeAll(async () => {
  suite = await WebUnderTest.start();
  web = await suite.startWeb('manager');
  ids = await addDevices(suite, MANY);
  await addDevices(suite, 500, { organisationId: await addOrganisation(suite, 'Second'), name: 'foreign' });
  await suite.rows(`UPDATE core.devices SET presence = 'online' WHERE id = ANY($1)`, [ids.slice(0, 300)]);
  await suite.rows('VACUUM ANALYZE core.devices');
});
afterAll(() => suite?.stop());

const list = async (query: string): Promise<DevicePage> => {
  const reply = await ask(web, 'GET', `/api/devices?${query}`, { as: 'owner' });
  expect(reply.status).toBe(200);
  return reply.body as unknown as DevicePage;
};

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Actual Rows': number;
  Plans?: Plan[];
}
/** The plan as the service's own role gets it, behind row-level security. */
async function planOf(query: DeviceQuery, which: 'page' | 'count'): Promise<Plan[]> {
  const sql = deviceListSql(DEFAULT_ORGANISATION_ID, query);
  const text = which === 'page' ? sql.page : sql.count;
  const rows = await web
    .get(Database, { strict: false })
    .inOrganisation(DEFAULT_ORGANISATION_ID, (manager) =>
      manager.query<Array<{ 'QUERY PLAN': [{ Plan: Plan }] }>>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        which === 'page' ? sql.parameters : sql.counted,
      ),
    );
  const flatten = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flatten)];
  return rows.flatMap((row) => flatten(row['QUERY PLAN'][0].Plan));
}

describe(`plans with ${MANY} devices`, () => {
  const sorts = [
    ['name', 'ix_devices_name'],
    ['presence', 'ix_devices_presence'],
    ['osName', 'ix_devices_os_name'],
    ['lastContactAt', 'ix_devices_last_contact'],
    ['enrolledAt', 'ix_devices_enrolled'],
  ] as const;
  it.each(sorts)('reads a page by %s in the order of %s, without sorting', async (sort, index) => {
    for (const direction of ['ascending', 'descending'] as const) {
      const plan = await planOf({ sort, direction }, 'page');
      expect(plan.map((node) => node['Index Name'])).toContain(index);
      expect(plan.map((node) => node['Node Type'])).not.toContain('Sort');
      const scan = plan.find((node) => node['Index Name'] === index);
      expect(scan?.['Actual Rows']).toBe(50);
    }
  });

  it('finds the few of a presence by its index', async () => {
    const plan = await planOf({ presence: 'online', sort: 'presence' }, 'page');
    expect(plan.find((node) => node['Index Name'] === 'ix_devices_presence')?.['Actual Rows']).toBe(50);
    const count = await planOf({ presence: 'online' }, 'count');
    expect(count.find((node) => node['Index Name'] === 'ix_devices_presence')?.['Actual Rows']).toBe(300);
  });
});

describe('a page', () => {
  it('has the total and overlaps with no other page', async () => {
    const pages = await Promise.all(
      [1, 2, 3].map((page) => list(`sort=osName&direction=descending&size=200&page=${page}`)),
    );
    expect(pages.map((page) => page.total)).toEqual([MANY, MANY, MANY]);
    expect(new Set(pages.flatMap((page) => page.devices.map((device) => device.id))).size).toBe(600);
    const names = pages.flatMap((page) => page.devices.map((device) => device.osName));
    expect(names).toEqual(names.toSorted().toReversed());
  });

  it.each([
    ...['sort=name', 'sort=osName&direction=descending', 'sort=lastContactAt', 'sort=enrolledAt&direction=descending'],
    ...['sort=presence', 'search=device-9', 'search=device-9&sort=presence&direction=descending'],
  ])('goes on from a place, each device once, while others change: %s', async (query) => {
    const expected: string[] = [];
    for (let page = 1; page <= 5; page += 1) {
      expected.push(...(await list(`${query}&size=200&page=${page}`)).devices.map(({ id }) => id));
    }
    const seen: string[] = [];
    for (let after = ''; seen.length < expected.length;) {
      const page = await list(`${query}&size=200${after}`);
      seen.push(...page.devices.map(({ id }) => id));
      // One that was read goes: by number, the next page would begin one device too late.
      await suite.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [page.devices[7]?.id]);
      if (page.next === undefined) break;
      after = `&after=${page.next}`;
    }
    await suite.rows('UPDATE core.devices SET retired_at = NULL WHERE id = ANY($1)', [ids]);
    expect(expected).toHaveLength(1000);
    expect(seen).toEqual(expected);
  });

  it('ends: what follows the last device is nothing', async () => {
    const { devices, next, total } = await list('search=device-1999&size=200');
    expect([devices.length, next]).toEqual([total, undefined]);
    const full = await list(`search=device-1999&size=${total}`);
    expect(await list(`search=device-1999&size=${total}&after=${full.next}`)).toEqual({ devices: [], total });
  });

  it.each([
    ['', 'none'],
    ['', 'e30'],
    ['', ['osName', 'ASC', 'x']],
    ['', ['name', 'DESC', 'x']],
    ['', ['name', 'ASC', '\0']],
    ['&sort=presence', ['presence', 'ASC', '12']],
    ['&sort=enrolledAt', ['enrolledAt', 'ASC', 'x']],
    ['&sort=enrolledAt', ['enrolledAt', 'ASC', '2026-99-99 00:00:00+00']],
    ['&sort=enrolledAt', ['enrolledAt', 'ASC', '2026-01-01 00:00:00+99']],
  ])('refuses a place that none gave:%s %j', async (query, place) => {
    const [sort, direction, value] = place;
    const parts = [sort, direction, '00000000-0000-4000-8000-000000000000', value];
    const after = typeof place === 'string' ? place : Buffer.from(JSON.stringify(parts)).toString('base64url');
    const reply = await ask(web, 'GET', `/api/devices?after=${after}${query}`, { as: 'owner' });
    expect([reply.status, reply.body['code']]).toEqual([400, 'invalid-input']);
  });

  it('is filtered by presence, platform, group and need of attention', async () => {
    expect((await list('presence=online&size=1')).total).toBe(300);
    expect((await list('presence=online&platform=windows&size=1')).total).toBe(100);
    const group = await ask(web, 'POST', '/api/groups', { as: 'owner', body: { name: 'Few' } });
    const groupId = String(group.body['id']);
    const members = ids.slice(0, 3);
    await ask(web, 'POST', `/api/groups/${groupId}/members`, { as: 'owner', body: { add: members } });
    const page = await list(`groupId=${groupId}`);
    expect(page.devices.map((device) => device.id).sort()).toEqual(members.toSorted());

    expect((await list('attention=true')).total).toBe(0);
    await suite.rows(
      `INSERT INTO core.merge_questions (organisation_id, id, known_id, newcomer_id, equal)
       VALUES ($1, gen_random_uuid(), $2, $3, '{machineId}')`,
      [DEFAULT_ORGANISATION_ID, ids[0], ids[1]],
    );
    const needing = await list('attention=true');
    expect(needing.total).toBe(2);
    expect(needing.devices.every((device) => device.attention)).toBe(true);
    expect((await list('attention=false&size=1')).total).toBe(MANY - 2);
    await suite.rows('DELETE FROM core.merge_questions');
  });

  it('is searched in name, host name and user, with wildcards as text', async () => {
    await suite.rows(`UPDATE core.devices SET given_name = 'Front 100%_Desk', name = 'Front 100%_Desk' WHERE id = $1`, [
      ids[7],
    ]);
    expect((await list('search=front%20100%25_d')).devices.map((device) => device.id)).toEqual([ids[7]]);
    expect((await list('search=DEVICE-9')).devices.map((device) => device.name)).toContain('device-9');
    const byHost = await list('search=device-8&direction=descending&sort=enrolledAt&size=200');
    expect(byHost.total).toBe(1 + 10 + 100 + 1000);
    expect((await list('search=front')).devices[0]).toMatchObject({ hostName: 'device-8' });
    expect((await list('search=user42&size=1')).total).toBe(MANY / 100);
    expect((await list('search=_______________')).total).toBe(0);
    expect((await list('search=foreign')).total).toBe(0);
  });

  it('refuses what the contract does not know', async () => {
    for (const query of ['sort=password', 'presence=green', 'size=0', 'groupid=1', 'page=two']) {
      expect((await ask(web, 'GET', `/api/devices?${query}`, { as: 'owner' })).status).toBe(400);
    }
  });
});

it('gives all as a file, each once, and that is one fact', async () => {
  const outbox = await OutboxRecord.of(suite.database.adminUrl, 'core');
  try {
    await list('size=10');
    expect((await ask(web, 'GET', '/api/devices?format=xls', { as: 'owner' })).status).toBe(400);
    expect((await ask(web, 'GET', '/api/devices?format=json&sort=none', { as: 'owner' })).status).toBe(400);
    expect((await ask(web, 'GET', '/api/devices?format=json')).status).toBe(401);
    expect(await outbox.news()).toEqual([]);
    const file = await ask(web, 'GET', '/api/devices?format=json&sort=osName&presence=offline', { as: 'owner' });
    const exported = (file.body as unknown as Array<{ id: string }>).map(({ id }) => id);
    expect(exported).toHaveLength(MANY - 300);
    expect(new Set(exported).size).toBe(MANY - 300);
    expect(await outbox.news()).toMatchObject([
      {
        subject: 'list.exported.v1',
        payload: {
          ...{ organisationId: DEFAULT_ORGANISATION_ID, path: '/api/devices', format: 'json' },
          ...{ filters: 'sort=osName&presence=offline', actor: { address: '198.51.100.7' } },
        },
      },
    ]);
  } finally {
    await outbox.close();
  }
});

it('counts for the dashboard', async () => {
  const reply = await ask(web, 'GET', '/api/dashboard', { as: 'reader' });
  expect(reply.body).toEqual({
    devices: { known: MANY, online: 300, polling: 0, unknown: 0, offline: MANY - 300, attention: 0 },
    operationsRunning: 0,
    operationsWaiting: 0,
    operationsFailed: 0,
    mergeQuestions: 0,
  });
});

it('retires also what the key manager does not know', async () => {
  const [id = ''] = await addDevices(suite, 1);
  suite.keyManager.forgotten.add(id);
  expect((await ask(web, 'DELETE', `/api/devices/${id}`, { as: 'owner' })).status).toBe(204);
  expect((await ask(web, 'GET', `/api/devices/${id}`, { as: 'owner' })).status).toBe(404);
  expect((await ask(web, 'DELETE', `/api/devices/${id}`, { as: 'owner' })).status).toBe(404);
});

it('renames, and shows the host name again for an empty name', async () => {
  const path = `/api/devices/${ids[9]}`;
  const renamed = await ask(web, 'PATCH', path, { as: 'owner', body: { name: '  Reception  ' } });
  expect(renamed.body).toMatchObject({ name: 'Reception', hostName: 'device-10' });
  expect((await ask(web, 'PATCH', path, { as: 'owner', body: { name: '' } })).body).toMatchObject({
    name: 'device-10',
  });
  expect((await ask(web, 'PATCH', path, { as: 'reader', body: { name: 'x' } })).status).toBe(403);
});
