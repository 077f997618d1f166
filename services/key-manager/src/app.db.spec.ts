import 'reflect-metadata';
import { rm } from 'node:fs/promises';
import {
  certifyDevice,
  currentSession,
  endAnySession,
  listRegistrationKeys,
  listRevocations,
  revokeRegistrationKey,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, enter, NEW_PASSWORD } from './testing/browser';
import { DeviceKey } from './testing/device-key';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from './testing/running-key-manager';

const FIRST_KEY = 'a-key-that-the-set-up-chose';

let service: RunningKeyManager;
let owner: Browser;
beforeAll(async () => {
  service = await RunningKeyManager.start({ FIRST_REGISTRATION_KEY: FIRST_KEY, FIRST_REGISTRATION_KEY_HOURS: '2' });
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
});
afterAll(() => service?.stop());

describe('the first start', () => {
  it('makes the registration key that the set-up chose, once', async () => {
    const web = await service.busOf('web');
    const certificateRequest = await (await DeviceKey.make()).request();
    await web.request(certifyDevice, { key: FIRST_KEY, address: '', proposedDeviceId: newId(), certificateRequest });
    const [key] = (await owner.call(listRegistrationKeys)).body.keys;
    expect(key).toMatchObject({ key: FIRST_KEY, devicesEnrolled: 1, state: 'active' });
    expect(Date.parse(key?.expiresAt ?? '') - Date.parse(key?.createdAt ?? '')).toBe(2 * 3_600_000);
    await owner.call(revokeRegistrationKey, { params: { id: key?.id ?? '' } });
    await service.addInstance({ FIRST_REGISTRATION_KEY: FIRST_KEY });
    expect((await owner.call(listRegistrationKeys)).body.keys).toMatchObject([
      { state: 'revoked', expiresAt: key?.expiresAt },
    ]);
  });

  it('is refused without a password for the first owner, and without an authority', async () => {
    const bare = await RunningKeyManager.start();
    try {
      await bare.sql('DELETE FROM identity.users');
      await expect(bare.addInstance({ FIRST_ADMIN_PASSWORD: '' })).rejects.toThrow(/set FIRST_ADMIN_PASSWORD/);
      const CA_DIR = `${bare.caDir}/empty`;
      await expect(bare.addInstance({ CA_DIR, CA_CREATE: 'false' })).rejects.toThrow(/CA_CREATE/);
      await rm(CA_DIR, { recursive: true, force: true });
    } finally {
      await bare.stop();
    }
  });

  it('and all that follows logs no error', async () => {
    const levels = service.instances.flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as { level: string }));
    expect(levels.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});

describe('while NATS is away', () => {
  it('people work on, and what was revoked is in the list when it is back', async () => {
    const web = await service.busOf('web');
    const before = (await web.request(listRevocations, { after: 0 })).sequence;
    const person = await owner.invite('technician', 'away@example.test');
    const id = person.session?.id ?? '';
    await service.nats.crash();
    expect((await owner.call(endAnySession, { params: { id } })).status).toBe(204);
    expect((await person.call(currentSession)).status).toBe(401);
    expect((await new Browser(service.origin).signIn('away@example.test', NEW_PASSWORD)).status).toBe(200);
    await service.nats.start();
    await eventually(
      async () => {
        const { revocations } = await web.request(listRevocations, { after: before });
        return revocations.some((revocation) => revocation.id === id);
      },
      { within: 20_000 },
    );
  });
});

describe('while PostgreSQL is away', () => {
  it('people are told to try again, and go on when it is back', async () => {
    await service.postgres.crash();
    const answer = await owner.call(currentSession);
    expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
    const ready = await fetch(`${service.origin}/-/health/ready`);
    expect(ready.status).toBe(503);
    await service.postgres.start();
    await eventually(async () => (await owner.call(currentSession)).status === 200);
    expect((await fetch(`${service.origin}/-/health/ready`)).status).toBe(200);
  });
});
