import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryDouble, eventually, freePort, startNats, TestAuthority, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrokerUnderTest, type Neighbour, neighbour, Revoked } from '../testing/broker-under-test';
import { callPush } from './testing/push-call';
import { sha256 } from './testing/push-under-test';

const DEVICE = '01900000-0000-7000-8000-00000000000a';
const STRAY = '01900000-0000-7000-8000-00000000000b';
const REVOKED = '01900000-0000-7000-8000-00000000000c';
const ORGANISATION = '01900000-0000-7000-8000-0000000000ff';

let nats: TestNats;
let authority: TestAuthority;
let broker: BrokerUnderTest;
let web: Neighbour<DirectoryDouble>;
let keyManager: Neighbour<Revoked>;
let folder: string;
let port: number;

const writeKey = (key: string): void =>
  writeFileSync(
    join(folder, 'keys.json'),
    JSON.stringify({ keys: [{ name: 'helpdesk', sha256: sha256(key), targets: ['*'] }] }),
  );

async function start(): Promise<void> {
  broker = await BrokerUnderTest.start(nats, authority, undefined, {
    PUSH_HOST: '127.0.0.1',
    PUSH_PORT: String(port),
    PUSH_KEYS_FILE: join(folder, 'keys.json'),
    XMPP_CERT_CHECK_SECONDS: '1',
    PUSH_FAILURES_PER_MINUTE: '1000', // a test that asks until it is let in
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-push-'));
  writeKey('first');
  [nats, authority, port] = await Promise.all([startNats(), TestAuthority.create(), freePort()]);
  web = await neighbour('web', nats, DirectoryDouble);
  for (const id of [DEVICE, REVOKED]) web.part.homes.set(id, ORGANISATION);
  keyManager = await neighbour('key-manager', nats, Revoked);
  const at = new Date().toISOString();
  keyManager.part.list.push({ sequence: 1, kind: 'device', id: REVOKED, organisationId: ORGANISATION, at });
  await start();
});
afterAll(async () => {
  await broker?.stop();
  await Promise.all([web?.stop(), keyManager?.stop()]);
  await nats?.stop();
  rmSync(folder, { recursive: true });
});

/** @returns status and body */
async function push(key: string, body: object, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const answer = await callPush({ port, ca: authority.rootPem, key, body, headers });
  return [answer.status, answer.body];
}

it('a device gets what an integrator pushes, and the metrics count it', async () => {
  const device = await broker.connect(DEVICE);
  const stanzas: unknown[] = [];
  device.on('stanza', (stanza) => stanzas.push(stanza));
  const hello = { to: [DEVICE], message: { type: 'chat', body: 'Hello' } };
  expect(await push('first', hello)).toMatchObject([200, { delivered: 1, results: [{ outcome: 'delivered' }] }]);
  await eventually(() => JSON.stringify(stanzas).includes('Hello'));
  const metrics = await broker.metrics();
  expect(metrics).toMatch(/muster_push_copies_total\{.*outcome="delivered".*\} 1/);
  expect(metrics).toMatch(/muster_push_request_seconds_count\{.*path="\/push".*status="200".*\} 1/);
  await device.close();
});

it('what is for nobody is not kept: ids of no device, revoked devices, names that nobody has', async () => {
  const push1 = (id: string): Promise<[number, unknown]> =>
    push('first', { to: [DEVICE, STRAY, REVOKED, 'nobody'], id, message: { body: 'work' } });
  // Once the list of revocations and the offline store are there.
  await eventually(async () => JSON.stringify((await push1('probe'))[1]).includes('"stored":1,"unknown":3'));
  const stored = /muster_xmpp_offline_messages\S* (\d+)/;
  const before = Number(stored.exec(await broker.metrics())?.[1]);
  expect(before).toBeGreaterThan(0);
  expect(await push1('work')).toMatchObject([
    200,
    {
      results: [
        { to: DEVICE, outcome: 'stored' },
        { to: STRAY, outcome: 'unknown' },
        { to: REVOKED, outcome: 'unknown' },
        { to: 'nobody', outcome: 'unknown' },
      ],
    },
  ]);
  expect(Number(stored.exec(await broker.metrics())?.[1])).toBe(before + 1);
  // Who is enrolled meanwhile is somebody.
  web.part.homes.set(STRAY, ORGANISATION);
  await eventually(async () => JSON.stringify((await push1('later'))[1]).includes('"stored":2,"unknown":2'));
});

it('a repeated request does nothing twice, though the broker and NATS have restarted', async () => {
  const work = { to: [DEVICE], message: { body: 'work' } };
  const once = { 'idempotency-key': 'once' };
  const first = await push('first', work, once);
  expect(first).toMatchObject([200, { stored: 1 }]);
  const waiting = /muster_xmpp_offline_messages\S* (\d+)/;
  const before = waiting.exec(await broker.metrics())?.[1];
  await broker.stop();
  await nats.crash();
  await nats.start();
  await start();
  await eventually(async () => expect(await push('first', work, once)).toEqual(first), { within: 20_000 });
  await eventually(async () => expect(waiting.exec(await broker.metrics())?.[1]).toBe(before));
}, 60_000);

it('a changed file of keys is used without a restart', async () => {
  const hello = { to: [DEVICE], message: { type: 'headline', body: 'Hello' } };
  expect((await push('second', hello))[0]).toBe(401);
  writeKey('second');
  await eventually(async () => (await push('second', hello))[0] === 200);
  expect((await push('first', hello))[0]).toBe(401);
});
