import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OutboxRecord } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, type TestDevice } from '../testing/fleet';
import { ask, type Reply, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let outbox: OutboxRecord;
let device: TestDevice;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('all');
  fleet = new Fleet(web);
  outbox = await OutboxRecord.of(web.database.adminUrl, 'core');
  device = await fleet.device();
});
afterAll(async () => {
  await outbox?.close();
  await web?.stop();
});

const need = (tokenNeeded: boolean) => ask(app, 'PUT', '/api/uninstall-policy', { as: 'owner', body: { tokenNeeded } });
const tokenOf = async ({ id }: TestDevice): Promise<string | undefined> => {
  const { body } = await ask(app, 'GET', `/api/devices/${id}/uninstall-token`, { as: 'owner' });
  return body['token'] as string | undefined;
};
const may = (token?: string, { certificate } = device): Promise<Reply> =>
  ask(app, 'POST', '/uninstall', { certificate, body: token === undefined ? {} : { token } });

describe('removing the agent', () => {
  it('is allowed to who asks, unless somebody decided otherwise, and is on record', async () => {
    expect(await tokenOf(device)).toBeUndefined();
    await outbox.news();
    expect((await may()).status).toBe(204);
    const facts = await outbox.news();
    expect(facts.map(({ subject, payload }) => [subject, payload['deviceId'], payload['allowed']])).toEqual([
      ['device.uninstall-asked.v1', device.id, true],
    ]);
  });

  it('needs the token of that very device where the policy says so, however it is typed', async () => {
    expect((await need(true)).body).toEqual({ tokenNeeded: true });
    const token = (await tokenOf(device)) ?? '';
    expect(token).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
    expect(await may()).toMatchObject({ status: 403, body: { code: 'request-refused' } });
    expect(await may('0000-0000-0000-0000')).toMatchObject({ status: 403, body: { code: 'request-refused' } });
    const neighbour = await fleet.device();
    expect(await may(await tokenOf(neighbour))).toMatchObject({ status: 403 });
    expect((await may(token)).status).toBe(204);
    expect((await may(` ${token.toLowerCase().replaceAll('-', '')} `)).status).toBe(204);
    expect((await outbox.news()).map(({ payload }) => payload['allowed']).filter((one) => one !== undefined)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it('needs another token after the policy was off, and says once that it changed', async () => {
    await need(true);
    const before = await tokenOf(device);
    await outbox.news();
    await need(true);
    expect(await outbox.news()).toEqual([]);
    expect(await tokenOf(device)).toBe(before);
    await need(false);
    expect((await may()).status).toBe(204);
    await need(true);
    expect(await tokenOf(device)).not.toBe(before);
    expect((await may(before)).status).toBe(403);
  });

  it('is a matter of each organisation', async () => {
    await need(true);
    const stranger = await fleet.device(await fleet.organisation());
    expect((await may(undefined, stranger)).status).toBe(204);
    expect((await ask(app, 'GET', `/api/devices/${stranger.id}/uninstall-token`, { as: 'owner' })).status).toBe(404);
  });
});
