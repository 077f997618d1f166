import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { verify, X509Certificate } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bus } from '@muster/bus';
import {
  type AuditHeadPayload,
  type CancelPayload,
  certifyDevice,
  createApiToken,
  createOrganisationOwner,
  createRegistrationKey,
  DEFAULT_ORGANISATION_ID,
  type EndpointMap,
  listAnchors,
  type OperationPayload,
  type Permission,
  PURPOSE_OIDS,
  type ReleaseManifest,
  revokeDevice,
  signAuditHead,
  signEndpointMap,
  signOperations,
  signRelease,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, faultOfSigned } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, enter } from '../testing/browser';
import { DeviceKey } from '../testing/device-key';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from '../testing/running-key-manager';

const OTHER_ORGANISATION = '01900000-0000-7000-8000-0000000000ff';

let service: RunningKeyManager;
let owner: Browser;
let technician: Browser;
let reader: Browser;
let stranger: Browser;
let web: Bus;
beforeAll(async () => {
  service = await RunningKeyManager.start();
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
  technician = await owner.invite('technician', 'technician@example.test');
  reader = await owner.invite('read-only', 'reader@example.test');
  web = await service.busOf('web');
  const { oneTimePassword } = await web.request(createOrganisationOwner, {
    ...{ credential: owner.cookie ?? '', organisationId: OTHER_ORGANISATION },
    ...{ email: 'owner@elsewhere.test', name: 'Other owner' },
  });
  stranger = await enter(service.origin, 'owner@elsewhere.test', oneTimePassword);
});
afterAll(() => service?.stop());

async function enrol(by = owner): Promise<string> {
  const { body } = await by.call(createRegistrationKey, { body: { name: 'any' } });
  const certificateRequest = await (await DeviceKey.make()).request();
  const order = { key: body.key ?? '', address: '203.0.113.5', proposedDeviceId: newId(), certificateRequest };
  return (await web.request(certifyDevice, order)).deviceId;
}
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
const operation = (deviceId: string, changed: Partial<Record<keyof OperationPayload, unknown>> = {}): string =>
  JSON.stringify({
    ...{ purpose: 'operation', operationId: newId(), organisationId: DEFAULT_ORGANISATION_ID, deviceId },
    ...{ sequence: 1, epoch: 1, kind: 'procedure', idempotent: false, issuedAt: soon(0), expiresAt: soon(60_000) },
    ...{ language: 'sh', script: 'echo "grüß Gott"', parameters: [], timeLimitSeconds: 60, ...changed },
  });
const cancel = (deviceId: string): string =>
  JSON.stringify({
    ...{ purpose: 'cancel', operationId: newId(), organisationId: DEFAULT_ORGANISATION_ID, deviceId },
    issuedAt: soon(0),
  } satisfies CancelPayload);

const sign = (
  credential: string | undefined,
  payloads: Array<{ deviceId: string; payload: string }>,
  permission = 'operations.run',
) => web.request(signOperations, { credential: credential ?? '', permission, payloads });

async function expectSigned(
  purpose: 'operation' | 'endpoint-map',
  text: string,
  signed: { signatures: string[]; delegation: string[] },
  index = 0,
) {
  const signer = new X509Certificate(signed.delegation[0] ?? '');
  const { anchors } = await web.request(listAnchors, {});
  expect(anchors.some((anchor) => signer.verify(new X509Certificate(anchor).publicKey))).toBe(true);
  expect(signer.keyUsage).toEqual([PURPOSE_OIDS[purpose]]);
  const signature = Buffer.from(signed.signatures[index] ?? '', 'base64');
  expect(verify('sha256', Buffer.from(text, 'utf8'), signer.publicKey, signature)).toBe(true);
}

describe('signing of operations', () => {
  it('signs the exact text for who may run operations, by session and by token', async () => {
    const deviceId = await enrol();
    const payloads = [operation(deviceId), operation(await enrol())].map((payload) => ({
      deviceId: (JSON.parse(payload) as { deviceId: string }).deviceId,
      payload,
    }));
    const signed = await sign(technician.cookie, payloads);
    for (const [index, { payload }] of payloads.entries()) await expectSigned('operation', payload, signed, index);

    const permissions: Permission[] = ['operations.run'];
    const token = await technician.call(createApiToken, {
      body: { name: 'tool', permissions, expiresAt: soon(86_400_000) },
    });
    const payload = operation(deviceId);
    await expectSigned('operation', payload, await sign(token.body.secret, [{ deviceId, payload }]));
    await expect(
      sign(token.body.secret, [{ deviceId, payload: cancel(deviceId) }], 'operations.cancel'),
    ).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('signs cancels for who may cancel, and for who retires a device', async () => {
    const deviceId = await enrol();
    const payload = cancel(deviceId);
    await expectSigned(
      'operation',
      payload,
      await sign(technician.cookie, [{ deviceId, payload }], 'operations.cancel'),
    );
    await expectSigned('operation', payload, await sign(owner.cookie, [{ deviceId, payload }], 'devices.retire'));
    await expect(sign(technician.cookie, [{ deviceId, payload }], 'devices.retire')).rejects.toMatchObject({
      code: 'permission-denied',
    });
  });

  it('signs nothing for who may not, whatever the caller says', async () => {
    const deviceId = await enrol();
    const payloads = [{ deviceId, payload: operation(deviceId) }];
    await expect(sign(reader.cookie, payloads)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(sign('garbage', payloads)).rejects.toMatchObject({ code: 'not-signed-in' });
    await expect(sign(stranger.cookie, payloads)).rejects.toMatchObject({ code: 'permission-denied' });
    const elsewhere = [{ deviceId, payload: operation(deviceId, { organisationId: OTHER_ORGANISATION }) }];
    await expect(sign(stranger.cookie, elsewhere)).rejects.toMatchObject({ code: 'permission-denied' });
    await service.sql(`UPDATE identity.users SET must_change_password = true WHERE email = 'technician@example.test'`);
    await expect(sign(technician.cookie, payloads)).rejects.toMatchObject({ code: 'password-change-required' });
    await service.sql(`UPDATE identity.users SET must_change_password = false`);
  });

  it('signs all or nothing: not for devices that are unknown, elsewhere or revoked', async () => {
    const mine = await enrol();
    const good = { deviceId: mine, payload: operation(mine) };
    const retired = await enrol();
    await web.request(revokeDevice, { credential: owner.cookie ?? '', deviceId: retired, reason: 'retired' });
    for (const deviceId of [newId(), await enrol(stranger), retired]) {
      const attempt = sign(technician.cookie, [good, { deviceId, payload: operation(deviceId) }]);
      await expect(attempt).rejects.toMatchObject({ code: 'permission-denied' });
    }
    expect((await sign(technician.cookie, [good])).signatures).toHaveLength(1);
  });

  it.each([
    ['for another device than claimed', () => ({ deviceId: newId() }), /another device/],
    ['of another purpose', () => ({ purpose: 'cancel' }), /not signed/],
    ['that has expired', () => ({ expiresAt: soon(-1000) }), /expired/],
    ['that lives for ever', () => ({ expiresAt: soon(40 * 86_400_000) }), /31 days/],
    ['from the future', () => ({ issuedAt: soon(3_600_000) }), /future/],
    ['with fields that nobody knows', () => ({ runAs: 'root' }), /runAs/],
    ['that breaks the contract', () => ({ timeLimitSeconds: 0 }), /timeLimitSeconds/],
  ])('refuses a payload %s', async (_case, changed, sentence) => {
    const deviceId = await enrol();
    const attempt = sign(technician.cookie, [{ deviceId, payload: operation(deviceId, changed() as object) }]);
    const error = await attempt.then(
      () => undefined,
      (thrown: unknown) => thrown as Error & { code: string },
    );
    expect(error?.code).toBe('invalid-input');
    expect(error?.message).toMatch(sentence);
  });

  it.each([
    ['a cancel with the permission to run', (deviceId: string) => cancel(deviceId)],
    ['something that is not JSON', () => '{'],
    ['null', () => 'null'],
    ['two fields of one name', (deviceId: string) => operation(deviceId).replace('{', `{"deviceId":"${newId()}",`)],
    ['text that says the same in another form', (deviceId: string) => operation(deviceId).replace('{', '{ ')],
  ])('refuses %s', async (_case, payloadFor) => {
    const deviceId = await enrol();
    const attempt = sign(technician.cookie, [{ deviceId, payload: payloadFor(deviceId) }]);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('signs 500 payloads in well under a second of work', async () => {
    const deviceIds = await Promise.all(Array.from({ length: 20 }, () => enrol()));
    const payloads = Array.from({ length: 500 }, (_, index) => {
      const deviceId = deviceIds[index % deviceIds.length] ?? '';
      return { deviceId, payload: operation(deviceId, { sequence: index + 1, script: 'x'.repeat(1000) }) };
    });
    await sign(technician.cookie, payloads.slice(0, 10));
    // Processor time of both ends of the request: the clock would measure what else this machine does.
    const before = process.cpuUsage();
    const signed = await sign(technician.cookie, payloads);
    const { user, system } = process.cpuUsage(before);
    expect(signed.signatures).toHaveLength(500);
    expect((user + system) / 1e6).toBeLessThan(1);
    await expectSigned('operation', payloads[499]?.payload ?? '', signed, 499);
  });
});

describe('signing of the endpoint map', () => {
  const map = async (changed: Partial<EndpointMap> = {}): Promise<string> =>
    JSON.stringify({
      ...{ version: Date.now(), xmppDomain: 'xmpp.example.test', issuedAt: soon(0) },
      anchors: (await web.request(listAnchors, {})).anchors,
      endpoints: [
        {
          ...{ function: 'sync', hostName: 'work.example.test', addresses: [], port: 443 },
          ...{ path: '/sync', priority: 0, pins: [] },
        },
      ],
      ...changed,
    });

  it('signs with a key of its own', async () => {
    const payload = await map();
    const signed = await web.request(signEndpointMap, { payload });
    await expectSigned('endpoint-map', payload, signed);
    const bip = await service.busOf('bip');
    await expectSigned('endpoint-map', payload, await bip.request(signEndpointMap, { payload }));
  });

  it('refuses a map with a root that is not ours, from the future, or that is none', async () => {
    const foreign = await map({ anchors: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] });
    const device = await enrol();
    for (const payload of [foreign, await map({ version: Date.now() + 3_600_000 }), operation(device)]) {
      await expect(web.request(signEndpointMap, { payload })).rejects.toMatchObject({ code: 'invalid-input' });
    }
  });

  /** A root of somebody else, PEM. */
  const otherRoot = (): string => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
    const about = ['-subj', '/CN=Company root', '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE'];
    return execFileSync('openssl', ['req', '-x509', ...key, ...about], { stdio: 'pipe', encoding: 'utf8' });
  };

  it('says of servers of other CAs what CA_DIR says, and nothing more', async () => {
    const company = otherRoot();
    const refused = { code: 'invalid-input' };
    for (const more of [{ serverAnchors: [company] }, { publicServers: true }]) {
      await expect(web.request(signEndpointMap, { payload: await map(more) })).rejects.toMatchObject(refused);
    }
    const folder = join(service.caDir, 'server-roots');
    mkdirSync(folder);
    try {
      writeFileSync(join(folder, 'company.crt'), company);
      writeFileSync(join(folder, 'broken.crt'), 'none');
      await eventually(async () => (await web.request(listAnchors, {})).serverAnchors?.length === 1);
      const trust = await web.request(listAnchors, {});
      expect(trust.publicServers).toBeUndefined();
      expect(trust.serverAnchors?.map((pem) => pem.trim())).toEqual([company.trim()]);
      expect(trust.anchors.map((pem) => pem.trim())).not.toContain(company.trim());
      const { serverAnchors } = trust;
      const payload = await map({ serverAnchors });
      await expectSigned('endpoint-map', payload, await web.request(signEndpointMap, { payload }));
      const open = await map({ serverAnchors, publicServers: true });
      await expect(web.request(signEndpointMap, { payload: open })).rejects.toMatchObject(refused);
      writeFileSync(join(folder, 'public'), '');
      await eventually(async () => (await web.request(listAnchors, {})).publicServers === true);
      await expectSigned('endpoint-map', open, await web.request(signEndpointMap, { payload: open }));
    } finally {
      rmSync(folder, { recursive: true });
      await eventually(async () => (await web.request(listAnchors, {})).serverAnchors === undefined);
    }
  });
});

describe('signing of audit heads', () => {
  const head = (changed: Partial<Record<keyof AuditHeadPayload | 'more', unknown>> = {}): string =>
    JSON.stringify({
      ...{ purpose: 'audit-head', organisationId: DEFAULT_ORGANISATION_ID, number: 7, hash: 'ab'.repeat(32) },
      ...{ at: soon(0), ...changed },
    });

  it('signs with a key of its own, for nobody but audit-logs', async () => {
    const audit = await service.busOf('audit-logs');
    const payload = head();
    const signed = { payload, ...(await audit.request(signAuditHead, { payload })) };
    const { anchors } = await audit.request(listAnchors, {});
    expect(faultOfSigned(signed, 'audit-head', anchors)).toBeUndefined();
    expect(faultOfSigned(signed, 'operation', anchors)).toBe('not-delegated');
    expect(faultOfSigned({ ...signed, payload: head({ number: 8 }) }, 'audit-head', anchors)).toBe('bad-signature');
    await expect(web.request(signAuditHead, { payload })).rejects.toMatchObject({ code: 'internal' });
  });

  it.each([
    ['of another purpose', () => head({ purpose: 'operation' })],
    ['with more in it', () => head({ more: true })],
    ['dated back', () => head({ at: soon(-3_600_000) })],
    ['from the future', () => head({ at: soon(3_600_000) })],
    ['of no organisation', () => head({ organisationId: 'all' })],
    ['with a hash that is none', () => head({ hash: 'AB'.repeat(32) })],
    ['that is an operation', () => operation(newId())],
    ['in another form', () => head().replace('{', '{ ')],
    ['that is not JSON', () => 'head'],
  ])('refuses a head %s', async (_case, payload) => {
    const audit = await service.busOf('audit-logs');
    await expect(audit.request(signAuditHead, { payload: payload() })).rejects.toMatchObject({ code: 'invalid-input' });
  });
});

describe('signing of releases', () => {
  const manifest = (changed: Partial<Record<keyof ReleaseManifest | 'more', unknown>> = {}): string =>
    JSON.stringify({
      ...{ purpose: 'release', product: 'muster-agent', version: '1.2.3', platform: 'any' },
      ...{ organisationId: DEFAULT_ORGANISATION_ID, sha256: 'ab'.repeat(32), sizeBytes: 10, unpackedBytes: 20 },
      ...{ issuedAt: soon(0), ...changed },
    });
  const sign = async (payload: string, by: Browser = owner) =>
    (await service.busOf('downloads')).request(signRelease, { credential: by.cookie ?? '', payload });

  it('signs with a key of its own, for nobody but downloads', async () => {
    const payload = manifest();
    const signed = await sign(payload);
    const { anchors } = await web.request(listAnchors, {});
    expect(signed.payload).toBe(payload);
    expect(faultOfSigned(signed, 'release', anchors)).toBeUndefined();
    expect(faultOfSigned(signed, 'operation', anchors)).toBe('not-delegated');
    await expect(web.request(signRelease, { credential: owner.cookie ?? '', payload })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('finds out itself who asks: not for a technician, not across organisations, not without a session', async () => {
    await expect(sign(manifest(), technician)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(sign(manifest(), stranger)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(sign(manifest({ organisationId: OTHER_ORGANISATION }))).rejects.toMatchObject({
      code: 'permission-denied',
    });
    expect((await sign(manifest({ organisationId: OTHER_ORGANISATION }), stranger)).signature).not.toBe('');
  });

  it.each([
    ['for every organisation', () => manifest({ organisationId: undefined })],
    ['of another purpose', () => manifest({ purpose: 'operation' })],
    ['with more in it', () => manifest({ more: true })],
    ['dated back', () => manifest({ issuedAt: soon(-3_600_000) })],
    ['whose version leads out of its folder', () => manifest({ version: '../1.2.3' })],
    ['that is an operation', () => operation(newId())],
    ['that is not JSON', () => 'manifest'],
  ])('refuses one %s', async (_case, payload) => {
    await expect(sign(payload())).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
