import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  type AuditReported,
  auditReported,
  DEFAULT_ORGANISATION_ID as OURS,
  deviceDescribed,
  groupDeleted,
  sessionBegan,
  userChanged,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuditUnderTest } from '../testing/audit-under-test';

const THEIRS = '01900000-0000-7000-8000-0000000000ff';
const actor = { kind: 'person' as const, id: newId(), name: 'anna@example.test', address: '203.0.113.9' };
const at = '2026-11-21T09:30:00.000Z';

let suite: AuditUnderTest;
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  await suite.startAudit();
  suite.keyManager.people.set('stranger', { role: 'owner', organisationId: THEIRS });
});
afterAll(() => suite?.stop());

const count = async (organisationId: string): Promise<number> => {
  const sql = 'SELECT count(*)::int AS count FROM audit.entries WHERE organisation_id = $1';
  return (await suite.rows<{ count: number }>(sql, [organisationId]))[0]?.count ?? 0;
};

/** What somebody else would write after reading the documentation: nothing of the service's code, only its export. */
function verifyExport(text: string, organisationId: string): string {
  const order = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(order)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .sort()
              .map(([name, one]) => [name, order(one)]),
          )
        : value;
  const sha256 = (data: string): string => createHash('sha256').update(data, 'utf8').digest('hex');
  const entries = (JSON.parse(text) as AuditEntry[]).sort((one, other) => one.number - other.number);
  let before = sha256(`muster-audit.v1\n${organisationId}`);
  entries.forEach(({ hash, ...content }, index) => {
    if (content.number !== index + 1) return (before = `entry ${index + 1} is missing`);
    before = sha256(before + JSON.stringify(order(content)));
    return before === hash || (before = `entry ${content.number} was altered`);
  });
  return before;
}

it('writes facts into the chain of their organisation, once for each message', async () => {
  const userId = newId();
  const changed = {
    ...{ organisationId: OURS, at, actor, userId, email: 'ben@example.test', name: 'Ben', role: 'administrator' },
    fields: [{ field: 'role', before: 'technician', after: 'administrator' }],
  };
  await suite.publish(userChanged, changed, 'message-1');
  await eventually(async () => (await count(OURS)) === 1);
  // JetStream would drop a second message of this id for two minutes: a later one is the service's to recognise.
  await suite.append(OURS, [
    { at, actor, action: 'user.changed', outcome: 'done', details: [], messageId: 'message-1' },
    { at, actor, action: 'user.changed', outcome: 'done', details: [], messageId: 'message-2' },
    { at, actor, action: 'user.changed', outcome: 'done', details: [], messageId: 'message-2' },
  ]);
  expect(await count(OURS)).toBe(2);
  const [first] = await suite.entries(OURS);
  expect(first).toMatchObject({
    ...{ number: 1, at, actor, action: 'user.changed', outcome: 'done' },
    target: { kind: 'user', id: userId, name: 'ben@example.test' },
    details: [{ name: 'role', value: 'technician → administrator' }],
  });
  expect(first?.correlationId).toBeTruthy();
});

it('keeps text as text, whatever it says', async () => {
  const nasty = `<script>alert(1)</script> "quoted" \\ 'x' \u2028 \u007f 💥 ${'ü'.repeat(100)}`;
  const group = { organisationId: OURS, at, actor, groupId: newId(), name: nasty };
  await suite.publish(groupDeleted, group, 'nasty');
  await eventually(async () => (await count(OURS)) === 3);
  expect((await suite.entries(OURS))[2]?.target?.name).toBe(nasty);
});

it('numbers without gaps while many write at once, and a stranger to this code can verify the export', async () => {
  const before = await count(OURS);
  const drafts = (name: string) =>
    Array.from({ length: 20 }, (_, index) => ({
      ...{ at, actor: { ...actor, name }, action: 'test.done', outcome: 'done' as const },
      details: [{ name: 'index', value: `${index} "\\\n\t\u0001 ß` }],
    }));
  await Promise.all(Array.from({ length: 25 }, (_, index) => suite.append(OURS, drafts(`writer ${index}`))));
  await suite.append(THEIRS, drafts('elsewhere'));
  const entries = await suite.entries(OURS);
  expect(entries.map(({ number }) => number)).toEqual(Array.from({ length: before + 500 }, (_, index) => index + 1));
  const end = (
    await suite.rows<{ hash: string }>(
      `SELECT encode(last_hash, 'hex') AS hash FROM audit.chains WHERE organisation_id = $1`,
      [OURS],
    )
  )[0]?.hash;
  expect(verifyExport(JSON.stringify(entries), OURS)).toBe(end);
  expect(verifyExport(JSON.stringify(entries), THEIRS)).not.toBe(end);
  const [altered] = entries;
  if (altered) altered.actor.name = 'somebody else';
  expect(verifyExport(JSON.stringify(entries), OURS)).not.toBe(end);
});

it('takes what devices report once, however often it is sent, under the name that the device has', async () => {
  const device = newId();
  const spool = newId();
  const describe = (name: string, when: string) =>
    suite.publish(deviceDescribed, {
      ...{
        organisationId: OURS,
        at: when,
        deviceId: device,
        name,
        platform: 'linux',
        osName: 'Debian',
        retired: false,
      },
    });
  await describe('kiosk-7', '2026-11-21T10:00:00.000Z');
  await describe('kiosk-old', '2026-11-20T10:00:00.000Z');
  await eventually(async () => {
    const rows = await suite.rows('SELECT 1 FROM audit.device_names WHERE name = $1', ['kiosk-7']);
    return rows.length === 1;
  });
  const before = await count(OURS);
  const operationId = newId();
  const reported = (...sequences: number[]): AuditReported => ({
    ...{ organisationId: OURS, deviceId: device, spool, receivedAt: at },
    actions: sequences.map((sequence) => ({
      ...{ sequence, at, action: 'operation.refused', operationId },
      details: [{ name: 'reason', value: `number ${sequence}` }],
    })),
  });
  await suite.publish(auditReported, reported(1, 2, 3));
  await suite.publish(auditReported, reported(2, 3, 4, 4));
  await eventually(async () => (await count(OURS)) >= before + 4);
  const entries = (await suite.entries(OURS)).slice(before);
  expect(entries.map(({ details }) => details[0]?.value)).toEqual([1, 2, 3, 4].map((number) => `number ${number}`));
  expect(entries[0]).toMatchObject({
    ...{ actor: { kind: 'device', id: device, name: 'kiosk-7' }, outcome: 'refused' },
    target: { kind: 'operation', id: operationId },
  });
});

it('shows an organisation its own entries only', async () => {
  const session = { organisationId: THEIRS, at, actor, sessionId: newId(), userAgent: 'theirs alone' };
  const before = await count(THEIRS);
  await suite.publish(sessionBegan, session);
  await eventually(async () => (await count(THEIRS)) === before + 1);
  expect(JSON.stringify(await suite.entries(OURS))).not.toContain('theirs alone');
  expect(JSON.stringify(await suite.entries(THEIRS, 'stranger'))).toContain('theirs alone');
});

it('lets the service neither change nor delete an entry or a head', async () => {
  const rights = await suite.rows<{ object: string; right: string }>(
    `SELECT t AS object, p AS right FROM unnest(ARRAY['audit.entries', 'audit.heads']) t,
            unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
      WHERE has_table_privilege('muster_audit_app', t, p) OR has_any_column_privilege('muster_audit_app', t,
            CASE WHEN p IN ('UPDATE', 'REFERENCES') THEN p ELSE 'UPDATE' END)`,
  );
  expect(rights).toEqual([]);
});

it('goes on after the last entry when somebody set the record back, and says so', async () => {
  const organisation = newId();
  const draft = { at, actor, action: 'test.done', outcome: 'done' as const, details: [] };
  await suite.append(
    organisation,
    Array.from({ length: 12 }, () => draft),
  );
  await suite.rows('UPDATE audit.chains SET last_number = 1 WHERE organisation_id = $1', [organisation]);
  await suite.append(organisation, [draft]);
  expect(await count(organisation)).toBe(13);
  expect(suite.instances[0]?.lines.join('')).toContain('somebody changed the database');
});
