import 'reflect-metadata';
import {
  certifyDevice,
  challengeRenewal,
  createUser,
  listRegistrationKeys,
  renewCertificate,
  signIn,
  updateUser,
} from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedSignIns } from '../sessions/refused-sign-ins';
import { Browser } from '../testing/browser';
import { DeviceKey } from '../testing/device-key';
import { ADDRESS, WithFacts } from '../testing/with-facts';

let facts: WithFacts;
beforeAll(async () => {
  facts = await WithFacts.start({ FAILURES_PER_ADDRESS: '8', REFUSED_SIGN_INS_PER_MINUTE: '40' });
});
afterAll(() => facts?.stop());

describe('what nobody signed in for', () => {
  const browser = (address: string) => Object.assign(new Browser(facts.service.origin), { address });
  const refusals = async () =>
    (await facts.outbox.news()).map(({ subject, payload }) => [subject, payload['email'], payload['reason']]);

  it('tells refused sign-ins with their reason, and a lock-out once', async () => {
    const email = `${newId()}@example.test`;
    const made = await facts.owner.call(createUser, { body: { email, name: 'X', role: 'read-only' } });
    const disabled = `${newId()}@example.test`;
    const gone = await facts.owner.call(createUser, { body: { email: disabled, name: 'Y', role: 'read-only' } });
    await facts.owner.call(updateUser, { params: { id: gone.body.id }, body: { disabled: true } });
    await facts.outbox.news();
    const client = browser('192.0.2.50');
    for (let times = 0; times < 8; times += 1) await client.signIn(email.toUpperCase(), 'not the password');
    await client.signIn(disabled, gone.body.oneTimePassword);
    await client.signIn('nobody@example.test', 'x');
    expect(made.status).toBe(200);
    expect(await refusals()).toEqual([
      ...Array.from({ length: 5 }, () => ['session.refused.v1', email, 'wrong-password']),
      ['session.refused.v1', email, 'locked-out'],
      ['session.refused.v1', disabled, 'disabled'],
      ['session.refused.v1', 'nobody@example.test', 'unknown-user'],
    ]);
  });

  it('tells no more of one address than its limit lets through', async () => {
    await facts.outbox.news();
    const client = browser('192.0.2.60');
    for (let times = 0; times < 12; times += 1) {
      await client.call(signIn, { body: { email: `${newId()}@example.test`, password: 'guess' } });
    }
    expect(await refusals()).toHaveLength(8);
  });

  it('tells no more in all than may be told in a minute', async () => {
    const [instance] = facts.service.instances;
    const told = instance?.app.get(RefusedSignIns, { strict: false });
    await facts.outbox.news();
    await instance?.app.get(Database, { strict: false }).unscoped(async (manager) => {
      for (let times = 0; times < 100; times += 1) {
        await told?.add(manager, { email: `${newId()}@example.test`, address: '192.0.2.70' }, 'unknown-user');
      }
    });
    const { length } = await refusals();
    expect(length).toBeGreaterThan(0);
    // The minute may turn meanwhile: then so many once more.
    expect(length).toBeLessThanOrEqual(80);
  });

  it('tells the renewal of a device’s certificate, and of one that is sent again nothing', async () => {
    const web = await facts.service.busOf('web');
    const [key] = (await facts.owner.call(listRegistrationKeys)).body.keys.filter(({ state }) => state === 'active');
    const device = await DeviceKey.make();
    const { deviceId } = await web.request(certifyDevice, {
      key: key?.key ?? (await facts.registrationKey()).body.key ?? '',
      ...{ address: '', proposedDeviceId: newId(), certificateRequest: await device.request() },
    });
    await facts.service.sql(
      `UPDATE identity.certificates SET issued_at = now() - interval '1 day' WHERE device_id = $1`,
      [deviceId],
    );
    await facts.outbox.news();
    const renew = async () => {
      const { challenge } = (await facts.owner.call(challengeRenewal)).body;
      return facts.owner.call(renewCertificate, { body: await device.renewal(deviceId, challenge) });
    };
    const renewed = await renew();
    await renew();
    expect(await facts.outbox.news()).toMatchObject([
      {
        subject: 'certificate.renewed.v1',
        payload: { deviceId, address: ADDRESS, notAfter: renewed.body.notAfter },
      },
    ]);
  });
});
