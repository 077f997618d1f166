import {
  answerMergeQuestion,
  enrol,
  listDevices,
  listMergeQuestions,
  readDevice,
  revokeRegistrationKey,
  type MergeQuestion,
} from '@muster/contracts';
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { raw } from './harness/api';
import { enrolledDevice, newDevice, newKey } from './harness/devices';
import { asAdmin } from './harness/people';
import { until } from './harness/stack';

let admin: Api;
beforeAll(async () => {
  admin = await asAdmin();
});

describe('a registration key', () => {
  it('that is wrong is refused with the reason', async () => {
    const device = await newDevice();
    await expect(device.enrol('not-a-key-that-anybody-made')).rejects.toMatchObject({ code: 'key-unknown' });
  });

  it('that is spent is refused; a device that retries with its own key is not', async () => {
    const { key } = await newKey({ deviceLimit: 1 });
    const first = await newDevice();
    const { certificate } = await first.enrol(key);
    expect((await first.enrol(key)).certificate.deviceId).toBe(certificate.deviceId);
    await expect((await newDevice()).enrol(key)).rejects.toMatchObject({ code: 'key-spent' });
  });

  it('that expired is refused', async () => {
    const { key } = await newKey({ expiresAt: new Date(Date.now() + 1500).toISOString() });
    await until('it has expired', async () => {
      const refused = await (await newDevice()).enrol(key).then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      return refused === 'key-expired';
    });
  });

  it('that was revoked is refused', async () => {
    const { id, key } = await newKey();
    await admin.call(revokeRegistrationKey, { params: { id } });
    await expect((await newDevice()).enrol(key)).rejects.toMatchObject({ code: 'key-revoked' });
  });
});

describe('a certificate request', () => {
  const attempt = async (certificateRequest: string): Promise<{ code: string }> => {
    const { key } = await newKey();
    const { hardware, facts } = await newDevice();
    const body = JSON.stringify({ registrationKey: key, certificateRequest, hardware, facts });
    const { text } = await raw({ method: 'POST', path: enrol.path, body });
    return JSON.parse(text) as { code: string };
  };
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', ['req', '-new', '-nodes', '-keyout', '/dev/null', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();

  it.each([
    ['a weak key', () => openssl('-newkey', 'rsa:1024', '-subj', '/')],
    [
      'names of its own',
      () => openssl('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=somebody else'),
    ],
    [
      'extensions of its own',
      () =>
        openssl(
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-subj',
          '/',
          '-addext',
          'subjectAltName=DNS:evil.example',
        ),
    ],
    ['nothing in it', () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n'],
  ])('with %s is refused', async (_, make) => {
    const { code } = await attempt(make());
    expect(['invalid-input', 'request-refused']).toContain(code);
  });
});

describe('a clone (same hardware, new key)', () => {
  const questionOf = async (newcomerId: string): Promise<MergeQuestion | undefined> =>
    (await admin.call(listMergeQuestions, { query: { size: 200 } })).questions.find(
      ({ newcomer }) => newcomer.id === newcomerId,
    );

  it('gets a merge question that shows both; "different" keeps both', async () => {
    const known = await enrolledDevice();
    const clone = await enrolledDevice({ hardware: known.hardware });
    const question = await questionOf(clone.id);
    expect(question).toMatchObject({ known: { id: known.id }, newcomer: { id: clone.id } });
    expect(question?.equal).toContain('systemUuid');
    await admin.call(answerMergeQuestion, { params: { id: question?.id ?? '' }, body: { answer: 'different' } });
    expect(await questionOf(clone.id)).toBeUndefined();
    for (const { id } of [known, clone]) await admin.call(readDevice, { params: { id } });
  });

  it('"same" lets the newcomer take over and refuses the known one within a second', async () => {
    const known = await enrolledDevice();
    await known.sync();
    const stream = await known.connect();
    const newcomer = await enrolledDevice({ hardware: known.hardware });
    const question = await questionOf(newcomer.id);
    await admin.call(answerMergeQuestion, { params: { id: question?.id ?? '' }, body: { answer: 'same' } });
    await until('its connection is closed', async () => !stream.isOpen, 1);
    await expect(known.sync()).rejects.toMatchObject({ code: 'device-revoked' });
    await newcomer.sync();
    const { devices } = await admin.call(listDevices, { query: { search: known.facts.hostName, size: 200 } });
    expect(devices.map(({ id }) => id)).not.toContain(known.id);
  });

  it('a hundred of one disk image enrol as a hundred devices', async () => {
    const { key } = await newKey();
    const image = await newDevice();
    const clones = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const clone = await newDevice({ hardware: { machineId: image.hardware.machineId, macs: [] } });
        await clone.enrol(key);
        return clone.id;
      }),
    );
    expect(new Set(clones).size).toBe(100);
  });
});
