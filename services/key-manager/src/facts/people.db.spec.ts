import 'reflect-metadata';
import {
  allRoutes,
  type BusEvent,
  createOrganisationOwner,
  createUser,
  DEFAULT_ORGANISATION_ID,
  endAnySession,
  listUsers,
  resetPassword,
  revokeRegistrationKey,
  updateUser,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEW_PASSWORD } from '../testing/browser';
import { callsOfPeople } from '../testing/calls-of-people';
import { OWNER_EMAIL } from '../testing/running-key-manager';
import { ADDRESS, idOf, WithFacts } from '../testing/with-facts';

let facts: WithFacts;
beforeAll(async () => {
  facts = await WithFacts.start();
});
afterAll(() => facts?.stop());

const routes = allRoutes().filter(
  ({ service: by, face, method, causes }) =>
    [by, face].join() === 'key-manager,manager' && method !== 'GET' && Array.isArray(causes),
);

describe('what people do', () => {
  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (name, route) => {
    const prepare = callsOfPeople(facts)[name];
    if (!prepare) throw new Error(`Add a call of ${name} to this table.`);
    const { by = facts.owner, params, body } = await prepare();
    await facts.outbox.news();
    const answer = await by.call(route, { ...(params ? { params } : {}), ...(body ? { body } : {}) });
    expect([answer.status < 300, answer.body?.code]).toEqual([true, undefined]);

    const causes = (route.causes as BusEvent[]).map(({ subject }) => subject);
    const told = await facts.outbox.news();
    expect([...new Set(told.map(({ subject }) => subject))].sort()).toEqual(causes.sort());
    const actor = { kind: 'person', address: ADDRESS };
    for (const { payload } of told) {
      expect(payload).toMatchObject({ organisationId: DEFAULT_ORGANISATION_ID, actor });
    }
    const text = JSON.stringify(told);
    for (const secret of [NEW_PASSWORD, by.cookie ?? '', 'green lanterns', 'oneTimePassword', '"key"', 'secret']) {
      if (secret !== '') expect(text).not.toContain(secret);
    }
  });

  it('leaves no trace when nothing changed or it is refused', async () => {
    const person = await facts.someone();
    const revoked = (await facts.registrationKey()).body.id;
    await facts.owner.call(revokeRegistrationKey, { params: { id: revoked } });
    await facts.outbox.news();
    const answers = [
      await facts.owner.call(updateUser, { params: { id: idOf(person) }, body: { role: 'technician' } }),
      await facts.owner.call(revokeRegistrationKey, { params: { id: revoked } }),
      await facts.owner.call(createUser, { body: { email: OWNER_EMAIL, name: 'Twin', role: 'technician' } }),
      await person.call(resetPassword, { params: { id: idOf(facts.owner) } }),
      await facts.owner.call(endAnySession, { params: { id: newId() } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 204, 409, 403, 404]);
    expect(await facts.outbox.news()).toEqual([]);
  });

  it('says what changed about a user, and by whom', async () => {
    const person = await facts.someone();
    await facts.outbox.news();
    await facts.owner.call(updateUser, { params: { id: idOf(person) }, body: { name: 'Renamed', role: 'read-only' } });
    const [{ payload } = { payload: {} }] = await facts.outbox.news();
    expect(payload).toMatchObject({
      userId: idOf(person),
      role: 'read-only',
      actor: { kind: 'person', id: idOf(facts.owner), name: OWNER_EMAIL, address: ADDRESS },
      fields: [
        { field: 'name', before: 'A technician', after: 'Renamed' },
        { field: 'role', before: 'technician', after: 'read-only' },
      ],
    });
  });

  it('tells that a list was taken away as a file, and of looking at it nothing', async () => {
    await facts.outbox.news();
    await facts.owner.call(listUsers);
    expect(await facts.outbox.news()).toEqual([]);
    const file = await facts.owner.call({ ...listUsers, path: `${listUsers.path}?format=json` });
    expect(file.status).toBe(200);
    await (await facts.someone()).call({ ...listUsers, path: `${listUsers.path}?format=json` });
    expect((await facts.outbox.news()).filter(({ subject }) => subject === 'list.exported.v1')).toMatchObject([
      {
        subject: 'list.exported.v1',
        payload: {
          ...{ organisationId: DEFAULT_ORGANISATION_ID, path: listUsers.path, format: 'json', filters: '' },
          actor: { kind: 'person', id: idOf(facts.owner), address: ADDRESS },
        },
      },
    ]);
  });

  it('is told in the organisation whose user it is when somebody makes another one', async () => {
    const web = await facts.service.busOf('web');
    const organisationId = newId();
    await facts.outbox.news();
    const credential = facts.owner.cookie ?? '';
    await web.request(createOrganisationOwner, { credential, organisationId, email: 'boss@there.test', name: 'Boss' });
    expect(await facts.outbox.news()).toMatchObject([
      { subject: 'user.created.v1', payload: { organisationId, email: 'boss@there.test', role: 'owner' } },
    ]);
  });
});
