import { type AuditEntry, type AuditPage, type AuditQuery, DEFAULT_ORGANISATION_ID as OURS } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, AuditUnderTest } from '../testing/audit-under-test';
import { auditListSql } from './audit-list.queries';

const DEVICE = newId();
const PERSON = newId();
const MANY = 200_000;
const WINDOW = 1000;

let suite: AuditUnderTest;
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  await suite.startAudit({ SEARCH_ENTRIES: String(WINDOW) });
  // Written by the test, so that plans are those of a large table; what the chain itself writes is tested elsewhere.
  await suite.rows(
    `INSERT INTO audit.entries
     SELECT e.*, split_part(action, '.', 1), audit.device_of(actor_kind, actor_id, target_kind, target_id, details) FROM (
     SELECT o.id AS organisation_id, n AS number, timestamptz '2026-01-01' + n * interval '1 minute' AS at,
            CASE WHEN n % 4 = 0 THEN 'device' ELSE 'person' END AS actor_kind, md5((n % 1000)::text) AS actor_id,
            'actor ' || n % 1000 AS actor_name, NULL AS actor_address,
            (ARRAY['user.created', 'user.changed', 'group.created', 'operation.ran'])[n % 4 + 1] AS action,
            CASE WHEN n % 1000 = 1 THEN 'refused' ELSE 'done' END AS outcome,
            CASE WHEN n % 5 = 0 THEN 'device' ELSE 'user' END AS target_kind, md5((n % 2000)::text) AS target_id,
            'target ' || n % 2000 AS target_name,
            jsonb_build_array(jsonb_build_object('name', 'index', 'value', 'entry ' || n)) AS details, NULL AS correlation_id,
            sha256(n::text::bytea) AS hash, 'message ' || n AS message_id
       FROM (SELECT '${OURS}'::uuid AS id, ${MANY} AS most UNION ALL SELECT gen_random_uuid(), 20000 FROM generate_series(1, 3)) o,
            generate_series(1, o.most) n) e`,
  );
  await suite.rows(
    `INSERT INTO audit.entries
     SELECT organisation_id, ${MANY} + 1, timestamptz '2025-06-01', 'person', '${PERSON}', 'Anna <b>Müller</b>', '203.0.113.9',
            'session.refused', 'refused', 'user', 'u-1', 'anna@example.test',
            '[{"name": "deviceId", "value": "${DEVICE}"}, {"name": "reason", "value": "100% \\"wrong\\" a_b"}]', 'c-1', hash, NULL, 'session', '${DEVICE}'
       FROM audit.entries WHERE organisation_id = '${OURS}' AND number = 1`,
  );
  await suite.rows('ANALYZE audit.entries');
}, 120_000);
afterAll(() => suite?.stop());

async function page(query: AuditQuery): Promise<AuditPage> {
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  const reply = await ask<AuditPage>(suite.app, 'GET', `/audit/entries?${parameters.join('&')}`, { as: 'owner' });
  expect(reply).toMatchObject({ status: 200 });
  return reply.body;
}
async function all(query: AuditQuery): Promise<{ entries: AuditEntry[]; pages: number }> {
  const entries: AuditEntry[] = [];
  for (let [pages, after] = [1, undefined as string | undefined]; ; pages += 1) {
    const found = await page({ ...query, ...(after ? { after } : {}) });
    entries.push(...found.entries);
    if (!found.next) return { entries, pages };
    after = found.next;
  }
}
const numbers = ({ entries }: { entries: AuditEntry[] }): number[] => entries.map(({ number }) => number);

describe('the list of entries', () => {
  it('is newest first, page after page, without a gap or a repetition', async () => {
    const from = '2026-05-19T00:00:00.000Z';
    const { entries, pages } = await all({ from, size: 100 });
    expect(entries.length).toBeGreaterThan(500);
    expect(pages).toBe(Math.ceil(entries.length / 100));
    expect(numbers({ entries })).toEqual(entries.map((_, index) => MANY - index));
  });

  it.each<[string, AuditQuery, (entry: AuditEntry) => boolean]>([
    ['action', { action: 'user.created' }, ({ action }) => action === 'user.created'],
    ['first part of actions', { action: 'user.' }, ({ action }) => action.startsWith('user.')],
    ['outcome', { outcome: 'refused' }, ({ outcome }) => outcome === 'refused'],
    ['who', { actorId: 'a87ff679a2f3e71d9181a67b7542122c' }, ({ actor }) => actor.name === 'actor 4'],
    [
      'what it was done to',
      { targetId: 'a87ff679a2f3e71d9181a67b7542122c' },
      ({ target }) => target?.name === 'target 4',
    ],
    [
      'time',
      { from: '2026-02-01T00:00:00.000Z', to: '2026-02-01T01:00:00.000Z' },
      ({ at }) => at.startsWith('2026-02-01T0'),
    ],
    ['search', { search: 'ENTRY 19999' }, ({ details }) => details[0]?.value.startsWith('entry 19999') ?? false],
  ])('is filtered by %s', async (_what, query, fits) => {
    const found = await page({ ...query, size: 50 });
    expect(found.entries.length).toBeGreaterThan(5);
    expect(found.entries.filter((entry) => !fits(entry))).toEqual([]);
  });

  it('finds a device that acted, that something was done to, and that is named in details', async () => {
    expect(numbers(await page({ deviceId: DEVICE }))).toEqual([MANY + 1]);
    const found = await page({ deviceId: 'a87ff679a2f3e71d9181a67b7542122c', size: 200 });
    const roles = new Set(found.entries.map(({ actor }) => actor.kind));
    expect(roles).toEqual(new Set(['device']));
  });

  it('searches names, details and addresses as text, within bounds that a page tells', async () => {
    for (const search of ['anna <B>MÜLLER', '203.0.113.9', '100% ', 'a_b', 'anna@example']) {
      const { entries, pages } = await all({ search, to: '2025-12-31T00:00:00.000Z' });
      expect([search, numbers({ entries }), pages]).toEqual([search, [MANY + 1], 1]);
    }
    const first = await page({ search: 'entry 1', from: '2026-05-01T00:00:00.000Z', size: 500 });
    expect(first.entries.length).toBeLessThanOrEqual(500);
    const none = await page({ search: 'nothing says this' });
    expect(none).toMatchObject({ entries: [], next: expect.any(String) });
    const rest = await all({ search: 'entry 199', from: '2026-05-10T00:00:00.000Z' });
    const wanted = await suite.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM audit.entries WHERE organisation_id = $1 AND at >= '2026-05-10'
          AND details::text LIKE '%entry 199%'`,
      [OURS],
    );
    expect(rest.entries).toHaveLength(wanted[0]?.count ?? -1);
    expect(rest.pages).toBeGreaterThan(1);
  });

  it.each(['garbage', '2026-99-99T00:00:00.000Z_1', '2026-01-01T00:00:00.000Z_1 OR true', '_'])(
    'refuses the cursor %s',
    async (after) => {
      const reply = await ask(suite.app, 'GET', `/audit/entries?after=${encodeURIComponent(after)}`, { as: 'owner' });
      expect(reply).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    },
  );
});

/** The plan that the service's own role gets, behind the wall. */
async function planOf(query: AuditQuery): Promise<string> {
  const { sql, parameters } = auditListSql(OURS, query, 50_000);
  const rows = await suite.app
    .get(Database)
    .inOrganisation(OURS, (manager) => manager.query<Array<Record<string, string>>>(`EXPLAIN ${sql}`, parameters));
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('the plan of a page', () => {
  it.each<[string, AuditQuery, string]>([
    ['of everything', {}, 'entries_by_time'],
    ['further on', { after: '2026-02-01T00:00:00.000Z_44640' }, 'entries_by_time'],
    ['of a time', { from: '2026-02-01T00:00:00.000Z', to: '2026-02-02T00:00:00.000Z' }, 'entries_by_time'],
    ['of an action', { action: 'session.refused' }, 'entries_by_action'],
    ['of actions', { action: 'session.' }, 'entries_by_subject'],
    ['of a person', { actorId: PERSON }, 'entries_by_actor'],
    ['of a target', { targetId: 'u-1' }, 'entries_by_target'],
    ['of a device', { deviceId: DEVICE }, 'entries_by_device'],
    ['of what was refused', { outcome: 'refused' }, 'entries_not_done'],
    ['of a search', { search: 'anna' }, 'entries_by_time'],
    ['of a search in a device', { search: 'anna', deviceId: DEVICE }, 'entries_by_device'],
  ])('%s reads an index in its order', async (_what, query, index) => {
    const plan = await planOf(query);
    expect(plan).toContain(`Index Scan Backward using ${index}`);
    if (!query.search) expect(plan).not.toContain('Sort');
    expect(plan).not.toContain('Seq Scan');
  });
});

describe('a list that was taken away as a file', () => {
  it('is an entry of the chain, with what it was narrowed down to', async () => {
    const query = 'action=session.refused&outcome=refused';
    const file = await ask<AuditEntry[]>(suite.app, 'GET', `/audit/entries?${query}&format=json`, { as: 'owner' });
    expect([file.status, file.body.length]).toEqual([200, 1]);
    const found = await eventually(async () => {
      const { entries } = await page({ action: 'list.exported' });
      return entries.length > 0 && entries;
    });
    expect(found).toMatchObject([
      {
        ...{ outcome: 'done', target: { kind: 'list', name: '/audit/entries' }, actor: { address: '198.51.100.7' } },
        details: [
          { name: 'format', value: 'json' },
          { name: 'filters', value: query },
        ],
      },
    ]);
  });
});
