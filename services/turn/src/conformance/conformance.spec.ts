import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { turnCredentials } from '@muster/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../stun/address';
import { ATTRIBUTE, METHOD } from '../stun/constants';
import { Engine, LOCAL, REALM, SECRET, USER_QUOTA } from './engine';
import { addressIn, type Credentials, toPeer, TurnClient, UDP_TRANSPORT } from './turn-client';

/** Where coturn 4.6 answers otherwise than its specification says. */
interface Ways {
  /** To a transport other than UDP (RFC 8656, section 7.2: 442). */
  unsupportedTransport: number;
  /** To a reservation that is gone (508). */
  spentToken: number;
  /** To a permission after the end of the allocation (437): it forgets the nonce as well. */
  afterTheEnd: number;
  /** How it ends on SIGTERM. */
  ending: number | string;
}

const ENGINES: ReadonlyArray<readonly [string, () => Promise<Engine>, Ways]> = [
  ['the embedded server', Engine.embedded, { unsupportedTransport: 442, spentToken: 508, afterTheEnd: 437, ending: 0 }],
  ['coturn', Engine.coturn, { unsupportedTransport: 400, spentToken: 404, afterTheEnd: 438, ending: 'SIGTERM' }],
];

let users = 0;
/** Of somebody who has no allocation yet. */
const somebody = (): Credentials => turnCredentials(SECRET, `user-${++users}`, 600);

describe.each(ENGINES)('%s', (name, start, ways) => {
  let engine: Engine;
  let peer: Socket;
  let peerAt: Endpoint;
  const atPeer: Array<{ data: Buffer; port: number }> = [];
  const clients: TurnClient[] = [];

  const open = async (credentials = somebody()): Promise<TurnClient> => {
    const client = await TurnClient.open(engine.port, credentials);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    engine = await start();
    peer = createSocket('udp4').on('message', (data, { port }) => atPeer.push({ data, port }));
    peer.bind(0, LOCAL);
    await once(peer, 'listening');
    peerAt = { address: LOCAL, port: peer.address().port, family: 4 };
  });
  afterAll(async () => {
    peer.close();
    expect(await engine.stop()).toBe(ways.ending);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    atPeer.length = 0;
  });

  it('tells a client its address (Binding)', async () => {
    const client = await open();
    const { code, message } = await client.plain(METHOD.binding);
    expect(code).toBe(0);
    expect(addressIn(message, ATTRIBUTE.xorMappedAddress)).toEqual({
      address: LOCAL,
      port: client.localPort,
      family: 4,
    });
  });

  it('asks for credentials, with realm and nonce', async () => {
    const { code, message } = await (await open()).plain(METHOD.allocate, UDP_TRANSPORT);
    expect(code).toBe(401);
    expect(message.value(ATTRIBUTE.realm)?.toString()).toBe(REALM);
    expect(message.value(ATTRIBUTE.nonce)?.length).toBeGreaterThan(8);
  });

  it('refuses expired credentials', async () => {
    const client = await open(turnCredentials(SECRET, 'ada', -5));
    expect((await client.request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(401);
  });

  it('refuses credentials under another secret, for another name, and with another time', async () => {
    const forged = turnCredentials('another secret altogether', 'ada', 600);
    const honest = turnCredentials(SECRET, 'ada', 600);
    const renamed = { ...honest, username: honest.username.replace('ada', 'bob') };
    const prolonged = { ...honest, username: honest.username.replace(/^\d+/, (expiry) => String(Number(expiry) + 9)) };
    for (const credentials of [forged, renamed, prolonged, { ...honest, username: 'ada' }])
      expect((await (await open(credentials)).request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(401);
  });

  it('refuses a nonce that it did not give', async () => {
    const client = await open();
    await client.request(METHOD.refresh);
    client.nonce = 'f'.repeat(client.nonce.length);
    const { code, message } = await client.request(METHOD.allocate, UDP_TRANSPORT);
    expect(code).toBe(438);
    expect(message.value(ATTRIBUTE.nonce)?.length).toBeGreaterThan(8);
  });

  it('allocates within the quota of a user, and no more', async () => {
    const credentials = somebody();
    for (let i = 0; i < USER_QUOTA; i++) await (await open(credentials)).allocate();
    expect((await (await open(credentials)).request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(486);
    // The same user with fresh credentials is the same user.
    const again = turnCredentials(SECRET, credentials.username.split(':')[1] ?? '', 900);
    expect((await (await open(again)).request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(486);
    const [first] = clients;
    expect((await first?.lifetime(0))?.code).toBe(0);
    // coturn gives the place back a little later than it answers.
    const next = await open(credentials);
    await expect.poll(async () => (await next.request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(0);
  });

  it('answers an allocation with addresses and lifetime, and refuses a second one', async () => {
    const client = await open();
    const { code, message } = await client.request(METHOD.allocate, UDP_TRANSPORT);
    expect(code).toBe(0);
    expect(addressIn(message, ATTRIBUTE.xorMappedAddress)?.port).toBe(client.localPort);
    expect(addressIn(message, ATTRIBUTE.xorRelayedAddress)).toMatchObject({ address: LOCAL, family: 4 });
    expect(message.value(ATTRIBUTE.lifetime)?.readUInt32BE(0)).toBe(600);
    expect((await client.request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(437);
  });

  it('says which transport, family and attributes it does not have', async () => {
    const client = await open();
    const tcp = await client.request(METHOD.allocate, (writer) =>
      writer.attribute(ATTRIBUTE.requestedTransport, Buffer.from([99, 0, 0, 0])),
    );
    expect(tcp.code).toBe(ways.unsupportedTransport);
    expect((await client.request(METHOD.allocate)).code).toBe(400);
    const strange = await client.request(METHOD.allocate, (writer) =>
      UDP_TRANSPORT(writer).attribute(0x7f7f, Buffer.alloc(4)),
    );
    expect(strange.code).toBe(420);
    expect(strange.message.value(ATTRIBUTE.unknownAttributes)?.readUInt16BE(0)).toBe(0x7f7f);
    const family = (wanted: number) =>
      client.request(METHOD.allocate, (writer) =>
        UDP_TRANSPORT(writer).attribute(ATTRIBUTE.requestedAddressFamily, Buffer.from([wanted, 0, 0, 0])),
      );
    expect((await family(9)).code).toBe(440);
    expect((await family(1)).code).toBe(0);
  });

  it('keeps the next port for whoever has the token (EVEN-PORT)', async () => {
    const client = await open();
    const { code, message } = await client.request(METHOD.allocate, (writer) =>
      UDP_TRANSPORT(writer).attribute(ATTRIBUTE.evenPort, Buffer.from([0x80])),
    );
    expect(code).toBe(0);
    const port = addressIn(message, ATTRIBUTE.xorRelayedAddress)?.port ?? 1;
    expect(port % 2).toBe(0);
    const token = message.value(ATTRIBUTE.reservationToken) ?? Buffer.alloc(0);
    expect(token).toHaveLength(8);
    const second = await open(client.credentials);
    const next = await second.allocate((writer) => writer.attribute(ATTRIBUTE.reservationToken, token));
    expect(next.port).toBe(port + 1);
    const third = await open(client.credentials);
    const spent = await third.request(METHOD.allocate, (writer) =>
      UDP_TRANSPORT(writer).attribute(ATTRIBUTE.reservationToken, token),
    );
    expect(spent.code).toBe(ways.spentToken);
  });

  it('keeps an allocation that is refreshed and ends it when asked', async () => {
    const client = await open();
    const relayed = await client.allocate();
    const refreshed = await client.lifetime(1200);
    expect(refreshed.code).toBe(0);
    expect(refreshed.message.value(ATTRIBUTE.lifetime)?.readUInt32BE(0)).toBe(1200);
    expect((await client.request(METHOD.createPermission, toPeer(peerAt))).code).toBe(0);
    client.sendTo(peerAt, Buffer.from('still here'));
    await expect.poll(() => atPeer.map(({ data }) => String(data))).toEqual(['still here']);
    expect(atPeer[0]?.port).toBe(relayed.port);
    expect((await client.lifetime(0)).code).toBe(0);
    const permission = async () => (await client.request(METHOD.createPermission, toPeer(peerAt))).code;
    await expect.poll(permission, { timeout: 10_000 }).toBe(ways.afterTheEnd);
  });

  it('lets nobody else change an allocation', async () => {
    const client = await open();
    await client.allocate();
    client.credentials = somebody();
    expect((await client.lifetime(0)).code).toBe(441);
  });

  it('relays by indications, both ways, byte for byte', async () => {
    const client = await open();
    const relayed = await client.allocate();
    await client.request(METHOD.createPermission, toPeer(peerAt));
    for (const length of [0, 1, 2, 3, 4, 1000]) {
      const [up, down] = [randomBytes(length), randomBytes(length)];
      client.sendTo(peerAt, up);
      await expect.poll(() => atPeer.at(-1)?.data.equals(up)).toBe(true);
      peer.send(down, relayed.port, LOCAL);
      await expect.poll(() => client.received.at(-1)?.data.equals(down)).toBe(true);
      expect(client.received.at(-1)?.peer).toEqual(peerAt);
    }
  });

  it('relays by channels, both ways, byte for byte', async () => {
    const client = await open();
    const relayed = await client.allocate();
    expect((await client.bindChannel(0x4001, peerAt)).code).toBe(0);
    for (const length of [1, 2, 3, 4, 1000, 1400]) {
      const [up, down] = [randomBytes(length), randomBytes(length)];
      client.sendOnChannel(0x4001, up);
      await expect.poll(() => atPeer.at(-1)?.data.equals(up)).toBe(true);
      peer.send(down, relayed.port, LOCAL);
      await expect.poll(() => client.received.at(-1)?.data.equals(down)).toBe(true);
      expect(client.received.at(-1)?.channel).toBe(0x4001);
    }
  });

  it('binds one channel to one peer', async () => {
    const client = await open();
    await client.allocate();
    expect((await client.bindChannel(0x4001, peerAt)).code).toBe(0);
    expect((await client.bindChannel(0x4001, peerAt)).code).toBe(0);
    expect((await client.bindChannel(0x4001, { ...peerAt, port: 9 })).code).toBe(400);
    expect((await client.bindChannel(0x4002, peerAt)).code).toBe(400);
    expect((await client.bindChannel(0x3fff, { ...peerAt, port: 9 })).code).toBe(400);
  });

  it('relays nothing without a permission', async () => {
    const client = await open();
    const relayed = await client.allocate();
    client.sendTo(peerAt, Buffer.from('up'));
    client.sendOnChannel(0x4001, Buffer.from('up'));
    peer.send('down', relayed.port, LOCAL);
    await pause(300);
    expect([atPeer, client.received]).toEqual([[], []]);
    await client.request(METHOD.createPermission, toPeer(peerAt));
    peer.send('now', relayed.port, LOCAL);
    await expect.poll(() => client.received.map(({ data }) => String(data))).toEqual(['now']);
  });

  it('relays to no peer in a denied range', async () => {
    const client = await open();
    await client.allocate();
    for (const address of [
      '10.1.2.3',
      '192.168.1.1',
      '172.16.0.9',
      '169.254.169.254',
      '100.64.0.1',
      '224.0.0.1',
      '0.0.0.1',
    ]) {
      const denied = { address, port: 9, family: 4 } as const;
      expect((await client.request(METHOD.createPermission, toPeer(denied))).code, address).toBe(403);
      expect((await client.bindChannel(0x4100, denied)).code, address).toBe(403);
    }
    const other = { address: '2606:4700::1111', port: 9, family: 6 } as const;
    expect((await client.request(METHOD.createPermission, toPeer(other))).code).toBe(443);
  });

  it('survives churn without growing', async () => {
    const round = async (allocations: number): Promise<void> => {
      for (let i = 0; i < allocations; i++) {
        const client = await open();
        await client.allocate();
        expect((await client.bindChannel(0x4001, peerAt)).code).toBe(0);
        expect((await client.lifetime(0)).code).toBe(0);
      }
    };
    const idle = engine.descriptors;
    const isIdle = () => expect.poll(() => engine.descriptors - idle, { timeout: 20_000 }).toBeLessThanOrEqual(2);
    await round(100);
    await isIdle();
    const before = engine.residentMemory;
    await round(400);
    await isIdle();
    // Kilobytes. An allocation that stayed would hold a socket and its buffers; 400 of them are far beyond this.
    expect(engine.residentMemory - before, name).toBeLessThan(16_384);
  }, 60_000);
});
