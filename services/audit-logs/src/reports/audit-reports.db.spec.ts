import { DEFAULT_ORGANISATION_ID as OURS, type ReportsTaken } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, AuditUnderTest } from '../testing/audit-under-test';

let suite: AuditUnderTest;
let device: { id: string; certificate: string };
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  await suite.startAudit();
  device = await newDevice();
});
afterAll(() => suite?.stop());

async function newDevice(): Promise<{ id: string; certificate: string }> {
  const id = newId();
  suite.web.homes.set(id, OURS);
  const { chain } = await suite.authority.device(id, { xmppDomain: 'xmpp.muster.localhost' });
  return { id, certificate: chain.slice(0, chain.indexOf('-----END CERTIFICATE-----') + 25) };
}
const now = () => new Date().toISOString();
const report = (sequence: number, changed: object = {}): object => ({
  ...{ kind: 'audit', sequence, takenAt: now(), action: 'operation.ended' },
  ...{ details: [{ name: 'output', value: `line ${sequence}` }], ...changed },
});
const send = (reports: unknown[], { spool = newId(), as = device } = {}) =>
  ask<ReportsTaken & { code?: string }>(suite.app, 'POST', '/reports/audit', {
    certificate: as.certificate,
    body: { spool, sentAt: now(), reports },
  });
const entries = async (actorId = device.id) => (await suite.entries(OURS)).filter(({ actor }) => actor.id === actorId);

it('are answered with 202 and become entries of the device, once however often they are sent', async () => {
  const spool = newId();
  const [first, second] = [report(1), report(2, { operationId: newId() })];
  expect(await send([first, second], { spool })).toMatchObject({ status: 202, body: { taken: 2, refused: [] } });
  expect(await send([second, first, report(3)], { spool })).toMatchObject({ status: 202, body: { taken: 3 } });
  await eventually(async () => (await entries()).length === 3);
  await send([report(4)], { spool });
  await eventually(async () => (await entries()).some(({ details }) => details[0]?.value === 'line 4'));
  expect((await entries()).map(({ details }) => details[0]?.value)).toEqual([1, 2, 3, 4].map((n) => `line ${n}`));
});

it('that are wrong are refused one by one, with the rest kept', async () => {
  const as = await newDevice();
  const good = report(1, { details: [{ name: 'text', value: '<script>alert(1)</script> ${jndi:x} \u202e' }] });
  const deep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as object;
  const wrong: Array<[unknown, string]> = [
    [report(2, { action: 'Not An Action' }), 'malformed'],
    // Actions of people and of the suite, and one that no agent knows.
    [report(14, { action: 'user.deleted' }), 'malformed'],
    [report(15, { action: 'audit.expired' }), 'malformed'],
    [report(16, { action: 'operation.ran' }), 'malformed'],
    [report(3, { details: [{ name: 'text', value: 'a\u0000b' }] }), 'malformed'],
    [report(4, { details: [{ name: 'text', value: 'lone \ud800' }] }), 'malformed'],
    [report(5, { details: [{ name: 'text', value: 'x'.repeat(2001) }] }), 'malformed'],
    [report(6, { details: Array.from({ length: 21 }, () => ({ name: 'a', value: 'b' })) }), 'malformed'],
    [report(7, { operationId: 'none' }), 'malformed'],
    [report(8, { more: 'y'.repeat(70_000) }), 'too-large'],
    [report(9, { more: deep }), 'too-deep'],
    [report(10, { takenAt: '2031-01-01T00:00:00.000Z' }), 'from-the-future'],
    [report(11, { takenAt: '2020-01-01T00:00:00.000Z' }), 'too-old'],
    [report(12, { deviceId: newId() }), 'another-device'],
    [report(13, { kind: 'sample' }), 'unknown-kind'],
    [report(0), 'malformed'],
  ];
  const { status, body } = await send([good, ...wrong.map(([one]) => one)], { as });
  expect({ status, taken: body.taken }).toEqual({ status: 202, taken: 1 });
  expect(body.refused.map(({ index, code }) => [index, code])).toEqual(
    wrong.map(([, code], index) => [index + 1, code]),
  );
  await eventually(async () => (await entries(as.id)).length === 1);
  expect((await entries(as.id))[0]?.details[0]?.value).toBe('<script>alert(1)</script> ${jndi:x} \u202e');
});

it('come from enrolled devices only', async () => {
  const body = { spool: newId(), sentAt: now(), reports: [report(1)] };
  expect((await ask(suite.app, 'POST', '/reports/audit', { as: 'owner', body })).body).toMatchObject({
    code: 'certificate-required',
  });
  const stranger = await newDevice();
  suite.web.homes.delete(stranger.id);
  expect((await send([report(1)], { as: stranger })).status).toBe(403);
});

it('are refused with a time to come back while NATS is away, and not lost', async () => {
  const as = await newDevice();
  const spool = newId();
  await send([report(1)], { as, spool });
  await suite.nats.crash();
  const away = await send([report(2)], { as, spool });
  expect(away).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  await suite.nats.start();
  await eventually(async () => (await send([report(2)], { as, spool })).status === 202, { within: 20_000 });
  await eventually(async () => (await entries(as.id)).length === 2, { within: 20_000 });
});
