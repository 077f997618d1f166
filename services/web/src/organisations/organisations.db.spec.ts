import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type OrganisationList } from '@muster/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, WebUnderTest } from '../testing/web-under-test';

let suite: WebUnderTest;
let web: NestFastifyApplication;

beforeAll(async () => {
  suite = await WebUnderTest.start();
  web = await suite.startWeb('manager');
});
afterAll(() => suite?.stop());

const newcomer = { name: 'Branch', ownerEmail: 'boss@branch.example', ownerName: 'Boss' };
const create = (as: string, body: object = newcomer) => ask(web, 'POST', '/api/organisations', { as, body });
const names = async (as: string): Promise<string[]> => {
  const list = (await ask(web, 'GET', '/api/organisations', { as })).body as unknown as OrganisationList;
  return list.organisations.map((organisation) => organisation.name);
};

it('has the default one from the first start, also after the second', async () => {
  await suite.startWeb('worker');
  expect(await suite.rows('SELECT id, name FROM core.organisations')).toEqual([
    { id: DEFAULT_ORGANISATION_ID, name: 'Default' },
  ]);
});

it('creates another with its owner, for owners of the default one', async () => {
  const reply = await create('owner');
  expect(reply).toMatchObject({ status: 200, body: { name: 'Branch', ownerOneTimePassword: 'once-only-password' } });
  const organisationId = String(reply.body['id']);
  expect(suite.keyManager.owners).toEqual([
    { credential: 'owner', organisationId, email: newcomer.ownerEmail, name: newcomer.ownerName },
  ]);
  suite.keyManager.people.set('boss', { role: 'owner', organisationId });
  expect(await names('owner')).toEqual(['Branch', 'Default']);
  expect(await names('reader')).toEqual(['Default']);
  expect(await names('boss')).toEqual(['Branch']);
  expect(await create('boss', { ...newcomer, name: 'Sub-branch' })).toMatchObject({
    status: 403,
    body: { code: 'permission-denied' },
  });
  expect((await create('reader')).status).toBe(403);
});

it('leaves nothing behind when the owner is refused', async () => {
  suite.keyManager.refusesOwners = true;
  expect(await create('owner', { ...newcomer, name: 'Stillborn' })).toMatchObject({
    status: 409,
    body: { code: 'conflict' },
  });
  expect(await names('owner')).not.toContain('Stillborn');
});
