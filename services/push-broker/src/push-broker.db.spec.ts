import { once } from 'node:events';
import { devicesWoken, identityRevoked, readPresence } from '@muster/contracts';
import { eventually, startNats, TestAuthority, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrokerUnderTest, type Neighbour, neighbour, newStateDir, Revoked, WebEar } from './testing/broker-under-test';

const id = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const ORGANISATION = id(0);

let nats: TestNats;
let authority: TestAuthority;
let broker: BrokerUnderTest;
let web: Neighbour<WebEar>;
let keyManager: Neighbour<Revoked>;
const stateDir = newStateDir();

beforeAll(async () => {
  [nats, authority] = await Promise.all([startNats(), TestAuthority.create()]);
  [web, keyManager] = await Promise.all([neighbour('web', nats, WebEar), neighbour('key-manager', nats, Revoked)]);
  broker = await BrokerUnderTest.start(nats, authority, stateDir);
});
afterAll(async () => {
  await broker?.stop();
  await Promise.all([web?.stop(), keyManager?.stop()]);
  await nats?.stop();
});

describe('presence', () => {
  it('is told with epoch and growing numbers, and vouched for by a lease', async () => {
    const device = await broker.connect(id(1));
    const came = await eventually(() => web.part.newest(id(1)));
    expect(came).toMatchObject({ connected: true, address: '127.0.0.1' });
    await device.close();
    const went = await eventually(() => {
      const change = web.part.newest(id(1));
      return change?.connected === false && change;
    });
    expect(went.sequence).toBeGreaterThan(came.sequence);
    const lease = await eventually(() => web.part.leases.find(({ sequence }) => sequence >= went.sequence));
    expect(lease).toMatchObject({ node: 'broker-1', connected: 0, leaseSeconds: 10 });
    expect(web.part.batches.every(({ node, epoch }) => node === 'broker-1' && epoch === lease.epoch)).toBe(true);
  });

  it('can be read page by page from the node that is named', async () => {
    const devices = await Promise.all([2, 3, 4].map((number) => broker.connect(id(number))));
    const page = await web.bus.request(readPresence, { node: 'broker-1', after: id(2) });
    expect(page).toMatchObject({ last: true, devices: [{ deviceId: id(3) }, { deviceId: id(4) }] });
    await expect(web.bus.request(readPresence, { node: 'broker-2' })).rejects.toMatchObject({ code: 'unavailable' });
    await Promise.all(devices.map((device) => device.close()));
  });

  it('ends for a device whose connection breaks', async () => {
    const device = await broker.connect(id(5));
    await eventually(() => web.part.newest(id(5))?.connected);
    device.drop();
    await eventually(() => web.part.newest(id(5))?.connected === false);
  });
});

describe('wake-ups', () => {
  it('reach the devices that are connected, and it is told which', async () => {
    const device = await broker.connect(id(10));
    const woken = once(device, 'wake');
    await web.bus.publish(devicesWoken, { deviceIds: [id(10), id(11)] });
    await woken;
    await eventually(() => web.part.notified.includes(id(10)));
    expect(web.part.notified).not.toContain(id(11));
    await device.close();
  });
});

describe('revocation', () => {
  const revoke = async (kind: 'device' | 'certificate', subject: string): Promise<void> => {
    const revocation = {
      sequence: keyManager.part.list.length + 1,
      kind,
      id: subject,
      organisationId: ORGANISATION,
      at: new Date().toISOString(),
    };
    keyManager.part.list.push(revocation);
    await keyManager.bus.publish(identityRevoked, revocation);
  };

  it('ends the stream of a device within a second, and keeps it out', async () => {
    const [revoked, other] = await Promise.all([broker.connect(id(20)), broker.connect(id(21))]);
    const closed = once(revoked, 'closed');
    const before = performance.now();
    await revoke('device', id(20));
    await closed;
    expect(performance.now() - before).toBeLessThan(1000);
    await expect(broker.connect(id(20))).rejects.toThrow();
    expect(other.isOpen).toBe(true);
    await other.close();
    await eventually(() => web.part.newest(id(20))?.connected === false);
  });
});

describe('without NATS', () => {
  it('devices stay and come, and when it is back the lease and a snapshot tell all that was missed', async () => {
    const [stays, leaves] = await Promise.all([broker.connect(id(30)), broker.connect(id(31))]);
    const before = await eventually(() => web.part.newest(id(30))?.connected && web.part.newest(id(31)));
    await nats.crash();
    const comes = await broker.connect(id(32));
    await leaves.close();
    expect(stays.isOpen).toBe(true);
    web.part.leases.length = 0;
    await nats.start();
    // The stream that captures changes may be made anew too late for them; the lease's number shows that it was.
    const lease = await eventually(() => web.part.leases.find(({ connected }) => connected === 2), { within: 20_000 });
    expect(lease.sequence).toBeGreaterThan(before.sequence);
    const page = await eventually(() => web.bus.request(readPresence, { node: 'broker-1' }));
    expect(page.devices.map(({ deviceId }) => deviceId)).toEqual([id(30), id(32)]);
    expect(page.sequence).toBe(lease.sequence);

    const woken = once(stays, 'wake');
    await eventually(async () => {
      await web.bus.publish(devicesWoken, { deviceIds: [id(30)] });
      return web.part.notified.includes(id(30));
    });
    await woken;
    await Promise.all([stays.close(), comes.close()]);
    // What happens from now on is told as before.
    await eventually(() => web.part.newest(id(32))?.connected === false);
  });
});

describe('the process', () => {
  it('counts what it does', async () => {
    const device = await broker.connect(id(40));
    const text = await eventually(async () => {
      const now = await broker.metrics();
      return /^muster_xmpp_connections\{.*\} 1$/m.test(now) && now;
    });
    expect(text).toMatch(/^muster_xmpp_devices_connected\{.*\} 1$/m);
    expect(text).toMatch(/^muster_xmpp_connections\{.*\} 1$/m);
    expect(text).toMatch(/^muster_xmpp_wakes_total\{.*\} [1-9]/m);
    expect(text).toMatch(/^muster_xmpp_bytes_in_total\{.*\} [1-9]/m);
    expect(text).toMatch(/^muster_xmpp_refused_total\{.*reason="account-disabled".*\} 1$/m);
    expect(text).toMatch(/^muster_xmpp_faults_total\{.*\} 0$/m);
    expect(text).toContain('nodejs_eventloop_lag');
    await device.close();
  });

  it('says good-bye when it stops, and begins a higher epoch when it comes back', async () => {
    const device = await broker.connect(id(50));
    await eventually(() => web.part.newest(id(50))?.connected);
    const epoch = web.part.leases.at(-1)?.epoch ?? 0;
    const goodbyes: string[] = [];
    device.on('stanza', ({ name, children }) => goodbyes.push(name, ...children.map((child) => child.name)));
    await broker.stop();
    expect(goodbyes).toEqual(expect.arrayContaining(['stream:error', 'system-shutdown', 'see-you-later']));
    await eventually(() => web.part.newest(id(50))?.connected === false);
    broker = await BrokerUnderTest.start(nats, authority, stateDir);
    await eventually(() => (web.part.leases.at(-1)?.epoch ?? 0) > epoch);
  });
});
