import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { type Bus, ListensTo } from '@muster/bus';
import {
  caBundle,
  certifyDevice,
  challengeRenewal,
  checkRegistrationKey,
  createOrganisationOwner,
  createRegistrationKey,
  DEFAULT_ORGANISATION_ID,
  describeRegistrationKey,
  deviceRetired,
  identityRevoked,
  listAnchors,
  listRegistrationKeys,
  listRevocations,
  type RegistrationKey,
  renewCertificate,
  type Revocation,
  revocationHeartbeat,
  type RevocationHeartbeat,
  revokeDevice,
  revokeRegistrationKey,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authority } from '../authority/authority';
import { createAuthority } from '../authority/authority-creation';
import { Browser, enter } from '../testing/browser';
import { DeviceKey } from '../testing/device-key';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from '../testing/running-key-manager';

const OTHER_ORGANISATION = '01900000-0000-7000-8000-0000000000ff';
const ADDRESS = '203.0.113.5';

const heard: Revocation[] = [];
let beat: RevocationHeartbeat | undefined;
@Injectable()
class Ear {
  @ListensTo(identityRevoked)
  revoked(revocation: Revocation): void {
    heard.push(revocation);
  }
  @ListensTo(revocationHeartbeat)
  heartbeat(heartbeat: RevocationHeartbeat): void {
    beat = heartbeat;
  }
}

let service: RunningKeyManager;
let owner: Browser;
let stranger: Browser;
let web: Bus;
beforeAll(async () => {
  service = await RunningKeyManager.start();
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
  web = await service.busOf('web', [Ear]);
  const { oneTimePassword } = await web.request(createOrganisationOwner, {
    ...{ credential: owner.cookie ?? '', organisationId: OTHER_ORGANISATION },
    ...{ email: 'owner@elsewhere.test', name: 'Other owner' },
  });
  stranger = await enter(service.origin, 'owner@elsewhere.test', oneTimePassword);
});
afterAll(() => service?.stop());
beforeEach(() => service.sql('DELETE FROM identity.address_failures'));

/** A key as who made it gets it. */
async function registrationKey(
  wanted: object = {},
  by = owner,
): Promise<RegistrationKey & Required<Pick<RegistrationKey, 'key' | 'installLines'>>> {
  const { status, body } = await by.call(createRegistrationKey, { body: { name: 'laptops', ...wanted } });
  if (status !== 200 || !body.key || !body.installLines) throw new Error(JSON.stringify(body));
  return { ...body, key: body.key, installLines: body.installLines };
}
async function certify(key: string, device: DeviceKey, changed: object = {}) {
  const certificateRequest = await device.request();
  const order = { key, address: ADDRESS, proposedDeviceId: newId(), certificateRequest, ...changed };
  return web.request(certifyDevice, order);
}
const check = async (key: string, device: DeviceKey, address = ADDRESS) =>
  web.request(checkRegistrationKey, { key, address, publicKey: device.publicKey });
const stateOf = async (id: string) => (await owner.call(listRegistrationKeys)).body.keys.find((key) => key.id === id);
const expire = (id: string) =>
  service.sql(`UPDATE identity.registration_keys SET expires_at = now() - interval '1 minute' WHERE id = $1`, [id]);

describe('a registration key', () => {
  it('comes with install lines that carry the digest of the CA bundle', async () => {
    const key = await registrationKey({ deviceLimit: 3, groupId: newId() });
    expect(key).toMatchObject({ state: 'active', devicesEnrolled: 0, deviceLimit: 3, createdBy: OWNER_EMAIL });
    const { anchors } = await web.request(listAnchors, {});
    const digest = createHash('sha256').update(caBundle(anchors)).digest('hex');
    expect(key.installLines.map(({ purpose }) => purpose)).toEqual(['install', 'uninstall']);
    for (const { line, purpose } of key.installLines) {
      expect(line).toContain(digest);
      expect(line).toContain(`/bip/${key.key}/${purpose}.sh`);
      expect(line).toContain('https://itsm.example.test');
    }
  });

  it('is found by devices before anything is written', async () => {
    const groupId = newId();
    const key = await registrationKey({ groupId });
    const grant = await check(key.key, await DeviceKey.make());
    expect(grant).toEqual({ registrationKeyId: key.id, organisationId: DEFAULT_ORGANISATION_ID, groupId });
    const bip = await service.busOf('bip');
    const described = await bip.request(describeRegistrationKey, { key: key.key, address: ADDRESS });
    expect(described).toEqual({ organisationId: DEFAULT_ORGANISATION_ID, name: 'laptops' });
    expect((await stateOf(key.id))?.devicesEnrolled).toBe(0);
  });

  it('that is unknown, spent, expired or revoked is refused with the reason', async () => {
    const device = await DeviceKey.make();
    await expect(check('no-such-key', device)).rejects.toMatchObject({ code: 'key-unknown' });

    const spent = await registrationKey({ deviceLimit: 1 });
    await certify(spent.key, await DeviceKey.make());
    await expect(check(spent.key, device)).rejects.toMatchObject({ code: 'key-spent' });
    await expect(certify(spent.key, device)).rejects.toMatchObject({ code: 'key-spent' });

    const expired = await registrationKey({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await expire(expired.id);
    await expect(check(expired.key, device)).rejects.toMatchObject({ code: 'key-expired' });

    const revoked = await registrationKey();
    await owner.call(revokeRegistrationKey, { params: { id: revoked.id } });
    await expect(certify(revoked.key, device)).rejects.toMatchObject({ code: 'key-revoked' });

    const states = await Promise.all([spent.id, expired.id, revoked.id].map(stateOf));
    expect(states.map((key) => key?.state)).toEqual(['spent', 'expired', 'revoked']);
    const known = await service.sql('SELECT 1 FROM identity.devices WHERE public_key = $1', [
      Buffer.from(device.publicKey, 'base64'),
    ]);
    expect(known).toEqual([]);
    const logged = service.instances[0]?.lines.filter((line) => line.includes('Refused a registration key.')) ?? [];
    expect(logged.map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(
      expect.arrayContaining(['key-unknown', 'key-spent', 'key-expired', 'key-revoked']),
    );
  });

  it('guessed too often from an address gets no more reasons, while good ones from there go on', async () => {
    await service.sql(`INSERT INTO identity.address_failures VALUES ('registration-key', $1, 99, now())`, [ADDRESS]);
    const device = await DeviceKey.make();
    await expect(check('guess-1', device)).rejects.toMatchObject({ code: 'key-unknown' });
    const refused = check('guess-2', device);
    await expect(refused).rejects.toMatchObject({ code: 'too-many-requests' });
    await expect(check('guess-2', device, '203.0.113.6')).rejects.toMatchObject({ code: 'key-unknown' });
    const key = await registrationKey({ deviceLimit: 1 });
    await certify(key.key, device);
    // A spent key is no guess, and the device that spent it still comes back with it.
    await expect(check(key.key, await DeviceKey.make())).rejects.toMatchObject({ code: 'key-spent' });
    expect((await check(key.key, device)).deviceId).toBeTruthy();
  });

  it('with room for five enrols exactly five of twenty at once', async () => {
    const key = await registrationKey({ deviceLimit: 5 });
    const devices = await Promise.all(Array.from({ length: 20 }, () => DeviceKey.make()));
    const outcomes = await Promise.allSettled(devices.map((device) => certify(key.key, device)));
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refusals.map(({ reason }) => (reason as { code: string }).code)).toEqual(Array(15).fill('key-spent'));
    const [counts] = await service.sql<{ devices: number; certificates: number }>(
      `SELECT count(DISTINCT d.id)::int AS devices, count(c.fingerprint)::int AS certificates
         FROM identity.devices d LEFT JOIN identity.certificates c ON c.device_id = d.id
        WHERE d.registration_key_id = $1`,
      [key.id],
    );
    expect(counts).toEqual({ devices: 5, certificates: 5 });
    expect(await stateOf(key.id)).toMatchObject({ devicesEnrolled: 5, state: 'spent' });
  });
});

describe('certification', () => {
  it('gives a key a device id and a recorded certificate with the server’s names', async () => {
    const key = await registrationKey();
    const device = await DeviceKey.make();
    const proposedDeviceId = newId();
    const given = await certify(key.key, device, { proposedDeviceId });
    expect(given).toMatchObject({ deviceId: proposedDeviceId, organisationId: DEFAULT_ORGANISATION_ID });
    const leaf = new X509Certificate(given.chain);
    expect(leaf.subject).toBe(`CN=${proposedDeviceId}`);
    expect(leaf.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')).toBe(device.publicKey);
    expect(new Date(leaf.validTo).toISOString()).toBe(given.notAfter);
    const rows = await service.sql<{ fingerprint: string }>(
      'SELECT fingerprint FROM identity.certificates WHERE device_id = $1',
      [proposedDeviceId],
    );
    expect(rows).toEqual([{ fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase() }]);
  });

  it('is idempotent by public key, also with a spent key and when asked many times at once', async () => {
    const key = await registrationKey({ deviceLimit: 1 });
    const device = await DeviceKey.make();
    const given = await Promise.all(Array.from({ length: 10 }, () => certify(key.key, device)));
    expect(new Set(given.map(({ deviceId }) => deviceId)).size).toBe(1);
    expect(new Set(given.map(({ chain }) => chain)).size).toBe(1);
    const again = await certify(key.key, device);
    expect(again.chain).toBe(given[0]?.chain);
    expect(await stateOf(key.id)).toMatchObject({ devicesEnrolled: 1 });
    expect((await check(key.key, device)).deviceId).toBe(again.deviceId);
  });

  it('refuses weak or presumptuous requests and spends nothing', async () => {
    const key = await registrationKey();
    const device = await DeviceKey.make();
    const certificateRequest = await device.request('CN=somebody else');
    await expect(certify(key.key, device, { certificateRequest })).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(certify(key.key, device, { certificateRequest: 'garbage' })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect((await stateOf(key.id))?.devicesEnrolled).toBe(0);
  });

  it('refuses a key that another organisation has enrolled', async () => {
    const device = await DeviceKey.make();
    await certify((await registrationKey()).key, device);
    const elsewhere = await registrationKey({}, stranger);
    await expect(certify(elsewhere.key, device)).rejects.toMatchObject({ code: 'conflict' });
    await expect(check(elsewhere.key, device)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('renewal', () => {
  const challenge = async () => (await new Browser(service.origin).call(challengeRenewal)).body.challenge;
  const renew = (body: object) => new Browser(service.origin).call(renewCertificate, { body });
  const enrol = async () => {
    const device = await DeviceKey.make();
    return { device, given: await certify((await registrationKey()).key, device) };
  };
  /** Moves everything about a device's certificates into the past. */
  const age = (deviceId: string, days: number) =>
    service.sql(
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
    const rows = await service.sql('SELECT 1 FROM identity.certificates WHERE device_id = $1', [given.deviceId]);
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
    await web.request(revokeDevice, {
      credential: owner.cookie ?? '',
      deviceId: given.deviceId,
      reason: 'compromised',
    });
    const refused = await renew(await device.renewal(given.deviceId, await challenge()));
    expect([refused.status, refused.body.code]).toEqual([403, 'device-revoked']);
  });

  it('failed too often from an address is refused, while good ones from there go on', async () => {
    const { device, given } = await enrol();
    await service.sql(`INSERT INTO identity.address_failures VALUES ('renewal', '192.0.2.1', 100, now())`);
    const thief = await DeviceKey.make();
    const refused = await renew(await thief.renewal(given.deviceId, await challenge()));
    expect(refused.status).toBe(429);
    expect((await renew(await device.renewal(given.deviceId, await challenge()))).status).toBe(200);
  });
});

describe('revocation of a device', () => {
  const enrol = async (by = owner) => {
    const device = await DeviceKey.make();
    const { deviceId } = await certify((await registrationKey({}, by)).key, device);
    return { device, deviceId };
  };
  const revoke = (credential: string | undefined, deviceId: string) =>
    web.request(revokeDevice, { credential: credential ?? '', deviceId, reason: 'retired' });

  it('is heard by everybody within a second and stays in the list', async () => {
    const { deviceId } = await enrol();
    const { sequence } = await revoke(owner.cookie, deviceId);
    await eventually(() => heard.some(({ kind, id }) => kind === 'device' && id === deviceId), { within: 1000 });
    await eventually(() => (beat?.sequence ?? 0) >= sequence, { within: 3000 });
    const { revocations } = await web.request(listRevocations, { after: sequence - 1 });
    expect(revocations[0]).toMatchObject({ sequence, kind: 'device', id: deviceId });
    expect((await revoke(owner.cookie, deviceId)).sequence).toBe(sequence);
    expect(heard.filter(({ id }) => id === deviceId)).toHaveLength(1);
  });

  it('needs devices.retire and a device of the own organisation', async () => {
    const { deviceId } = await enrol();
    const technician = await owner.invite('technician', 'retires@example.test');
    await expect(revoke(technician.cookie, deviceId)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(revoke(stranger.cookie, deviceId)).rejects.toMatchObject({ code: 'not-found' });
    await expect(revoke('garbage', deviceId)).rejects.toMatchObject({ code: 'not-signed-in' });
  });

  it('keeps its key from enrolling again', async () => {
    const { device, deviceId } = await enrol();
    await revoke(owner.cookie, deviceId);
    await expect(certify((await registrationKey()).key, device)).rejects.toMatchObject({ code: 'device-revoked' });
  });

  it('follows a retirement whose own request was lost', async () => {
    const { deviceId } = await enrol();
    const at = new Date().toISOString();
    await web.publish(deviceRetired, { organisationId: DEFAULT_ORGANISATION_ID, deviceId, at });
    await web.publish(deviceRetired, { organisationId: DEFAULT_ORGANISATION_ID, deviceId: newId(), at });
    await eventually(() => heard.some(({ id }) => id === deviceId));
  });

  it('is numbered without gaps, in the order that others see, whatever happens at once', async () => {
    const devices = await Promise.all(Array.from({ length: 15 }, () => enrol()));
    const before = heard.length;
    const given = await Promise.all(devices.map(({ deviceId }) => revoke(owner.cookie, deviceId)));
    const numbers = given.map(({ sequence }) => sequence).sort((one, other) => one - other);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    await eventually(() => heard.length >= before + 15);
  });

  it('is listed in pages', async () => {
    const after = (await web.request(listRevocations, { after: 0 })).sequence;
    await service.sql(`UPDATE identity.revocation_counter SET sequence = sequence + 1500`);
    await service.sql(
      `INSERT INTO identity.revocations
         SELECT $1::bigint + n, $2, 'device', gen_random_uuid()::text, now(), now() + interval '1 day'
           FROM generate_series(1, 1500) n`,
      [after, DEFAULT_ORGANISATION_ID],
    );
    const first = await web.request(listRevocations, { after });
    expect([first.revocations.length, first.sequence]).toEqual([1000, after + 1500]);
    const rest = await web.request(listRevocations, { after: first.revocations.at(-1)?.sequence ?? 0 });
    expect(rest.revocations).toHaveLength(500);
    expect(rest.revocations.at(-1)?.sequence).toBe(rest.sequence);
  });
});

describe('roll-over of the CA', () => {
  it('is taken up by every instance without a restart', async () => {
    const second = await service.addInstance();
    const before = await web.request(listAnchors, {});
    const next = await mkdtemp(join(tmpdir(), 'muster-next-'));
    try {
      await createAuthority(next, 'example.test');
      const [root = ''] = (await readdir(join(next, 'roots'))).filter((name) => name.endsWith('.crt'));
      await cp(join(next, 'roots', root), join(service.caDir, 'roots', 'next.crt'));
      // Several answers, so that both instances have given one.
      await eventually(async () => {
        const answers = await Promise.all(Array.from({ length: 12 }, () => web.request(listAnchors, {})));
        return answers.every(({ anchors }) => anchors.length === 2);
      });
      const { anchors } = await web.request(listAnchors, {});
      expect(anchors).toEqual(expect.arrayContaining(before.anchors));

      for (const file of ['issuing/devices.key', 'issuing/devices.crt']) {
        await cp(join(next, file), join(service.caDir, file));
      }
      const issuing = new X509Certificate(await readFile(join(next, 'issuing/devices.crt')));
      const key = await registrationKey();
      await eventually(async () => {
        const given = await certify(key.key, await DeviceKey.make());
        return new X509Certificate(given.chain).verify(issuing.publicKey) && given.anchors.length === 2;
      });
      expect(second.app.get(Authority).anchors).toEqual(anchors);
    } finally {
      await rm(next, { recursive: true });
    }
  });
});
