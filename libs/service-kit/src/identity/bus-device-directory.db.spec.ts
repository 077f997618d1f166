import { X509Certificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HandlesRequest } from '@muster/bus';
import { type DeviceHomes, EDGE_HEADERS, type LocateDevices, locateDevices, type Principal } from '@muster/contracts';
import { eventually, startDouble, startNats, TestAuthority, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BaseConfig } from '../config/base.config';
import { loadConfig } from '../config/load-config';
import { createLog } from '../log/log';
import { drain } from '../shutdown';
import { createService } from '../start-service';
import { KeyManagerFixture } from '../testing/key-manager.fixture';
import { HOME } from '../testing/notes.module';
import { EDGE_SECRET } from '../testing/running-service';
import { Identity } from './identity';
import { RevocationList } from './revocation-list';

const KNOWN = '01900000-0000-7000-8000-000000000001';
const UNKNOWN = '01900000-0000-7000-8000-000000000002';

/** Web, as far as it says where devices belong. */
@Injectable()
class Locator {
  @HandlesRequest(locateDevices)
  async locate({ deviceIds }: LocateDevices): Promise<DeviceHomes> {
    const known = deviceIds.filter((deviceId) => deviceId === KNOWN);
    return { homes: known.map((deviceId) => ({ deviceId, organisationId: HOME })) };
  }
}

let nats: TestNats;
let keyManager: KeyManagerFixture;
let authority: TestAuthority;
let service: NestFastifyApplication;

beforeAll(async () => {
  nats = await startNats();
  authority = await TestAuthority.create();
  keyManager = await KeyManagerFixture.start(nats);
  const { url, user, password } = nats.credentials('rmm-logs');
  const config = loadConfig(BaseConfig, 'rmm-logs', {
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: password,
    EDGE_SECRET,
  });
  const silent = createLog('rmm-logs', 'fatal', { write: () => undefined });
  service = await createService({ service: 'rmm-logs', config: BaseConfig, faces: () => [] }, config, silent);
  await eventually(async () => {
    await keyManager.beat();
    return service.get(RevocationList).fresh;
  });
});
afterAll(async () => {
  if (service) await drain(service);
  await keyManager?.stop();
  await nats?.stop();
  authority?.remove();
});

async function identify(deviceId: string): Promise<Principal> {
  const { chain } = await authority.device(deviceId, { xmppDomain: 'xmpp.example' });
  const certificate = encodeURIComponent(new X509Certificate(chain).toString());
  const headers = { [EDGE_HEADERS.clientCertificate]: certificate };
  return service.get(Identity).device({ headers, cookies: {}, address: '' });
}

it('finds the organisation of a device for a service that owns none, once web is there', async () => {
  await expect(identify(KNOWN)).rejects.toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 5 } });
  const web = await startDouble('web', nats, [Locator]);
  expect(await identify(KNOWN)).toMatchObject({ kind: 'device', id: KNOWN, organisationId: HOME });
  await expect(identify(UNKNOWN)).rejects.toMatchObject({ code: 'device-revoked' });
  await web.stop();
  expect(await identify(KNOWN)).toMatchObject({ organisationId: HOME });
});
