import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { turnCredentials } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCAL, REALM, SECRET } from '../conformance/engine';
import { toPeer, TurnClient, UDP_TRANSPORT } from '../conformance/turn-client';
import type { Endpoint } from '../stun/address';
import { ATTRIBUTE, METHOD } from '../stun/constants';
import { TurnServer, type TurnServerOptions } from './turn-server';

const OPTIONS: TurnServerOptions = {
  hosts: [LOCAL],
  port: 0,
  authentication: { realm: REALM, secrets: ['the secret before this one', SECRET], nonceLifetime: 600 },
  relay: { addresses: [LOCAL], firstPort: 46_000, lastPort: 47_999, bufferBytes: 65_536 },
  externalAddresses: ['192.0.2.77'],
  peers: { denied: [], allowed: [LOCAL] },
  quotas: { perUser: 2, inAll: 3 },
  limits: { permissions: 3, bytesPerSecond: 5000 },
};
const credentials = (name: string, ttl = 600) => turnCredentials(SECRET, name, ttl);

describe('the server', () => {
  let server: TurnServer;
  let peer: Socket;
  let peerAt: Endpoint;
  let atPeer: string[];
  const clients: TurnClient[] = [];
  const open = async (name = 'ada', ttl?: number): Promise<TurnClient> => {
    const client = await TurnClient.open(server.port, credentials(name, ttl));
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    server = new TurnServer(OPTIONS);
    await server.open();
    atPeer = [];
    peer = createSocket('udp4').on('message', (data) => atPeer.push(String(data)));
    peer.bind(0, LOCAL);
    await once(peer, 'listening');
    peerAt = { address: LOCAL, port: peer.address().port, family: 4 };
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    peer.close();
    server.close();
  });

  it('tells the external address', async () => {
    expect((await (await open()).allocate()).address).toBe('192.0.2.77');
  });

  it('answers a request that came twice as it answered the first', async () => {
    const client = await open();
    const transactionId = Buffer.alloc(12, 5);
    const ask = () => client.request(METHOD.allocate, UDP_TRANSPORT, { transactionId });
    const answers = [await ask(), await ask()];
    expect(answers.map(({ code }) => code)).toEqual([0, 0]);
    const [first, second] = answers.map(({ message }) => message.value(ATTRIBUTE.xorRelayedAddress));
    expect(second).toEqual(first);
    expect(server.allocations.size).toBe(1);
  });

  it('takes MESSAGE-INTEGRITY-SHA256 and answers with it', async () => {
    const client = await open();
    const { code, message } = await client.request(METHOD.allocate, UDP_TRANSPORT, { algorithm: 'sha256' });
    expect([code, message.integritySha256?.length, message.integrity]).toEqual([0, 32, undefined]);
  });

  it('has quotas for a user and for all', async () => {
    const codes = [];
    for (const name of ['ada', 'ada', 'ada', 'bob', 'cyd'])
      codes.push((await (await open(name)).request(METHOD.allocate, UDP_TRANSPORT)).code);
    expect(codes).toEqual([0, 0, 486, 0, 486]);
  });

  it('lets a session go on whose credentials ended, and no other begin', async () => {
    const client = await open('ada', 2);
    await client.allocate();
    await pause(2100);
    expect((await client.lifetime(600)).code).toBe(0);
    const other = await TurnClient.open(server.port, client.credentials);
    clients.push(other);
    expect((await other.request(METHOD.allocate, UDP_TRANSPORT)).code).toBe(401);
  });

  it('ends permissions, channels, reservations and allocations in time', async () => {
    const client = await open();
    const evenPort = Buffer.from([0x80]);
    await client.allocate((writer) => writer.attribute(ATTRIBUTE.evenPort, evenPort));
    expect((await client.bindChannel(0x4001, peerAt)).code).toBe(0);
    expect(server.ports.reservations).toBe(1);
    server.sweep(Date.now() + 31_000);
    expect(server.ports.reservations).toBe(0);
    server.sweep(Date.now() + 301_000);
    client.sendOnChannel(0x4001, Buffer.from('too late'));
    await expect.poll(() => server.traffic.dropped['no-permission']).toBe(1);
    // The channel is still bound, and binding it again permits its peer again.
    expect((await client.bindChannel(0x4001, peerAt)).code).toBe(0);
    client.sendOnChannel(0x4001, Buffer.from('in time'));
    await expect.poll(() => atPeer).toEqual(['in time']);
    server.sweep(Date.now() + 601_000);
    expect(server.allocations.size).toBe(0);
    expect((await client.request(METHOD.createPermission, toPeer(peerAt))).code).toBe(437);
  });

  it('bounds permissions and channels of an allocation', async () => {
    const client = await open();
    await client.allocate();
    const codes = [];
    for (const port of [1001, 1002, 1003, 1004])
      codes.push((await client.bindChannel(0x4000 + port, { ...peerAt, port })).code);
    expect(codes).toEqual([0, 0, 0, 508]);
  });

  it('relays no more bytes a second than it is told to', async () => {
    const client = await open();
    await client.allocate();
    await client.bindChannel(0x4001, peerAt);
    server.sweep(Date.now());
    for (let i = 0; i < 20; i++) client.sendOnChannel(0x4001, Buffer.alloc(1000));
    await expect.poll(() => server.traffic.dropped.bandwidth + server.traffic.packetsToPeers).toBe(20);
    expect(server.traffic.dropped.bandwidth).toBeGreaterThanOrEqual(10);
  });

  it('relays nothing to itself', async () => {
    const client = await open();
    await client.allocate();
    const own: Endpoint = { ...peerAt, port: server.port };
    expect((await client.bindChannel(0x4001, own)).code).toBe(403);
    await client.request(METHOD.createPermission, toPeer(own));
    client.sendTo(own, Buffer.from('round and round'));
    await expect.poll(() => server.traffic.dropped['no-permission']).toBe(1);
  });

  it('keeps nothing of packets without credentials, and answers none that is no STUN', async () => {
    const client = await open();
    for (let i = 0; i < 500; i++) client.raw(Buffer.from(Array.from({ length: i % 60 }, () => Math.random() * 256)));
    for (let i = 0; i < 50; i++) expect((await client.plain(METHOD.allocate, UDP_TRANSPORT)).code).toBe(401);
    expect([server.allocations.size, client.received.length]).toEqual([0, 0]);
  });
});
