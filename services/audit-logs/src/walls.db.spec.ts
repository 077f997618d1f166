import { allRoutes, DEFAULT_ORGANISATION_ID as OURS, EDGE_HEADERS, type Route } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, AuditUnderTest, EDGE_SECRET } from './testing/audit-under-test';
import { someDrafts } from './testing/drafts';

const THEIRS = newId();
const SECRET = 'known to the first organisation alone';

let suite: AuditUnderTest;
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  await suite.startAudit({ HEAD_ENTRIES: '10', HEAD_LATE_SECONDS: '10' });
  suite.keyManager.people.set('stranger', { role: 'owner', organisationId: THEIRS });
  const [draft] = someDrafts(1);
  if (draft) await suite.append(OURS, [{ ...draft, actor: { kind: 'person', name: SECRET } }, ...someDrafts(10)]);
  const body = { enabled: false, host: 'known.example.test', port: 6514 };
  await ask(suite.app, 'PUT', '/audit/forwarding', { as: 'owner', body });
});
afterAll(() => suite?.stop());

const routes = allRoutes().filter((route) => route.service === 'audit-logs');
const label = (route: Route) => `${route.method} ${route.path}`;
const ofPeople = routes.filter((route) => route.face === 'manager').map((route) => [label(route), route] as const);
const call = ({ method, path }: Route, as?: string) => {
  const bodies: Record<string, object> = { POST: {}, PUT: { enabled: false, host: '', port: 1 } };
  const body = bodies[method];
  return ask(suite.app, method as 'GET', path, { ...(as ? { as } : {}), ...(body ? { body } : {}) });
};

/** Everything of the first organisation but what its own readers may change. */
const snapshot = async (): Promise<string> => {
  const parts: object[] = [];
  for (const table of ['entries', 'heads', 'forwarding', 'device_names']) {
    const sql = `SELECT to_jsonb(t) AS row FROM audit.${table} t WHERE organisation_id = $1 ORDER BY 1`;
    parts.push(await suite.rows(sql, [OURS]));
  }
  return JSON.stringify(parts);
};

describe('heads', () => {
  it('are signed by themselves when there are enough new entries, and the figures say so', async () => {
    await eventually(async () => (await suite.heads()).length > 0, { within: 15_000 });
    const metrics = await suite.app.inject({ method: 'GET', url: '/-/metrics' });
    expect(metrics.body).toMatch(/muster_audit_entries\{[^}]*\} 1[1-3]\n/);
    const ready = await suite.app.inject({ method: 'GET', url: '/-/health/ready' });
    expect(JSON.parse(ready.body)).toMatchObject({ ready: true, details: { 'audit-heads': true } });
  });

  it('that stay away are told, and the service goes on', async () => {
    await suite.rows(`UPDATE audit.chains SET unsigned_since = now() - interval '1 hour' WHERE organisation_id = $1`, [
      OURS,
    ]);
    const ready = await suite.app.inject({ method: 'GET', url: '/-/health/ready' });
    expect(ready.statusCode).toBe(200);
    expect(JSON.parse(ready.body)).toMatchObject({ ready: true, details: { 'audit-heads': false } });
    const metrics = await suite.app.inject({ method: 'GET', url: '/-/metrics' });
    expect(metrics.body).toContain('muster_audit_unsigned_entries{');
  });
});

describe('an owner of another organisation', () => {
  it.each(ofPeople)('sees and changes nothing by %s', async (_, route) => {
    const before = await snapshot();
    const reply = await call(route, 'stranger');
    expect(reply.status).toBe(200);
    expect(JSON.stringify(reply.body)).not.toContain(SECRET);
    expect(JSON.stringify(reply.body)).not.toContain('known.example.test');
    expect(JSON.stringify(reply.body)).not.toContain(OURS);
    expect(await snapshot()).toBe(before);
  });
});

describe('who may not', () => {
  it.each(ofPeople)('get in by %s: nobody, read-only users', async (_, route) => {
    expect(await call(route)).toMatchObject({ status: 401 });
    expect(await call(route, 'reader')).toMatchObject({ status: 403, body: { code: 'permission-denied' } });
  });
});

describe('the export', () => {
  it('has every entry, as JSON to verify and as CSV to read', async () => {
    const file = async (format: string): Promise<string> => {
      const headers = { [EDGE_HEADERS.secret]: EDGE_SECRET, authorization: 'Bearer owner' };
      const reply = await suite.app.inject({ method: 'GET', url: `/audit/entries?format=${format}`, headers });
      expect(reply.statusCode).toBe(200);
      return reply.body;
    };
    const json = await file('json');
    const numbers = (JSON.parse(json) as Array<{ number: number }>).map(({ number }) => number);
    expect(numbers.sort((one, other) => one - other)).toEqual(numbers.map((_, index) => index + 1));
    expect(json).toContain(SECRET);
    const csv = await file('csv');
    expect(csv.trim().split('\n')).toHaveLength(numbers.length + 1);
    expect(csv).toContain(SECRET);
  });
});
