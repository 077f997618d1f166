import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { challengeRenewal, renewCertificate, revokeDevice } from '@muster/contracts';
import { newId } from '@muster/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Browser } from '../testing/browser';
import { DeviceKey } from '../testing/device-key';
import { WithDevices } from '../testing/with-devices';

let known: WithDevices;
beforeAll(async () => {
  known = await WithDevices.start();
});
afterAll(() => known?.stop());
beforeEach(() => known.forgive());

describe('renewal', () => {
  const challenge = async () => (await new Browser(known.service.origin).call(challengeRenewal)).body.challenge;
  const renew = (body: object) => new Browser(known.service.origin).call(renewCertificate, { body });
  const enrol = async () => {
    const device = await DeviceKey.make();
    return { device, given: await known.certify((await known.registrationKey()).key, device) };
  };
  /** Moves everything about a device's certificates into the past. */
  const age = (deviceId: string, days: number) =>
    known.service.sql(
      `UPDATE identity.certificates SET issued_at = issued_at - $2 * interval '1 day',
              not_after = not_after - $2 * interval '1 day' WHERE device_id = $1`,
      [deviceId, days],
    );

  it('gives a new certificate for the enrolled key, without a valid old one', async () => {
    const { device, given } = await enrol();
    await age(given.deviceId, 90 + 300);
    const renewed = await renew(await device.renewal(given.deviceId, await challenge()));
    expect(renewed.status).toBe(200);
    expect(renewed.body.chain).not.toBe(given.chain);
    const leaf = new X509Certificate(renewed.body.chain);
    expect(leaf.subject).toBe(`CN=${given.deviceId}`);
    const rows = await known.service.sql('SELECT 1 FROM identity.certificates WHERE device_id = $1', [given.deviceId]);
    expect(rows).toHaveLength(2);
  });

  it('gives the same certificate to a repeated request', async () => {
    const { device, given } = await enrol();
    await age(given.deviceId, 60);
    const body = await device.renewal(given.deviceId, await challenge());
    const [first, second] = [await renew(body), await renew(body)];
    expect(second.body.chain).toBe(first.body.chain);
  });

  it('is refused a year after expiry', async () => {
    const { device, given } = await enrol();
    await age(given.deviceId, 90 + 366);
    const refused = await renew(await device.renewal(given.deviceId, await challenge()));
    expect([refused.status, refused.body.code]).toEqual([400, 'certificate-refused']);
  });

  it('is refused without the enrolled key, alike for unknown devices', async () => {
    const { given } = await enrol();
    const thief = await DeviceKey.make();
    const stolen = await renew(await thief.renewal(given.deviceId, await challenge()));
    const unknown = await renew(await thief.renewal(newId(), await challenge()));
    expect([stolen.status, stolen.body.code]).toEqual([400, 'certificate-refused']);
    expect(unknown.body.message).toBe(stolen.body.message);
  });

  it('is refused for another key than the enrolled one', async () => {
    const { device, given } = await enrol();
    const certificateRequest = await (await DeviceKey.make()).request();
    const refused = await renew(await device.renewal(given.deviceId, await challenge(), { certificateRequest }));
    expect(refused.body.code).toBe('certificate-refused');
  });

  it('is refused when the signature covers something else, or the challenge is not ours', async () => {
    const { device, given } = await enrol();
    const body = await device.renewal(given.deviceId, await challenge());
    expect((await renew({ ...body, challenge: await challenge() })).body.code).toBe('certificate-refused');
    expect((await renew({ ...body, certificateRequest: await device.request() })).body.code).toBe(
      'certificate-refused',
    );
    expect((await renew({ ...body, signature: 'AAAA' })).body.code).toBe('certificate-refused');
    const forged = await renew(await device.renewal(given.deviceId, 'a.b.c'));
    expect([forged.status, forged.body.code]).toEqual([403, 'request-refused']);
  });

  it('is refused to a revoked device', async () => {
    const { device, given } = await enrol();
    await known.web.request(revokeDevice, {
      credential: known.owner.cookie ?? '',
      deviceId: given.deviceId,
      reason: 'compromised',
    });
    const refused = await renew(await device.renewal(given.deviceId, await challenge()));
    expect([refused.status, refused.body.code]).toEqual([403, 'device-revoked']);
  });

  it('failed too often from an address is refused, while good ones from there go on', async () => {
    const { device, given } = await enrol();
    await known.service.sql(`INSERT INTO identity.address_failures VALUES ('renewal', '192.0.2.1', 100, now())`);
    const thief = await DeviceKey.make();
    const refused = await renew(await thief.renewal(given.deviceId, await challenge()));
    expect(refused.status).toBe(429);
    expect((await renew(await device.renewal(given.deviceId, await challenge()))).status).toBe(200);
  });
});
