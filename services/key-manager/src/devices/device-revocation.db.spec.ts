import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { ListensTo } from '@muster/bus';
import {
  DEFAULT_ORGANISATION_ID,
  deviceRetired,
  identityRevoked,
  listRevocations,
  type Revocation,
  revocationHeartbeat,
  type RevocationHeartbeat,
  revokeDevice,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceKey } from '../testing/device-key';
import { WithDevices } from '../testing/with-devices';

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

let known: WithDevices;
beforeAll(async () => {
  known = await WithDevices.start([Ear]);
});
afterAll(() => known?.stop());

describe('revocation of a device', () => {
  const enrol = async (by = known.owner) => {
    const device = await DeviceKey.make();
    const { deviceId } = await known.certify((await known.registrationKey({}, by)).key, device);
    return { device, deviceId };
  };
  const revoke = (credential: string | undefined, deviceId: string) =>
    known.web.request(revokeDevice, { credential: credential ?? '', deviceId, reason: 'retired' });

  it('is heard by everybody within a second and stays in the list', async () => {
    const { deviceId } = await enrol();
    const { sequence } = await revoke(known.owner.cookie, deviceId);
    await eventually(() => heard.some(({ kind, id }) => kind === 'device' && id === deviceId), { within: 1000 });
    await eventually(() => (beat?.sequence ?? 0) >= sequence, { within: 3000 });
    const { revocations } = await known.web.request(listRevocations, { after: sequence - 1 });
    expect(revocations[0]).toMatchObject({ sequence, kind: 'device', id: deviceId });
    expect((await revoke(known.owner.cookie, deviceId)).sequence).toBe(sequence);
    expect(heard.filter(({ id }) => id === deviceId)).toHaveLength(1);
  });

  it('needs devices.retire and a device of the own organisation', async () => {
    const { deviceId } = await enrol();
    const technician = await known.owner.invite('technician', 'retires@example.test');
    await expect(revoke(technician.cookie, deviceId)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(revoke(known.stranger.cookie, deviceId)).rejects.toMatchObject({ code: 'not-found' });
    await expect(revoke('garbage', deviceId)).rejects.toMatchObject({ code: 'not-signed-in' });
  });

  it('keeps its key from enrolling again', async () => {
    const { device, deviceId } = await enrol();
    await revoke(known.owner.cookie, deviceId);
    await expect(known.certify((await known.registrationKey()).key, device)).rejects.toMatchObject({
      code: 'device-revoked',
    });
  });

  it('follows a retirement whose own request was lost', async () => {
    const { deviceId } = await enrol();
    const at = new Date().toISOString();
    await known.web.publish(deviceRetired, { organisationId: DEFAULT_ORGANISATION_ID, deviceId, at });
    await known.web.publish(deviceRetired, { organisationId: DEFAULT_ORGANISATION_ID, deviceId: newId(), at });
    await eventually(() => heard.some(({ id }) => id === deviceId));
  });

  it('is numbered without gaps, in the order that others see, whatever happens at once', async () => {
    const devices = await Promise.all(Array.from({ length: 15 }, () => enrol()));
    const before = heard.length;
    const given = await Promise.all(devices.map(({ deviceId }) => revoke(known.owner.cookie, deviceId)));
    const numbers = given.map(({ sequence }) => sequence).sort((one, other) => one - other);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    await eventually(() => heard.length >= before + 15);
  });

  it('is listed in pages', async () => {
    const after = (await known.web.request(listRevocations, { after: 0 })).sequence;
    await known.service.sql(`UPDATE identity.revocation_counter SET sequence = sequence + 1500`);
    await known.service.sql(
      `INSERT INTO identity.revocations
         SELECT $1::bigint + n, $2, 'device', gen_random_uuid()::text, now(), now() + interval '1 day'
           FROM generate_series(1, 1500) n`,
      [after, DEFAULT_ORGANISATION_ID],
    );
    const first = await known.web.request(listRevocations, { after });
    expect([first.revocations.length, first.sequence]).toEqual([1000, after + 1500]);
    const rest = await known.web.request(listRevocations, { after: first.revocations.at(-1)?.sequence ?? 0 });
    expect(rest.revocations).toHaveLength(500);
    expect(rest.revocations.at(-1)?.sequence).toBe(rest.sequence);
  });
});
