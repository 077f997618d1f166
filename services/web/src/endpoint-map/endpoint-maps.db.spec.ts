import { createVerify, X509Certificate } from 'node:crypto';
import { ListensTo } from '@muster/bus';
import { devicesWoken, type EndpointMap, type WakeHint } from '@muster/contracts';
import { eventually, startDouble } from '@muster/testing';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';
import { EndpointMaps } from './endpoint-maps.service';

let suite: WebUnderTest;
let worker: Awaited<ReturnType<WebUnderTest['startWeb']>>;
let maps: EndpointMaps;
const settings = { ENDPOINT_MAP_CHECK_SECONDS: '1', ITSM_WEB_IP: '192.0.2.1, 2001:db8::1', ITSM_XMPP_IP: '192.0.2.2' };

beforeAll(async () => {
  suite = await WebUnderTest.start();
  worker = await suite.startWeb('worker', settings);
  maps = worker.get(EndpointMaps, { strict: false });
});
afterAll(() => suite?.stop());

@Injectable()
class BrokerDouble {
  readonly woken: string[] = [];

  @ListensTo(devicesWoken)
  wake({ deviceIds }: WakeHint): void {
    this.woken.push(...deviceIds);
  }
}

const current = async () => {
  const { version, signed } = await maps.current();
  return { version, signed, map: JSON.parse(signed.payload) as EndpointMap };
};

it('names what exists, at the configured addresses, under a signature', async () => {
  const { version, signed, map } = await current();
  expect(map).toMatchObject({ version, xmppDomain: 'xmpp.muster.localhost', anchors: ['first root'] });
  const places = map.endpoints.map((endpoint) => [endpoint.function, endpoint.hostName, endpoint.addresses.join()]);
  expect(places).toEqual([
    ['enrol', 'itsm.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['renew', 'itsm.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['sync', 'work.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['rmm', 'rmm-api.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['plugins', 'plugins-api.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['audit', 'auditlogs-api.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['downloads', 'dl.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['bip', 'bip.muster.localhost', '192.0.2.1,2001:db8::1'],
    ['push', 'xmpp.muster.localhost', '192.0.2.2'],
  ]);
  const key = new X509Certificate(signed.delegation[0] ?? '').publicKey;
  expect(createVerify('sha256').update(signed.payload).verify(key, signed.signature, 'base64')).toBe(true);
});

it('is told to devices that are connected, and to no other, when what it says changes', async () => {
  const [connected = '', polling = '', retired = ''] = await new Fleet(suite).deviceRows(3);
  await suite.rows(`UPDATE core.devices SET presence = 'polling' WHERE id = $1`, [polling]);
  await suite.rows(`UPDATE core.devices SET presence = 'online', retired_at = now() WHERE id = $1`, [retired]);
  await suite.rows(`UPDATE core.devices SET presence = 'online' WHERE id = $1`, [connected]);
  const broker = await startDouble('push-broker', suite.nats, [BrokerDouble]);
  try {
    const { woken } = broker.get(BrokerDouble);
    await eventually(() => broker.bus.connected);
    suite.keyManager.anchors = ['first root', 'second root', 'third root'];
    await eventually(() => woken.length > 0);
    // Looks that find nothing new are no reason, and neither is a signature that is made anew for its age.
    await maps.check();
    await suite.rows(`UPDATE core.endpoint_maps SET made_at = now() - interval '40 days'`);
    const { version } = await current();
    await eventually(async () => (await current()).version > version);
    suite.keyManager.anchors = ['first root'];
    await eventually(() => woken.length > 1);
    expect(woken).toEqual([connected, connected]);
  } finally {
    await broker.stop();
  }
});

it('is the same for every process', async () => {
  const before = await current();
  const other = (await suite.startWeb('worker', settings)).get(EndpointMaps, { strict: false });
  expect(await other.current()).toEqual({ version: before.version, signed: before.signed });
  await maps.check();
  expect(await current()).toEqual(before);
});

it('grows when the anchors change', async () => {
  const before = await current();
  suite.keyManager.anchors = ['first root', 'second root'];
  const after = await eventually(async () => {
    const now = await current();
    return now.version > before.version && now;
  });
  expect(after.map.anchors).toEqual(['first root', 'second root']);
  expect(await suite.rows('SELECT version FROM core.endpoint_maps')).toEqual([{ version: String(after.version) }]);
});

it('says whom devices accept as servers besides, as long as the key manager does, to everybody who asks', async () => {
  const before = await current();
  suite.keyManager.servers = { serverAnchors: ['company root'], publicServers: true };
  const after = await eventually(async () => {
    const now = await current();
    return now.version > before.version && now;
  });
  expect(after.map).toMatchObject({ serverAnchors: ['company root'], publicServers: true });
  const told = await ask(worker, 'GET', '/endpoint-map');
  expect(told).toEqual({ status: 200, body: after.signed });
  suite.keyManager.servers = { serverAnchors: [], publicServers: false };
  const last = await eventually(async () => {
    const now = await current();
    return now.version > after.version && now;
  });
  expect(Object.keys(last.map)).toEqual(Object.keys(before.map));
});

it('grows although the clock went back', async () => {
  const future = Date.now() + 86_400_000;
  await suite.rows('UPDATE core.endpoint_maps SET version = $1', [future]);
  suite.keyManager.anchors = ['second root'];
  await eventually(async () => (await current()).map.anchors.length === 1);
  expect((await current()).version).toBe(future + 1);
});
