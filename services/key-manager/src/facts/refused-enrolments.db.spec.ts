import 'reflect-metadata';
import { certifyDevice, DEFAULT_ORGANISATION_ID, revokeRegistrationKey } from '@muster/contracts';
import { newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedEnrolments } from '../devices/refused-enrolments';
import { DeviceKey } from '../testing/device-key';
import { WithFacts } from '../testing/with-facts';

let facts: WithFacts;
beforeAll(async () => {
  facts = await WithFacts.start({ REFUSED_ENROLMENTS_SECONDS: '3600', REFUSED_ENROLMENTS_MOST: '3' });
});
afterAll(() => facts?.stop());

describe('refused enrolments', () => {
  const refusals = () => facts.service.instances[0]?.app.get(RefusedEnrolments, { strict: false });
  const enrolWith = async (key: string, address: string) => {
    const web = await facts.service.busOf('web');
    const device = await DeviceKey.make();
    const order = { key, address, proposedDeviceId: newId(), certificateRequest: await device.request() };
    return web.request(certifyDevice, order).then(
      () => 'enrolled',
      (error: { code: string }) => error.code,
    );
  };

  it('are told once for each network and reason, with their number', async () => {
    const { id, key = '' } = (await facts.registrationKey()).body;
    await facts.owner.call(revokeRegistrationKey, { params: { id } });
    await facts.outbox.news();
    for (let times = 0; times < 3; times += 1) expect(await enrolWith('no such key', '192.0.2.80')).toBe('key-unknown');
    for (const address of ['2001:db8::1', '2001:db8::2']) expect(await enrolWith(key, address)).toBe('key-revoked');
    expect(await facts.outbox.news()).toEqual([]);
    await refusals()?.tell();
    const about = { organisationId: DEFAULT_ORGANISATION_ID };
    expect((await facts.outbox.news()).map(({ subject, payload }) => [subject, payload])).toEqual([
      [
        'enrolment.refused.v1',
        { ...about, at: expect.any(String), address: '192.0.2.80', reason: 'key-unknown', count: 3 },
      ],
      [
        'enrolment.refused.v1',
        {
          ...{ ...about, at: expect.any(String), address: '2001:db8:0:0::/64', reason: 'key-revoked', count: 2 },
          registrationKeyId: id,
        },
      ],
    ]);
    await refusals()?.tell();
    expect(await facts.outbox.news()).toEqual([]);
  });

  it('from more networks than a round has room for are counted together, and none is lost', async () => {
    for (let number = 0; number < 200; number += 1) {
      refusals()?.count({ address: `198.51.100.${number}`, reason: 'key-unknown' });
    }
    await refusals()?.tell();
    const told = (await facts.outbox.news()).map(({ payload }) => [payload['address'], payload['count']]);
    expect(told).toEqual([...[0, 1, 2].map((number) => [`198.51.100.${number}`, 1]), ['several', 197]]);
  });

  it('that could not be told are told later', async () => {
    await facts.service.sql(`ALTER TABLE identity.outbox RENAME TO away`);
    refusals()?.count({ address: '192.0.2.90', reason: 'key-expired' });
    await expect(refusals()?.tell()).rejects.toThrow();
    await facts.service.sql(`ALTER TABLE identity.away RENAME TO outbox`);
    refusals()?.count({ address: '192.0.2.90', reason: 'key-expired' });
    await refusals()?.tell();
    expect(await facts.outbox.news()).toMatchObject([{ payload: { address: '192.0.2.90', count: 2 } }]);
  });
});
