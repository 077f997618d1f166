import { X509Certificate } from 'node:crypto';
import { EDGE_HEADERS, type VerifiedCredential } from '@muster/contracts';
import { eventually, startNats, TestAuthority, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drain } from '../shutdown';
import { KeyManagerFixture } from '../testing/key-manager.fixture';
import { HOME } from '../testing/notes.module';
import { type Answer, RunningService } from '../testing/running-service';
import { RevocationList } from './revocation-list';

const XMPP = { xmppDomain: 'xmpp.muster.localhost' };
const deviceId = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

let nats: TestNats;
let authority: TestAuthority;
let keyManager: KeyManagerFixture;
let service: RunningService;
let people = 0;

beforeAll(async () => {
  [nats, authority] = await Promise.all([startNats(), TestAuthority.create()]);
  keyManager = await KeyManagerFixture.start(nats);
  await keyManager.revoke('device', deviceId(1), { lost: true });
  service = await RunningService.start(nats.credentials('bip'));
  await eventually(() => service.app.get(RevocationList).fresh);
});
afterAll(async () => {
  if (service) await drain(service.app);
  await keyManager?.stop();
  await nats?.stop();
});

const read = (session: string): Promise<Answer> => service.call({ path: `/notes/${HOME}`, session });
const report = (header?: string, body: object = { status: 'fine' }): Promise<Answer> =>
  service.call({
    method: 'POST',
    path: '/report',
    body,
    headers: header === undefined ? {} : { [EDGE_HEADERS.clientCertificate]: header },
  });
/** As nginx escapes `$ssl_client_escaped_cert`. */
const escaped = async (id: string): Promise<{ header: string; fingerprint: string }> => {
  const { chain } = await authority.device(id, XMPP);
  const certificate = new X509Certificate(chain);
  return {
    header: encodeURIComponent(certificate.toString()),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
};

describe('a device', () => {
  it('is who its certificate says, in the organisation that the directory says', async () => {
    const { header } = await escaped(deviceId(2));
    const answer = await report(header, { status: 'fine', deviceId: deviceId(3), organisationId: deviceId(3) });
    expect(answer).toMatchObject({ status: 200, json: { deviceId: deviceId(2), organisationId: HOME } });
  });

  it('is refused without a certificate, and with one that is not of a device', async () => {
    expect(await report()).toMatchObject({ status: 400, json: { code: 'certificate-required' } });
    const server = encodeURIComponent((await authority.server(['itsm.muster.localhost'])).chain);
    for (const header of ['%zz', 'garbage', server]) {
      expect(await report(header)).toMatchObject({ status: 400, json: { code: 'certificate-refused' } });
    }
    expect(await service.call({ method: 'POST', path: '/report', session: 'anybody', body: {} })).toMatchObject({
      status: 400,
      json: { code: 'certificate-required' },
    });
  });

  it('that was revoked before this service started is refused', async () => {
    expect(await report((await escaped(deviceId(1))).header)).toMatchObject({
      status: 403,
      json: { code: 'device-revoked' },
    });
  });

  it('is refused within a second of its revocation, and a single certificate likewise', async () => {
    const [one, other] = [await escaped(deviceId(4)), await escaped(deviceId(4))];
    expect((await report(one.header)).status).toBe(200);
    await keyManager.revoke('certificate', one.fingerprint);
    await eventually(async () => (await report(one.header)).json.code === 'device-revoked', { within: 1000 });
    expect((await report(other.header)).status).toBe(200);
    await keyManager.revoke('device', deviceId(4));
    await eventually(async () => (await report(other.header)).json.code === 'device-revoked', { within: 1000 });
  });

  it('whose revocation got lost is refused after the next heartbeat', async () => {
    const { header } = await escaped(deviceId(5));
    await keyManager.revoke('device', deviceId(5), { lost: true });
    expect((await report(header)).status).toBe(200);
    await keyManager.beat();
    await eventually(async () => (await report(header)).json.code === 'device-revoked', { within: 1000 });
  });

  it('is refused although later revocations arrived before the lost one was fetched', async () => {
    const { header } = await escaped(deviceId(6));
    await keyManager.revoke('device', deviceId(6), { lost: true });
    await keyManager.revoke('device', deviceId(7));
    await keyManager.beat();
    await eventually(async () => (await report(header)).json.code === 'device-revoked', { within: 1000 });
  });
});

describe('a person', () => {
  let session: string;
  let verified: VerifiedCredential;

  beforeEach(async () => {
    people += 1;
    session = `session-${people}`;
    verified = keyManager.admit(session, {
      credentialId: deviceId(1000 + people),
      userId: deviceId(2000 + people),
      permissions: ['devices.read'],
    });
    expect((await read(session)).status).toBe(200);
  });

  it('is asked for once, while the answer may be kept', async () => {
    const before = keyManager.credentials.asked;
    await Promise.all([read(session), read(session), read(session)]);
    expect(keyManager.credentials.asked).toBe(before);
  });

  it('costs one question when many requests begin together', async () => {
    keyManager.admit('crowd', { permissions: ['devices.read'] });
    const before = keyManager.credentials.asked;
    const answers = await Promise.all(Array.from({ length: 20 }, () => read('crowd')));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(keyManager.credentials.asked).toBe(before + 1);
  });

  it.each(['session', 'user'] as const)('is out within a second when the %s is revoked', async (kind) => {
    keyManager.credentials.known.delete(session);
    expect((await read(session)).status).toBe(200);
    await keyManager.revoke(kind, kind === 'session' ? verified.credentialId : verified.userId);
    await eventually(async () => (await read(session)).status === 401, { within: 1000 });
  });

  it('whose rights changed has the new ones within a second', async () => {
    keyManager.admit(session, { ...verified, permissions: [] });
    expect((await read(session)).status).toBe(200);
    await keyManager.revoke('user', verified.userId);
    await eventually(async () => (await read(session)).json.code === 'permission-denied', { within: 1000 });
    expect((await service.call({ method: 'DELETE', path: '/notes', session, csrf: 'csrf-token' })).status).toBe(204);
  });
});
