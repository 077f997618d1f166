import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type MergeQuestionList } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addDevices } from '../testing/devices';
import { ask, WebUnderTest } from '../testing/web-under-test';
import { askWhetherKnown } from './asking';

let suite: WebUnderTest;
let web: NestFastifyApplication;
const organisationId = DEFAULT_ORGANISATION_ID;

beforeAll(async () => {
  suite = await WebUnderTest.start();
  web = await suite.startWeb('manager');
});
afterAll(() => suite?.stop());
beforeEach(() => suite.rows('DELETE FROM core.merge_questions'));

/** Devices with the same machine id; the first ones are known, the last is asked about. */
async function clones(number: number, value = newId()): Promise<{ ids: string[]; question: string }> {
  const ids = await addDevices(suite, number);
  for (const id of ids)
    await suite.rows(`INSERT INTO core.device_hardware VALUES ($1, 'machineId', $2, $3)`, [organisationId, value, id]);
  const question = await askAbout(ids.at(-1) ?? '');
  if (!question) throw new Error('nothing was asked');
  return { ids, question };
}
const askAbout = (id: string): Promise<string | undefined> =>
  web
    .get(Database, { strict: false })
    .inOrganisation(organisationId, (manager) => askWhetherKnown(manager, organisationId, id));
const answer = (question: string, answer: string, as = 'owner') =>
  ask(web, 'POST', `/api/merge-questions/${question}/answer`, { as, body: { answer } });
const open = async (): Promise<MergeQuestionList> =>
  (await ask(web, 'GET', '/api/merge-questions', { as: 'reader' })).body as unknown as MergeQuestionList;

describe('answered "same"', () => {
  it('gives the newcomer name, groups and history, and retires the known device', async () => {
    const { ids, question } = await clones(2);
    const [known = '', newcomer = ''] = ids;
    await ask(web, 'PATCH', `/api/devices/${known}`, { as: 'owner', body: { name: 'Reception' } });
    const group = await ask(web, 'POST', '/api/groups', { as: 'owner', body: { name: newId() } });
    await ask(web, 'POST', `/api/groups/${String(group.body['id'])}/members`, { as: 'owner', body: { add: [known] } });
    const operation = await addOperation(known);

    expect((await open()).questions).toMatchObject([
      { id: question, known: { id: known }, newcomer: { id: newcomer } },
    ]);
    expect((await answer(question, 'same')).status).toBe(204);

    expect((await ask(web, 'GET', `/api/devices/${newcomer}`, { as: 'owner' })).body).toMatchObject({
      name: 'Reception',
      groups: [{ id: group.body['id'] }],
      mergeQuestionIds: [],
    });
    expect((await ask(web, 'GET', `/api/devices/${known}`, { as: 'owner' })).status).toBe(404);
    expect(await suite.rows('SELECT device_id FROM core.operations WHERE id = $1', [operation])).toEqual([
      { device_id: newcomer },
    ]);
    expect(await suite.rows('SELECT merged_into FROM core.devices WHERE id = $1', [known])).toEqual([
      { merged_into: newcomer },
    ]);
    expect(suite.keyManager.revoked).toContainEqual({ credential: 'owner', deviceId: known, reason: 'replaced' });
    expect((await open()).total).toBe(0);
    expect((await answer(question, 'same')).status).toBe(204);
    expect(await answer(question, 'different')).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  it('asks the other clones about the newcomer instead', async () => {
    const { ids, question } = await clones(2);
    const [known = '', newcomer = ''] = ids;
    const [third = ''] = await addDevices(suite, 1);
    await suite.rows(
      `INSERT INTO core.device_hardware SELECT organisation_id, kind, value, $2 FROM core.device_hardware WHERE device_id = $1`,
      [known, third],
    );
    await suite.rows(`UPDATE core.devices SET presence = 'online' WHERE id = $1`, [newcomer]);
    await askAbout(third);
    expect((await open()).questions.map((entry) => entry.known.id)).toEqual([known, known]);
    await answer(question, 'same');
    expect((await open()).questions).toMatchObject([{ known: { id: newcomer }, newcomer: { id: third } }]);
  });

  it('changes nothing when the key manager refuses', async () => {
    const { ids, question } = await clones(2);
    suite.keyManager.people.set('impostor', { role: 'owner', organisationId });
    // The principal stays cached here; the key manager decides for itself.
    expect((await ask(web, 'GET', '/api/devices?size=1', { as: 'impostor' })).status).toBe(200);
    suite.keyManager.people.delete('impostor');
    expect(await answer(question, 'same', 'impostor')).toMatchObject({ status: 403 });
    expect((await ask(web, 'GET', `/api/devices/${ids[0]}`, { as: 'owner' })).status).toBe(200);
    expect((await open()).total).toBe(1);
  });
});

describe('answered "different"', () => {
  it('keeps both and never asks about the pair again', async () => {
    const { ids, question } = await clones(2);
    expect((await answer(question, 'different')).status).toBe(204);
    expect((await open()).total).toBe(0);
    for (const id of ids) {
      expect(await askAbout(id)).toBeUndefined();
      expect((await ask(web, 'GET', `/api/devices/${id}`, { as: 'owner' })).body).toMatchObject({ attention: false });
    }
  });
});

it('prefers the device that is not connected', async () => {
  const value = newId();
  const { ids } = await clones(3, value);
  await suite.rows('DELETE FROM core.merge_questions');
  const [online = '', away = '', newcomer = ''] = ids;
  await suite.rows(`UPDATE core.devices SET presence = 'online', last_contact_at = now() WHERE id = $1`, [online]);
  await askAbout(newcomer);
  expect((await open()).questions).toMatchObject([{ known: { id: away } }]);
});

it('becomes moot when a device is retired, and the newcomer is compared with the others', async () => {
  const { ids, question } = await clones(3);
  const [asked] = (await open()).questions;
  const other = ids.slice(0, 2).find((id) => id !== asked?.known.id);
  expect((await ask(web, 'DELETE', `/api/devices/${asked?.known.id}`, { as: 'owner' })).status).toBe(204);
  expect((await open()).questions).toMatchObject([{ known: { id: other }, newcomer: { id: ids[2] } }]);
  expect(await answer(question, 'same')).toMatchObject({ status: 409 });
});

it('is answered by those who may retire devices', async () => {
  const { question } = await clones(2);
  expect(await answer(question, 'different', 'reader')).toMatchObject({ status: 403 });
  expect(await answer(newId(), 'different')).toMatchObject({ status: 404 });
  expect(await answer(question, 'perhaps')).toMatchObject({ status: 400 });
});

async function addOperation(deviceId: string): Promise<string> {
  const procedure = await ask(web, 'POST', '/api/procedures', {
    as: 'owner',
    body: { name: newId(), language: 'sh', script: 'true', parameters: [], timeLimitSeconds: 60 },
  });
  const batch = await ask(web, 'POST', '/api/operations', {
    as: 'owner',
    body: { procedureId: procedure.body['id'], deviceIds: [deviceId] },
  });
  expect(batch.status).toBe(200);
  const [row] = await suite.rows<{ id: string }>('SELECT id FROM core.operations WHERE device_id = $1', [deviceId]);
  return row?.id ?? '';
}
