import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  caBundle,
  DEFAULT_ORGANISATION_ID,
  describeRegistrationKey,
  listAnchors,
  revokeRegistrationKey,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authority } from '../authority/authority';
import { createAuthority } from '../authority/authority-creation';
import { DeviceKey } from '../testing/device-key';
import { OWNER_EMAIL } from '../testing/running-key-manager';
import { DEVICE_ADDRESS, WithDevices } from '../testing/with-devices';

let known: WithDevices;
beforeAll(async () => {
  known = await WithDevices.start();
});
afterAll(() => known?.stop());
beforeEach(() => known.forgive());

describe('a registration key', () => {
  it('comes with install lines that carry the digest of the CA bundle', async () => {
    const key = await known.registrationKey({ deviceLimit: 3, groupId: newId() });
    expect(key).toMatchObject({ state: 'active', devicesEnrolled: 0, deviceLimit: 3, createdBy: OWNER_EMAIL });
    const trust = await known.web.request(listAnchors, {});
    const digest = createHash('sha256').update(caBundle(trust)).digest('hex');
    expect(key.installLines.map(({ purpose }) => purpose)).toEqual(['install', 'uninstall']);
    for (const { line, purpose } of key.installLines) {
      expect(line).toContain(digest);
      expect(line).toContain(`/bip/${key.key}/${purpose}.sh`);
      expect(line).toContain('https://inside.example.test');
    }
  });

  it('is found by devices before anything is written', async () => {
    const groupId = newId();
    const key = await known.registrationKey({ groupId });
    const grant = await known.check(key.key, await DeviceKey.make());
    expect(grant).toEqual({ registrationKeyId: key.id, organisationId: DEFAULT_ORGANISATION_ID, groupId });
    const bip = await known.service.busOf('bip');
    const described = await bip.request(describeRegistrationKey, { key: key.key, address: DEVICE_ADDRESS });
    expect(described).toEqual({ organisationId: DEFAULT_ORGANISATION_ID, name: 'laptops' });
    expect((await known.stateOf(key.id))?.devicesEnrolled).toBe(0);
  });

  it('that is unknown, spent, expired or revoked is refused with the reason', async () => {
    const device = await DeviceKey.make();
    await expect(known.check('no-such-key', device)).rejects.toMatchObject({ code: 'key-unknown' });

    const spent = await known.registrationKey({ deviceLimit: 1 });
    await known.certify(spent.key, await DeviceKey.make());
    await expect(known.check(spent.key, device)).rejects.toMatchObject({ code: 'key-spent' });
    await expect(known.certify(spent.key, device)).rejects.toMatchObject({ code: 'key-spent' });

    const expired = await known.registrationKey({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await known.expire(expired.id);
    await expect(known.check(expired.key, device)).rejects.toMatchObject({ code: 'key-expired' });

    const revoked = await known.registrationKey();
    await known.owner.call(revokeRegistrationKey, { params: { id: revoked.id } });
    await expect(known.certify(revoked.key, device)).rejects.toMatchObject({ code: 'key-revoked' });

    const states = await Promise.all([spent.id, expired.id, revoked.id].map(known.stateOf));
    expect(states.map((key) => key?.state)).toEqual(['spent', 'expired', 'revoked']);
    const rows = await known.service.sql('SELECT 1 FROM identity.devices WHERE public_key = $1', [
      Buffer.from(device.publicKey, 'base64'),
    ]);
    expect(rows).toEqual([]);
    const logged =
      known.service.instances[0]?.lines.filter((line) => line.includes('Refused a registration key.')) ?? [];
    expect(logged.map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(
      expect.arrayContaining(['key-unknown', 'key-spent', 'key-expired', 'key-revoked']),
    );
  });

  it('guessed too often from an address gets no more reasons, while good ones from there go on', async () => {
    await known.service.sql(`INSERT INTO identity.address_failures VALUES ('registration-key', $1, 99, now())`, [
      DEVICE_ADDRESS,
    ]);
    const device = await DeviceKey.make();
    await expect(known.check('guess-1', device)).rejects.toMatchObject({ code: 'key-unknown' });
    const refused = known.check('guess-2', device);
    await expect(refused).rejects.toMatchObject({ code: 'too-many-requests' });
    await expect(known.check('guess-2', device, '203.0.113.6')).rejects.toMatchObject({ code: 'key-unknown' });
    const key = await known.registrationKey({ deviceLimit: 1 });
    await known.certify(key.key, device);
    // A spent key is no guess, and the device that spent it still comes back with it.
    await expect(known.check(key.key, await DeviceKey.make())).rejects.toMatchObject({ code: 'key-spent' });
    expect((await known.check(key.key, device)).deviceId).toBeTruthy();
  });

  it('with room for five enrols exactly five of twenty at once', async () => {
    const key = await known.registrationKey({ deviceLimit: 5 });
    const devices = await Promise.all(Array.from({ length: 20 }, () => DeviceKey.make()));
    const outcomes = await Promise.allSettled(devices.map((device) => known.certify(key.key, device)));
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refusals.map(({ reason }) => (reason as { code: string }).code)).toEqual(Array(15).fill('key-spent'));
    const [counts] = await known.service.sql<{ devices: number; certificates: number }>(
      `SELECT count(DISTINCT d.id)::int AS devices, count(c.fingerprint)::int AS certificates
         FROM identity.devices d LEFT JOIN identity.certificates c ON c.device_id = d.id
        WHERE d.registration_key_id = $1`,
      [key.id],
    );
    expect(counts).toEqual({ devices: 5, certificates: 5 });
    expect(await known.stateOf(key.id)).toMatchObject({ devicesEnrolled: 5, state: 'spent' });
  });
});

describe('certification', () => {
  it('gives a key a device id and a recorded certificate with the server’s names', async () => {
    const key = await known.registrationKey();
    const device = await DeviceKey.make();
    const proposedDeviceId = newId();
    const given = await known.certify(key.key, device, { proposedDeviceId });
    expect(given).toMatchObject({ deviceId: proposedDeviceId, organisationId: DEFAULT_ORGANISATION_ID });
    const leaf = new X509Certificate(given.chain);
    expect(leaf.subject).toBe(`CN=${proposedDeviceId}`);
    expect(leaf.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')).toBe(device.publicKey);
    expect(new Date(leaf.validTo).toISOString()).toBe(given.notAfter);
    const rows = await known.service.sql<{ fingerprint: string }>(
      'SELECT fingerprint FROM identity.certificates WHERE device_id = $1',
      [proposedDeviceId],
    );
    expect(rows).toEqual([{ fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase() }]);
  });

  it('is idempotent by public key, also with a spent key and when asked many times at once', async () => {
    const key = await known.registrationKey({ deviceLimit: 1 });
    const device = await DeviceKey.make();
    const given = await Promise.all(Array.from({ length: 10 }, () => known.certify(key.key, device)));
    expect(new Set(given.map(({ deviceId }) => deviceId)).size).toBe(1);
    expect(new Set(given.map(({ chain }) => chain)).size).toBe(1);
    const again = await known.certify(key.key, device);
    expect(again.chain).toBe(given[0]?.chain);
    expect(await known.stateOf(key.id)).toMatchObject({ devicesEnrolled: 1 });
    expect((await known.check(key.key, device)).deviceId).toBe(again.deviceId);
  });

  it('refuses weak or presumptuous requests and spends nothing', async () => {
    const key = await known.registrationKey();
    const device = await DeviceKey.make();
    const certificateRequest = await device.request('CN=somebody else');
    await expect(known.certify(key.key, device, { certificateRequest })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(known.certify(key.key, device, { certificateRequest: 'garbage' })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect((await known.stateOf(key.id))?.devicesEnrolled).toBe(0);
  });

  it('refuses a key that another organisation has enrolled', async () => {
    const device = await DeviceKey.make();
    await known.certify((await known.registrationKey()).key, device);
    const elsewhere = await known.registrationKey({}, known.stranger);
    await expect(known.certify(elsewhere.key, device)).rejects.toMatchObject({ code: 'conflict' });
    await expect(known.check(elsewhere.key, device)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('roll-over of the CA', () => {
  it('is taken up by every instance without a restart', async () => {
    const second = await known.service.addInstance();
    const before = await known.web.request(listAnchors, {});
    const next = await mkdtemp(join(tmpdir(), 'muster-next-'));
    try {
      await createAuthority(next, 'example.test');
      const [root = ''] = (await readdir(join(next, 'roots'))).filter((name) => name.endsWith('.crt'));
      await cp(join(next, 'roots', root), join(known.service.caDir, 'roots', 'next.crt'));
      // Several answers, so that both instances have given one.
      await eventually(async () => {
        const answers = await Promise.all(Array.from({ length: 12 }, () => known.web.request(listAnchors, {})));
        return answers.every(({ anchors }) => anchors.length === 2);
      });
      const { anchors } = await known.web.request(listAnchors, {});
      expect(anchors).toEqual(expect.arrayContaining(before.anchors));

      for (const file of ['issuing/devices.key', 'issuing/devices.crt']) {
        await cp(join(next, file), join(known.service.caDir, file));
      }
      const issuing = new X509Certificate(await readFile(join(next, 'issuing/devices.crt')));
      const key = await known.registrationKey();
      await eventually(async () => {
        const given = await known.certify(key.key, await DeviceKey.make());
        return new X509Certificate(given.chain).verify(issuing.publicKey) && given.anchors.length === 2;
      });
      expect(second.app.get(Authority).anchors).toEqual(anchors);
    } finally {
      await rm(next, { recursive: true });
    }
  });
});
