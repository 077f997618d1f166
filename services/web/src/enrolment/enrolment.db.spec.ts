import { createVerify, X509Certificate } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type EndpointMap, type Enrol } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateRequest } from '../testing/certificates';
import { ask, WebUnderTest } from '../testing/web-under-test';

let suite: WebUnderTest;
let web: NestFastifyApplication;
const registrationKeyId = newId();

beforeAll(async () => {
  suite = await WebUnderTest.start();
  web = await suite.startWeb('all', { ITSM_WEB_IP: '192.0.2.1', XMPP_PORT: '8444' });
});
afterAll(() => suite?.stop());
beforeEach(() => {
  suite.keyManager.keys.clear();
  suite.keyManager.keys.set('good', { registrationKeyId, organisationId: DEFAULT_ORGANISATION_ID });
});

const facts = (hostName: string) => ({
  hostName,
  platform: 'linux',
  osName: 'Debian GNU/Linux 12 (bookworm)',
  osVersion: '12',
  kernel: '6.1',
  architecture: 'x64',
  disks: [],
  networks: [],
  languages: ['sh'],
  agentVersion: '0.1.0',
});
const machine = (hostName: string, hardware: Partial<Enrol['hardware']> = {}): Enrol => ({
  registrationKey: 'good',
  certificateRequest: certificateRequest(),
  hardware: { macs: [], ...hardware },
  facts: facts(hostName),
});
const enrol = (body: object) => ask(web, 'POST', '/enrol', { body });
const deviceIdOf = (reply: { body: Record<string, unknown> }): string =>
  (reply.body['certificate'] as { deviceId: string }).deviceId;
const questionsAbout = (deviceId: string) =>
  suite.rows<{ known_id: string; equal: string[]; answer: string | null }>(
    'SELECT known_id, equal, answer FROM core.merge_questions WHERE newcomer_id = $1 ORDER BY asked_at',
    [deviceId],
  );

describe('a machine that is new', () => {
  it('becomes a device with facts, group and event, and gets a signed endpoint map', async () => {
    const group = await ask(web, 'POST', '/api/groups', { as: 'owner', body: { name: 'Workshop' } });
    const groupId = String(group.body['id']);
    const grant = { registrationKeyId, organisationId: DEFAULT_ORGANISATION_ID, groupId };
    suite.keyManager.keys.set('good', grant);
    const reply = await enrol(machine('lathe-01', { serialNumber: 'LATHE-77' }));
    expect(reply.status).toBe(200);

    const device = await ask(web, 'GET', `/api/devices/${deviceIdOf(reply)}`, { as: 'owner' });
    expect(device.body).toMatchObject({
      name: 'lathe-01',
      presence: 'polling',
      groups: [{ id: groupId, name: 'Workshop' }],
      facts: { kernel: '6.1' },
      address: '198.51.100.7',
      attention: false,
    });

    const signed = reply.body['endpointMap'] as { payload: string; signature: string; delegation: [string] };
    const key = new X509Certificate(signed.delegation[0]).publicKey;
    expect(createVerify('sha256').update(signed.payload).verify(key, signed.signature, 'base64')).toBe(true);
    const map = JSON.parse(signed.payload) as EndpointMap;
    expect(map.endpoints.find((endpoint) => endpoint.function === 'sync')).toMatchObject({
      hostName: 'work.muster.localhost',
      addresses: ['192.0.2.1'],
      port: 443,
    });
    expect(map.endpoints.find((endpoint) => endpoint.function === 'push')).toMatchObject({ port: 8444 });
    // The relay takes the event away once JetStream has it.
    await eventually(async () => (await suite.rows('SELECT FROM core.outbox')).length === 0);
  });

  it('may join a group that was deleted meanwhile', async () => {
    suite.keyManager.keys.set('good', { registrationKeyId, organisationId: DEFAULT_ORGANISATION_ID, groupId: newId() });
    expect((await enrol(machine('orphan'))).status).toBe(200);
  });
});

describe('trying again', () => {
  it('gives the same device for the same key, also at the same time', async () => {
    const body = machine('impatient', { machineId: 'aaaabbbbccccddddeeeeffff00001111' });
    const replies = await Promise.all([enrol(body), enrol(body), enrol(body)]);
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
    expect(new Set(replies.map(deviceIdOf)).size).toBe(1);
    expect(await suite.rows(`SELECT FROM core.devices WHERE host_name = 'impatient'`)).toHaveLength(1);
    expect(await questionsAbout(deviceIdOf(await enrol(body)))).toEqual([]);
  });

  it('continues after a crash between certificate and row', async () => {
    const body = machine('crashed');
    const { keyManager } = suite;
    await keyManager.certify({
      key: 'good',
      address: '',
      proposedDeviceId: newId(),
      certificateRequest: body.certificateRequest,
    });
    const certified = [...keyManager.devices.values()].at(-1);
    expect(deviceIdOf(await enrol(body))).toBe(certified?.deviceId);
  });

  it('is refused for a device that was retired', async () => {
    const body = machine('retired');
    const id = deviceIdOf(await enrol(body));
    expect((await ask(web, 'DELETE', `/api/devices/${id}`, { as: 'owner' })).status).toBe(204);
    expect(suite.keyManager.revoked).toContainEqual({ credential: 'owner', deviceId: id, reason: 'retired' });
    expect(await enrol(body)).toMatchObject({ status: 403, body: { code: 'device-revoked' } });
  });
});

describe('what is refused', () => {
  it.each(['key-unknown', 'key-spent', 'key-expired', 'key-revoked', 'too-many-requests'] as const)(
    'passes on %s with its reason',
    async (code) => {
      suite.keyManager.keys.set('bad', code);
      const reply = await enrol({ ...machine('refused'), registrationKey: 'bad' });
      expect(reply.body).toMatchObject({ code, message: expect.stringContaining(code) as string });
      expect(await suite.rows(`SELECT FROM core.devices WHERE host_name = 'refused'`)).toEqual([]);
    },
  );

  it('includes certificate requests that are none', async () => {
    for (const request of [
      '',
      'nonsense',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
      '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----',
    ]) {
      const reply = await enrol({ ...machine('x'), certificateRequest: request });
      expect(reply).toMatchObject({ status: 403, body: { code: 'request-refused' } });
    }
  });

  it('takes unknown fields of a newer agent', async () => {
    const body = machine('newer');
    expect((await enrol({ ...body, shoeSize: 46, facts: { ...body.facts, mood: 'good' } })).status).toBe(200);
  });

  it('gives the key of one organisation no device of another', async () => {
    const body = machine('wanderer');
    const id = deviceIdOf(await enrol(body));
    const other = await suite.rows<{ id: string }>(
      `INSERT INTO core.organisations (id, name) VALUES (gen_random_uuid(), 'Other') RETURNING id`,
    );
    for (const device of suite.keyManager.devices.values()) {
      if (device.deviceId === id) device.organisationId = other[0]?.id ?? '';
    }
    expect(await enrol(body)).toMatchObject({ status: 403, body: { code: 'request-refused' } });
  });
});

describe('a machine that looks like a known one', () => {
  const hardware = { systemUuid: '4C4C4544-0042-3510-8051-B4C04F4E4D31', macs: ['00:1b:21:aa:bb:cc'] };

  it('raises one question and is usable at once', async () => {
    const known = deviceIdOf(await enrol(machine('desk', hardware)));
    const newcomer = deviceIdOf(await enrol(machine('desk', hardware)));
    expect(newcomer).not.toBe(known);
    expect(await questionsAbout(newcomer)).toEqual([{ known_id: known, equal: ['systemUuid', 'macs'], answer: null }]);
    const list = await ask(web, 'GET', '/api/devices?attention=true&search=desk', { as: 'owner' });
    expect(list.body['total']).toBe(2);
  });

  it('raises none over worthless identifiers or a minority of MAC addresses', async () => {
    const worthless = { systemUuid: '00000000-0000-0000-0000-000000000000', serialNumber: 'To be filled by O.E.M.' };
    await enrol(machine('first', { ...worthless, macs: ['00:1b:21:00:00:01', '00:1b:21:00:00:02'] }));
    const second = await enrol(machine('second', { ...worthless, macs: ['00:1b:21:00:00:01', '00:1b:21:00:00:03'] }));
    expect(await questionsAbout(deviceIdOf(second))).toEqual([]);
    const third = await enrol(machine('third', { macs: ['00:1b:21:00:00:01', '00:1b:21:00:00:02'] }));
    expect(await questionsAbout(deviceIdOf(third))).toMatchObject([{ equal: ['macs'] }]);
  });

  it('is never compared with devices of another organisation', async () => {
    const [other] = await suite.rows<{ id: string }>(
      `INSERT INTO core.organisations (id, name) VALUES (gen_random_uuid(), 'Elsewhere') RETURNING id`,
    );
    suite.keyManager.keys.set('elsewhere', { registrationKeyId, organisationId: other?.id ?? '' });
    const reply = await enrol({ ...machine('desk', hardware), registrationKey: 'elsewhere' });
    expect(await questionsAbout(deviceIdOf(reply))).toEqual([]);
  });

  it('is asked about although a hundred clones enrol at once', async () => {
    const bodies = Array.from({ length: 100 }, () =>
      machine('clone', { machineId: '0123456789abcdef0123456789abcd01' }),
    );
    const replies = await Promise.all(bodies.map(enrol));
    expect(new Set(replies.map(deviceIdOf)).size).toBe(100);
    const asked = await suite.rows(
      `SELECT q.newcomer_id FROM core.merge_questions q JOIN core.devices d ON d.id = q.newcomer_id
        WHERE d.host_name = 'clone'`,
    );
    expect(asked).toHaveLength(99);
  });
});
